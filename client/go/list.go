package muster

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	weightStandard = 100
	weightMax      = 10_000
	leaseStandard  = 90 * time.Second // of a document that does not say
)

// Status is what an instance says of itself.
type Status string

// The statuses of the API.
const (
	Up           Status = "UP"
	Down         Status = "DOWN"
	Starting     Status = "STARTING"
	OutOfService Status = "OUT_OF_SERVICE"
	Unknown      Status = "UNKNOWN"
)

func (s Status) check() error {
	switch s {
	case Up, Down, Starting, OutOfService, Unknown:
		return nil
	}
	return faultf(ErrInvalid, "%.100q is no status; give one of UP, DOWN, STARTING, OUT_OF_SERVICE, UNKNOWN", string(s))
}

// Endpoint is one instance of a service. Metadata is shared: do not change it.
type Endpoint struct {
	ID         string
	Status     Status
	Address    string // empty: none
	Port       int    // 0: none
	SecurePort int    // 0: none
	Zone       string
	Metadata   map[string]string
	Weight     int // of metadata weight: 1 to 10000

	lease    time.Duration
	document json.RawMessage // all that the API shows of it
}

// HostPort is the address to dial: "10.0.0.7:8080".
func (e *Endpoint) HostPort() string { return net.JoinHostPort(e.Address, strconv.Itoa(e.Port)) }

// SecureHostPort is the address to dial for TLS.
func (e *Endpoint) SecureHostPort() string {
	return net.JoinHostPort(e.Address, strconv.Itoa(e.SecurePort))
}

// Document is all that the API shows of the instance, as JSON.
func (e *Endpoint) Document() []byte { return append([]byte{}, e.document...) }

func (e *Endpoint) callable(secure bool) bool {
	if secure {
		return e.Status == Up && e.Address != "" && e.SecurePort != 0
	}
	return e.Status == Up && e.Address != "" && e.Port != 0
}

// Source says where a list comes from.
type Source string

// The sources of a list.
const (
	FromRegistry Source = "registry"
	FromDisk     Source = "disk"
	FromNowhere  Source = "none"
)

// Freshness says how good a list is.
type Freshness string

// The states of a list.
const (
	Fresh      Freshness = "fresh"       // confirmed by a node within three polls
	Stale      Freshness = "stale"       // confirmed longer ago
	CachedOnly Freshness = "cached_only" // from disk, no answer since the start
	Never      Freshness = "never"       // nobody has answered yet
)

// List is what is known of a service. Its slices are shared: do not change them.
type List struct {
	Service   string // in lower case
	Endpoints []Endpoint
	Source    Source
	State     Freshness
	Age       time.Duration // since a node last confirmed it; negative: nobody can tell
	Missing   []string      // ids that are kept though the last answer lacks them, sorted
}

// weightOf reads metadata weight: digits, 1 to 10000.
func weightOf(metadata map[string]string) int {
	text := metadata["weight"]
	digits := strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" || len(text)-len(digits) > 1 {
		return weightStandard
	}
	number, err := strconv.Atoi(digits)
	switch {
	case strings.HasPrefix(text, "-") || (err == nil && number < 1):
		return 1
	case err != nil || number > weightMax:
		return weightMax
	}
	return number
}

var (
	errNoList     = errors.New("the answer is no list of instances; check that this is a node of muster")
	errNoInstance = errors.New("an instance of the answer has no id or no status; check that this is a node of muster")
)

// endpointsOf reads a document with instances, by id.
func endpointsOf(document []byte) (map[string]*Endpoint, error) {
	var instances []json.RawMessage
	found := objectOf(document)["instances"]
	if len(found) == 0 || found[0] != '[' || json.Unmarshal(found, &instances) != nil {
		return nil, errNoList
	}
	endpoints := make(map[string]*Endpoint, len(instances))
	for _, one := range instances {
		endpoint, err := endpointOf(one)
		if err != nil {
			return nil, err
		}
		endpoints[endpoint.ID] = endpoint
	}
	return endpoints, nil
}

func endpointOf(document json.RawMessage) (*Endpoint, error) {
	fields := objectOf(document)
	id, status := textOf(fields["id"]), textOf(fields["status"])
	if id == "" || status == "" || !utf8.ValidString(id) {
		return nil, errNoInstance
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, document); err != nil {
		return nil, errNoInstance
	}
	metadata := map[string]string{}
	for name, value := range objectOf(fields["metadata"]) {
		if text := textOf(value); text != "" || value[0] == '"' {
			metadata[name] = text
		} else {
			metadata[name] = string(value)
		}
	}
	return &Endpoint{
		ID: id, Status: Status(status), Address: textOf(fields["address"]), Zone: textOf(fields["zone"]),
		Port: portOf(fields["port"]), SecurePort: portOf(fields["secure_port"]), Metadata: metadata, Weight: weightOf(metadata),
		lease: leaseOf(fields["lease"]), document: compact.Bytes(),
	}, nil
}

func portOf(text json.RawMessage) int {
	if number := numberOf(text); number > 0 && number < 65536 {
		return int(number)
	}
	return 0
}

// seconds is a number of seconds as a duration: as long as anything here lasts, at most.
func seconds(number int64) time.Duration {
	if number > int64(durationMax/time.Second) {
		return durationMax
	}
	return time.Duration(number) * time.Second
}

func leaseOf(text json.RawMessage) time.Duration {
	if number := numberOf(objectOf(text)["duration_s"]); number > 0 {
		return seconds(number)
	}
	return leaseStandard
}
