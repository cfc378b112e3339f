package httpheader

import (
	"errors"
	"fmt"

	"github.com/go-websockets/websockets/internal/quote"
)

// ErrHandshake is the family of all errors of the opening handshake:
// errors.Is(err, ErrHandshake) holds for each of them.
var ErrHandshake = errors.New("opening handshake")

// An Error says that a header is missing, occurs too often or is not valid. The
// more precise errors unwrap to it, and it unwraps to [ErrHandshake]:
//
//	ErrHandshake
//	└── Error
//	    ├── FormatError   does not follow the grammar
//	    ├── ValueError    follows the grammar, but the value is wrong
//	    ├── UpgradeError  Upgrade or Connection do not ask for WebSocket
//	    └── OriginError   the origin is not allowed
type Error struct {
	Name  string // header name, for example "Sec-WebSocket-Key"
	Value string // header value; "" if it is missing, lines joined with ", " if there are several
}

func (e *Error) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("missing or empty header %q", e.Name)
	}
	return fmt.Sprintf("invalid header %q: %s", e.Name, quote.Text(e.Value))
}

// Unwrap returns [ErrHandshake].
func (e *Error) Unwrap() error { return ErrHandshake }

// A FormatError says that a header does not follow its grammar. It unwraps to
// an *[Error].
type FormatError struct {
	Name  string // header name
	Value string // header value; "" if it holds a secret
	Pos   int    // where in Value, in bytes from its start
	Want  string // what should have been there, for example "token"
}

func (e *FormatError) Error() string {
	text := fmt.Sprintf("invalid header %q: want %s at byte %d", e.Name, e.Want, e.Pos)
	if e.Value != "" {
		text += " of " + quote.Around(e.Value, e.Pos)
	}
	return text
}

// Unwrap returns an *[Error] with the same name and value.
func (e *FormatError) Unwrap() error { return &Error{Name: e.Name, Value: e.Value} }

// A ValueError says that a header is well formed but has a wrong value. It
// unwraps to an *[Error].
type ValueError struct {
	Name  string // header name
	Value string // header value; "" too if it holds a secret
}

func (e *ValueError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("wrong value of header %q", e.Name)
	}
	return fmt.Sprintf("wrong value of header %q: %s", e.Name, quote.Text(e.Value))
}

// Unwrap returns an *[Error] with the same name and value.
func (e *ValueError) Unwrap() error { return &Error{Name: e.Name, Value: e.Value} }

// An UpgradeError says that the Upgrade or Connection header does not agree to
// WebSocket (RFC 6455 §4.1, §4.2.1). It unwraps to an *[Error].
type UpgradeError struct {
	Name  string // "Upgrade" or "Connection"
	Value string // header value, "" if it is missing
}

func (e *UpgradeError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("no upgrade to WebSocket: missing or empty header %q", e.Name)
	}
	return fmt.Sprintf("no upgrade to WebSocket: header %q is %s", e.Name, quote.Text(e.Value))
}

// Unwrap returns an *[Error] with the same name and value.
func (e *UpgradeError) Unwrap() error { return &Error{Name: e.Name, Value: e.Value} }

// An OriginError says that a request's origin is not allowed (RFC 6455 §10.2).
// It unwraps to an *[Error].
type OriginError struct {
	Origin string // value of the Origin header, "" if it is missing
}

func (e *OriginError) Error() string {
	if e.Origin == "" {
		return "a request without an origin is not allowed"
	}
	return fmt.Sprintf("origin %s is not allowed", quote.Text(e.Origin))
}

// Unwrap returns an *[Error] for the Origin header.
func (e *OriginError) Unwrap() error { return &Error{Name: "Origin", Value: e.Origin} }
