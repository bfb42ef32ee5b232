package muster

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// forgotten are the answers to a heartbeat that a PUT of the same incarnation has to decide: a renewal does not say of which
// life it is.
var forgotten = []string{"unknown-instance", "cancelled"}

var errNoLease = errors.New("the answer to a registration has no lease.interval_s; check that this is a node of muster")

// run lives until the life is over or the context ends.
func (h *Handle) run(ctx context.Context) {
	defer close(h.ended)
	defer h.settle()
	for ctx.Err() == nil {
		delay, more := h.step(ctx)
		if !more {
			return
		}
		rung, stop := h.clock.alarm(delay)
		select {
		case <-rung:
		case <-h.wake:
		case <-ctx.Done():
		}
		stop()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.untaken = !h.life.final()
}

func (h *Handle) settle() { h.settledOnce.Do(func() { close(h.settled) }) }

// step sends what is due; returns after how long something is again, and whether there is anything at all.
func (h *Handle) step(ctx context.Context) (time.Duration, bool) {
	h.mu.Lock()
	life, leaveAt, unsent := h.life, h.leaveAt, h.wanted != h.acknowledged
	h.mu.Unlock()
	now := h.clock.now()
	var err error
	switch {
	case life.final():
		return 0, false
	case leaveAt != never && (now >= leaveAt || life != Registered):
		return h.cancel(ctx)
	case life != Registered:
		err = h.register(ctx)
	case unsent:
		err = h.sendStatus(ctx)
	case now >= h.beat:
		err = h.renew(ctx)
	}
	var refused *RefusedError
	switch {
	case err == nil:
		h.failures = 0
		return h.delay(), true
	case errors.As(err, &refused):
		h.finish(map[int]State{http.StatusConflict: Replaced, http.StatusGone: Cancelled}[refused.Status], err)
		return 0, false
	}
	return h.later(err), true
}

// delay is until something is due that is not yet.
func (h *Handle) delay() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.life != Registered || h.wanted != h.acknowledged {
		return 0
	}
	due := h.beat
	if h.leaveAt != never {
		due = least(due, h.leaveAt)
	}
	return greatest(due-h.clock.now(), 0)
}

// later is the back-off after a write that nobody answered.
func (h *Handle) later(err error) time.Duration {
	wait := h.chance.spread(doubled(h.config.Retry, h.failures, h.interval/3), 0.5, 1)
	if h.failures < failuresMax {
		h.failures++
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
	if now := h.clock.now(); h.leaveAt > now {
		wait = least(wait, h.leaveAt-now)
	}
	return wait
}

// finish ends this life. Without a state it is Refused.
func (h *Handle) finish(state State, err error) {
	if state == "" {
		state = Refused
	}
	h.mu.Lock()
	h.life = state
	if err != nil {
		h.err = err
	}
	h.mu.Unlock()
	if err != nil {
		h.config.Logf("muster: %s of %s is %s: %v", h.id, h.service, state, err)
	}
}

func (h *Handle) register(ctx context.Context) error {
	h.mu.Lock()
	status, incarnation := h.wanted, h.incarnation
	h.mu.Unlock()
	document := map[string]any{}
	for name, value := range h.fields {
		document[name] = value
	}
	document["status"] = status
	if address := chooseAddress(ctx, h.given, h.caller.nodes.home(), h.config.ConnectTimeout); address.IP != "" {
		document["address"] = address.IP
	}
	if incarnation != 0 {
		document["incarnation"] = incarnation
	}
	body, err := json.Marshal(document)
	if err != nil {
		return &RefusedError{Detail: err.Error()}
	}
	got, err := h.caller.ask(ctx, question{method: http.MethodPut, path: h.path, body: body, check: hasLease, giveUp: h.leaving})
	var refused *RefusedError
	if errors.As(err, &refused) && (refused.Status == http.StatusConflict || refused.Status == http.StatusGone) &&
		!h.answered && incarnation != 0 {
		h.mu.Lock()
		h.incarnation = 0 // the wall clock has stepped back: the node numbers this life
		h.mu.Unlock()
		return nil
	}
	if err != nil {
		return err
	}
	fields := objectOf(got.body)
	h.caller.count(func(s *Stats) { s.Registrations++ })
	h.answered, h.interval = true, seconds(intervalOf(got.body))
	h.plan()
	h.mu.Lock()
	h.life, h.acknowledged, h.address = Registered, status, textOf(fields["address"])
	if h.incarnation == 0 {
		h.incarnation = numberOf(fields["incarnation"])
	}
	h.mu.Unlock()
	h.settle()
	return nil
}

func intervalOf(document []byte) int64 {
	return numberOf(objectOf(objectOf(document)["lease"])["interval_s"])
}

func hasLease(got *answer) error {
	if intervalOf(got.body) < 1 {
		return errNoLease
	}
	return nil
}

// plan sets the next heartbeat.
func (h *Handle) plan() { h.beat = h.clock.now() + h.chance.spread(h.interval, 0.7, 1) }

func (h *Handle) sendStatus(ctx context.Context) error {
	h.mu.Lock()
	status, incarnation := h.wanted, h.incarnation
	h.mu.Unlock()
	document := map[string]any{"status": status}
	if incarnation != 0 {
		document["incarnation"] = incarnation
	}
	body, err := json.Marshal(document)
	if err != nil {
		return &RefusedError{Detail: err.Error()}
	}
	return h.renewed(ctx, "/status", body, status)
}

func (h *Handle) renew(ctx context.Context) error {
	return h.renewed(ctx, "/renew"+h.fence(), nil, h.Info().Acknowledged)
}

// fence is the query that renews and cancels this life alone.
func (h *Handle) fence() string {
	if incarnation := h.Info().Incarnation; incarnation != 0 {
		return "?incarnation=" + strconv.FormatInt(incarnation, 10)
	}
	return ""
}

func (h *Handle) renewed(ctx context.Context, part string, body []byte, status Status) error {
	got, err := h.caller.ask(ctx, question{method: http.MethodPut, path: h.path + part, body: body, kinds: forgotten, giveUp: h.overdue})
	if err != nil {
		return err
	}
	if got.status >= 400 {
		h.mu.Lock()
		h.life = Registering
		h.mu.Unlock()
		return nil
	}
	h.plan()
	h.mu.Lock()
	h.acknowledged = status
	h.renewals++
	h.mu.Unlock()
	h.caller.count(func(s *Stats) { s.Renewals++ })
	return nil
}

// overdue says that it is time to cancel: nothing else is sent to a further node.
func (h *Handle) overdue() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.leaveAt != never && h.clock.now() >= h.leaveAt
}

func (h *Handle) cancel(ctx context.Context) (time.Duration, bool) {
	if h.stopBy == never {
		h.stopBy = h.clock.now() + h.config.StopTimeout
		h.failures = 0
	}
	_, err := h.caller.ask(ctx, question{
		method: http.MethodDelete, path: h.path + h.fence(), kinds: []string{"unknown-instance", "stale-incarnation", "cancelled"},
		until: func() time.Duration { return h.stopBy },
	})
	var refused *RefusedError
	if err != nil && !errors.As(err, &refused) {
		if delay := h.later(err); h.clock.now()+delay < h.stopBy {
			return delay, true
		}
	}
	h.mu.Lock()
	h.untaken = err != nil
	h.mu.Unlock()
	h.finish(Cancelled, err)
	return 0, false
}
