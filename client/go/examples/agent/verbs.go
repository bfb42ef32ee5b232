package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"muster.internal/muster"
)

const countMax = 10_000

// shiftedClock is the wall clock of the client.
type shiftedClock struct{ shift atomic.Int64 } // nanoseconds

func (c *shiftedClock) now() time.Time {
	return time.Now().Add(time.Duration(c.shift.Load()))
}

// arguments of all verbs. Those that are pointers can be told from absent ones.
type arguments struct {
	ID        json.RawMessage   `json:"id"`
	Do        string            `json:"do"`
	Service   string            `json:"service"`
	Instance  string            `json:"instance"`
	Port      int               `json:"port"`
	Secured   int               `json:"secure_port"`
	Address   string            `json:"address"`
	Zone      string            `json:"zone"`
	Metadata  map[string]string `json:"metadata"`
	Status    muster.Status     `json:"status"`
	IntervalS int64             `json:"interval_s"`
	DurationS int64             `json:"duration_s"`
	DrainMs   *float64          `json:"drain_ms"`
	Policy    string            `json:"policy"`
	Count     *int              `json:"count"`
	Secure    bool              `json:"secure"`
	Success   *bool             `json:"success"`
	ShiftMs   *float64          `json:"shift_ms"`
}

func (g *arguments) count() (int, error) {
	if g.Count == nil {
		return 1, nil
	}
	if *g.Count < 1 || *g.Count > countMax {
		return 0, fmt.Errorf("count is %d; give 1 to %d", *g.Count, countMax)
	}
	return *g.Count, nil
}

func (a *agent) do(verb string, line []byte) (map[string]any, error) {
	verbs := map[string]func(context.Context, *arguments) (map[string]any, error){
		"hello": a.hello, "register": a.register, "registration": a.registration, "status": a.status, "cancel": a.cancel,
		"find": a.find, "pick": a.pick, "report": a.report, "nodes": a.nodes, "stats": a.stats, "clock": a.shift,
		"whoami": a.whoami, "exit": a.exit,
	}
	does := verbs[verb]
	if does == nil {
		return nil, fmt.Errorf("there is no verb %.100q; see tests/functional/thin_clients/README.md", verb)
	}
	var given arguments
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil {
		return nil, fmt.Errorf("%s: %v; see tests/functional/thin_clients/README.md", verb, err)
	}
	return does(context.Background(), &given)
}

func (a *agent) hello(context.Context, *arguments) (map[string]any, error) {
	return map[string]any{"language": "go", "version": muster.Version}, nil
}

func (a *agent) register(ctx context.Context, g *arguments) (map[string]any, error) {
	handle, err := a.client.Register(ctx, muster.Registration{
		Service: g.Service, ID: g.Instance, Port: g.Port, SecurePort: g.Secured, Address: g.Address, Zone: g.Zone,
		Metadata: g.Metadata, Status: g.Status, LeaseInterval: time.Duration(g.IntervalS) * time.Second,
		LeaseDuration: time.Duration(g.DurationS) * time.Second,
	})
	if handle == nil {
		return nil, err
	}
	return told(handle), nil // why it was refused is in there
}

func (a *agent) registration(_ context.Context, g *arguments) (map[string]any, error) {
	handle, err := a.client.Handle(g.Service, g.Instance)
	if err != nil {
		return nil, err
	}
	return told(handle), nil
}

func (a *agent) status(_ context.Context, g *arguments) (map[string]any, error) {
	handle, err := a.client.Handle(g.Service, g.Instance)
	if err == nil {
		err = handle.SetStatus(g.Status)
	}
	if err != nil {
		return nil, err
	}
	return told(handle), nil
}

func (a *agent) cancel(ctx context.Context, g *arguments) (map[string]any, error) {
	handle, err := a.client.Handle(g.Service, g.Instance)
	if err != nil {
		return nil, err
	}
	var drain time.Duration
	if g.DrainMs != nil {
		drain = milliseconds(*g.DrainMs)
	}
	_ = handle.Cancel(ctx, drain) // that it was given up is in what is told
	return told(handle), nil
}

func told(handle *muster.Handle) map[string]any {
	info := handle.Info()
	answer := map[string]any{
		"service": info.Service, "instance": info.ID, "state": info.State, "status": info.Status, "renewals": info.Renewals,
		"acknowledged": orNull(string(info.Acknowledged)), "address": orNull(info.Address), "incarnation": nil, "error": nil,
	}
	if info.Incarnation != 0 {
		answer["incarnation"] = info.Incarnation
	}
	if info.Err != nil {
		answer["error"] = info.Err.Error()
	}
	return answer
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func portOrNull(port int) any {
	if port == 0 {
		return nil
	}
	return port
}

func (a *agent) find(ctx context.Context, g *arguments) (map[string]any, error) {
	list, err := a.client.Service(g.Service).Find(ctx)
	if err != nil {
		return nil, err
	}
	instances := make([]map[string]any, 0, len(list.Endpoints))
	for _, one := range list.Endpoints {
		instances = append(instances, map[string]any{
			"id": one.ID, "status": one.Status, "address": orNull(one.Address), "port": portOrNull(one.Port),
			"secure_port": portOrNull(one.SecurePort), "weight": one.Weight, "metadata": one.Metadata,
		})
	}
	answer := map[string]any{
		"service": list.Service, "source": list.Source, "state": list.State, "age_ms": nil, "missing": list.Missing,
		"instances": instances,
	}
	if list.Age >= 0 {
		answer["age_ms"] = list.Age.Milliseconds()
	}
	return answer, nil
}

func (a *agent) pick(ctx context.Context, g *arguments) (map[string]any, error) {
	count, err := g.count()
	if err != nil {
		return nil, err
	}
	var how []muster.PickOption
	switch g.Policy {
	case "", "round_robin":
	case "random":
		how = append(how, muster.Random())
	default:
		return nil, fmt.Errorf("there is no policy %.100q; give round_robin or random", g.Policy)
	}
	if g.Secure {
		how = append(how, muster.Secure())
	}
	picks := make([]string, 0, count)
	for len(picks) < count {
		one, err := a.client.Service(g.Service).Pick(ctx, how...)
		if err != nil {
			return nil, err
		}
		picks = append(picks, one.ID)
	}
	return map[string]any{"picks": picks}, nil
}

func (a *agent) report(ctx context.Context, g *arguments) (map[string]any, error) {
	count, err := g.count()
	if err != nil {
		return nil, err
	}
	if g.Instance == "" || g.Success == nil {
		return nil, fmt.Errorf("report wants an instance, and success: true or false")
	}
	service := a.client.Service(g.Service)
	if _, err := service.Find(ctx); err != nil {
		return nil, err
	}
	for ; count > 0; count-- {
		service.Report(g.Instance, *g.Success)
	}
	return map[string]any{"ejected": service.Ejected()}, nil
}

func (a *agent) nodes(context.Context, *arguments) (map[string]any, error) {
	nodes := a.client.Nodes()
	quarantined := map[string]float64{}
	for url, left := range nodes.Quarantined {
		quarantined[url] = float64(left) / float64(time.Millisecond)
	}
	return map[string]any{
		"nodes": nodes.Order, "configured": nodes.Configured, "learnt": nodes.Learnt, "quarantined": quarantined,
		"current": orNull(nodes.Current),
	}, nil
}

func (a *agent) stats(context.Context, *arguments) (map[string]any, error) {
	stats := a.client.Stats()
	return map[string]any{
		"requests": stats.Requests, "failures": stats.Failures, "not_modified": stats.NotModified, "polls": stats.Polls,
		"renewals": stats.Renewals, "registrations": stats.Registrations, "cache_writes": stats.CacheWrites,
		"cache_errors": stats.CacheErrors, "cache_ignored": stats.CacheIgnored, "last_error": orNull(stats.LastError),
		"last_cache_error": orNull(stats.LastCacheError),
	}, nil
}

func (a *agent) shift(_ context.Context, g *arguments) (map[string]any, error) {
	if g.ShiftMs == nil {
		return nil, fmt.Errorf("clock wants shift_ms")
	}
	a.clock.shift.Store(int64(milliseconds(*g.ShiftMs)))
	return map[string]any{"now_ms": a.clock.now().UnixMilli()}, nil
}

func (a *agent) whoami(ctx context.Context, _ *arguments) (map[string]any, error) {
	address := a.client.Address(ctx)
	return map[string]any{"address": orNull(address.IP), "why": address.Why}, nil
}

func (a *agent) exit(ctx context.Context, g *arguments) (map[string]any, error) {
	a.done = true
	if g.DrainMs != nil {
		return map[string]any{}, a.client.CloseAfter(ctx, milliseconds(*g.DrainMs))
	}
	return map[string]any{}, a.client.Close(ctx)
}
