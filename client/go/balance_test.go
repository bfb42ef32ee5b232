package muster

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// weighted is a list of endpoints "id:weight".
func weighted(texts ...string) *List {
	list := &List{Service: "s", State: Fresh}
	for _, text := range texts {
		id, weight, _ := strings.Cut(text, ":")
		list.Endpoints = append(list.Endpoints, Endpoint{ID: id, Status: Up, Address: "10.0.0.1", Port: 80, Weight: weightOf(map[string]string{"weight": weight})})
	}
	return list
}

func testBalancer(t *testing.T) (*balancer, *handClock) {
	client, clock, _ := testClient(t, nil, silent)
	return newBalancer(&client.config, clock, client.chance), clock
}

func picks(t *testing.T, b *balancer, list *List, how choice, count int) string {
	t.Helper()
	var ids []string
	for len(ids) < count {
		one, err := b.pick(list, how)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, one.ID)
	}
	return strings.Join(ids, " ")
}

// Goal: turns are smooth, and go on when the list changes. Method: the known order of weights 5, 1, 1; one leaves in between.
func TestTurnsAreSmooth(t *testing.T) {
	b, _ := testBalancer(t)
	equal(t, "turns", picks(t, b, weighted("a:5", "b:1", "c:1"), choice{}, 14), "a a b a c a a a a b a c a a")
	equal(t, "turns", picks(t, b, weighted("a:1", "b:1", "c:1"), choice{}, 2), "a b")
	equal(t, "it goes on", picks(t, b, weighted("a:1", "c:1", "d:1"), choice{}, 3), "c d a")
	if len(b.credit) > 3 {
		t.Errorf("it remembers %v", b.credit)
	}
}

func TestRandomGoesByWeight(t *testing.T) {
	b, _ := testBalancer(t)
	counts := map[string]int{}
	for _, id := range strings.Fields(picks(t, b, weighted("a:1", "b:3"), choice{random: true}, 4000)) {
		counts[id]++
	}
	if counts["b"] < 2850 || counts["b"] > 3150 {
		t.Errorf("of 4000: %v", counts)
	}
}

// Goal: who fails is left out for a while, longer each time, and forgiven at the first success. Method: reports, and a clock.
func TestEjection(t *testing.T) {
	b, clock := testBalancer(t)
	list := weighted("a", "b", "c", "d")
	fail := func(id string, times int) {
		for ; times > 0; times-- {
			b.report(list, id, false)
		}
	}
	fail("a", 2)
	b.report(list, "a", true)
	fail("a", 2)
	equal(t, "two in a row", b.ejected(list), []string{})
	fail("a", 1)
	equal(t, "three in a row", b.ejected(list), []string{"a"})
	equal(t, "left out", strings.Contains(picks(t, b, list, choice{random: true}, 100), "a"), false)
	for k, base := range []time.Duration{10, 20, 40, 80, 160, 300, 300} {
		left := b.calls["a"].until - clock.now()
		if left < base*time.Second*8/10 || left > base*time.Second*12/10 {
			t.Errorf("ejection %d lasts %v", k+1, left)
		}
		b.report(list, "a", true) // of a call that had begun before
		clock.advance(left)
		equal(t, "back", b.ejected(list), []string{})
		fail("a", 1)
		equal(t, "one failure is enough", b.ejected(list), []string{"a"})
	}
	clock.advance(400 * time.Second)
	b.report(list, "a", true)
	fail("a", 2)
	equal(t, "all is forgotten", b.ejected(list), []string{})
	fail("a", 1)
	fail("b", 3)
	fail("c", 3)
	equal(t, "half of them, the newest", b.ejected(list), []string{"b", "c"})
	fail("nobody", 3)
	equal(t, "remembered", len(b.calls), 3)
	b.report(weighted("a"), "a", false)
	equal(t, "the last one is not left out", b.ejected(weighted("a")), []string{})
}

// Goal: the error says why there is nothing. Method: each reason.
func TestNothingToPick(t *testing.T) {
	b, _ := testBalancer(t)
	down, portless := weighted("a"), weighted("a")
	down.Endpoints[0].Status, portless.Endpoints[0].Port = Starting, 0
	for wanted, list := range map[string]*List{
		"no node has answered": {State: Never}, "no instances": {State: Fresh}, "none of its 1 instances is UP": down, "an address and a port": portless,
	} {
		_, err := b.pick(list, choice{})
		if !errors.Is(err, ErrNoEndpoint) || !strings.Contains(fmt.Sprint(err), wanted) {
			t.Errorf("%s: the error is %v", wanted, err)
		}
	}
	if _, err := b.pick(weighted("a"), choice{secure: true}); err == nil || !strings.Contains(err.Error(), "secure_port") {
		t.Errorf("the error is %v", err)
	}
}
