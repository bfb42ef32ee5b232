// Prices is a service of the demo: it says what an item costs. It is registered as long as it runs; on SIGTERM it leaves the
// registry first, and ends when nobody can still be about to call it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"muster.internal/muster"
)

func setting(name, standard string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return standard
}

func main() {
	ctx := context.Background()
	host, _ := os.Hostname()
	id := setting("INSTANCE", "prices-"+host)
	listener, err := net.Listen("tcp", setting("LISTEN", "127.0.0.1:8080"))
	if err != nil {
		log.Fatal(err)
	}
	client, err := muster.New(muster.Config{Drain: 3 * time.Second}) // callers poll every second
	if err != nil {
		log.Fatal(err)
	}
	server, ended := &http.Server{ReadHeaderTimeout: 5 * time.Second}, make(chan struct{})
	client.CloseOnSIGTERM(func() {
		defer close(ended)
		_ = server.Shutdown(ctx)
	})
	me, err := client.Register(ctx, muster.Registration{
		Service: "prices", ID: id, Port: listener.Addr().(*net.TCPAddr).Port,
		LeaseInterval: 2 * time.Second, LeaseDuration: 6 * time.Second,
	})
	if err != nil {
		log.Fatal(err)
	}
	server.Handler = routes(id, me)
	go func() {
		me.Up()
		if err := server.Serve(listener); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-ended
}

func routes(id string, me *muster.Handle) http.Handler {
	var answers atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/price", func(w http.ResponseWriter, r *http.Request) {
		sum := fnv.New32a()
		sum.Write([]byte(r.URL.Query().Get("item")))
		answers.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"by": id, "cents": 100 + sum.Sum32()%900})
	})
	// Healthy is who is registered as UP: who waits for that finds it.
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		info := me.Info()
		if info.Acknowledged != muster.Up {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintln(w, info.State, info.Status)
	})
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE prices_answers_total counter\nprices_answers_total %d\n", answers.Load())
	})
	return mux
}
