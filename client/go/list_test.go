package muster

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Goal: a stranger's answer is a list or an error, never a crash. Method: documents that are none, and fields of wrong kinds.
func TestDocumentsThatAreNoLists(t *testing.T) {
	for _, text := range []string{
		"", "null", "[]", "7", "{}", `{"instances": null}`, `{"instances": {}}`, `{"instances": [7]}`, `{"instances": [null]}`,
		`{"instances": [{"id": 1, "status": "UP"}]}`, `{"instances": [{"id": "x"}]}`, `{"instances": [{"ID": "x", "STATUS": "UP"}]}`,
		`{"INSTANCES": []}`, strings.Repeat("[", 100_000),
	} {
		if _, err := endpointsOf([]byte(text)); err == nil {
			t.Errorf("%.60s is a list", text)
		}
	}
	found, err := endpointsOf([]byte(`{"instances": [{"id": "x", "status": "UP", "address": 7, "port": "80", "secure_port": 99999,
		"metadata": {"a": 1, "b": "2", "c": null}, "lease": [], "new": {}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	x := found["x"]
	equal(t, "fields", []any{x.Address, x.Port, x.SecurePort, x.Metadata["a"], x.Metadata["b"], x.lease}, []any{"", 0, 0, "1", "2", leaseStandard})
	equal(t, "callable", x.callable(false), false)
}

func TestWeights(t *testing.T) {
	for text, wanted := range map[string]int{
		"": 100, "x": 100, "1.5": 100, "7": 7, "0": 1, "-3": 1, "+7": 7, "-+7": 100, "-": 100, "10000": 10000, "10001": 10000,
		strings.Repeat("9", 50): 10000, "-" + strings.Repeat("9", 50): 1, "00012": 12, " 5": 100, "٣": 100,
	} {
		equal(t, text, weightOf(map[string]string{"weight": text}), wanted)
	}
	equal(t, "absent", weightOf(nil), 100)
}

// Goal: mistakes are told when they are made, with what to do. Method: settings and names that cannot work.
func TestWhatCannotWorkIsAnError(t *testing.T) {
	for _, config := range []Config{
		{Nodes: []string{"localhost:8761"}}, {Nodes: []string{"ftp://x"}}, {Nodes: []string{"http://x/path"}}, {Nodes: []string{"http://x?q"}},
		{Nodes: []string{"http://u:p@x"}}, {Nodes: []string{"http://x:70000"}}, {Nodes: []string{"http://"}}, {Nodes: []string{"http://" + strings.Repeat("x", 3000)}},
		{Poll: -1}, {RequestTimeout: 1000 * 24 * time.Hour}, {EjectAfter: -1},
	} {
		if _, err := New(config); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), ";") {
			t.Errorf("%.100v: the error is %v", config.Nodes, err)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", "a b ", "ä", "x%41", "a\n", strings.Repeat("x", 256)} {
		if _, err := serviceKey(name); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q is a service", name)
		}
	}
	for _, id := range []string{"", ".", "..", "a\n", "\xff", strings.Repeat("x", 513)} {
		if checkInstance(id) == nil {
			t.Errorf("%q is an id", id)
		}
	}
	equal(t, "escaped", escaped("o/1 ä~"), "o%2F1%20%C3%A4~")
}

func TestSettingsOfTheEnvironment(t *testing.T) {
	t.Setenv("MUSTER_NODES", " http://a:1/ ,, http://b:1,http://a:1")
	client, err := New(Config{Drain: -1})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "nodes", client.Nodes().Configured, []string{nodeA, nodeB})
	equal(t, "no drain", client.config.Drain, time.Duration(0))
	equal(t, "default", client.config.Poll, 5*time.Second)
	equal(t, "client id", len(client.config.ClientID), 32)
	t.Setenv("MUSTER_ADDRESS", "")
	t.Setenv("POD_IP", "10.9.8.7")
	equal(t, "address", client.Address(client.alive), Address{"10.9.8.7", "POD_IP"})
	equal(t, "given", chooseAddress(client.alive, "10.1.1.1", nodeA, time.Second), Address{"10.1.1.1", "given"})
}
