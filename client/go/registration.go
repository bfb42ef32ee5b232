package muster

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// Registration is what an instance says of itself. Service and ID are needed, the rest is not.
type Registration struct {
	Service string
	ID      string
	Port    int // 0: none
	// SecurePort is the port for TLS; 0: none.
	SecurePort int
	// Address is an IP address. Default: MUSTER_ADDRESS, POD_IP, the route to the home node, or what the node sees.
	Address  string
	Zone     string
	Metadata map[string]string
	// Status is the first one. Default: Starting, so that nobody calls before Handle.Up.
	Status Status
	// LeaseInterval and LeaseDuration are whole seconds; 0: as the node has it.
	LeaseInterval, LeaseDuration time.Duration
	// Fields are further ones of the API, such as "health_check_url".
	Fields map[string]any
}

// State says how far the life of an instance has come.
type State string

// The states of a registration. The last three are final for this life.
const (
	Registering State = "registering"
	Registered  State = "registered"
	Refused     State = "refused"   // the request is wrong: see the error
	Replaced    State = "replaced"  // a newer life of this id took over
	Cancelled   State = "cancelled" // by this client, or by somebody else
)

func (s State) final() bool { return s == Refused || s == Replaced || s == Cancelled }

// Info is all of a Handle at one moment.
type Info struct {
	Service      string // in lower case
	ID           string
	State        State
	Status       Status // that is wanted
	Acknowledged Status // the last one that a node took; empty: none yet
	Incarnation  int64  // 0: not known yet
	Address      string // as a node recorded it; empty: not known yet
	Renewals     int64  // acknowledged heartbeats of this life
	Err          error  // the last one
}

// Handle is one life of one instance. A goroutine of its own does all the writes, one after the other.
type Handle struct {
	config *Config
	caller *caller
	clock  clock
	chance *chance

	service, id, path string
	fields            map[string]any // of the PUT; never changed
	given             string         // address
	wake              chan struct{}
	settled           chan struct{} // closed once the first PUT is answered, or the life is over
	settledOnce       sync.Once
	ended             chan struct{} // closed when the goroutine ends

	// Of the goroutine alone.
	answered bool          // any PUT of this life
	interval time.Duration // between heartbeats
	beat     time.Duration // when the next one is due
	failures int           // in a row
	stopBy   time.Duration // when the cancel is given up; never: it has not begun

	mu           sync.Mutex // guards what follows
	life         State
	wanted       Status
	acknowledged Status
	incarnation  int64
	address      string
	renewals     int64
	err          error
	leaveAt      time.Duration // when the cancel begins; never: it stays
	untaken      bool          // the cancel was given up
}

const intervalStandard = 30 * time.Second // until a node has answered

func newHandle(c *Client, service string, given Registration, incarnation int64) (*Handle, error) {
	fields, err := given.document()
	if err != nil {
		return nil, err
	}
	return &Handle{
		config: &c.config, caller: c.caller, clock: c.clock, chance: c.chance, service: service, id: given.ID,
		path:   "/v1/services/" + escaped(service) + "/instances/" + escaped(given.ID),
		fields: fields, given: given.Address, wake: make(chan struct{}, 1), settled: make(chan struct{}), ended: make(chan struct{}),
		interval: intervalStandard, stopBy: never, life: Registering, wanted: given.Status, incarnation: incarnation, leaveAt: never,
	}, nil
}

// document has the fields of the PUT but for those that change.
func (r *Registration) document() (map[string]any, error) {
	fields := map[string]any{}
	for name, value := range r.Fields {
		fields[name] = value
	}
	lease := map[string]int64{}
	for name, value := range map[string]time.Duration{"interval_s": r.LeaseInterval, "duration_s": r.LeaseDuration} {
		if value < 0 || value%time.Second != 0 {
			return nil, faultf(ErrInvalid, "the lease of %s has %s %v; give whole seconds", r.ID, name, value)
		}
		if value > 0 {
			lease[name] = int64(value / time.Second)
		}
	}
	if len(lease) > 0 {
		fields["lease"] = lease
	}
	if r.Port != 0 {
		fields["port"] = r.Port
	}
	if r.SecurePort != 0 {
		fields["secure_port"] = r.SecurePort
	}
	if r.Zone != "" {
		fields["zone"] = r.Zone
	}
	if len(r.Metadata) > 0 {
		metadata := map[string]string{}
		for name, value := range r.Metadata {
			metadata[name] = value
		}
		fields["metadata"] = metadata
	}
	if _, err := json.Marshal(fields); err != nil {
		return nil, faultf(ErrInvalid, "the fields of %s cannot be written as JSON: %v", r.ID, err)
	}
	return fields, nil
}

// Info tells everything at once.
func (h *Handle) Info() Info {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Info{h.service, h.id, h.state(), h.wanted, h.acknowledged, h.incarnation, h.address, h.renewals, h.err}
}

func (h *Handle) state() State {
	if h.leaveAt != never {
		return Cancelled
	}
	return h.life
}

// State is how far this life has come.
func (h *Handle) State() State { return h.Info().State }

// Err is the last error; nil when there was none. An old one stays: State says how things are.
func (h *Handle) Err() error { return h.Info().Err }

// Done is closed when this life is over: refused, replaced, or cancelled and that answered or given up.
func (h *Handle) Done() <-chan struct{} { return h.ended }

// SetStatus says what the instance says of itself from now on. It does not wait: it is sent until a node has taken it. In a
// final state it has no effect.
func (h *Handle) SetStatus(status Status) error {
	if err := status.check(); err != nil {
		return err
	}
	h.mu.Lock()
	h.wanted = status
	h.mu.Unlock()
	h.nudge()
	return nil
}

// Up says that the instance is ready: callers may come.
func (h *Handle) Up() { _ = h.SetStatus(Up) }

// Cancel leaves: OUT_OF_SERVICE shows for the drain, while heartbeats go on, then the instance is taken out. It waits until
// that is answered, given up, or the context ends; the goroutine goes on even then. State is Cancelled from the call on.
func (h *Handle) Cancel(ctx context.Context, drain time.Duration) error {
	h.leave(drain)
	select {
	case <-h.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.untaken {
		return nil
	}
	return faultf(ErrUnavailable, "no node took the cancel of %s of %s (%v); it ends with its lease", h.id, h.service, h.err)
}

// leave does not wait. A shorter drain than before shortens it.
func (h *Handle) leave(drain time.Duration) {
	h.mu.Lock()
	at := h.clock.now() + greatest(drain, 0)
	switch {
	case h.leaveAt != never:
		h.leaveAt = least(h.leaveAt, at)
	case !h.life.final():
		h.leaveAt = at
		if drain > 0 {
			h.wanted = OutOfService
		}
	}
	h.mu.Unlock()
	h.nudge()
}

func (h *Handle) nudge() {
	select {
	case h.wake <- struct{}{}:
	default: // it is awake
	}
}

func (h *Handle) leaving() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.leaveAt != never
}
