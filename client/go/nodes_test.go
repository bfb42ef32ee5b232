package muster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func silent(asked) (int, string, map[string]string) { return 0, "", nil }

// Goal: clients of all languages order nodes alike. Method: an order that was computed by sha256sum.
func TestTheOrderIsThatOfTheHashes(t *testing.T) {
	client, _, _ := testClient(t, func(c *Config) {
		c.Nodes, c.ClientID = []string{"http://10.0.0.1:8761/", "http://10.0.0.2:8761", "http://10.0.0.3:8761", "http://10.0.0.2:8761"}, "kit"
	}, silent)
	equal(t, "order", client.Nodes().Order, orderOfKit)
}

// Goal: a failure doubles the quarantine up to its maximum, a success ends it. Method: one node fails again and again.
func TestQuarantineGrowsAndEnds(t *testing.T) {
	client, clock, _ := testClient(t, func(c *Config) { c.Nodes = []string{nodeA} }, silent)
	for n, most := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		client.nodes.failed(nodeA, clock.now(), "")
		left := client.Nodes().Quarantined[nodeA]
		if left < most*time.Second/2 || left > most*time.Second {
			t.Errorf("failure %d: quarantine of %v, wanted at most %d s", n+1, left, most)
		}
		clock.advance(left)
		equal(t, "over", len(client.Nodes().Quarantined), 0)
	}
	client.nodes.succeeded(nodeA)
	client.nodes.failed(nodeA, clock.now(), "")
	if left := client.Nodes().Quarantined[nodeA]; left > time.Second {
		t.Errorf("the counting goes on after a success: %v", left)
	}
}

// Goal: one failure is counted once. Method: requests that were sent at the same time fail one after the other.
func TestRequestsThatWereUnderWayAreOneFailure(t *testing.T) {
	client, clock, _ := testClient(t, nil, silent)
	clock.advance(time.Second)
	sent := clock.now()
	clock.advance(time.Second)
	for range [20]int{} {
		client.nodes.failed(nodeA, sent, "")
	}
	if left := client.Nodes().Quarantined[nodeA]; left > time.Second {
		t.Errorf("quarantine of %v", left)
	}
}

// Goal: a node that asks for a delay gets no request before. Method: alone, beside another, with nonsense and with a huge one.
func TestRetryAfterIsKept(t *testing.T) {
	client, clock, _ := testClient(t, nil, silent)
	client.nodes.failed(nodeA, clock.now(), "10")
	client.nodes.succeeded(nodeA) // an answer to an earlier request
	client.nodes.failed(nodeB, clock.now(), "")
	equal(t, "the other one is asked", client.Nodes().Current, nodeB)
	if _, found := client.nodes.next(map[string]bool{nodeB: true}); found {
		t.Error("it is asked before its time")
	}
	clock.advance(10*time.Second - 1)
	if _, found := client.nodes.next(map[string]bool{nodeB: true}); found {
		t.Error("it is asked before its time")
	}
	clock.advance(2 * time.Second)
	_, found := client.nodes.next(map[string]bool{nodeB: true})
	equal(t, "it is asked when that is over", found, true)
	for text, wanted := range map[string]time.Duration{
		"": 0, "x": 0, "-1": 0, "1.5": 0, "0": 0, " 7 ": 7 * time.Second, "301": retryAfterMax, strings.Repeat("9", 40): retryAfterMax,
		"Wed, 21 Oct 2026 07:28:00 GMT": 0,
	} {
		equal(t, text, askedDelay(text), wanted)
	}
}

// Goal: when a quarantine is over, one request sees how the node is. Method: many requests at that moment, and each end of it.
func TestOneRequestGoesBackFirst(t *testing.T) {
	client, clock, _ := testClient(t, nil, silent)
	home, other := client.Nodes().Order[0], client.Nodes().Order[1]
	next := func() string { url, _ := client.nodes.next(nil); return url }
	client.nodes.failed(home, clock.now(), "")
	clock.advance(time.Second)
	equal(t, "looking changes nothing", client.Nodes().Current, home)
	equal(t, "requests", []string{next(), next(), next()}, []string{home, other, other})
	client.nodes.unknown(home)
	equal(t, "given up", []string{next(), next()}, []string{home, other})
	client.nodes.failed(home, clock.now(), "")
	equal(t, "failed again", next(), other)
	clock.advance(2 * time.Second)
	equal(t, "requests", []string{next(), next()}, []string{home, other})
	client.nodes.succeeded(home)
	equal(t, "back", []string{next(), next()}, []string{home, home})
	equal(t, "the only one is asked by all", func() []string {
		client.nodes.failed(home, clock.now(), "3")
		clock.advance(10 * time.Second)
		var urls []string
		for range [2]int{} {
			url, _ := client.nodes.next(map[string]bool{other: true})
			urls = append(urls, url)
		}
		return urls
	}(), []string{home, home})
}

// Goal: learnt nodes replace learnt ones, configured ones stay, and strangers cannot grow the list. Method: answers of all kinds.
func TestLearntNodes(t *testing.T) {
	client, _, _ := testClient(t, nil, silent)
	var many []string
	for n := 0; n < 100; n++ {
		many = append(many, fmt.Sprintf("http://n%d:1/", n))
	}
	equal(t, "new ones", client.nodes.learn(many), true)
	equal(t, "learnt", len(client.Nodes().Learnt), nodesMax)
	equal(t, "all", len(client.Nodes().Order), nodesMax+2)
	equal(t, "none", client.nodes.learn([]string{"", "ftp://x", "http://x/path", "no url"}), false)
	equal(t, "others", client.nodes.learn([]string{"http://c:1", nodeA}), true)
	equal(t, "the same", client.nodes.learn([]string{nodeA, "http://c:1/"}), false)
	equal(t, "learnt", client.Nodes().Learnt, []string{nodeA, "http://c:1"})
	equal(t, "all", len(client.Nodes().Order), 3)
}

// Goal: a failure is one of the node, an answer is one of the caller. Method: each status.
func TestWhatAFailureIs(t *testing.T) {
	const gone = `{"type": "urn:muster:problem:x", "detail": "d"}`
	for _, one := range []struct {
		status int
		body   string
		tag    bool
		fails  bool
	}{
		{200, "{}", false, false}, {204, "", false, false}, {200, "<html>", false, true}, {200, "\"\xff\"", false, true},
		{304, "", true, false}, {304, "", false, true}, {301, "", false, true}, {307, "", false, true},
		{400, "<html>", false, false}, {404, gone, false, false}, {404, "<html>", false, true}, {410, "{}", false, true}, {409, `{"type": 7}`, false, true},
		{408, gone, false, true}, {429, gone, false, true}, {500, gone, false, true}, {503, gone, false, true},
	} {
		_, err := judge(nodeA, &response{one.status, http.Header{}, []byte(one.body)}, one.tag)
		equal(t, fmt.Sprint(one), err != nil, one.fails)
	}
}

// Goal: a request goes round three nodes, and not for ever. Method: five nodes, none of which answers; then one does.
func TestARequestTriesThreeNodes(t *testing.T) {
	alive := ""
	client, _, net := testClient(t, func(c *Config) {
		c.Nodes = []string{"http://1:1", "http://2:1", "http://3:1", "http://4:1", "http://5:1"}
	}, func(one asked) (int, string, map[string]string) {
		if one.node == alive {
			return 200, "{}", nil
		}
		return 503, "", nil
	})
	order := client.Nodes().Order
	q := question{method: "GET", path: "/x"}
	_, err := client.caller.ask(context.Background(), q)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), order[0]) {
		t.Errorf("the error is %v", err)
	}
	equal(t, "asked", net.took(), []string{"GET " + order[0] + "/x", "GET " + order[1] + "/x", "GET " + order[2] + "/x"})
	equal(t, "failures", client.Stats().Failures, 3)
	alive = order[4]
	got, err := client.caller.ask(context.Background(), q)
	if err != nil || got.node != alive {
		t.Errorf("got %v, %v", got, err)
	}
	equal(t, "those in quarantine are not asked", net.took(), []string{"GET " + order[3] + "/x", "GET " + order[4] + "/x"})
}

// Goal: the end of the caller's context is no fault of a node. Method: the context ends while a node is asked.
func TestACancelledRequestIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	client, _, _ := testClient(t, nil, func(asked) (int, string, map[string]string) { cancel(); return 0, "", nil })
	_, err := client.caller.ask(ctx, question{method: "GET", path: "/x"})
	equal(t, "error", err, context.Canceled)
	equal(t, "failures", client.Stats().Failures, 0)
	equal(t, "quarantined", len(client.Nodes().Quarantined), 0)
}

var orderOfKit = []string{"http://10.0.0.2:8761", "http://10.0.0.1:8761", "http://10.0.0.3:8761"}
