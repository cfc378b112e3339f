package websockets

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/httpheader"
	"github.com/go-websockets/websockets/wsuri"
)

// The families of errors: match them with [errors.Is]. The types below carry
// the facts: get them with errors.AsType.
//
//	ErrHandshake                 the opening handshake failed
//	├── *RejectError             an HTTP response in place of a connection
//	├── ErrHandshakeCanceled     the connection was lost, or the server stops
//	├── *MessageError            malformed HTTP
//	├── *HeaderError             a header is missing or wrong
//	│   ├── *HeaderFormatError   it cannot be parsed
//	│   ├── *HeaderValueError    its value is wrong
//	│   ├── *UpgradeError        Upgrade or Connection are not those of a WebSocket
//	│   └── *OriginError         the Origin is not allowed
//	├── *LimitError              ConnLimits leave no room; from Server.Upgrade
//	└── ErrNegotiation           an extension cannot be agreed
//	    └── *ParameterError      one of its parameters is wrong
//	*URIError                    not a WebSocket URI
//	ErrState                     not possible in the state of the connection
//	└── *CloseError              the connection is closed; also net.ErrClosed
//	    ├── *ProtocolError       as its Err: the peer broke the protocol
//	    ├── *PayloadTooBigError  as its Err: a message exceeded MaxMessageSize
//	    ├── *LimitError          as its Err: the peer did more than PeerLimits allow
//	    └── ErrPingTimeout       as its Err: the peer did not answer a ping
//	ErrConcurrentRecv            somebody else is receiving
//	ErrBusy                      Broadcast: the connection cannot take a message now
//	ErrPingInFlight              a ping with this payload is waiting for its pong
var (
	ErrHandshake         = httpheader.ErrHandshake
	ErrNegotiation       = extension.ErrNegotiation
	ErrHandshakeCanceled = fmt.Errorf("websockets: canceled: %w", ErrHandshake)
	ErrState             = errors.New("websockets: not possible in this state")
	ErrPingTimeout       = errors.New("no pong in time")
	ErrConcurrentRecv    = errors.New("websockets: another goroutine is receiving on this connection")
	ErrBusy              = errors.New("websockets: the connection cannot take a message now")
	ErrPingInFlight      = errors.New("websockets: a ping with this payload is waiting for its pong")
)

// Types of the packages below, so that most programs import this one alone.
type (
	// CloseCode tells why a connection was closed (RFC 6455 §7.4).
	CloseCode = frame.CloseCode
	// ProtocolError says which rule the peer broke.
	ProtocolError = frame.ProtocolError
	// PayloadTooBigError says that a message exceeds MaxMessageSize.
	PayloadTooBigError = frame.PayloadTooBigError
	// MessageError says what is malformed in an HTTP request or response.
	MessageError = http11.MessageError
	// HeaderError says that an HTTP header is missing or wrong.
	HeaderError = httpheader.Error
	// HeaderFormatError says where a header cannot be parsed.
	HeaderFormatError = httpheader.FormatError
	// HeaderValueError says that a header has a wrong value.
	HeaderValueError = httpheader.ValueError
	// UpgradeError says that the Upgrade or Connection header is wrong.
	UpgradeError = httpheader.UpgradeError
	// OriginError says that the request's Origin is not allowed.
	OriginError = httpheader.OriginError
	// ParameterError says that a parameter of an extension is not acceptable.
	ParameterError = extension.ParameterError
	// URIError says why a string is not a WebSocket URI.
	URIError = wsuri.Error
)

// The close codes (RFC 6455 §7.4.1 and the IANA registry).
const (
	CloseNormal             = frame.CloseNormal
	CloseGoingAway          = frame.CloseGoingAway
	CloseProtocolError      = frame.CloseProtocolError
	CloseUnsupportedData    = frame.CloseUnsupportedData
	CloseNoStatus           = frame.CloseNoStatus
	CloseAbnormal           = frame.CloseAbnormal
	CloseInvalidPayload     = frame.CloseInvalidPayload
	ClosePolicyViolation    = frame.ClosePolicyViolation
	CloseMessageTooBig      = frame.CloseMessageTooBig
	CloseMandatoryExtension = frame.CloseMandatoryExtension
	CloseInternalError      = frame.CloseInternalError
	CloseServiceRestart     = frame.CloseServiceRestart
	CloseTryAgainLater      = frame.CloseTryAgainLater
	CloseBadGateway         = frame.CloseBadGateway
	CloseTLSHandshake       = frame.CloseTLSHandshake
)

// A CloseError is what every call on a closed connection returns: always the
// same one. It matches [net.ErrClosed] and [ErrState], and what Err matches.
//
// A [Handler] may return one of its own making to close the connection with its
// Code and Reason.
type CloseError struct {
	Code   CloseCode // the peer's; 1005 if it gave none, 1006 if no close frame came
	Reason string    // the peer's
	Sent   CloseCode // ours; 1005 if we gave none, 0 if we sent no close frame
	Err    error     // what broke the connection; after a closing handshake nil, or the *LimitError that began it
}

func (e *CloseError) Error() string {
	s := "websockets: connection closed: " + e.Code.String()
	if e.Reason != "" {
		s += fmt.Sprintf(" %q", e.Reason)
	}
	if e.Sent != 0 && e.Sent != e.Code {
		s += ", sent " + e.Sent.String()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *CloseError) Unwrap() error { return e.Err }

// Is reports whether target is [net.ErrClosed] or [ErrState].
func (e *CloseError) Is(target error) bool { return target == net.ErrClosed || target == ErrState }

// A RejectError is an HTTP response in place of a connection. On a server,
// ProcessRequest returns one to answer the request. On a client, Dial returns
// the one that it received.
type RejectError struct {
	Status int         // 200 to 999 on a server; on a client what came
	Header http.Header // may be nil
	Body   []byte      // on a client: its first 64 KiB
}

func (e *RejectError) Error() string {
	s := fmt.Sprintf("websockets: rejected with HTTP status %d", e.Status)
	if t := http.StatusText(e.Status); t != "" {
		s += " " + t
	}
	if line := firstLine(e.Body); line != "" {
		s += fmt.Sprintf(": %q", line)
	}
	return s
}

// Unwrap returns [ErrHandshake].
func (e *RejectError) Unwrap() error { return ErrHandshake }

// firstLine returns the start of a body that is worth a place in an error.
func firstLine(body []byte) string {
	const most = 120
	for i, c := range body {
		if c == '\n' || c == '\r' || i == most {
			return string(body[:i])
		}
	}
	return string(body)
}

var (
	errInvalidUTF8 = errors.New("websockets: text message is not valid UTF-8 (RFC 6455 §5.6)")
	errMessageType = errors.New("websockets: message type is neither TextMessage nor BinaryMessage")
)
