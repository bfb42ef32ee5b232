package muster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	idleConnections  = 4 // to a node; more requests at once open connections that are closed after
	idleTimeout      = 15 * time.Second
	headerBytesMax   = 64 << 10
	handshakeTimeout = 10 * time.Second // the request's own bound comes first
)

func newTransport(connectTimeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: headerBytesMax,
		DisableCompression:     true, // a small answer cannot grow large here
	}
}

// response is one answer of one node, as it came.
type response struct {
	status int
	header http.Header
	body   []byte
}

// exchange sends one request. The context bounds all of it, to the last byte.
func exchange(ctx context.Context, transport http.RoundTripper, method, url, tag string, body []byte) (*response, error) {
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "muster-go/"+Version)
	// Empty, so not sent: lets the transport repeat the request when the node closed the kept connection meanwhile.
	request.Header["Idempotency-Key"] = []string{}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if tag != "" {
		request.Header.Set("If-None-Match", tag)
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("no answer: %w", err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(io.LimitReader(answer.Body, answerBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("the answer ended early: %w", err)
	}
	if len(read) > answerBytesMax {
		return nil, fmt.Errorf("the answer is larger than %d bytes", answerBytesMax)
	}
	return &response{answer.StatusCode, answer.Header, read}, nil
}
