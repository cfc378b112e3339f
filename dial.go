package websockets

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/httpheader"
)

// userAgent is the User-Agent of clients that do not choose one.
const userAgent = "go-websockets"

// A clientHandshake is a client's opening handshake with one server (RFC 6455
// §4.1). It is dropped when that is done.
type clientHandshake struct {
	dialer *Dialer
	ctx    context.Context // bounds all of it
	route  route

	key       string         // Sec-WebSocket-Key
	header    http11.Headers // of the request
	request   []byte
	raw       net.Conn // from NetDial
	transport net.Conn // raw, or TLS on it
	doing     string   // what the peer is asked for at the moment, for errors

	response    http11.Headers // of the response
	subprotocol string
	extensions  []extension.Extension
	buffered    []byte // what came in behind the response
}

// open does the opening handshake. It fails with a *[redirect] if the server
// tells to go elsewhere. If it fails, the transport is closed.
func (h *clientHandshake) open() (conn *Conn, err error) {
	if err := h.buildRequest(); err != nil {
		return nil, err
	}
	defer func() { // also if an extension panics
		if conn == nil && h.raw != nil {
			closeAtOnce(h.raw)
		}
	}()
	err = h.run()
	if h.ctx.Err() != nil {
		return nil, h.interrupted(err)
	}
	if err != nil {
		return nil, err
	}
	return newConn(context.Background(), h.transport, RoleClient, h.result(), h.dialer.resolve(), nil), nil
}

// interrupted is the error after ctx has ended. A response that has come in
// before says more than that, but may not be whole.
func (h *clientHandshake) interrupted(err error) error {
	ended, cause := h.ctx.Err(), context.Cause(h.ctx)
	if !errors.Is(cause, ended) {
		cause = fmt.Errorf("%w: %w", ended, cause)
	}
	if reject, ok := errors.AsType[*RejectError](err); ok {
		return fmt.Errorf("%w (%w)", reject, cause)
	}
	return &canceledError{reason: h.doing, err: cause}
}

func (h *clientHandshake) run() error {
	if err := h.connect(); err != nil {
		return err
	}
	// The end of ctx interrupts whatever the transport is doing.
	stop := context.AfterFunc(h.ctx, func() { _ = h.raw.SetDeadline(past) })
	defer stop()
	if err := h.startTLS(); err != nil {
		return err
	}
	h.doing = "request"
	if _, err := h.transport.Write(h.request); err != nil {
		return &canceledError{reason: "connection lost", err: err}
	}
	h.doing = "response"
	return h.readResponse()
}

// buildRequest makes the request (RFC 6455 §4.1) before the server is contacted.
func (h *clientHandshake) buildRequest() (err error) {
	var nonce [16]byte
	if _, err := io.ReadFull(rand.Reader, nonce[:]); err != nil {
		return fmt.Errorf("no random key: %w", err)
	}
	d, uri := h.dialer, h.route.uri
	h.header.Set("Host", uri.HostPort())
	h.key = handshake.BuildRequest(&h.header, nonce)
	if len(d.Subprotocols) > 0 {
		h.header.Set("Sec-WebSocket-Protocol", httpheader.BuildSubprotocols(d.Subprotocols))
	}
	if offers := handshake.OfferExtensions(d.extensions()); offers != "" {
		h.header.Set("Sec-WebSocket-Extensions", offers)
	}
	if d.Origin != "" {
		h.header.Set("Origin", d.Origin)
	}
	extra := http11.FromMap(d.Header)
	if !h.route.secrets {
		for _, name := range secretHeaders {
			extra.Del(name)
		}
	}
	if user := uri.User; user != nil && !extra.Has("Authorization") {
		password, _ := user.Password()
		auth, err := httpheader.BuildBasicAuth(user.Username(), password)
		if err != nil {
			return err
		}
		extra.Set("Authorization", auth)
	}
	switch agent := extra.Values("User-Agent"); {
	case len(agent) == 0:
		extra.Set("User-Agent", userAgent)
	case agent[0] == "":
		extra.Del("User-Agent")
	}
	h.header.Update(extra)
	h.request, err = http11.AppendRequest(nil, uri.ResourceName, h.header)
	return err
}

func (h *clientHandshake) connect() (err error) {
	h.doing = "connect"
	if err := h.ctx.Err(); err != nil {
		return err
	}
	dial := h.dialer.NetDial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	h.raw, err = dial(h.ctx, h.route.uri.Network(), h.route.uri.Addr())
	h.transport = h.raw
	return err
}

// startTLS does the TLS handshake for wss (RFC 6455 §4.1, step 5).
func (h *clientHandshake) startTLS() error {
	if !h.route.uri.Secure {
		return nil
	}
	h.doing = "TLS handshake"
	config := h.dialer.TLSConfig
	if config == nil {
		config = new(tls.Config)
	}
	config = withHTTP11(config)
	if config.ServerName == "" {
		config.ServerName, _, _ = strings.Cut(h.route.uri.Host, "%") // the zone is ours alone
	}
	conn := tls.Client(h.raw, config)
	if err := conn.HandshakeContext(h.ctx); err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	h.transport = conn
	return nil
}

// readResponse reads and checks the response, and keeps the bytes behind it: a
// server may send frames at once.
func (h *clientHandshake) readResponse() error {
	r := readers.Get().(*bufio.Reader)
	r.Reset(h.transport)
	defer func() {
		r.Reset(nil)
		readers.Put(r)
	}()
	status, err := h.readFinal(r)
	if m, ok := errors.AsType[*MessageError](err); ok && m.Err != nil {
		return &canceledError{reason: "connection lost", err: err}
	}
	if err != nil {
		return err
	}
	if status != http.StatusSwitchingProtocols {
		return h.rejected(r, status)
	}
	h.buffered = unread(r)
	return h.checkResponse()
}

// readFinal reads responses until one is not informational (RFC 9110 §15.2); the
// 101 is final.
func (h *clientHandshake) readFinal(r *bufio.Reader) (status int, err error) {
	const mostInformational = 5
	for range mostInformational + 1 {
		status, h.response, err = http11.ReadResponse(r, http11.Limits{})
		if err != nil || status == http.StatusSwitchingProtocols || status >= 200 {
			return status, err
		}
	}
	return 0, &MessageError{What: "too many informational responses"}
}

// checkResponse checks what the server has agreed to (RFC 6455 §4.1).
func (h *clientHandshake) checkResponse() (err error) {
	if err := handshake.CheckResponse(&h.response, h.key); err != nil {
		return err
	}
	if h.extensions, err = handshake.AcceptExtensions(&h.response, h.dialer.extensions()); err != nil {
		return err
	}
	h.subprotocol, err = handshake.CheckSubprotocol(&h.response, h.dialer.Subprotocols)
	return err
}

// rejected makes an error of a response that does not open a connection.
func (h *clientHandshake) rejected(r *bufio.Reader, status int) error {
	reject := &RejectError{Status: status, Header: h.response.Map()}
	if isRedirect(status) && len(h.response.Values("Location")) == 1 {
		return &redirect{reject: reject, location: h.response.Values("Location")[0]}
	}
	reject.Body = readBody(r, status, h.response)
	return reject
}

// result returns what the connection keeps of its opening handshake.
func (h *clientHandshake) result() Handshake {
	uri := h.route.uri
	uri.User = nil // Header has it
	uri.Unix = ""  // as if the server at the socket was localhost
	u, _ := url.Parse(uri.String())
	h.header.Del("Host") // as net/http does
	request := &http.Request{
		Method:     http.MethodGet,
		URL:        u,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     h.header.Map(),
		Body:       http.NoBody,
		Host:       uri.HostPort(),
		RequestURI: uri.ResourceName,
	}
	response := switchingProtocols(request, h.response)
	if conn, ok := h.transport.(*tls.Conn); ok {
		state := conn.ConnectionState()
		response.TLS = &state
	}
	return Handshake{
		Request:     request,
		Response:    response,
		Subprotocol: h.subprotocol,
		Extensions:  h.extensions,
		Buffered:    h.buffered,
	}
}
