package muster

import (
	"fmt"
	"sort"
	"sync"
	"time"
)

const ejectionsMax = 40 // far above EjectMax

// PickOption changes how Service.Pick chooses.
type PickOption func(*choice)

type choice struct{ random, secure bool }

// Random picks at random, by weight, instead of in turn.
func Random() PickOption { return func(c *choice) { c.random = true } }

// Secure picks among the endpoints with a SecurePort.
func Secure() PickOption { return func(c *choice) { c.secure = true } }

// calls is how the calls of one endpoint ended.
type calls struct {
	failures  int // in a row
	ejections int // in a row
	until     time.Duration
	number    uint64 // of the ejection: greater is newer
}

// balancer chooses among the endpoints of one service. Safe for concurrent use. What it remembers is of ids that are listed.
type balancer struct {
	config *Config
	clock  clock
	chance *chance

	mu     sync.Mutex // guards what follows
	credit map[string]int64
	calls  map[string]*calls
	number uint64
}

func newBalancer(config *Config, clock clock, chance *chance) *balancer {
	return &balancer{config: config, clock: clock, chance: chance, credit: map[string]int64{}, calls: map[string]*calls{}}
}

func (b *balancer) pick(list *List, how choice) (*Endpoint, error) {
	candidates := candidatesOf(list, how.secure)
	if len(candidates) == 0 {
		return nil, faultf(ErrNoEndpoint, "nothing to pick of %s: %s", list.Service, whyNone(list, how.secure))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prune(list)
	usable := candidates
	if out := b.out(candidates); len(out) > 0 {
		usable = make([]*Endpoint, 0, len(candidates))
		for _, one := range candidates {
			if !out[one.ID] {
				usable = append(usable, one)
			}
		}
	}
	picked := b.choose(usable, how.random)
	return &picked, nil
}

func candidatesOf(list *List, secure bool) []*Endpoint {
	candidates := make([]*Endpoint, 0, len(list.Endpoints))
	for at := range list.Endpoints {
		if one := &list.Endpoints[at]; one.callable(secure) {
			candidates = append(candidates, one)
		}
	}
	return candidates
}

func (b *balancer) choose(usable []*Endpoint, random bool) Endpoint {
	if random {
		return *b.byWeight(usable)
	}
	return *b.inTurn(usable)
}

// inTurn is smooth weighted round robin: of weights 5, 1, 1 the turns are a a b a c a a.
func (b *balancer) inTurn(usable []*Endpoint) *Endpoint {
	var total, most int64
	var best *Endpoint
	for _, one := range usable {
		total += int64(one.Weight)
		credit := b.credit[one.ID] + int64(one.Weight)
		b.credit[one.ID] = credit
		if best == nil || credit > most {
			best, most = one, credit
		}
	}
	b.credit[best.ID] = most - total
	return best
}

func (b *balancer) byWeight(usable []*Endpoint) *Endpoint {
	var total int64
	for _, one := range usable {
		total += int64(one.Weight)
	}
	at := b.chance.below(total)
	for _, one := range usable {
		if at -= int64(one.Weight); at < 0 {
			return one
		}
	}
	return usable[len(usable)-1]
}

// report takes how a call ended. During an ejection nothing counts: such calls had begun before.
func (b *balancer) report(list *List, id string, ok bool) {
	at := sort.Search(len(list.Endpoints), func(i int) bool { return list.Endpoints[i].ID >= id })
	if at == len(list.Endpoints) || list.Endpoints[at].ID != id {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prune(list)
	now := b.clock.now()
	kept := b.calls[id]
	if kept != nil && kept.until > now {
		return
	}
	if ok {
		delete(b.calls, id)
		return
	}
	if kept == nil {
		kept = &calls{}
		b.calls[id] = kept
	}
	kept.failures++
	if kept.failures < b.config.EjectAfter && kept.ejections == 0 {
		return
	}
	length := doubled(b.config.Eject, kept.ejections, b.config.EjectMax)
	if kept.failures = 0; kept.ejections < ejectionsMax {
		kept.ejections++
	}
	b.number++
	kept.number, kept.until = b.number, now+b.chance.spread(length, 0.8, 1.2)
}

// ejected are the ids that pick leaves out now, sorted.
func (b *balancer) ejected(list *List) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := []string{}
	for id := range b.out(candidatesOf(list, false)) {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

// out are the ejected ones, never more than half of the candidates: the newest.
func (b *balancer) out(candidates []*Endpoint) map[string]bool {
	if len(b.calls) == 0 {
		return nil
	}
	now := b.clock.now()
	var ids []string
	for _, one := range candidates {
		if kept := b.calls[one.ID]; kept != nil && kept.until > now {
			ids = append(ids, one.ID)
		}
	}
	sort.Slice(ids, func(i, j int) bool { return b.calls[ids[i]].number > b.calls[ids[j]].number })
	if most := len(candidates) / 2; len(ids) > most {
		ids = ids[:most]
	}
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out
}

// prune forgets ids that are not listed any more.
func (b *balancer) prune(list *List) {
	if len(b.credit) <= len(list.Endpoints) && len(b.calls) <= len(list.Endpoints) {
		return
	}
	listed := make(map[string]bool, len(list.Endpoints))
	for at := range list.Endpoints {
		listed[list.Endpoints[at].ID] = true
	}
	for id := range b.credit {
		if !listed[id] {
			delete(b.credit, id)
		}
	}
	for id := range b.calls {
		if !listed[id] {
			delete(b.calls, id)
		}
	}
}

func whyNone(list *List, secure bool) string {
	if len(list.Endpoints) == 0 {
		if list.State == Never {
			return "no node has answered yet; check the nodes"
		}
		return "it has no instances; start some"
	}
	for at := range list.Endpoints {
		if list.Endpoints[at].Status == Up {
			port := "port"
			if secure {
				port = "secure_port"
			}
			return fmt.Sprintf("none of its UP instances has an address and a %s; register them with one", port)
		}
	}
	return fmt.Sprintf("none of its %d instances is UP; see GET /v1/services/%s", len(list.Endpoints), list.Service)
}
