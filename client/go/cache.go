package muster

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"unicode/utf8"
)

const (
	cacheFormat   = 1
	fileBytesMax  = 64 << 20
	slugLength    = 60
	nodesFile     = "nodes.jsonl"
	kindOfNodes   = "nodes"
	kindOfService = "service"
)

// cache is a folder of files that outlive the process, or none. Nothing here fails the caller: failures are counted and told.
// Each file belongs to one goroutine.
type cache struct {
	folder string
	logf   func(string, ...any)

	mu                      sync.Mutex // guards what follows
	writes, errors, ignored int64
	lastError               string
	failing                 bool
}

func (c *cache) addTo(stats *Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stats.CacheWrites, stats.CacheErrors, stats.CacheIgnored, stats.LastCacheError = c.writes, c.errors, c.ignored, c.lastError
}

// cacheName is the name of the file of a service, which is in lower case.
func cacheName(service string) string {
	slug := []byte(service)
	if len(slug) > slugLength {
		slug = slug[:slugLength]
	}
	for at, one := range slug {
		if !(one >= 'a' && one <= 'z' || one >= '0' && one <= '9' || one == '.' || one == '-') {
			slug[at] = '_'
		}
	}
	sum := sha256.Sum256([]byte(service))
	return fmt.Sprintf("service-%s-%s.jsonl", slug, hex.EncodeToString(sum[:8]))
}

// read is the document of a file, or nil when there is none that can be trusted.
func (c *cache) read(name, kind string) []byte {
	if c.folder == "" {
		return nil
	}
	file, err := os.Open(filepath.Join(c.folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(file, fileBytesMax+1))
		file.Close()
	}
	var document []byte
	if err == nil {
		document, err = unpacked(text, kind)
	}
	if err != nil {
		c.ignore(name, err)
		return nil
	}
	return document
}

func (c *cache) ignore(name string, err error) {
	c.mu.Lock()
	c.ignored++
	c.lastError = fmt.Sprintf("%s is ignored, and written anew with the next answer: %v", filepath.Join(c.folder, name), err)
	text := c.lastError
	c.mu.Unlock()
	c.logf("muster: %s", text)
}

// write replaces a file; true when that is done, or there is no folder.
func (c *cache) write(name, kind string, document []byte) bool {
	if c.folder == "" {
		return true
	}
	err := c.replace(name, kind, document)
	c.mu.Lock()
	first := !c.failing
	c.failing = err != nil
	if err == nil {
		c.writes++
		c.mu.Unlock()
		return true
	}
	c.errors++
	c.lastError = fmt.Sprintf("cannot write %s in %s: %v; make room there or give another CacheDir", name, c.folder, err)
	text := c.lastError
	c.mu.Unlock()
	if first {
		c.logf("muster: %s", text)
	}
	return false
}

func (c *cache) replace(name, kind string, document []byte) error {
	content, err := packed(kind, document)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return err
	}
	var bits [4]byte
	if _, err := rand.Read(bits[:]); err != nil {
		return err
	}
	fresh := filepath.Join(c.folder, fmt.Sprintf(".%s.%d.%x", name, os.Getpid(), bits))
	if err := writeNew(fresh, content); err != nil {
		os.Remove(fresh)
		return err
	}
	if err := os.Rename(fresh, filepath.Join(c.folder, name)); err != nil {
		os.Remove(fresh)
		return err
	}
	folder, err := os.Open(c.folder)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

func writeNew(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

type cacheHead struct {
	Format int    `json:"format"`
	Kind   string `json:"kind"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// packed is the content of a file. The document has no line ends.
func packed(kind string, document []byte) ([]byte, error) {
	sum := sha256.Sum256(document)
	head, err := json.Marshal(cacheHead{cacheFormat, kind, len(document), hex.EncodeToString(sum[:])})
	if err != nil {
		return nil, err
	}
	if len(head)+len(document)+2 > fileBytesMax {
		return nil, fmt.Errorf("%d bytes are more than the %d that a cache file holds", len(document), fileBytesMax)
	}
	return bytes.Join([][]byte{head, document, nil}, []byte("\n")), nil
}

// unpacked is the document of a file; an error for anything but a whole file of this kind.
func unpacked(text []byte, kind string) ([]byte, error) {
	if len(text) > fileBytesMax {
		return nil, fmt.Errorf("it is larger than %d bytes", fileBytesMax)
	}
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	var head cacheHead
	if json.Unmarshal(first, &head) != nil || head.Format != cacheFormat || head.Kind != kind {
		return nil, fmt.Errorf("it is no file of kind %s and format %d", kind, cacheFormat)
	}
	document := bytes.TrimSuffix(rest, []byte("\n"))
	sum := sha256.Sum256(document)
	if len(document) == len(rest) || head.Bytes != len(document) || head.SHA256 != hex.EncodeToString(sum[:]) {
		return nil, errors.New("it is torn or damaged")
	}
	if !utf8.Valid(document) || objectOf(document) == nil {
		return nil, errors.New("it holds no object of JSON")
	}
	return document, nil
}
