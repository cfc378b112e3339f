package websockets_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/wsuri"
)

// as reports whether errors.AsType finds a T in err.
func as[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// Each error belongs to its families and to no other, also when wrapped, and its
// text names the value.
func TestErrorTree(t *testing.T) {
	var (
		handshake   = websockets.ErrHandshake
		negotiation = websockets.ErrNegotiation
		state       = websockets.ErrState
	)
	families := []error{handshake, negotiation, state, net.ErrClosed, websockets.ErrPingTimeout}
	header := websockets.HeaderError{Name: "Upgrade", Value: "h2c"}
	for _, tt := range []struct {
		err      error
		in       []error
		typed    bool // AsType finds its own type
		alsoAs   bool // AsType finds *HeaderError, where it should
		contains string
	}{
		{&websockets.RejectError{Status: 403, Body: []byte("no\nmore")}, []error{handshake}, as[*websockets.RejectError](&websockets.RejectError{}), true, `403 Forbidden: "no"`},
		{websockets.ErrHandshakeCanceled, []error{handshake}, true, true, "canceled"},
		{&websockets.MessageError{What: "request line", Value: "GET"}, []error{handshake}, as[*websockets.MessageError](&websockets.MessageError{}), true, `"GET"`},
		{&header, []error{handshake}, as[*websockets.HeaderError](&header), true, `"h2c"`},
		{&websockets.HeaderFormatError{Name: "Upgrade", Value: "a b", Pos: 2, Want: "a comma"}, []error{handshake}, true, as[*websockets.HeaderError](&websockets.HeaderFormatError{}), `"a b"`},
		{&websockets.HeaderValueError{Name: "Sec-WebSocket-Accept", Value: "x"}, []error{handshake}, true, as[*websockets.HeaderError](&websockets.HeaderValueError{}), `"x"`},
		{&websockets.UpgradeError{Name: "Upgrade", Value: "h2c"}, []error{handshake}, true, as[*websockets.HeaderError](&websockets.UpgradeError{}), `"h2c"`},
		{&websockets.OriginError{Origin: "https://evil.example"}, []error{handshake}, true, as[*websockets.HeaderError](&websockets.OriginError{}), "https://evil.example"},
		{negotiation, []error{handshake, negotiation}, true, true, "negotiation"},
		{&websockets.ParameterError{Reason: extension.BadParameterValue, Extension: "x", Name: "bits", Value: "99"}, []error{handshake, negotiation}, true, true, `"99"`},
		{second(wsuri.Parse("http://h/")), nil, as[*websockets.URIError](second(wsuri.Parse("http://h/"))), true, `"http://h/"`},
		{&websockets.CloseError{Code: 1006, Err: io.ErrUnexpectedEOF}, []error{state, net.ErrClosed}, true, true, "1006 (abnormal closure)"},
		{&websockets.CloseError{Code: 1006, Sent: 1011, Err: websockets.ErrPingTimeout}, []error{state, net.ErrClosed, websockets.ErrPingTimeout}, true, true, "sent 1011 (internal error): no pong in time"},
		{&websockets.CloseError{Code: 4000, Reason: "a\nb"}, []error{state, net.ErrClosed}, true, true, `4000 (private use) "a\nb"`},
		{&websockets.ProtocolError{Code: 1002, Reason: "reserved opcode 0x3", Section: "RFC 6455 §5.2"}, nil, true, true, "RFC 6455 §5.2"},
		{&websockets.PayloadTooBigError{Size: 11, Limit: 10}, nil, true, true, "11 bytes, the limit is 10"},
		{websockets.ErrConcurrentRecv, nil, true, true, "receiving"},
	} {
		wrapped := fmt.Errorf("dial: %w", tt.err)
		for _, family := range families {
			want := false
			for _, f := range tt.in {
				want = want || f == family
			}
			if got := errors.Is(wrapped, family); got != want {
				t.Errorf("%v: errors.Is %v is %v", tt.err, family, got)
			}
		}
		if !tt.typed || !tt.alsoAs {
			t.Errorf("%T: AsType finds itself %v, its parent %v", tt.err, tt.typed, tt.alsoAs)
		}
		if !strings.Contains(tt.err.Error(), tt.contains) {
			t.Errorf("%q does not contain %q", tt.err, tt.contains)
		}
		if strings.ContainsAny(tt.err.Error(), "\r\n\x1b") {
			t.Errorf("%q breaks its line", tt.err)
		}
	}
}

func TestProtocolErrorsAreInTheCloseError(t *testing.T) {
	e := &websockets.CloseError{Code: 1006, Sent: 1002, Err: &websockets.ProtocolError{Code: 1002}}
	if !as[*websockets.ProtocolError](e) || !errors.Is(e, websockets.ErrState) {
		t.Error("the cause cannot be found")
	}
	if got := (&websockets.RejectError{Status: 599, Header: http.Header{}}).Error(); !strings.HasSuffix(got, "status 599") {
		t.Errorf("got %q", got)
	}
}
