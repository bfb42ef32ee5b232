package muster

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Goal: clients of all languages find each other's files. Method: names and a file that were made by sha256sum.
func TestTheFileIsAsDescribed(t *testing.T) {
	equal(t, "name", cacheName("orders"), nameOfOrders)
	equal(t, "slug", strings.HasPrefix(cacheName("a b/C_"+strings.Repeat("x", 100)), "service-a_b___"+strings.Repeat("x", 54)+"-"), true)
	made, err := packed(kindOfNodes, []byte(`{"nodes":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "content", string(made), `{"format":1,"kind":"nodes","bytes":12,"sha256":"`+sumOfNoNodes+`"}`+"\n"+`{"nodes":[]}`+"\n")
}

// Goal: a file that is not whole is as if it were not there. Method: every truncation, every flipped byte of the second line,
// other kinds, formats and documents.
func TestDamagedFilesAreIgnored(t *testing.T) {
	whole, err := packed(kindOfService, []byte(`{"service":"s","instances":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unpacked(whole, kindOfService); err != nil {
		t.Fatal(err)
	}
	for length := range whole {
		if _, err := unpacked(whole[:length], kindOfService); err == nil {
			t.Errorf("%d bytes are a file", length)
		}
	}
	for at := bytes.IndexByte(whole, '\n') + 1; at < len(whole); at++ {
		flipped := append([]byte{}, whole...)
		flipped[at] ^= 0x20
		if _, err := unpacked(flipped, kindOfService); err == nil {
			t.Errorf("flipped at %d it is a file", at)
		}
	}
	list, _ := packed(kindOfService, []byte("[]"))
	for name, text := range map[string][]byte{
		"another kind": bytes.Replace(whole, []byte(`"service"`), []byte(`"nodes"`), 1), "another format": bytes.Replace(whole, []byte(":1"), []byte(":2"), 1),
		"more": append(append([]byte{}, whole...), '\n'), "no object": list, "empty": {},
	} {
		if _, err := unpacked(text, kindOfService); err == nil {
			t.Errorf("%s: it is a file", name)
		}
	}
}

// Goal: what cannot be written is counted and told, leaves nothing behind, and is written later. Method: a file where the
// folder should be; a folder where the file should be; then room.
func TestAFolderThatCannotBeWritten(t *testing.T) {
	place := filepath.Join(t.TempDir(), "cache")
	said := 0
	files := &cache{folder: place, logf: func(string, ...any) { said++ }}
	if err := os.WriteFile(place, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	equal(t, "written", files.write("x", kindOfNodes, []byte("{}")), false)
	equal(t, "written", files.write("x", kindOfNodes, []byte("{}")), false)
	equal(t, "told once, counted twice", []any{said, files.errors}, []any{1, 2})
	equal(t, "the error helps", strings.Contains(files.lastError, place) && strings.Contains(files.lastError, "CacheDir"), true)
	if err := os.Remove(place); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(place, "x", "y"), 0o700); err != nil {
		t.Fatal(err)
	}
	equal(t, "written", files.write("x", kindOfNodes, []byte("{}")), false)
	if err := os.RemoveAll(filepath.Join(place, "x")); err != nil {
		t.Fatal(err)
	}
	equal(t, "written", files.write("x", kindOfNodes, []byte("{}")), true)
	entries, err := os.ReadDir(place)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v are left behind (%v)", entries, err)
	}
	info, err := entries[0].Info()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "mode", info.Mode(), os.FileMode(0o600))
	equal(t, "read", string(files.read("x", kindOfNodes)), "{}")
	equal(t, "ignored", files.read("x", kindOfService) == nil && files.ignored == 1, true)
	equal(t, "absent is no fault", files.read("z", kindOfService) == nil && files.ignored == 1, true)
}

const (
	nameOfOrders = "service-orders-1c168adb00d208e4.jsonl"
	sumOfNoNodes = "acf2fa576acb702442f9d0101673354c398db67315c066ca48be8db8e0d2c75b"
)
