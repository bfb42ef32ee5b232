package muster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	attemptsMax   = 3
	problemPrefix = "urn:muster:problem:"
	detailMax     = 1000 // bytes of what a node says that go into an error
)

// answer is a good answer, or a problem of muster's. kind is the problem's type without its prefix.
type answer struct {
	node   string
	status int
	etag   string
	body   []byte
	kind   string
	detail string
	field  string
}

// question is a request to the cluster.
type question struct {
	method, path string
	body         []byte
	tag          string
	kinds        []string             // problems that are answers, too
	check        func(*answer) error  // what is wrong with a good answer, if anything
	only         string               // the one node to ask
	without      string               // the one node not to ask
	attempts     int                  // 0: three
	until        func() time.Duration // when not to go on, if not nil
	giveUp       func() bool          // before another node is asked
}

// Stats counts since the start of the client.
type Stats struct {
	Requests, Failures, NotModified, Polls, Renewals, Registrations int64
	CacheWrites, CacheErrors, CacheIgnored                          int64
	LastError, LastCacheError                                       string
}

// caller asks node after node. Safe for concurrent use.
type caller struct {
	config *Config
	nodes  *nodeSet
	clock  clock

	heard     chan struct{} // closed after the first answer
	heardOnce sync.Once
	mu        sync.Mutex // guards what follows
	stats     Stats
}

func newCaller(config *Config, nodes *nodeSet, clock clock) *caller {
	return &caller{config: config, nodes: nodes, clock: clock, heard: make(chan struct{})}
}

func (c *caller) count(what func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what(&c.stats)
}

// ask returns an answer, a RefusedError when the request is wrong, ErrUnavailable when no node answered, and the error of
// the context when that ended.
func (c *caller) ask(ctx context.Context, q question) (*answer, error) {
	tried := map[string]bool{q.without: true}
	if q.attempts == 0 {
		q.attempts = attemptsMax
	}
	reason := "all nodes asked for a delay; the next request goes out when that is over"
	for attempt := 0; attempt < q.attempts; attempt++ {
		node, found := q.only, true
		if node == "" {
			node, found = c.nodes.next(tried)
		}
		bound := c.config.RequestTimeout
		if q.until != nil {
			bound = least(bound, q.until()-c.clock.now())
		}
		if !found || bound <= 0 || (attempt > 0 && q.giveUp != nil && q.giveUp()) {
			break
		}
		tried[node] = true
		got, err := c.askOne(ctx, node, q, bound)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil {
			return got, got.refusal(q.kinds)
		}
		reason = err.Error()
		if q.only != "" {
			break
		}
	}
	known := c.nodes.show().Order
	if len(known) > attemptsMax {
		known = known[:attemptsMax]
	}
	return nil, faultf(ErrUnavailable, "no node answered %s %s (%s); check that one of %s runs and can be reached",
		q.method, q.path, reason, strings.Join(known, ", "))
}

// askOne asks one node; an error is a failure of that node.
func (c *caller) askOne(ctx context.Context, node string, q question, bound time.Duration) (*answer, error) {
	sent := c.clock.now()
	bounded, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	c.count(func(s *Stats) { s.Requests++ })
	var got *answer
	retryAfter := ""
	came, err := exchange(bounded, c.config.Transport, q.method, node+q.path, q.tag, q.body)
	if err == nil {
		if came.status == http.StatusTooManyRequests || came.status == http.StatusServiceUnavailable {
			retryAfter = came.header.Get("Retry-After")
		}
		got, err = judge(node, came, q.tag != "")
	}
	if err == nil && q.check != nil && got.status < 400 {
		err = q.check(got)
	}
	if ctx.Err() != nil {
		c.nodes.unknown(node)
		return nil, ctx.Err() // ended by the caller: no fault of the node
	}
	if err != nil {
		err = fmt.Errorf("%s: %s", node, cut(err.Error()))
		c.count(func(s *Stats) { s.Failures++; s.LastError = err.Error() })
		c.nodes.failed(node, sent, retryAfter)
		return nil, err
	}
	c.nodes.succeeded(node)
	c.heardOnce.Do(func() { close(c.heard) })
	return got, nil
}

// judge tells answers from failures of the node.
func judge(node string, came *response, tagged bool) (*answer, error) {
	status := came.status
	got := &answer{node: node, status: status, etag: cleanTag(came.header.Get("Etag")), body: came.body}
	if status < 400 {
		switch {
		case status == http.StatusNotModified && tagged:
			return got, nil
		case status < 200 || status >= 300:
			return nil, fmt.Errorf("answered %d; give the URL of the node itself", status)
		case len(came.body) > 0 && (!utf8.Valid(came.body) || !json.Valid(came.body)):
			return nil, fmt.Errorf("the answer is no JSON; check that this is a node of muster")
		}
		return got, nil
	}
	fields := objectOf(came.body)
	if kind := textOf(fields["type"]); strings.HasPrefix(kind, problemPrefix) {
		got.kind = cut(strings.TrimPrefix(kind, problemPrefix))
	}
	got.detail, got.field = cut(textOf(fields["detail"])), cut(textOf(fields["field"]))
	foreign := got.kind == "" && (status == http.StatusNotFound || status == http.StatusConflict || status == http.StatusGone)
	if status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500 || foreign {
		return nil, fmt.Errorf("answered %s", strings.TrimSpace(fmt.Sprint(status, " ", got.detail)))
	}
	return got, nil
}

// refusal is the error of a problem that is not among the expected kinds.
func (a *answer) refusal(kinds []string) error {
	if a.status < 400 {
		return nil
	}
	for _, kind := range kinds {
		if a.kind == kind {
			return nil
		}
	}
	detail := a.detail
	if detail == "" {
		detail = "the node gave no reason; see its log"
	}
	return &RefusedError{a.status, a.kind, detail, a.field}
}

// objectOf reads an object of JSON; nil for anything else. Names are compared exactly, unlike those of a struct.
func objectOf(text []byte) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return nil
	}
	return fields
}

// textOf reads a string; empty for anything else.
func textOf(text json.RawMessage) string {
	var value string
	if len(text) == 0 || json.Unmarshal(text, &value) != nil {
		return ""
	}
	return value
}

// numberOf reads a whole number; 0 for anything else.
func numberOf(text json.RawMessage) int64 {
	var value int64
	if len(text) == 0 || json.Unmarshal(text, &value) != nil {
		return 0
	}
	return value
}

// cut makes a stranger's text fit for an error and a line of a log.
func cut(text string) string {
	if len(text) > detailMax {
		text = strings.ToValidUTF8(text[:detailMax], "")
	}
	return strings.Map(func(one rune) rune {
		if unicode.IsControl(one) {
			return ' '
		}
		return one
	}, text)
}

// cleanTag is a tag that can be sent back; empty for one that cannot.
func cleanTag(tag string) string {
	if len(tag) > detailMax {
		return ""
	}
	for _, one := range []byte(tag) {
		if one < ' ' || one > '~' {
			return ""
		}
	}
	return tag
}
