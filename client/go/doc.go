// Package muster is a thin client of muster, a service registry: it keeps instances registered, knows the instances of the
// services that are asked for, also while no node of the registry answers, and picks one for each call.
//
//	client, err := muster.New(muster.Config{Nodes: []string{"http://127.0.0.1:8761"}, CacheDir: "/var/cache/shop"})
//	me, err := client.Register(ctx, muster.Registration{Service: "orders", ID: "orders-1", Port: 8080})
//	me.Up()                                               // ready: callers may come
//	endpoint, err := client.Service("prices").Pick(ctx)   // endpoint.HostPort()
//	client.Service("prices").Report(endpoint.ID, true)    // how the call ended
//	err = client.Close(ctx)                               // drain, cancel, stop
//
// A context bounds how long a call waits, never what goes on in the background: that ends with Close.
package muster

// Version is the version of this client.
const Version = "0.1.0"
