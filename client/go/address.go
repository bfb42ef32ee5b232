package muster

import (
	"context"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
)

// Address is where an instance says that it can be called.
type Address struct {
	IP  string // empty: the node records where the request comes from
	Why string // given, MUSTER_ADDRESS, POD_IP, route, caller
}

// chooseAddress tries what is given, the environment, and the route to a node.
func chooseAddress(ctx context.Context, given, node string, timeout time.Duration) Address {
	if given != "" {
		return Address{given, "given"}
	}
	for _, name := range []string{"MUSTER_ADDRESS", "POD_IP"} {
		if value := os.Getenv(name); value != "" {
			return Address{value, name}
		}
	}
	if ip := route(ctx, node, timeout); ip != "" {
		return Address{ip, "route"}
	}
	return Address{"", "caller"}
}

// route is the source address of a packet to this node. A UDP socket is connected, nothing is sent.
func route(ctx context.Context, node string, timeout time.Duration) string {
	parsed, err := url.Parse(node)
	if err != nil {
		return ""
	}
	port := parsed.Port()
	if port == "" {
		port = parsed.Scheme
	}
	dialer := net.Dialer{Timeout: timeout}
	connection, err := dialer.DialContext(ctx, "udp", net.JoinHostPort(parsed.Hostname(), port))
	if err != nil {
		return ""
	}
	defer connection.Close()
	host, _, err := net.SplitHostPort(connection.LocalAddr().String())
	if err != nil {
		return ""
	}
	ip, _, _ := strings.Cut(host, "%")
	return ip
}
