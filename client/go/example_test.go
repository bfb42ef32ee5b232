package muster_test

import (
	"context"
	"log"
	"net/http"
	"time"

	"muster.internal/muster"
)

func Example() {
	ctx := context.Background()
	client, err := muster.New(muster.Config{Nodes: []string{"http://127.0.0.1:8761"}, CacheDir: "/var/cache/shop"})
	if err != nil {
		log.Fatal(err)
	}
	client.CloseOnSIGTERM(nil) // drains, cancels, and lets the signal end the program

	me, err := client.Register(ctx, muster.Registration{Service: "orders", ID: "orders-1", Port: 8080})
	if err != nil {
		log.Fatal(err) // the request is wrong; that no node answers is no error
	}
	me.Up() // ready: callers may come

	prices := client.Service("prices")
	endpoint, err := prices.Pick(ctx)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := http.Get("http://" + endpoint.HostPort() + "/today")
	prices.Report(endpoint.ID, err == nil)
	if err == nil {
		answer.Body.Close()
	}
}

// A registration of its own lease, which leaves before the program ends.
func ExampleHandle_Cancel() {
	ctx := context.Background()
	client, err := muster.New(muster.Config{})
	if err != nil {
		log.Fatal(err)
	}
	me, err := client.Register(ctx, muster.Registration{
		Service: "orders", ID: "orders-1", Port: 8080, Status: muster.Up,
		Metadata: map[string]string{"weight": "50"}, LeaseInterval: 5 * time.Second, LeaseDuration: 15 * time.Second,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := me.Cancel(ctx, 6*time.Second); err != nil {
		log.Print(err)
	}
	if err := client.Close(ctx); err != nil {
		log.Print(err)
	}
}

// What is known of a service, and how good that knowledge is.
func ExampleService_Find() {
	client, err := muster.New(muster.Config{})
	if err != nil {
		log.Fatal(err)
	}
	list, err := client.Service("prices").Find(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if list.State != muster.Fresh {
		log.Printf("the list is %s, its age %v", list.State, list.Age)
	}
	for _, one := range list.Endpoints {
		log.Print(one.ID, " ", one.Status, " ", one.HostPort())
	}
}
