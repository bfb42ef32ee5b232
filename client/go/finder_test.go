package muster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// registry answers for nodes that may know different things.
type registry struct {
	lists  map[string]string // by node
	events map[string]string // by node: "id=cause", separated by blanks
	tags   bool
}

func (r *registry) respond(one asked) (int, string, map[string]string) {
	if one.path == "/v1/peers" {
		return 200, `{"nodes": []}`, nil
	}
	if strings.HasPrefix(one.path, "/v1/events?service=s&limit=1000") {
		var events []string
		for _, event := range strings.Fields(r.events[one.node]) {
			id, cause, _ := strings.Cut(event, "=")
			events = append(events, fmt.Sprintf(`{"id": %q, "cause": %q}`, id, cause))
		}
		return 200, `{"events": [` + strings.Join(events, ", ") + `]}`, nil
	}
	list, known := r.lists[one.node]
	switch {
	case !known:
		return 503, "", nil
	case list == "404":
		return problem(404, "unknown-service")
	}
	tag := fmt.Sprintf("%q", list)
	if r.tags && one.tag == tag {
		return 304, "", nil
	}
	return 200, listOf(strings.Fields(list)...), map[string]string{"Etag": tag}
}

// watched is a finder whose steps the test takes.
func watched(t *testing.T, r *registry, change func(*Config)) (*finder, *handClock, *network, string, string) {
	client, clock, net := testClient(t, change, r.respond)
	made := newFinder(client, "s")
	made.open()
	order := client.Nodes().Order
	return made, clock, net, order[0], order[len(order)-1]
}

// pollAgain lets the time of a poll pass.
func pollAgain(f *finder, clock *handClock) {
	clock.advance(f.due - clock.now())
	f.step(context.Background())
}

// Goal: an answer is taken, and a poll without change costs a 304. Method: a list, and again; then a failed poll.
func TestAListIsTakenAndConfirmed(t *testing.T) {
	r := &registry{lists: map[string]string{}, tags: true}
	f, clock, net, home, _ := watched(t, r, nil)
	equal(t, "before", f.list().State, Never)
	f.step(context.Background())
	equal(t, "nobody answers", f.list().State, Never)
	r.lists[home] = "x y=DOWN"
	clock.advance(10 * time.Second)
	f.step(context.Background())
	equal(t, "ids", idsOf(f.list()), "x y")
	equal(t, "told", fmt.Sprint(f.list().Source, f.list().State, f.list().Age), fmt.Sprint(FromRegistry, Fresh, time.Duration(0)))
	pollAgain(f, clock)
	equal(t, "the tag goes along", net.last().tag, `"x y=DOWN"`)
	equal(t, "ids", idsOf(f.list()), "x y")
	equal(t, "not modified", f.caller.stats.NotModified, 1)
	delete(r.lists, home)
	clock.advance(15*time.Second + 1)
	f.step(context.Background())
	equal(t, "kept", idsOf(f.list()), "x y")
	equal(t, "stale", f.list().State, Stale)
}

// Goal: whether a loss is believed. Method: each kind of loss, with the answers of two nodes and their events.
func TestALossMustHaveAReason(t *testing.T) {
	for _, one := range []struct {
		name, known, home, events, other, otherEvents string
		list, missing                                 string
		blamed                                        bool
	}{
		{name: "a small loss is believed", known: "1 2 3 4 5", home: "1 2 3", other: "1 2 3 4 5", list: "1 2 3"},
		{name: "half is believed", known: "1 2 3 4 5 6", home: "1 2 3", other: "1", list: "1 2 3"},
		{name: "more than half is not", known: "1 2 3 4 5", home: "1 2", other: "1 2", list: "1 2 3 4 5", missing: "3 4 5"},
		{name: "nothing is not", known: "1", home: "", other: "404", list: "1", missing: "1"},
		{name: "a 404 is nothing", known: "1", home: "404", other: "", list: "1", missing: "1"},
		{name: "another node knows better", known: "1 2", home: "", other: "1", list: "1", blamed: true},
		{name: "all cancelled", known: "1 2", home: "", events: "1=registered 1=cancelled 2=hold_expired", list: ""},
		{name: "cancelled and back", known: "1 2", home: "", events: "1=cancelled 1=registered 2=hold_released", other: "", list: "1", missing: "1"},
		{name: "expired is no reason", known: "1 2", home: "", events: "1=expired 2=expired", other: "", list: "1 2", missing: "1 2"},
		{name: "the other node says why", known: "1 2", home: "", other: "", otherEvents: "1=cancelled 2=cancelled", list: ""},
		{name: "some were cancelled", known: "1 2 3 4 5", home: "1 2", events: "3=cancelled", other: "", list: "1 2"},
	} {
		t.Run(one.name, func(t *testing.T) {
			r := &registry{lists: map[string]string{}, events: map[string]string{}}
			f, clock, _, home, other := watched(t, r, nil)
			r.lists[home] = one.known
			f.step(context.Background())
			r.lists[home], r.lists[other] = one.home, one.other
			r.events[home], r.events[other] = one.events, one.otherEvents
			pollAgain(f, clock)
			equal(t, "list", idsOf(f.list()), one.list)
			equal(t, "missing", strings.Join(f.list().Missing, " "), one.missing)
			_, blamed := f.caller.nodes.show().Quarantined[home]
			equal(t, "blamed", blamed, one.blamed)
		})
	}
}

// Goal: what is missing is kept for its lease, and no outage counts. Method: polls, an hour without answers, polls.
func TestWhatIsMissingIsKeptForItsLease(t *testing.T) {
	r := &registry{lists: map[string]string{}, tags: true}
	f, clock, _, home, _ := watched(t, r, nil)
	r.lists[home] = "1 2"
	f.step(context.Background())
	r.lists[home] = ""
	pollAgain(f, clock)
	equal(t, "missing", f.list().Missing, []string{"1", "2"})
	delete(r.lists, home)
	clock.advance(time.Hour)
	f.step(context.Background())
	equal(t, "after an outage", idsOf(f.list()), "1 2")
	r.lists[home] = ""
	clock.advance(time.Minute)
	f.step(context.Background())
	equal(t, "a poll counts two at most", f.view.missing["1"], 10*time.Second)
	r.lists[home] = "2"
	pollAgain(f, clock)
	equal(t, "one is back", f.list().Missing, []string{"1"})
	since, first := clock.now(), f.view.missing["1"]
	for len(f.list().Missing) > 0 {
		pollAgain(f, clock)
	}
	kept := clock.now() - since + first
	if kept < 90*time.Second || kept > 96*time.Second {
		t.Errorf("kept for %v", kept)
	}
	equal(t, "the list", idsOf(f.list()), "2")
}

// Goal: a process starts with the list of the one before. Method: two finders with one folder, the second without a registry.
func TestTheDiskIsReadAtTheStart(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cache")
	inFolder := func(c *Config) { c.CacheDir = folder }
	r := &registry{lists: map[string]string{}, tags: true}
	f, clock, _, home, _ := watched(t, r, inFolder)
	r.lists[home] = "x y"
	f.step(context.Background())
	r.lists[home] = "x y z"
	for at := clock.now(); clock.now() < at+time.Second; clock.advance(100 * time.Millisecond) {
		f.due = clock.now() // polls, one after the other
		f.step(context.Background())
	}
	equal(t, "once a second", f.files.writes, 1)
	f.due = clock.now()
	f.step(context.Background())
	equal(t, "then the change", f.files.writes, 2)
	info, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "mode", info.Mode().Perm(), os.FileMode(0o700))

	later := func(c *Config) {
		inFolder(c)
		c.WallClock = func() time.Time { return time.UnixMilli(1_700_000_000_000).Add(time.Minute) }
	}
	f, _, net, _, _ := watched(t, &registry{}, later)
	list := f.list()
	equal(t, "told", []any{idsOf(list), list.Source, list.State}, []any{"x y z", FromDisk, CachedOnly})
	if list.Age < 58*time.Second || list.Age > time.Minute {
		t.Errorf("age %v", list.Age)
	}
	f.step(context.Background())
	equal(t, "asked with the tag of the file", net.log[0].tag, `"x y z"`)
	equal(t, "kept", f.list().State, CachedOnly)
}

// Goal: an old list is not defended. Method: a file of two hours ago, then of the future.
func TestAnOldListFromDisk(t *testing.T) {
	folder := t.TempDir()
	write := func(confirmed int64) {
		files := &cache{folder: folder, logf: t.Logf}
		document := fmt.Sprintf(`{"service":"s","confirmed_at_ms":%d,"etag":"\n","instances":[{"id":"1","status":"UP"},{"id":"2","status":"UP"},{"id":"3","status":"UP"},{"id":"4","status":"UP"}]}`, confirmed)
		equal(t, "written", files.write(cacheName("s"), kindOfService, []byte(document)), true)
	}
	inFolder := func(c *Config) { c.CacheDir = folder }
	r := &registry{lists: map[string]string{nodeA: "1", nodeB: "1"}}
	write(1_700_000_000_000 - 2*3600_000)
	f, _, net, _, _ := watched(t, r, inFolder)
	equal(t, "age", f.list().Age, 2*time.Hour)
	f.step(context.Background())
	equal(t, "a shrunken list is believed", idsOf(f.list()), "1")
	equal(t, "a tag that cannot be sent is none", net.log[0].tag, "")

	write(1_700_000_000_000 + 3600_000)
	f, _, _, _, _ = watched(t, r, inFolder)
	equal(t, "of the future", f.list().Age, time.Duration(-1))
	f.step(context.Background())
	equal(t, "defended", idsOf(f.list()), "1 2 3 4")

	write(1_700_000_000_000 - 2*3600_000)
	r.lists = map[string]string{nodeA: "", nodeB: "404"}
	f, _, _, _, _ = watched(t, r, inFolder)
	f.step(context.Background())
	equal(t, "an empty one is not believed", idsOf(f.list()), "1 2 3 4")
	if document := string(f.view.document(0, time.UnixMilli(5))); !strings.Contains(document, `"confirmed_at_ms":5,"etag":"",`) {
		t.Errorf("the file is %s", document)
	}
}

// Goal: nodes are learnt from the first answer on, kept, and known at the next start. Method: two clients with one folder.
func TestNeighboursAreLearntAndKept(t *testing.T) {
	folder := t.TempDir()
	answer := `{"nodes": ["http://c:1", 7, "http://d:1/"]}`
	respond := func(asked) (int, string, map[string]string) { return 200, answer, nil }
	inFolder := func(c *Config) { c.CacheDir = folder }
	client, clock, _ := testClient(t, inFolder, respond)
	equal(t, "delay", client.neighbours.step(client.alive) > 3*time.Minute, true)
	home := client.Nodes().Learnt[0]
	equal(t, "learnt", client.Nodes().Learnt, []string{home, "http://c:1", "http://d:1"})
	answer = `{"nodes": []}`
	clock.advance(time.Hour)
	client.neighbours.step(client.alive)
	equal(t, "none named", len(client.Nodes().Learnt), 3)
	equal(t, "writes", client.Stats().CacheWrites, 1)
	client, _, _ = testClient(t, inFolder, respond)
	equal(t, "at the next start", client.Nodes().Learnt, []string{home, "http://c:1", "http://d:1"})
}
