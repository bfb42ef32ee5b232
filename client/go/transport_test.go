package muster

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// endless gives bytes for ever.
type endless struct{}

func (endless) Read(into []byte) (int, error) { return len(into), nil }

// Goal: an answer that is too large, torn or never ends is a failure of the node. Method: bodies of each kind.
func TestBodiesThatAreNoAnswers(t *testing.T) {
	for name, body := range map[string]io.Reader{
		"endless": endless{}, "torn": io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF)),
	} {
		transport := roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
		})
		if got, err := exchange(context.Background(), transport, "GET", nodeA, "", nil); err == nil {
			t.Errorf("%s: it is an answer of %d bytes", name, len(got.body))
		}
	}
}

// Goal: a node that takes a request and says nothing costs a failure, not the client. Method: the request is held until its
// bound, which is short.
func TestASilentNodeIsLeft(t *testing.T) {
	hold := roundTrip(func(request *http.Request) (*http.Response, error) {
		<-request.Context().Done()
		return nil, request.Context().Err()
	})
	client, _, _ := testClient(t, func(c *Config) { c.Transport, c.RequestTimeout = hold, time.Millisecond }, nil)
	_, err := client.caller.ask(context.Background(), question{method: "GET", path: "/x"})
	equal(t, "unavailable", errors.Is(err, ErrUnavailable), true)
	equal(t, "failures of two nodes", client.Stats().Failures, 2)
	equal(t, "both are left for a while", len(client.Nodes().Quarantined), 2)
}

// Goal: what is asked is what the API wants, and no proxy comes in between. Method: the headers of a write; the transport.
func TestHeaders(t *testing.T) {
	transport := roundTrip(func(request *http.Request) (*http.Response, error) {
		equal(t, "type", request.Header.Get("Content-Type"), "application/json")
		equal(t, "accept", request.Header.Get("Accept"), "application/json")
		equal(t, "path", request.URL.EscapedPath(), "/v1/services/s/instances/o%2F1%20x")
		return &http.Response{StatusCode: 204, Header: http.Header{}, Body: http.NoBody}, nil
	})
	if _, err := exchange(context.Background(), transport, "PUT", nodeA+"/v1/services/s/instances/"+escaped("o/1 x"), "", []byte("{}")); err != nil {
		t.Error(err)
	}
	equal(t, "no proxy", newTransport(time.Second).Proxy == nil, true)
}

// Goal: a stranger's words cannot forge a line of a log. Method: a problem with line ends.
func TestWordsOfANodeFitALine(t *testing.T) {
	got, err := judge(nodeA, &response{400, http.Header{}, []byte(`{"type": "urn:muster:problem:x\ny", "detail": "a\n\u0007b` + strings.Repeat("ä", 1000) + `"}`)}, false)
	if err != nil {
		t.Fatal(err)
	}
	text := got.refusal(nil).Error()
	if strings.ContainsAny(text, "\n\a") || len(text) > detailMax+50 || !strings.HasPrefix(text, "400 x y: a  bä") {
		t.Errorf("the error is %.40q, of %d bytes", text, len(text))
	}
}
