package websockets

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/internal/pool"
)

// open does the opening handshake on a transport from one of the server's own
// listeners. It returns nil if that failed: then the transport is closed.
func (s *Server) open(transport net.Conn) (conn *Conn) {
	h := &serverHandshake{raw: transport}
	h.server, h.transport, h.deadline = s, transport, s.openDeadline()
	h.negotiation.peer = h.peer
	defer func() { // also if a function of the application calls runtime.Goexit
		if conn == nil {
			closeAtOnce(h.transport)
		}
	}()
	if !s.live.addPending(h) {
		return nil
	}
	defer s.live.removePending(h)
	defer s.live.leave(&h.place)
	if err := h.enter(); err != nil {
		h.turnAway(err)
		return nil
	}
	if err := h.run(); err != nil {
		h.refuse(err)
		return nil
	}
	s.live.removePending(h)
	return s.connect(h.transport, h.result(h.buffered), &h.place)
}

// connect makes a connection of a transport whose opening handshake is done.
func (s *Server) connect(transport net.Conn, hs Handshake, p *place) *Conn {
	c := newConn(hs.values(), transport, RoleServer, hs, s.settings, s)
	s.counts.accepted.Add(1)
	s.live.addConn(c, p)
	return c
}

// A serverHandshake is the opening handshake of a connection on one of the
// server's own listeners (RFC 6455 §4.2). It is dropped when that is done.
//
// One deadline is for all of it, however many bytes come how slowly, and
// deadlines of the transport are what bounds it. The registry may set an earlier
// one when the server stops.
type serverHandshake struct {
	negotiation
	raw      net.Conn // from the listener
	buffered []byte   // what came in behind the request
}

// enter takes a place among the server's connections, as far as that can be decided
// before the request is read.
func (h *serverHandshake) enter() error {
	live := &h.server.live
	if err := live.enter(&h.place); err != nil {
		return err
	}
	addr, isUnix := h.peer(nil)
	if h.server.Proxies.believes(addr, isUnix) {
		return nil // the request says who it is
	}
	return live.enterFrom(&h.place, addr)
}

// peer returns the address of the transport's peer.
func (h *serverHandshake) peer(*http.Request) (addr netip.Addr, isUnix bool) {
	return peerAddr(h.raw.RemoteAddr())
}

// turnAway refuses a client without reading its request, and without an answer if
// there are too many others.
func (h *serverHandshake) turnAway(err error) {
	live := &h.server.live
	if !live.tell() {
		h.server.refused(h.raw.RemoteAddr().String(), nil, nil, err)
		return
	}
	defer live.endTell()
	live.leave(&h.place) // to tell it takes none
	if tlsErr := h.startTLS(); tlsErr != nil {
		h.server.refused(h.raw.RemoteAddr().String(), nil, nil, err)
		return
	}
	h.refuse(err)
}

func (h *serverHandshake) run() error {
	if err := h.startTLS(); err != nil {
		return err
	}
	if err := h.readRequest(); err != nil {
		return err
	}
	if err := h.negotiation.run(); err != nil {
		return err
	}
	return h.respond()
}

// startTLS does the TLS handshake if the listener has not.
func (h *serverHandshake) startTLS() error {
	conn, ok := h.raw.(*tls.Conn)
	if !ok {
		if h.server.tls == nil {
			return nil
		}
		conn = tls.Server(h.raw, h.server.tls)
	}
	h.transport = conn
	err := conn.HandshakeContext(h.server.live.ctx)
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok && plain.Conn != nil && string(plain.RecordHeader[:4]) == "GET " {
		h.transport = plain.Conn
		return &MessageError{What: "plain HTTP where TLS is spoken", Status: http.StatusBadRequest}
	}
	if err != nil {
		return &canceledError{"TLS handshake", err, false}
	}
	return nil
}

// readRequest reads the request, and keeps the bytes behind it: a client may send
// frames before it has the response (RFC 6455 §4.1 asks it not to, but the bytes
// must not be lost or taken for another request).
func (h *serverHandshake) readRequest() error {
	r := readers.Get().(*bufio.Reader)
	r.Reset(h.transport)
	defer func() {
		r.Reset(nil)
		readers.Put(r)
	}()
	target, headers, err := http11.ReadRequest(r, h.server.Limits)
	if m, ok := errors.AsType[*MessageError](err); ok && m.Err != nil {
		return h.interrupted(err)
	}
	if err != nil {
		return err
	}
	if h.head, err = newRequestHead(target, headers); err != nil {
		return err
	}
	h.buffered = unread(r)
	return nil
}

// interrupted says why the request cannot be read.
func (h *serverHandshake) interrupted(err error) error {
	switch {
	case !h.server.live.serving():
		return errStopping
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &canceledError{"too slow", errOpenTimeout, false}
	}
	return &canceledError{"connection lost", err, false}
}

// respond accepts the request, unless the server has begun to stop.
func (h *serverHandshake) respond() error {
	if !h.server.live.serving() {
		return errStopping
	}
	b := pool.Get(512)
	defer pool.Put(b)
	response, err := http11.AppendResponse(b.B, http.StatusSwitchingProtocols, "Switching Protocols", h.header, nil)
	if err != nil {
		return &hookError{hook: "response", err: err}
	}
	if _, err := h.transport.Write(response); err != nil {
		return &canceledError{"connection lost", err, false} // part of the response may be out: there is no other
	}
	return nil
}

// refuse answers a request that did not become a connection, logs it, and lets
// the peer read the answer.
func (h *serverHandshake) refuse(err error) {
	answer, err := h.server.answerTo(err)
	h.server.refused(h.raw.RemoteAddr().String(), h.full(), answer, err)
	if answer == nil {
		return
	}
	if !answer.header.Has("Date") {
		answer.header.Set("Date", time.Now().UTC().Format(http.TimeFormat)) // RFC 9110 §6.6.1
	}
	response, err := http11.AppendResponse(nil, answer.status, http.StatusText(answer.status), answer.header, answer.body)
	if err != nil {
		return // answer has checked the headers
	}
	h.server.live.extendPending(h, time.Now().Add(refuseTimeout))
	if _, err := h.transport.Write(response); err == nil {
		linger(h.transport)
	}
}

const (
	refuseTimeout = time.Second // for writing the answer and for waiting until it is read
	lingerBytes   = 64 << 10    // what a peer may still send meanwhile
)

// linger waits until the peer has closed the connection, because closing a TCP
// connection with unread data makes the peer's system throw away what we sent
// (RFC 9112 §9.6). What comes in is not looked at: above all, it is not another
// request.
func linger(transport net.Conn) {
	if half, ok := transport.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_, _ = io.CopyN(io.Discard, transport, lingerBytes)
}
