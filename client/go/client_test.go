package muster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

func healthy() script {
	return script{
		"PUT ": says(201, registered), "DELETE ": says(204, ""), "GET /v1/services/": says(200, listOf("x", "y")), "GET /v1/peers": says(200, `{"nodes": []}`),
	}
}

// Goal: a program's whole way. Method: register, find, pick, report and close, from many goroutines under the race detector.
func TestAClientFromManyGoroutines(t *testing.T) {
	client, _, net := testClient(t, func(c *Config) { c.CacheDir = t.TempDir() }, healthy().respond)
	ctx := context.Background()
	var all sync.WaitGroup
	for n := 0; n < 20; n++ {
		all.Add(1)
		go func(n int) {
			defer all.Done()
			handle, err := client.Register(ctx, Registration{Service: "S", ID: fmt.Sprint("i", n), Address: "10.0.0.1"})
			if err != nil || handle.State() != Registered {
				t.Errorf("registered: %v", err)
				return
			}
			handle.Up()
			service := client.Service(fmt.Sprint("Other", n%3))
			one, err := service.Pick(ctx, Random())
			if err != nil {
				t.Errorf("picked: %v", err)
				return
			}
			service.Report(one.ID, n%2 == 0)
			_, _, _ = service.Ejected(), client.Nodes(), client.Stats()
		}(n)
	}
	all.Wait()
	seen := map[int64]bool{}
	for n := 0; n < 20; n++ {
		handle, err := client.Handle("s", fmt.Sprint("i", n))
		if err != nil {
			t.Fatal(err)
		}
		seen[handle.Info().Incarnation] = true
	}
	equal(t, "incarnations differ", len(seen), 20)
	net.took()
	all.Add(2)
	for range [2]int{} {
		go func() {
			defer all.Done()
			if err := client.CloseAfter(ctx, 0); err != nil {
				t.Errorf("closed: %v", err)
			}
		}()
	}
	all.Wait()
	deletes := 0
	for _, one := range net.took() {
		if one[:6] == "DELETE" {
			deletes++
		}
	}
	equal(t, "cancels", deletes, 20)
	_, err := client.Register(ctx, Registration{Service: "s", ID: "late"})
	equal(t, "register after close", errors.Is(err, ErrClosed), true)
	_, err = client.Service("late").Find(ctx)
	equal(t, "find after close", errors.Is(err, ErrClosed), true)
	list, err := client.Service("other1").Find(ctx)
	if err != nil || idsOf(list) != "x y" {
		t.Errorf("what is known stays: %v", err)
	}
}

// Goal: limits are errors that name them, and what is over makes room. Method: one more than fits, of both kinds.
func TestLimits(t *testing.T) {
	client, _, _ := testClient(t, func(c *Config) { c.ReadyTimeout = -1 }, healthy().respond)
	ctx := context.Background()
	register := func(n int) (*Handle, error) {
		return client.Register(ctx, Registration{Service: "s", ID: fmt.Sprint(n), Address: "10.0.0.1"})
	}
	var last *Handle
	for n := 0; n < registrationsMax; n++ {
		var err error
		if last, err = register(n); err != nil {
			t.Fatal(err)
		}
	}
	_, err := register(0)
	equal(t, "one that lives", errors.Is(err, ErrInvalid), true)
	_, err = register(64)
	equal(t, "one more", errors.Is(err, ErrLimit), true)
	if err := last.Cancel(ctx, 0); err != nil {
		t.Fatal(err)
	}
	_, err = register(64)
	equal(t, "there is room", err, nil)
	for n := 0; n < servicesMax; n++ {
		if _, err := client.Service(fmt.Sprint("s", n)).Find(ctx); err != nil {
			t.Fatal(err)
		}
	}
	_, err = client.Service("one-more").Find(ctx)
	equal(t, "services", errors.Is(err, ErrLimit), true)
	if err := client.CloseAfter(ctx, 0); err != nil {
		t.Fatal(err)
	}
}

// Goal: a wrong registration is an error with the node's words. Method: a node that refuses it.
func TestARefusedRegistration(t *testing.T) {
	rules := healthy()
	rules["PUT "] = says4(400, "invalid-field")
	client, _, _ := testClient(t, nil, rules.respond)
	handle, err := client.Register(context.Background(), Registration{Service: "s", ID: "x", Port: 70000})
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Kind != "invalid-field" || handle.State() != Refused {
		t.Errorf("the error is %v", err)
	}
	<-handle.Done()
}

// Goal: waiting ends when the caller wants, the work goes on. Method: a registry that is gone, and a context that has ended.
func TestAContextBoundsTheWait(t *testing.T) {
	client, clock, _ := testClient(t, func(c *Config) { c.StopTimeout = time.Nanosecond }, silent)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	handle, err := client.Register(ctx, Registration{Service: "s", ID: "x", Address: "10.0.0.1"})
	if err != nil || handle.State() != Registering {
		t.Errorf("got %v, %v", handle, err)
	}
	list, err := client.Service("s").Find(ctx)
	if err != nil || list.State != Never {
		t.Errorf("got %v, %v", list, err)
	}
	equal(t, "the end does not wait", client.Close(ctx), context.Canceled)
	clock.advance(time.Hour)
	<-handle.Done()
}
