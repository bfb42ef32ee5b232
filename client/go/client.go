package muster

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Client is what a program holds, one for all its services. Safe for concurrent use. Close it.
type Client struct {
	config     Config
	clock      clock
	chance     *chance
	files      *cache
	nodes      *nodeSet
	caller     *caller
	neighbours *neighbours

	tasks    sync.WaitGroup
	alive    context.Context // of everything
	end      context.CancelFunc
	stopped  context.Context // of finding
	stopFind context.CancelFunc

	mu          sync.Mutex // guards what follows
	started     bool
	closed      bool
	incarnation int64 // the last one given
	handles     map[key]*Handle
	finders     map[string]*finder
}

type key struct{ service, id string }

// New makes a client. It sends nothing before the first Register or Find.
func New(config Config) (*Client, error) {
	return newClient(config, systemClock{time.Now()}, newChance())
}

func newClient(config Config, clock clock, chance *chance) (*Client, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	c := &Client{config: config, clock: clock, chance: chance, handles: map[key]*Handle{}, finders: map[string]*finder{}}
	c.files = &cache{folder: config.CacheDir, logf: config.Logf}
	c.nodes = newNodeSet(&c.config, clock, chance)
	c.caller = newCaller(&c.config, c.nodes, clock)
	c.neighbours = &neighbours{config: &c.config, caller: c.caller, files: c.files, clock: clock, chance: chance}
	c.neighbours.open()
	c.alive, c.end = context.WithCancel(context.Background())
	c.stopped, c.stopFind = context.WithCancel(c.alive)
	return c, nil
}

// background runs a task until its context ends. c.mu is held, and the client is not closed.
func (c *Client) background(ctx context.Context, run func(context.Context)) {
	if !c.started {
		c.started = true
		c.background(c.stopped, c.neighbours.run)
	}
	c.tasks.Add(1)
	go func() {
		defer c.tasks.Done()
		run(ctx)
	}()
}

// Register registers an instance and keeps it so until it is cancelled. It waits for an answer, at most ReadyTimeout and until
// the context ends; without one the error is nil, the handle's State is Registering, and the client goes on trying. When a node
// says that the request is wrong the error is a RefusedError, and the handle is returned, too.
func (c *Client) Register(ctx context.Context, registration Registration) (*Handle, error) {
	service, err := serviceKey(registration.Service)
	if err != nil {
		return nil, err
	}
	if err := checkInstance(registration.ID); err != nil {
		return nil, err
	}
	if registration.Status == "" {
		registration.Status = Starting
	}
	if err := registration.Status.check(); err != nil {
		return nil, err
	}
	handle, err := c.newLife(service, registration)
	if err != nil {
		return nil, err
	}
	rung, stop := c.clock.alarm(c.config.ReadyTimeout)
	defer stop()
	select {
	case <-handle.settled:
	case <-rung:
	case <-ctx.Done():
	}
	if info := handle.Info(); info.State.final() {
		return handle, info.Err
	}
	return handle, nil
}

func (c *Client) newLife(service string, registration Registration) (*Handle, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, faultf(ErrClosed, "this client is closed; make a new one to register %s", registration.ID)
	}
	of := key{service, registration.ID}
	before := c.handles[of]
	if before != nil && !before.State().final() {
		return nil, faultf(ErrInvalid, "%s of %s is registered by this client; cancel it first, or set its status", of.id, of.service)
	}
	if before == nil && len(c.handles) >= registrationsMax {
		for one, handle := range c.handles {
			if handle.State().final() {
				delete(c.handles, one)
			}
		}
	}
	if before == nil && len(c.handles) >= registrationsMax {
		return nil, faultf(ErrLimit, "a client keeps at most %d registrations; cancel some, or use a second client", registrationsMax)
	}
	incarnation := c.config.WallClock().UnixMilli()
	if incarnation <= c.incarnation {
		incarnation = c.incarnation + 1
	}
	handle, err := newHandle(c, service, registration, incarnation)
	if err != nil {
		return nil, err
	}
	c.incarnation = incarnation
	c.handles[of] = handle
	c.background(c.alive, handle.run)
	return handle, nil
}

// Handle is what Register made of this id last; an error when there is none.
func (c *Client) Handle(service, id string) (*Handle, error) {
	name, err := serviceKey(service)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if handle := c.handles[key{name, id}]; handle != nil {
		return handle, nil
	}
	return nil, faultf(ErrInvalid, "%.600q of %s is not registered by this client; register it first", id, name)
}

// Service is for finding the instances of a service. A wrong name is told by Find and Pick.
func (c *Client) Service(name string) *Service { return &Service{c, name} }

// finder of a service. Without begin it must have been looked for already.
func (c *Client) finder(name string, begin bool) (*finder, error) {
	service, err := serviceKey(name)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if found := c.finders[service]; found != nil {
		return found, nil
	}
	switch {
	case !begin:
		return nil, faultf(ErrInvalid, "%s was not looked for by this client; find it first", service)
	case c.closed:
		return nil, faultf(ErrClosed, "this client is closed; make a new one to find %s", service)
	case len(c.finders) >= servicesMax:
		return nil, faultf(ErrLimit, "a client finds at most %d services; use a second client", servicesMax)
	}
	made := newFinder(c, service)
	c.finders[service] = made
	c.background(c.stopped, made.run)
	return made, nil
}

// Nodes tells which nodes there are, and which is asked next.
func (c *Client) Nodes() Nodes { return c.nodes.show() }

// Address is the one that an instance without an address of its own would be registered with.
func (c *Client) Address(ctx context.Context) Address {
	return chooseAddress(ctx, "", c.nodes.home(), c.config.ConnectTimeout)
}

// Stats counts since the start.
func (c *Client) Stats() Stats {
	var stats Stats
	c.caller.count(func(kept *Stats) { stats = *kept })
	c.files.addTo(&stats)
	return stats
}

// Close drains and cancels every registration at the same time, and stops. It may be called twice. When the context ends first
// nothing more is sent, and its error is returned.
func (c *Client) Close(ctx context.Context) error { return c.CloseAfter(ctx, c.config.Drain) }

// CloseAfter is Close with a drain of its own; with 0 registrations are cancelled at once.
func (c *Client) CloseAfter(ctx context.Context, drain time.Duration) error {
	c.mu.Lock()
	c.closed = true
	handles := make([]*Handle, 0, len(c.handles))
	for _, handle := range c.handles {
		handles = append(handles, handle)
	}
	c.mu.Unlock()
	for _, handle := range handles {
		handle.leave(drain)
	}
	var failed error
	for _, handle := range handles {
		if err := handle.Cancel(ctx, drain); err != nil && failed == nil {
			failed = err
		}
	}
	c.stopFind()
	c.end()
	c.tasks.Wait()
	if closer, can := c.config.Transport.(interface{ CloseIdleConnections() }); can {
		closer.CloseIdleConnections()
	}
	return failed
}

// CloseOnSIGTERM closes the client when SIGTERM comes, while the program goes on serving, and then calls then; nil: the signal
// is raised again, and ends the program as it would have. A second SIGTERM acts at once. stop undoes it.
func (c *Client) CloseOnSIGTERM(then func()) (stop func()) {
	if then == nil {
		then = func() {
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Signal(syscall.SIGTERM)
			}
		}
	}
	signals, undone := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
		case <-undone:
			return
		}
		signal.Stop(signals)
		if err := c.Close(context.Background()); err != nil {
			c.config.Logf("muster: %v", err)
		}
		then()
	}()
	var once sync.Once
	return func() {
		once.Do(func() {
			signal.Stop(signals)
			close(undone)
		})
	}
}
