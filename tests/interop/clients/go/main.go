// fargo behind the driver protocol of ../README.md. The library leaves heartbeats to its user, so they are sent from here, as its
// documentation shows: a heartbeat that is answered with 404 is followed by a registration.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hudl/fargo"
	logging "github.com/op/go-logging"
)

func say(value any) {
	line, _ := json.Marshal(value)
	fmt.Println(string(line))
}

// A new description for each registration: registering overwrites it with what the server answers, less the metadata.
func describe(app string, port int) *fargo.Instance {
	instance := &fargo.Instance{
		InstanceId: fmt.Sprintf("go:%s:%d", app, port), HostName: "127.0.0.1", App: app, IPAddr: "127.0.0.1",
		VipAddress: strings.ToLower(app), Port: port, PortEnabled: true, Status: fargo.UP,
		DataCenterInfo: fargo.DataCenterInfo{Name: fargo.MyOwn},
		LeaseInfo:      fargo.LeaseInfo{RenewalIntervalInSecs: 1, DurationInSecs: 3},
	}
	instance.SetMetadataString("language", "go")
	return instance
}

func keepAlive(connection fargo.EurekaConnection, app string, port int) {
	instance := describe(app, port)
	for range time.Tick(time.Second) {
		err := connection.HeartBeatInstance(instance)
		if code, known := fargo.HTTPResponseStatusCode(err); known && code == 404 {
			err = connection.ReregisterInstance(describe(app, port))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

func find(connection fargo.EurekaConnection, name string) []map[string]any {
	found := []map[string]any{}
	application, err := connection.GetApp(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return found
	}
	for _, one := range application.Instances {
		language, _ := one.Metadata.GetString("language")
		found = append(found, map[string]any{"id": one.Id(), "status": string(one.Status), "port": one.Port,
			"metadata": map[string]string{"language": language}})
	}
	return found
}

func main() {
	logging.SetBackend(logging.NewLogBackend(os.Stderr, "", 0))
	base, app, format := os.Args[1], os.Args[2], os.Args[4]
	port, _ := strconv.Atoi(os.Args[3])
	connection := fargo.NewConn(base)
	connection.UseJson = format == "json"
	instance := describe(app, port)
	if err := connection.RegisterInstance(instance); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go keepAlive(connection, app, port)
	say(map[string]any{"ready": true, "id": instance.InstanceId, "can": []string{"status"}})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.SplitN(lines.Text(), " ", 2)
		switch words[0] {
		case "find":
			say(map[string]any{"found": find(connection, words[1])})
		case "status":
			err := connection.UpdateInstanceStatus(instance, fargo.StatusType(words[1]))
			say(map[string]any{"done": err == nil})
		case "quit":
			if err := connection.DeregisterInstance(instance); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
}
