package websockets

import (
	"net/http"
	"strings"
)

// prefix begins the text of all errors that this package returns, and no text
// inside.
const prefix = "websockets: "

// An opError puts the prefix and what failed before the text of an error.
type opError struct {
	op  string // for example "upgrade"
	err error
}

func (e *opError) Error() string {
	return prefix + e.op + ": " + strings.TrimPrefix(e.err.Error(), prefix)
}
func (e *opError) Unwrap() error { return e.err }

// withPrefix wraps an error at the border of this package.
func withPrefix(op string, err error) error { return &opError{op, err} }

// An openError is what a failed opening handshake returns. It matches
// [ErrHandshake], since whatever keeps a handshake from its end belongs to that
// family.
type openError struct{ opError }

func (e *openError) Is(target error) bool { return target == ErrHandshake }

// A canceledError says that an opening handshake did not come to its end because
// the connection was lost, the time was over or the server stops. It matches
// [ErrHandshakeCanceled].
type canceledError struct {
	reason string
	err    error
	told   bool // on a server: the peer can still be told
}

func (e *canceledError) Error() string { return e.reason + ": " + e.err.Error() }
func (e *canceledError) Unwrap() error { return e.err }
func (e *canceledError) Is(target error) bool {
	return target == ErrHandshakeCanceled || target == ErrHandshake
}

// errStopping is what happens to opening handshakes while a server stops.
var errStopping = &canceledError{"the server stops", http.ErrServerClosed, true}
