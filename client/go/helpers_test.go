package muster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	nodeA = "http://a:1"
	nodeB = "http://b:1"
)

// handClock stands still until a test moves it.
type handClock struct {
	mu      sync.Mutex
	time    time.Duration
	pending map[chan time.Time]time.Duration
}

func newHandClock() *handClock { return &handClock{pending: map[chan time.Time]time.Duration{}} }

func (c *handClock) now() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *handClock) alarm(after time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rung := make(chan time.Time, 1)
	c.pending[rung] = c.time + after
	c.ring()
	return rung, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.pending, rung)
	}
}

func (c *handClock) ring() {
	for rung, at := range c.pending {
		if at <= c.time {
			delete(c.pending, rung)
			rung <- time.Time{}
		}
	}
}

func (c *handClock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time += by
	c.ring()
}

// asked is one request as a node sees it.
type asked struct {
	method, node, path, tag string
	body                    map[string]any
}

func (a asked) String() string { return a.method + " " + a.node + a.path }

// network is without sockets: every node answers by one function.
type network struct {
	mu      sync.Mutex
	log     []asked
	respond func(asked) (int, string, map[string]string) // status 0: cannot be reached
}

func (n *network) RoundTrip(request *http.Request) (*http.Response, error) {
	one := asked{method: request.Method, node: "http://" + request.URL.Host, path: request.URL.RequestURI(), tag: request.Header.Get("If-None-Match")}
	if request.Body != nil {
		text, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &one.body); err != nil {
			return nil, err
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = append(n.log, one)
	status, body, header := n.respond(one)
	if status == 0 {
		return nil, errors.New("refused")
	}
	answer := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte(body)))}
	for name, value := range header {
		answer.Header.Set(name, value)
	}
	return answer, nil
}

// took returns what was asked since the last call, without looks at peers.
func (n *network) took() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var log []string
	for _, one := range n.log {
		if one.path != "/v1/peers" {
			log = append(log, one.String())
		}
	}
	n.log = nil
	return log
}

func (n *network) last() asked {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log[len(n.log)-1]
}

func problem(status int, kind string) (int, string, map[string]string) {
	return status, fmt.Sprintf(`{"type": "urn:muster:problem:%s", "status": %d, "detail": "as the test wants it"}`, kind, status), nil
}

// testClient has two nodes, of which "http://a:1" or the other is home; a clock that stands still and the same chance every time.
func testClient(t *testing.T, change func(*Config), respond func(asked) (int, string, map[string]string)) (*Client, *handClock, *network) {
	t.Helper()
	clock, net := newHandClock(), &network{respond: respond}
	config := Config{
		Nodes: []string{nodeA, nodeB}, ClientID: "test", Transport: net, Logf: t.Logf,
		WallClock: func() time.Time { return time.UnixMilli(1_700_000_000_000).Add(clock.now()) },
	}
	if change != nil {
		change(&config)
	}
	client, err := newClient(config, clock, &chance{random: rand.New(rand.NewSource(1))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.end)
	return client, clock, net
}

// listOf is an answer with these instances: "id" or "id=STATUS".
func listOf(ids ...string) string {
	var all []string
	for _, id := range ids {
		id, status, given := strings.Cut(id, "=")
		if !given {
			status = "UP"
		}
		all = append(all, fmt.Sprintf(`{"id": %q, "status": %q, "address": "10.0.0.1", "port": 80, "lease": {"duration_s": 90}}`, id, status))
	}
	return fmt.Sprintf(`{"service": "s", "instances": [%s]}`, strings.Join(all, ", "))
}

func idsOf(list *List) string {
	var ids []string
	for _, one := range list.Endpoints {
		ids = append(ids, one.ID)
	}
	return strings.Join(ids, " ")
}

func equal(t *testing.T, what string, got, wanted any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		t.Errorf("%s: got %v, wanted %v", what, got, wanted)
	}
}
