package muster

import (
	"crypto/rand"
	"encoding/hex"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	nodesMax         = 64
	nodeLengthMax    = 2048
	registrationsMax = 64
	servicesMax      = 256
	answerBytesMax   = 64 << 20
	defaultNode      = "http://127.0.0.1:8761"
	durationMax      = 100 * 24 * time.Hour
)

// Config has the settings of a client; the page client/README.md says what each does in full. A field that is zero has its default.
type Config struct {
	// Nodes are URLs to begin with, at most 64: http://HOST:PORT. Default: MUSTER_NODES (commas), else http://127.0.0.1:8761.
	Nodes []string
	// ClientID orders the nodes, so that clients spread over them. Default: 128 random bits.
	ClientID string
	// CacheDir is the folder where lists and nodes are kept. Default: they are kept in memory only.
	CacheDir string

	Poll           time.Duration // between polls of a service. Default 5 s
	Peers          time.Duration // between looks at the nodes of the cluster. Default 5 min
	ConnectTimeout time.Duration // Default 500 ms
	RequestTimeout time.Duration // of a whole request, to its last byte. Default 2 s
	Retry          time.Duration // back-off of writes. Default 250 ms
	Quarantine     time.Duration // of a node that failed. Default 1 s
	QuarantineMax  time.Duration // Default 60 s
	ReadyTimeout   time.Duration // how long the first look at a service, or Register, waits. Default 3 s; negative: not at all
	Hold           time.Duration // how long a loss that nobody explains is not believed. Default: the lease duration of each
	EjectAfter     int           // failures in a row of an endpoint. Default 3
	Eject          time.Duration // how long an endpoint is left out then. Default 10 s
	EjectMax       time.Duration // Default 5 min
	Drain          time.Duration // how long Close shows OUT_OF_SERVICE before the cancel. Default 6 s; negative: not at all
	StopTimeout    time.Duration // how long the cancel may take. Default 2 s

	// Transport sends the requests. Default: one without proxies that keeps ConnectTimeout; with one of your own (for TLS
	// settings) that is yours to keep. It must not follow redirects.
	Transport http.RoundTripper
	// WallClock is asked for the incarnation of a registration and the dates of files, for nothing else. Default: time.Now.
	WallClock func() time.Time
	// Logf is told what is unusual, at most about once a poll. Default: log.Printf.
	Logf func(format string, arguments ...any)
}

// complete returns the settings with defaults filled in, or what is wrong with them.
func (c Config) complete() (Config, error) {
	if err := c.completeNodes(); err != nil {
		return c, err
	}
	if c.ClientID == "" {
		var bits [16]byte
		if _, err := rand.Read(bits[:]); err != nil {
			return c, faultf(ErrInvalid, "no random bits for a ClientID (%v); give one", err)
		}
		c.ClientID = hex.EncodeToString(bits[:])
	}
	for _, one := range []struct {
		name     string
		value    *time.Duration
		standard time.Duration
		orNone   bool
	}{
		{"Poll", &c.Poll, 5 * time.Second, false}, {"Peers", &c.Peers, 5 * time.Minute, false},
		{"ConnectTimeout", &c.ConnectTimeout, 500 * time.Millisecond, false},
		{"RequestTimeout", &c.RequestTimeout, 2 * time.Second, false}, {"Retry", &c.Retry, 250 * time.Millisecond, false},
		{"Quarantine", &c.Quarantine, time.Second, false}, {"QuarantineMax", &c.QuarantineMax, time.Minute, false},
		{"ReadyTimeout", &c.ReadyTimeout, 3 * time.Second, true}, {"Hold", &c.Hold, 0, false},
		{"Eject", &c.Eject, 10 * time.Second, false}, {"EjectMax", &c.EjectMax, 5 * time.Minute, false},
		{"Drain", &c.Drain, 6 * time.Second, true}, {"StopTimeout", &c.StopTimeout, 2 * time.Second, false},
	} {
		switch {
		case *one.value == 0:
			*one.value = one.standard
		case *one.value < 0 && one.orNone:
			*one.value = 0
		case *one.value < 0 || *one.value > durationMax:
			return c, faultf(ErrInvalid, "%s is %v; give 0 for the default, or up to %v", one.name, *one.value, durationMax)
		}
	}
	if c.EjectAfter == 0 {
		c.EjectAfter = 3
	}
	if c.EjectAfter < 0 {
		return c, faultf(ErrInvalid, "EjectAfter is %d; give a number of failures, or 0 for the default", c.EjectAfter)
	}
	if c.WallClock == nil {
		c.WallClock = time.Now
	}
	if c.Logf == nil {
		c.Logf = log.Printf
	}
	if c.Transport == nil {
		c.Transport = newTransport(c.ConnectTimeout)
	}
	return c, nil
}

func (c *Config) completeNodes() error {
	given := c.Nodes
	if len(given) == 0 {
		for _, one := range strings.Split(os.Getenv("MUSTER_NODES"), ",") {
			if strings.TrimSpace(one) != "" {
				given = append(given, one)
			}
		}
	}
	if len(given) == 0 {
		given = []string{defaultNode}
	}
	c.Nodes = nil
	seen := map[string]bool{}
	for _, one := range given {
		node, err := nodeURL(one)
		if err != nil {
			return err
		}
		if !seen[node] {
			seen[node] = true
			c.Nodes = append(c.Nodes, node)
		}
	}
	if len(c.Nodes) > nodesMax {
		return faultf(ErrInvalid, "there are %d nodes; give at most %d, a client learns of the others", len(c.Nodes), nodesMax)
	}
	return nil
}

// nodeURL is the URL of a node as it is compared: without a trailing slash.
func nodeURL(text string) (string, error) {
	node := strings.TrimRight(strings.TrimSpace(text), "/")
	if len(node) > nodeLengthMax {
		return "", faultf(ErrInvalid, "the URL of a node has %d bytes; give at most %d", len(node), nodeLengthMax)
	}
	parsed, err := url.Parse(node)
	if err != nil {
		return "", faultf(ErrInvalid, "%q is no URL of a node (%v); write http://HOST:PORT", text, err)
	}
	port, err := strconv.Atoi(parsed.Port())
	badPort := parsed.Port() != "" && (err != nil || port < 1 || port > 65535)
	bare := url.URL{Scheme: parsed.Scheme, Host: parsed.Host}
	if (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Hostname() == "" || badPort ||
		!strings.EqualFold(bare.String(), node) {
		return "", faultf(ErrInvalid, "%q is no URL of a node; write http://HOST:PORT, without a path", text)
	}
	return node, nil
}

// serviceKey is the name of a service as it is compared: in lower case.
func serviceKey(service string) (string, error) {
	bad := len(service) < 1 || len(service) > 255 || service == "." || service == ".." || service != strings.Trim(service, " ")
	for _, one := range []byte(service) {
		bad = bad || one < ' ' || one > '~' || strings.IndexByte(`/\?#%`, one) >= 0
	}
	if bad {
		return "", faultf(ErrInvalid, `%.300q is no name of a service; give 1 to 255 printable ASCII characters, none of / \ ? # %%`, service)
	}
	return strings.ToLower(service), nil
}

func checkInstance(id string) error {
	bad := len(id) < 1 || len(id) > 512 || id == "." || id == ".." || id != strings.ToValidUTF8(id, "")
	for _, one := range []byte(id) {
		bad = bad || one < ' ' || one == 0x7f
	}
	if bad {
		return faultf(ErrInvalid, "%.600q is no id of an instance; give 1 to 512 bytes of UTF-8 without control characters", id)
	}
	return nil
}

// escaped is a text as part of a path or a query: all but letters, digits and -._~ as percent escapes.
func escaped(text string) string {
	const hexadecimal = "0123456789ABCDEF"
	var out strings.Builder
	for _, one := range []byte(text) {
		switch {
		case one >= 'a' && one <= 'z', one >= 'A' && one <= 'Z', one >= '0' && one <= '9', strings.IndexByte("-._~", one) >= 0:
			out.WriteByte(one)
		default:
			out.Write([]byte{'%', hexadecimal[one>>4], hexadecimal[one&15]})
		}
	}
	return out.String()
}
