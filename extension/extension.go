// Package extension says what a WebSocket extension is (RFC 6455 §9): how it is
// offered and negotiated in the opening handshake, and how it then transforms
// frames. docs/guides/extensions.md shows how to write one; permessage-deflate, in
// package deflate, is one that is always there.
//
// A [Factory] stands in the settings of a client or a server. In the opening
// handshake it makes an [Extension] for the one connection, with the agreed
// parameters. When sending, the extensions of a connection encode each frame
// in the order in which they were agreed; when receiving, they decode it in
// the reverse order (RFC 6455 §9.1).
package extension

import (
	"errors"
	"fmt"

	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/httpheader"
	"github.com/go-websockets/websockets/internal/quote"
)

// A Bits is a set of the reserved bits of a frame header.
type Bits uint8

// The reserved bits (RFC 6455 §5.2).
const (
	RSV1 Bits = 1 << iota
	RSV2
	RSV3
)

// An Extension transforms the data frames of one connection: control frames go
// unchanged, and without reserved bits. The connection calls Decode from one
// goroutine at a time, and Encode from one goroutine at a time; the two may run at
// the same time.
//
// A peer, or an extension in between, may put a message into other frames than it
// was sent in. So an extension should work on messages: have its bits on the first
// frame only, and not care where frames end. One that cannot is a [PerFrame].
type Extension interface {
	// Name is the registered extension name, for example "permessage-deflate".
	Name() string

	// Reserved returns the reserved bits that the extension gives a meaning. Data
	// frames of the peer may have them set, and no other extension of the
	// connection may claim them.
	Reserved() Bits

	// Encode transforms a frame to send. It must not change f.Payload in place:
	// that belongs to the application. The result's payload is copied before the
	// next call of Encode. An error fails the connection with 1011.
	Encode(f frame.Frame) (frame.Frame, error)

	// Decode transforms a received frame, and clears the reserved bits that the
	// extension defines. The result's payload must not exceed max bytes, if max
	// is not negative: else Decode fails with a *[frame.PayloadTooBigError]. That is
	// what the message may still grow by, and a little more for an extension whose
	// result another one decodes. Decode may change f.Payload but not keep it; the
	// result is copied before the next call. A *[frame.ProtocolError] fails the
	// connection with its code, any other error with 1002.
	Decode(f frame.Frame, max int64) (frame.Frame, error)
}

// A Factory makes extensions. It serves many connections at the same time.
type Factory interface {
	// Name is the registered extension name.
	Name() string

	// Offer returns the parameters a client offers, one list for each offer in
	// order of preference. No offer at all means that this factory is for
	// servers only.
	Offer() [][]httpheader.Param

	// Accept is called on a client with the parameters of the server's answer
	// and the extensions accepted before it. It fails if the client cannot
	// live with them, for example with a *[ParameterError].
	Accept(params []httpheader.Param, accepted []Extension) (Extension, error)

	// Negotiate is called on a server with one offer of the client and the
	// extensions accepted before it. It returns the parameters of the answer.
	// An error declines this offer: the server goes on to the next one.
	Negotiate(offer []httpheader.Param, accepted []Extension) ([]httpheader.Param, Extension, error)
}

// ErrNegotiation is the family of errors of the negotiation of extensions. It
// belongs to the family [httpheader.ErrHandshake].
var ErrNegotiation = fmt.Errorf("extension negotiation: %w", httpheader.ErrHandshake)

// A ParameterReason says what is wrong with an extension parameter.
type ParameterReason uint8

// What may be wrong with a parameter.
const (
	DuplicateParameter ParameterReason = iota + 1 // the name occurs twice
	UnknownParameter                              // the extension does not define the name
	BadParameterValue                             // the value is missing, superfluous or out of range
)

func (r ParameterReason) String() string {
	switch r {
	case DuplicateParameter:
		return "duplicate parameter"
	case UnknownParameter:
		return "unknown parameter"
	case BadParameterValue:
		return "bad parameter value"
	}
	return fmt.Sprintf("parameter reason %d", uint8(r))
}

// A ParameterError says that a parameter of an extension is not acceptable. It
// belongs to the family [ErrNegotiation].
type ParameterError struct {
	Reason    ParameterReason
	Extension string // extension name
	Name      string // parameter name
	Value     string // parameter value, "" if there was none
}

func (e *ParameterError) Error() string {
	s := fmt.Sprintf("extension %s: %s %s", quote.Text(e.Extension), e.Reason, quote.Text(e.Name))
	if e.Reason == BadParameterValue {
		s += " = " + quote.Text(e.Value)
	}
	return s
}

// Unwrap returns [ErrNegotiation].
func (e *ParameterError) Unwrap() error { return ErrNegotiation }

// An Error says that the negotiation of an extension failed. It belongs to the
// family [ErrNegotiation].
type Error struct {
	Extension string // extension name
	Reason    string
	Err       error // the cause, or nil
}

func (e *Error) Error() string {
	s := fmt.Sprintf("extension %s: %s", quote.Text(e.Extension), e.Reason)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is [ErrNegotiation] or its family.
func (e *Error) Is(target error) bool { return errors.Is(ErrNegotiation, target) }
