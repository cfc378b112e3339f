package websockets

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/internal/pool"
)

// Upgrade turns a net/http request into a connection, with the settings of the
// zero [Server]: see [Server.Upgrade].
func Upgrade(w http.ResponseWriter, r *http.Request) (*Conn, error) {
	return zeroServer.Upgrade(w, r)
}

var zeroServer Server

// ServeHTTP turns a request into a connection and serves it with Handler. It
// returns when the handler has, and the connection has ended; but at once after a
// call of [Conn.OnMessage]. The context of the handler has the values of the request's,
// but does not end with it.
//
// For what goes wrong see [Server.Upgrade]; here it is logged.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u := &upgrade{writer: w}
	u.negotiation = negotiation{server: s, request: r, peer: requestPeer}
	if u.begin() {
		defer s.live.end()
	}
	conn := u.open(true)
	if conn == nil {
		s.refused(r.RemoteAddr, u.request, u.refusal, u.err)
		return
	}
	s.handle(conn)
}

// Upgrade turns a net/http request into a connection. It looks at neither
// Handler nor ConnContext: the connection is the caller's, who must close it.
// Still [Server.Conns] has it and Shutdown closes it.
//
// On failure it has written an HTTP response that says why, and the error tells
// more; it matches [ErrHandshake]. Headers that w has already, such as cookies,
// are sent with the response, accepted or not.
//
// WebSocket takes over an HTTP/1.1 connection. If w does not let it, because a
// middleware hides what the ResponseWriter of net/http can do, the response is
// 500: give the middleware's type an Unwrap method, as [http.ResponseController]
// needs it. If the request came by HTTP/2, the response is 505. Clients that want
// a WebSocket ask for HTTP/1.1, so that this is either a client that wants
// something else or a proxy to set right.
func (s *Server) Upgrade(w http.ResponseWriter, r *http.Request) (*Conn, error) {
	u := &upgrade{writer: w}
	u.negotiation = negotiation{server: s, request: r, peer: requestPeer}
	if u.begin() {
		defer s.live.end()
	}
	conn := u.open(false)
	if conn == nil {
		s.counts.refuse(u.err)
		if hook, ok := errors.AsType[*hookError](u.err); ok && hook.stack != nil {
			s.logRefusal(r.RemoteAddr, r, u.refusal, u.err) // the stack would be lost
		}
		return nil, &openError{opError{"upgrade", u.err}}
	}
	return conn, nil
}

// An upgrade is the opening handshake of a request of net/http (RFC 6455 §4.2).
type upgrade struct {
	negotiation
	writer   http.ResponseWriter
	buffered []byte  // what came in behind the request
	err      error   // what went wrong
	refusal  *answer // how the request was refused, if it was
}

// begin counts the caller as a goroutine of the server, unless that cannot serve.
func (u *upgrade) begin() bool {
	if u.err = u.server.ready(); u.err != nil {
		u.err = &hookError{hook: "settings", err: u.err}
		return false
	}
	if !u.server.live.begin() {
		u.err = errStopping
		return false
	}
	return true
}

// open does the opening handshake. It returns the connection; or nil, and has
// answered the request.
func (u *upgrade) open(handled bool) *Conn {
	if handled && u.err == nil && u.server.Handler == nil {
		u.err = &hookError{hook: "settings", err: errNoHandler}
	}
	if u.err == nil {
		u.deadline = u.server.openDeadline()
		defer u.server.live.leave(&u.place)
		u.err = u.server.live.enter(&u.place)
	}
	if u.err == nil {
		u.err = u.run()
	}
	if u.err == nil {
		return u.server.connect(u.transport, u.result(u.buffered), &u.place)
	}
	if u.transport != nil {
		closeAtOnce(u.transport)
	} else {
		u.refuse()
	}
	return nil
}

func (u *upgrade) run() error {
	if err := u.negotiation.run(); err != nil {
		return err
	}
	if err := u.keepHeaders(); err != nil {
		return err
	}
	b := pool.Get(512)
	defer pool.Put(b)
	response, err := http11.AppendResponse(b.B, http.StatusSwitchingProtocols, "Switching Protocols", u.header, nil)
	if err != nil {
		return &hookError{hook: "response", err: err}
	}
	if !u.server.live.serving() {
		return errStopping
	}
	if err := u.hijack(); err != nil {
		return err
	}
	_ = u.transport.SetDeadline(u.deadline)
	if _, err := u.transport.Write(response); err != nil {
		return &canceledError{"connection lost", err, false}
	}
	return u.transport.SetDeadline(time.Time{})
}

// keepHeaders adds what middleware has set for the response. Headers that make no
// sense in this one are left out.
func (u *upgrade) keepHeaders() error {
	set := http11.FromMap(u.writer.Header())
	for name, value := range set.All() {
		if isHandshakeHeader(name) {
			continue
		}
		value = strings.Trim(value, " \t")
		if err := checkExtraHeader(name, value); err != nil {
			return &hookError{hook: "ResponseWriter", err: err}
		}
		u.addHeader(name, value)
	}
	return nil
}

// hijack takes the transport over from net/http, with the bytes that came in
// behind the request.
func (u *upgrade) hijack() error {
	transport, buf, err := http.NewResponseController(u.writer).Hijack()
	if errors.Is(err, http.ErrNotSupported) {
		return &hookError{hook: "ResponseWriter", err: fmt.Errorf("%T has neither Hijack nor Unwrap: %w", u.writer, err)}
	}
	if err != nil {
		return &canceledError{"connection not handed over", err, true}
	}
	u.transport = transport
	u.buffered = unread(buf.Reader)
	return nil
}

// refuse answers the request by net/http.
func (u *upgrade) refuse() {
	u.refusal, u.err = u.server.answerTo(u.err)
	a := u.refusal
	if a == nil {
		return
	}
	header := u.writer.Header()
	// net/http closes the connection only if the first line says nothing else.
	if a.header.Has("Upgrade") {
		a.header.Set("Connection", "close")
		a.header.Add("Connection", "Upgrade")
	}
	if u.request.ProtoMajor > 1 {
		a.header.Del("Connection") // RFC 9113 §8.2.2
		a.header.Del("Upgrade")
	}
	for _, name := range a.header.Keys() {
		header.Del(name)
	}
	for name, value := range a.header.All() {
		header.Add(name, value)
	}
	u.writer.WriteHeader(a.status)
	_, _ = u.writer.Write(a.body)
}
