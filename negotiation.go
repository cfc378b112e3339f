package websockets

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"time"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/httpheader"
)

// A negotiation is what the server's opening handshake decides (RFC 6455 §4.2):
// whether a request becomes a connection, and how to answer. It reads and writes
// nothing, so that it is the same for the server's own listeners and for
// net/http.
type negotiation struct {
	server    *Server
	request   *http.Request // nil if there is a head and nobody has needed more: see full
	head      *requestHead  // from one of the server's own listeners
	transport net.Conn      // where that came from; of net/http, nil until it hands it over
	deadline  time.Time     // when OpenTimeout is over; zero if never

	peer  func(*http.Request) (addr netip.Addr, isUnix bool)
	place place

	base        context.Context // whose values the handler gets; nil: none
	key         string          // Sec-WebSocket-Key
	subprotocol string
	extensions  []extension.Extension
	answer      string         // Sec-WebSocket-Extensions of the 101 response
	header      http11.Headers // all of that
	more        bool           // there are other headers than there must be

	hook string // the function of the application that is running, for errors
}

// run decides. A *[RejectError] is the response that the application wants,
// a *[hookError] is a fault of the application, and every other error one of the
// request.
func (n *negotiation) run() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &hookError{hook: n.hook, err: fmt.Errorf("panic: %v", v), stack: debug.Stack()}
		}
	}()
	if n.request != nil {
		n.base = context.WithoutCancel(n.request.Context())
	}
	if err := n.admit(); err != nil {
		return err
	}
	if n.server.ProcessRequest != nil || n.server.Header != nil {
		defer n.limitHooks()()
	}
	for _, step := range [...]func() error{
		n.process,
		n.checkRequest,
		n.checkOrigin,
		n.selectSubprotocol,
		n.negotiateExtensions,
		n.addHeaders,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// full returns the request as applications know it.
func (n *negotiation) full() *http.Request {
	if n.request == nil && n.head != nil {
		n.request = n.head.request(n.transport)
	}
	return n.request
}

// fields returns the headers of the request.
func (n *negotiation) fields() handshake.Header {
	if n.request != nil {
		return n.request.Header
	}
	return &n.head.headers
}

// limitHooks gives the request a context that ends with OpenTimeout, when the
// server stops, and by the function which it returns.
func (n *negotiation) limitHooks() func() {
	ctx, cancel := context.WithCancelCause(n.full().Context())
	stop := context.AfterFunc(n.server.live.ctx, func() { cancel(http.ErrServerClosed) })
	end := func() {}
	if !n.deadline.IsZero() {
		ctx, end = context.WithDeadlineCause(ctx, n.deadline, errOpenTimeout)
	}
	n.request = n.request.WithContext(ctx)
	return func() {
		stop()
		end()
		cancel(nil)
	}
}

func (n *negotiation) process() error {
	if n.server.ProcessRequest == nil {
		return nil
	}
	n.hook = "ProcessRequest"
	ctx := n.request.Context()
	err := n.server.ProcessRequest(n.request)
	if changed := n.request.Context(); changed != ctx {
		n.base = context.WithoutCancel(changed)
	}
	if _, ok := errors.AsType[*RejectError](err); ok {
		return err
	}
	if ctx.Err() != nil {
		return &canceledError{"ProcessRequest was interrupted", context.Cause(ctx), true}
	}
	if err != nil {
		return &hookError{hook: n.hook, err: err}
	}
	return nil
}

// checkRequest checks what every opening handshake must have (RFC 6455 §4.2.1).
func (n *negotiation) checkRequest() (err error) {
	if n.request != nil { // what is only a head has been checked
		if err := checkHTTP(n.request); err != nil {
			return err
		}
	}
	n.key, err = handshake.CheckRequest(n.fields())
	return err
}

// checkHTTP checks of a request of net/http what its headers do not say.
func checkHTTP(r *http.Request) error {
	switch {
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return &MessageError{What: "version", Value: r.Proto, Status: http.StatusHTTPVersionNotSupported, Err: errVersion}
	case r.Method != http.MethodGet:
		return &MessageError{What: "method", Value: r.Method, Status: http.StatusMethodNotAllowed}
	case r.ContentLength != 0 || len(r.TransferEncoding) > 0:
		return &MessageError{What: "request with a body", Status: http.StatusBadRequest}
	}
	_, _, err := httpheader.ParseHost(r.Host)
	return err
}

func (n *negotiation) checkOrigin() error {
	var host string
	var secure bool
	if r := n.request; r != nil {
		host, secure = r.Host, r.TLS != nil
	} else {
		host = n.head.host
		_, secure = n.transport.(*tls.Conn)
	}
	_, err := handshake.CheckOrigin(n.fields(), host, secure, n.server.Origins)
	return err
}

func (n *negotiation) selectSubprotocol() error {
	offered, err := handshake.OfferedSubprotocols(n.fields())
	if err != nil {
		return err
	}
	supported := n.server.Subprotocols
	if n.server.SelectSubprotocol == nil {
		n.subprotocol = handshake.SelectSubprotocol(offered, supported)
		return nil
	}
	n.hook = "SelectSubprotocol"
	chosen, err := n.server.SelectSubprotocol(slices.Clone(offered), slices.Clone(supported))
	switch {
	case err != nil:
		return &subprotocolError{err}
	case chosen != "" && !slices.Contains(offered, chosen): // RFC 6455 §4.2.2
		return &hookError{hook: n.hook, err: fmt.Errorf("subprotocol %q was not offered", chosen)}
	}
	n.subprotocol = chosen
	return nil
}

func (n *negotiation) negotiateExtensions() error {
	n.hook = "Extensions"
	var err error
	n.answer, n.extensions, err = handshake.NegotiateExtensions(n.fields(), n.server.extensions())
	if err != nil {
		return err
	}
	buildResponse(&n.header, n.key, n.subprotocol, n.answer)
	return nil
}

// addHeaders adds the application's headers to the response.
func (n *negotiation) addHeaders() error {
	if n.server.Header == nil {
		return nil
	}
	n.hook = "Header"
	extra := http11.FromMap(n.server.Header(n.request))
	for name, value := range extra.All() {
		if err := checkExtraHeader(name, value); err != nil {
			return &hookError{hook: n.hook, err: err}
		}
		n.addHeader(name, value)
	}
	return nil
}

func (n *negotiation) addHeader(name, value string) {
	n.header.Add(name, value)
	n.more = true
}

// result returns what the connection keeps of its opening handshake.
func (n *negotiation) result(buffered []byte) Handshake {
	hs := Handshake{
		Subprotocol: n.subprotocol,
		Extensions:  n.extensions,
		Buffered:    buffered,
		head:        n.head,
		answer:      n.answer,
		upgraded:    true,
	}
	if n.request != nil {
		if n.base == nil {
			n.base = context.Background()
		}
		hs.Request, hs.head = n.request.WithContext(n.base), nil
	}
	if n.more {
		headers := n.header
		hs.headers = &headers
	}
	return hs
}

// A hookError is a fault of one of the server's functions: the peer learns
// nothing of it but status 500.
type hookError struct {
	hook  string
	err   error
	stack []byte // if it panicked
}

func (e *hookError) Error() string { return e.hook + ": " + e.err.Error() }
func (e *hookError) Unwrap() error { return e.err }

// A subprotocolError is a refusal by SelectSubprotocol.
type subprotocolError struct{ err error }

func (e *subprotocolError) Error() string        { return "no acceptable subprotocol: " + e.err.Error() }
func (e *subprotocolError) Unwrap() error        { return e.err }
func (e *subprotocolError) Is(target error) bool { return target == ErrHandshake }

var errVersion = errors.New("a WebSocket needs HTTP/1.1")
