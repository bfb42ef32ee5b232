package muster

import (
	"errors"
	"fmt"
)

// The kinds of errors, for errors.Is. Their texts say what to do next.
var (
	// ErrInvalid is a wrong setting or argument.
	ErrInvalid = errors.New("muster: invalid")
	// ErrLimit is a limit of the client; the text names it.
	ErrLimit = errors.New("muster: limit reached")
	// ErrClosed is a call of a client that is closed.
	ErrClosed = errors.New("muster: client is closed")
	// ErrUnavailable is a request that no node answered. Everything goes on with what is known.
	ErrUnavailable = errors.New("muster: no node answers")
	// ErrNoEndpoint is a service of which nothing can be picked.
	ErrNoEndpoint = errors.New("muster: no endpoint")
)

// fault is an error with its own text that is of one of the kinds above.
type fault struct {
	kind error
	text string
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.kind }

func faultf(kind error, format string, arguments ...any) error {
	return &fault{kind, fmt.Sprintf(format, arguments...)}
}

// RefusedError is what a node says of a request that is wrong: asking again, or elsewhere, does not help.
type RefusedError struct {
	Status int    // of HTTP
	Kind   string // the type of the problem without its prefix: "invalid-field"
	Detail string // what to do next
	Field  string // what is at fault, if the node says so
}

// Error is the problem and what to do next, on one line.
func (e *RefusedError) Error() string {
	if e.Kind == "" {
		return fmt.Sprintf("%d: %s", e.Status, e.Detail)
	}
	return fmt.Sprintf("%d %s: %s", e.Status, e.Kind, e.Detail)
}
