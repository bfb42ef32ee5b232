package muster

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// script answers each request by the first rule that its method and path begin with.
type script map[string]func() (int, string, map[string]string)

func (s script) respond(one asked) (int, string, map[string]string) {
	best := ""
	for prefix := range s {
		if strings.HasPrefix(one.method+" "+one.path, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	if best == "" {
		return 0, "", nil
	}
	return s[best]()
}

func says(status int, body string) func() (int, string, map[string]string) {
	return func() (int, string, map[string]string) { return status, body, nil }
}

func says4(status int, kind string) func() (int, string, map[string]string) {
	return func() (int, string, map[string]string) { return problem(status, kind) }
}

const (
	registered = `{"address": "10.0.0.9", "incarnation": 77, "lease": {"interval_s": 10, "duration_s": 30}}`
	onX        = "PUT /v1/services/s/instances/x"
)

// life is a registration whose steps the test takes.
func life(t *testing.T, rules script, registration Registration) (*Handle, *handClock, *network) {
	t.Helper()
	client, clock, net := testClient(t, func(c *Config) { c.Nodes = []string{nodeA} }, rules.respond)
	registration.ID = "x"
	registration.Address = "10.0.0.9"
	if registration.Status == "" {
		registration.Status = Starting
	}
	handle, err := newHandle(client, "s", registration, 5)
	if err != nil {
		t.Fatal(err)
	}
	return handle, clock, net
}

// pass takes the steps of that much time.
func pass(h *Handle, clock *handClock, by time.Duration) bool {
	end := clock.now() + by
	for {
		delay, more := h.step(context.Background())
		if !more {
			return false
		}
		if clock.now()+delay > end {
			clock.advance(end - clock.now())
			return true
		}
		clock.advance(delay)
	}
}

// Goal: what is registered is what was said. Method: all fields, and what is left out.
func TestTheFieldsOfARegistration(t *testing.T) {
	rules := script{onX: says(201, registered)}
	h, clock, net := life(t, rules, Registration{
		Port: 80, Zone: "a", Metadata: map[string]string{"k": "v"}, LeaseInterval: 10 * time.Second, Fields: map[string]any{"app_group": "g", "port": 1},
	})
	pass(h, clock, 0)
	equal(t, "body", net.last().body, map[string]any{
		"port": 80, "zone": "a", "metadata": map[string]any{"k": "v"}, "lease": map[string]any{"interval_s": 10}, "app_group": "g",
		"status": "STARTING", "incarnation": 5, "address": "10.0.0.9",
	})
	info := h.Info()
	equal(t, "info", []any{info.State, info.Status, info.Acknowledged, info.Incarnation, info.Address}, []any{Registered, Starting, Starting, 5, "10.0.0.9"})
	for _, wrong := range []Registration{{LeaseInterval: time.Millisecond}, {LeaseDuration: -time.Second}, {Fields: map[string]any{"x": func() {}}}} {
		if _, err := wrong.document(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%v: the error is %v", wrong, err)
		}
	}
}

// Goal: heartbeats come in time, and a status goes instead of one. Method: two minutes, then UP while the node refuses it twice.
func TestHeartbeatsAndStatus(t *testing.T) {
	rules := script{onX: says(201, registered), onX + "/renew": says(204, "")}
	h, clock, net := life(t, rules, Registration{})
	pass(h, clock, 2*time.Minute)
	if n := h.Info().Renewals; n < 12 || n > 18 {
		t.Errorf("%d heartbeats in two minutes", n)
	}
	net.took()
	h.Up()
	rules[onX+"/status"] = says(500, "")
	pass(h, clock, 0)
	pass(h, clock, 2*time.Second)
	equal(t, "not yet", h.Info().Acknowledged, Starting)
	if log := net.took(); len(log) < 3 || strings.Contains(strings.Join(log, " "), "renew") {
		t.Errorf("asked %v", log)
	}
	rules[onX+"/status"] = says(200, registered)
	pass(h, clock, 10*time.Second)
	equal(t, "taken", h.Info().Acknowledged, Up)
	equal(t, "a wrong one", errors.Is(h.SetStatus("up"), ErrInvalid), true)
}

// Goal: a heartbeat that finds nothing registers again, and that PUT decides. Method: 404 and 410 to heartbeats.
func TestAForgottenInstanceRegistersAgain(t *testing.T) {
	for _, one := range []func() (int, string, map[string]string){says4(404, "unknown-instance"), says4(410, "cancelled")} {
		rules := script{onX: says(201, registered), onX + "/renew": one}
		h, clock, net := life(t, rules, Registration{Status: Up})
		pass(h, clock, 10*time.Second)
		equal(t, "again", net.last().body["incarnation"], 5)
		equal(t, "state", h.State(), Registered)
		rules[onX] = says4(410, "cancelled")
		equal(t, "goes on", pass(h, clock, 10*time.Second), false)
		equal(t, "state", h.State(), Cancelled)
	}
}

// Goal: what an error of the caller is. Method: the answers that end a life, and those that do not.
func TestAnswersThatEndALife(t *testing.T) {
	for _, one := range []struct {
		status int
		kind   string
		state  State
	}{{400, "invalid-field", Refused}, {413, "too-large", Refused}, {503, "x", Registering}, {409, "x/y", Replaced}} {
		rules := script{onX: says(201, registered), onX + "/renew": says(204, "")}
		h, clock, _ := life(t, rules, Registration{})
		if one.status == 409 {
			pass(h, clock, 0) // a life that has begun
			rules[onX+"/status"] = says4(409, "stale-incarnation")
			h.Up()
		} else {
			rules[onX] = says4(one.status, one.kind)
		}
		equal(t, one.kind, pass(h, clock, time.Second), one.state == Registering)
		equal(t, one.kind, h.State(), one.state)
		equal(t, "there is an error", h.Err() != nil, true)
	}
}

// Goal: a wall clock that went back keeps nobody out. Method: the first PUT is answered 409 and 410.
func TestAClockThatWentBack(t *testing.T) {
	for status, kind := range map[int]string{409: "stale-incarnation", 410: "cancelled"} {
		first := true
		rules := script{onX: func() (int, string, map[string]string) {
			if first {
				first = false
				return problem(status, kind)
			}
			return 201, registered, nil
		}}
		h, clock, net := life(t, rules, Registration{})
		pass(h, clock, 0)
		_, given := net.last().body["incarnation"]
		equal(t, "without", given, false)
		equal(t, "the node's", h.Info().Incarnation, 77)
	}
}

// Goal: a registry that is gone is not hammered, and found again. Method: an hour of refusals.
func TestBackOff(t *testing.T) {
	h, clock, net := life(t, script{}, Registration{})
	pass(h, clock, time.Hour)
	if n := len(net.took()); n < 360 || n > 800 {
		t.Errorf("%d requests in an hour", n)
	}
	equal(t, "state", h.State(), Registering)
}

// Goal: the drain shows, heartbeats go on, and nothing follows the DELETE. Method: a drain of a minute.
func TestDrain(t *testing.T) {
	rules := script{onX: says(201, registered), onX + "/renew": says(204, ""), onX + "/status": says(200, registered), "DELETE ": says(204, "")}
	h, clock, net := life(t, rules, Registration{Status: Up})
	pass(h, clock, 0)
	net.took()
	h.leave(time.Minute)
	equal(t, "state at once", h.State(), Cancelled)
	equal(t, "goes on", pass(h, clock, 59*time.Second), true)
	log := net.took()
	equal(t, "status first", log[0], "PUT "+nodeA+"/v1/services/s/instances/x/status")
	equal(t, "then heartbeats", len(log) >= 5 && strings.HasSuffix(log[5], "/renew?incarnation=5"), true)
	equal(t, "ends", pass(h, clock, time.Second), false)
	log = net.took()
	equal(t, "last", log[len(log)-1], "DELETE "+nodeA+"/v1/services/s/instances/x?incarnation=5")
	h.Up()
	equal(t, "no more", pass(h, clock, time.Hour), false)
	equal(t, "no more", len(net.took()), 0)
}

// Goal: the cancel is tried for as long as said. Method: a node that answers after a while; one that never does; 404, 409 and 410.
func TestTheCancelIsTried(t *testing.T) {
	rules := script{onX: says(201, registered), "DELETE ": says(503, "")}
	h, clock, net := life(t, rules, Registration{})
	pass(h, clock, 0)
	net.took()
	h.leave(0)
	began := clock.now()
	equal(t, "ends", pass(h, clock, time.Minute), false)
	if lasted := clock.now() - began; lasted > 2*time.Second || len(net.took()) < 3 {
		t.Errorf("it lasted %v", lasted)
	}
	equal(t, "given up", h.untaken, true)
	for _, rule := range []func() (int, string, map[string]string){
		says4(404, "unknown-instance"), says4(409, "stale-incarnation"), says4(410, "cancelled"), says(204, ""),
	} {
		rules["DELETE "] = rule
		h, clock, _ := life(t, rules, Registration{})
		h.leave(time.Second) // before anything was answered: no drain
		equal(t, "ends", pass(h, clock, 0), false)
		equal(t, "taken", h.untaken, false)
		equal(t, "state", h.State(), Cancelled)
	}
}
