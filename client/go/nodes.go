package muster

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	retryAfterMax = 300 * time.Second
	failuresMax   = 40 // far above every maximum, and no number grows without end
)

// Nodes is what a client knows of the nodes of the registry.
type Nodes struct {
	Order       []string                 // all, the home node first
	Configured  []string                 // as Config has them
	Learnt      []string                 // as nodes told, sorted
	Quarantined map[string]time.Duration // those that failed, and how long they are left out yet
	Current     string                   // which the next request would go to; empty: all asked for a delay
}

type quarantine struct {
	failures     int
	since, until time.Duration
	asked        bool // the node asked for it: it gets no request before
	tried        bool // it is over, and one request is on its way to see; the others wait for what comes of that
}

// nodeSet decides which node is asked. Safe for concurrent use.
type nodeSet struct {
	config *Config
	clock  clock
	chance *chance

	mu      sync.Mutex // guards what follows
	learnt  []string
	order   []string
	waiting map[string]*quarantine
}

func newNodeSet(config *Config, clock clock, chance *chance) *nodeSet {
	n := &nodeSet{config: config, clock: clock, chance: chance, waiting: map[string]*quarantine{}}
	n.arrange()
	return n
}

func (n *nodeSet) arrange() {
	ranks := map[string]string{}
	for _, urls := range [][]string{n.config.Nodes, n.learnt} {
		for _, url := range urls {
			sum := sha256.Sum256([]byte(n.config.ClientID + " " + url))
			ranks[url] = hex.EncodeToString(sum[:])
		}
	}
	n.order = make([]string, 0, len(ranks))
	for url := range ranks {
		n.order = append(n.order, url)
	}
	sort.Slice(n.order, func(a, b int) bool { return ranks[n.order[a]] > ranks[n.order[b]] })
	for url := range n.waiting {
		if _, known := ranks[url]; !known {
			delete(n.waiting, url)
		}
	}
}

// learn takes these in place of those learnt before, unless there is none; true when that changed something.
func (n *nodeSet) learn(urls []string) bool {
	seen := map[string]bool{}
	var found []string
	for _, text := range urls {
		url, err := nodeURL(text)
		if err == nil && !seen[url] && len(found) < nodesMax {
			seen[url] = true
			found = append(found, url)
		}
	}
	sort.Strings(found)
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(found) == 0 || strings.Join(found, " ") == strings.Join(n.learnt, " ") {
		return false
	}
	n.learnt = found
	n.arrange()
	return true
}

// next is the node that a request goes to; none when those that are left asked for a delay. What came of the request is told
// by failed, succeeded or unknown.
func (n *nodeSet) next(tried map[string]bool) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	url, found := n.first(tried)
	if kept := n.waiting[url]; kept != nil {
		kept.tried = true
	}
	return url, found
}

// unknown says that a request was given up before it was known how the node is.
func (n *nodeSet) unknown(url string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if kept := n.waiting[url]; kept != nil {
		kept.tried = false
	}
}

func (n *nodeSet) first(tried map[string]bool) (best string, found bool) {
	now := n.clock.now()
	var earliest time.Duration
	for _, url := range n.order {
		if tried[url] {
			continue
		}
		kept := n.waiting[url]
		if kept == nil || (kept.until <= now && !kept.tried) {
			return url, true
		}
		if (!kept.asked || kept.until <= now) && (!found || kept.until < earliest) {
			best, earliest, found = url, kept.until, true
		}
	}
	return best, found
}

// failed puts a node into quarantine. Requests that were sent before the quarantine began tell of the same failure, and are
// not counted again: many services and registrations ask at the same time.
func (n *nodeSet) failed(url string, sent time.Duration, retryAfter string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.known(url) {
		return
	}
	now := n.clock.now()
	kept := n.waiting[url]
	if kept == nil {
		kept = &quarantine{since: never}
		n.waiting[url] = kept
	}
	kept.tried = false
	if sent >= kept.since {
		if kept.failures < failuresMax {
			kept.failures++
		}
		length := n.chance.spread(doubled(n.config.Quarantine, kept.failures-1, n.config.QuarantineMax), 0.5, 1)
		kept.since, kept.until, kept.asked = now, now+length, false
	}
	if asked := askedDelay(retryAfter); asked > 0 {
		kept.asked = true
		kept.until = greatest(kept.until, now+n.chance.spread(asked, 1, 1.2))
	}
}

func (n *nodeSet) known(url string) bool {
	for _, one := range n.order {
		if one == url {
			return true
		}
	}
	return false
}

// askedDelay reads a Retry-After in seconds; a date is ignored.
func askedDelay(text string) time.Duration {
	text = strings.TrimSpace(text)
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0
	}
	seconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return retryAfterMax // a greater number than that
	}
	return least(time.Duration(seconds)*time.Second, retryAfterMax)
}

// succeeded ends the quarantine, but for one that the node asked for: the answer is to an earlier request then.
func (n *nodeSet) succeeded(url string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if kept := n.waiting[url]; kept != nil && !(kept.asked && kept.until > n.clock.now()) {
		delete(n.waiting, url)
	}
}

func (n *nodeSet) home() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.order[0]
}

func (n *nodeSet) learntOnes() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string{}, n.learnt...)
}

func (n *nodeSet) show() Nodes {
	n.mu.Lock()
	defer n.mu.Unlock()
	shown := Nodes{
		Order:       append([]string{}, n.order...),
		Configured:  append([]string{}, n.config.Nodes...),
		Learnt:      append([]string{}, n.learnt...),
		Quarantined: map[string]time.Duration{},
	}
	now := n.clock.now()
	for url, kept := range n.waiting {
		if kept.until > now {
			shown.Quarantined[url] = kept.until - now
		}
	}
	shown.Current, _ = n.first(nil)
	return shown
}
