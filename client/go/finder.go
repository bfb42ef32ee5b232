package muster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const eventsLimit = 1000

// finder polls one service, on a goroutine of its own that alone runs step.
type finder struct {
	config *Config
	caller *caller
	files  *cache
	clock  clock
	chance *chance

	balancer *balancer
	path     string
	began    time.Duration
	due      time.Duration // of the next poll
	ready    chan struct{} // closed once there is a list
	opening  sync.Once
	mu       sync.Mutex // guards what follows; open and step alone change it
	view     *view
}

func newFinder(c *Client, service string) *finder {
	f := &finder{
		config: &c.config, caller: c.caller, files: c.files, clock: c.clock, chance: c.chance,
		balancer: newBalancer(&c.config, c.clock, c.chance), path: "/v1/services/" + escaped(service),
		began: c.clock.now(), ready: make(chan struct{}), view: newView(service, c.config.Poll, c.config.Hold),
	}
	f.due = f.began
	return f
}

// open reads the disk, once, before anything else is done.
func (f *finder) open() {
	f.opening.Do(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.view.read(f.files, f.clock.now(), f.config.WallClock())
		if f.view.source != FromNowhere {
			close(f.ready)
		}
	})
}

func (f *finder) list() *List {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.view.list(f.clock.now())
}

// wait ends when there is a list, and at the end of the first look.
func (f *finder) wait(ctx context.Context, stopped <-chan struct{}) {
	f.open()
	select {
	case <-f.ready:
		return
	default:
	}
	rung, stop := f.clock.alarm(greatest(f.began+f.config.ReadyTimeout-f.clock.now(), 0))
	defer stop()
	select {
	case <-f.ready:
	case <-rung:
	case <-ctx.Done():
	case <-stopped:
	}
}

// run polls until the context ends, and then writes what is not written.
func (f *finder) run(ctx context.Context) {
	f.open()
	for ctx.Err() == nil {
		rung, stop := f.clock.alarm(f.step(ctx))
		select {
		case <-rung:
		case <-ctx.Done():
		}
		stop()
	}
	f.write(true)
}

// step does what is due, and returns after how long something is again.
func (f *finder) step(ctx context.Context) time.Duration {
	if now := f.clock.now(); f.due <= now {
		f.due = now + f.chance.spread(f.config.Poll, 0.8, 1.2)
		f.poll(ctx)
	}
	next := f.due
	if written, due := f.write(false); due {
		next = least(next, written)
	}
	return greatest(next-f.clock.now(), 0)
}

// poll changes nothing when nobody answers.
func (f *finder) poll(ctx context.Context) {
	got, endpoints, err := f.ask(ctx, question{tag: f.view.tag})
	if err != nil {
		return // the caller has counted it
	}
	f.caller.count(func(s *Stats) {
		s.Polls++
		if got.status == http.StatusNotModified {
			s.NotModified++
		}
	})
	kept := f.settle(ctx, got, &endpoints)
	f.mu.Lock()
	before := len(f.view.missing)
	if kept {
		f.view.keep(endpoints, f.clock.now())
	} else {
		f.view.take(endpoints, f.clock.now())
	}
	missing := len(f.view.missing)
	f.mu.Unlock()
	select {
	case <-f.ready:
	default:
		close(f.ready)
	}
	if missing > before {
		f.config.Logf("muster: %d instances of %s are kept although the last answer lacks them and nobody says why; see GET /v1/events",
			missing, f.view.service)
	}
}

// settle says whether what the answer lacks is kept. Another node's list takes the place of the endpoints where that node
// knows better.
func (f *finder) settle(ctx context.Context, got *answer, endpoints *map[string]*Endpoint) bool {
	asked := f.clock.now()
	f.setTag(got)
	if !f.view.sharp(*endpoints) {
		return false
	}
	f.forget(ctx, got.node, *endpoints)
	if !f.view.sharp(*endpoints) {
		return false
	}
	other, better, err := f.ask(ctx, question{without: got.node, attempts: 1})
	if err != nil {
		return true
	}
	if f.view.sharp(better) {
		f.forget(ctx, other.node, *endpoints)
		return f.view.sharp(*endpoints)
	}
	f.config.Logf("muster: %s lacks what %s has of %s, and is not asked for a while", got.node, other.node, f.view.service)
	f.caller.nodes.failed(got.node, asked, "")
	f.setTag(other)
	*endpoints = better
	return false
}

func (f *finder) setTag(got *answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.view.tag = ""
	if got.status < 400 {
		f.view.tag = got.etag
	}
}

// forget asks a node why instances left, and drops those of which it says that they were taken out.
func (f *finder) forget(ctx context.Context, node string, endpoints map[string]*Endpoint) {
	got, err := f.caller.ask(ctx, question{
		method: http.MethodGet, only: node,
		path: fmt.Sprintf("/v1/events?service=%s&limit=%d", escaped(f.view.service), eventsLimit),
	})
	if err != nil {
		return
	}
	gone := explained(got.body, f.view.lost(endpoints))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.view.forget(gone)
}

func (f *finder) ask(ctx context.Context, q question) (*answer, map[string]*Endpoint, error) {
	var endpoints map[string]*Endpoint
	q.method, q.path, q.kinds = http.MethodGet, f.path, []string{"unknown-service"}
	q.check = func(got *answer) (err error) {
		if got.status != http.StatusNotModified {
			endpoints, err = endpointsOf(got.body)
		}
		return err
	}
	got, err := f.caller.ask(ctx, q)
	switch {
	case err != nil:
		return nil, nil, err
	case got.status == http.StatusNotModified:
		endpoints = f.view.answered
	case got.status >= 400:
		endpoints = map[string]*Endpoint{}
	}
	got.body = nil // parsed
	return got, endpoints, nil
}

// write writes the file if that is due, or if it is the last chance; returns when it is again.
func (f *finder) write(last bool) (time.Duration, bool) {
	now := f.clock.now()
	f.mu.Lock()
	at, due := f.view.writeDue()
	if !due || (at > now && !last) {
		f.mu.Unlock()
		return at, due
	}
	document := f.view.document(now, f.config.WallClock())
	f.view.dirty, f.view.written = false, now
	f.mu.Unlock()
	written := f.files.write(cacheName(f.view.service), kindOfService, document)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.view.dirty = f.view.dirty || !written
	return f.view.writeDue()
}

// neighbours looks for other nodes of the cluster, on a goroutine of its own.
type neighbours struct {
	config *Config
	caller *caller
	files  *cache
	clock  clock
	chance *chance

	due     time.Duration
	dirty   bool
	written time.Duration
}

type nodesDocument struct {
	Nodes []string `json:"nodes"`
}

// open takes the nodes of the disk.
func (n *neighbours) open() {
	n.written = never
	if document := n.files.read(nodesFile, kindOfNodes); document != nil {
		n.caller.nodes.learn(textsOf(objectOf(document)["nodes"]))
	}
}

// run looks right after the first answer of any node, and then from time to time.
func (n *neighbours) run(ctx context.Context) {
	select {
	case <-n.caller.heard:
	case <-ctx.Done():
		return
	}
	for ctx.Err() == nil {
		rung, stop := n.clock.alarm(n.step(ctx))
		select {
		case <-rung:
		case <-ctx.Done():
		}
		stop()
	}
	n.write(true)
}

func (n *neighbours) step(ctx context.Context) time.Duration {
	if now := n.clock.now(); n.due <= now {
		period := n.config.Peers
		got, err := n.caller.ask(ctx, question{method: http.MethodGet, path: "/v1/peers"})
		if err != nil {
			period = least(n.config.Poll, period) // nobody answered: sooner again
		} else if found := textsOf(objectOf(got.body)["nodes"]); len(found) > 0 {
			n.dirty = n.caller.nodes.learn(append([]string{got.node}, found...)) || n.dirty
		}
		n.due = n.clock.now() + n.chance.spread(period, 0.8, 1.2)
	}
	next := n.due
	if n.write(false); n.dirty {
		next = least(next, n.written+writesApart)
	}
	return greatest(next-n.clock.now(), 0)
}

func (n *neighbours) write(last bool) {
	now := n.clock.now()
	if !n.dirty || (n.written != never && now < n.written+writesApart && !last) {
		return
	}
	document, err := json.Marshal(nodesDocument{n.caller.nodes.learntOnes()})
	if err == nil {
		n.written, n.dirty = now, !n.files.write(nodesFile, kindOfNodes, document)
	}
}

// textsOf reads a list, and takes the strings of it.
func textsOf(text json.RawMessage) []string {
	var parts []json.RawMessage
	if json.Unmarshal(text, &parts) != nil {
		return nil
	}
	var texts []string
	for _, one := range parts {
		if value := textOf(one); value != "" {
			texts = append(texts, value)
		}
	}
	return texts
}
