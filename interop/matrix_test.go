package interop

import (
	"context"
	"errors"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/interop/internal/peer"
)

// TestLibraries runs all cases against all libraries: with us as the server and
// as the client, over TCP and TLS.
func TestLibraries(t *testing.T) {
	t.Parallel()
	for _, l := range libraries {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			l.start(t).Stop() // is it there?
			start := func(t testing.TB) driver { return l.start(t) }
			for _, secure := range []bool{false, true} {
				(&session{start: start, can: l.can, role: websockets.RoleServer, secure: secure}).run(t, serverCases)
				if l.can&serves != 0 {
					(&session{start: start, can: l.can, role: websockets.RoleClient, secure: secure}).run(t, clientCases)
				}
			}
		})
	}
}

// A session is a peer for any number of cases, one after the other.
type session struct {
	driver
	start  func(testing.TB) driver
	can    ability
	role   websockets.Role // ours
	secure bool
	origin string // of the page that a browser is on
}

// A testCase wants a connection as set up, and ends with it closed.
type testCase struct {
	name  string
	needs ability
	setup setup
	run   func(t *testing.T, l *link)
}

// An extraCase is about the opening handshake, or one role alone.
type extraCase struct {
	name  string
	needs ability
	run   func(t *testing.T, s *session)
}

// run goes through the cases for both roles and those for this one.
func (s *session) run(t *testing.T, extra []extraCase) {
	cases := extra
	for _, c := range bothRoles {
		cases = append(cases[:len(cases):len(cases)], extraCase{c.name, c.needs, func(t *testing.T, s *session) {
			c.run(t, s.open(t, c.setup))
		}})
	}
	name := "we are the " + s.role.String()
	if s.secure {
		name += ", TLS"
	}
	t.Run(name, func(t *testing.T) {
		for _, c := range cases {
			if s.can&c.needs != c.needs {
				continue
			}
			if s.driver == nil {
				s.driver = s.start(t)
			}
			if !t.Run(c.name, func(t *testing.T) { c.run(t, s) }) {
				s.driver = nil // who knows what it does now
			}
		}
	})
}

// A setup is how both sides are configured for a case.
type setup struct {
	ours           websockets.Options
	subprotocols   []string // the peer's
	maxSize        int      // the peer's
	serverSettings func(*websockets.Server)
	clientSettings func(*websockets.Dialer)
	peerHeaders    map[string]string
	peerUser       string
	peerOrigin     string
	userinfo       *url.Userinfo
	theirDeflate   map[string]any // the peer's parameters of permessage-deflate
}

// A link is an open connection between us and a peer.
type link struct {
	ctx    context.Context
	conn   *websockets.Conn
	peer   driver
	opened peer.Event // as the peer saw it
	server *websockets.Server
	can    ability
}

// open connects the peer with us, in the session's roles.
func (s *session) open(t *testing.T, u setup) *link {
	t.Helper()
	l := &link{ctx: bounded(t), peer: s.driver, can: s.can}
	if s.role == websockets.RoleServer {
		server, conns := s.serve(t, u)
		s.Do(t, s.connectTo(server, u))
		l.server, l.conn = server, receive(t, conns)
	} else {
		conn, err := s.dial(t, u)
		if err != nil {
			t.Fatal(err)
		}
		l.conn = conn
	}
	t.Cleanup(func() { l.conn.CloseNow() })
	l.opened = s.Expect(t, "open")
	return l
}

// serve starts a server of ours. It hands each connection to the test, which
// ends it.
func (s *session) serve(t *testing.T, u setup) (*websockets.Server, <-chan *websockets.Conn) {
	t.Helper()
	conns := make(chan *websockets.Conn, 1)
	server := &websockets.Server{
		Options: withoutPings(u.ours),
		Handler: func(_ context.Context, conn *websockets.Conn) error {
			conns <- conn
			<-conn.Done()
			return nil
		},
	}
	if s.secure {
		server.TLSConfig = certificate(t).server
	}
	if s.origin != "" {
		server.Origins = []string{s.origin}
	}
	if u.serverSettings != nil {
		u.serverSettings(server)
	}
	if err := server.Start("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server, conns
}

// connectTo is the command which makes the peer connect to our server.
func (s *session) connectTo(server *websockets.Server, u setup) peer.Command {
	c := peer.Command{
		Do: "connect", Subprotocols: u.subprotocols, MaxSize: u.maxSize,
		Headers: u.peerHeaders, Origin: u.peerOrigin, Deflate: u.theirDeflate,
	}
	address := url.URL{Scheme: "ws", User: u.userinfo, Host: server.Addrs()[0].String(), Path: "/here"}
	if s.secure {
		address.Scheme = "wss"
		c.CA = theCertificate.certFile
	}
	c.URL = address.String()
	return c
}

// dial makes the peer listen and connects to it.
func (s *session) dial(t *testing.T, u setup) (*websockets.Conn, error) {
	t.Helper()
	c := peer.Command{
		Do: "listen", Subprotocols: u.subprotocols, MaxSize: u.maxSize,
		Headers: u.peerHeaders, User: u.peerUser, Deflate: u.theirDeflate,
	}
	dialer := &websockets.Dialer{Options: withoutPings(u.ours)}
	scheme := "ws"
	if s.secure {
		k := certificate(t)
		scheme, c.Cert, c.Key, dialer.TLSConfig = "wss", k.certFile, k.keyFile, k.client
	}
	if u.clientSettings != nil {
		u.clientSettings(dialer)
	}
	s.Do(t, c)
	target := urlTo(scheme, s.Expect(t, "listening").Port, "/here")
	if u.userinfo != nil {
		target = scheme + "://" + u.userinfo.String() + "@" + target[len(scheme+"://"):]
	}
	return dialer.Dial(bounded(t), target)
}

// withoutPings keeps frames out that the test did not ask for.
func withoutPings(o websockets.Options) websockets.Options {
	if o.PingInterval == 0 {
		o.PingInterval = websockets.Off
	}
	return o
}

// receive takes a value from a channel, or fails.
func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-bounded(t).Done():
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// bounded is a context for what takes an instant on a machine that is not busy.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// closed waits for the end of our side and returns how it ended.
func (l *link) closed(t *testing.T) *websockets.CloseError {
	t.Helper()
	select {
	case <-l.conn.Done():
	case <-l.ctx.Done():
		t.Fatalf("the connection is %v and does not end", l.conn.State())
	}
	closed, ok := errors.AsType[*websockets.CloseError](l.conn.Err())
	if !ok || !errors.Is(closed, net.ErrClosed) {
		t.Fatalf("Err() = %v, want a *CloseError", l.conn.Err())
	}
	return closed
}

// wantClosed checks how our side ended.
func (l *link) wantClosed(t *testing.T, code websockets.CloseCode, reason string, sent websockets.CloseCode) {
	t.Helper()
	got := l.closed(t)
	if got.Code != code || got.Reason != reason || got.Sent != sent {
		t.Errorf("our side: code %d, reason %q, sent %d; want %d, %q, %d",
			got.Code, got.Reason, got.Sent, code, reason, sent)
	}
}

// wantPeerClosed checks how the peer's side ended.
func (l *link) wantPeerClosed(t *testing.T, code int, reason string) {
	t.Helper()
	if e := l.peer.Expect(t, "closed"); e.Code != code || e.Reason != reason {
		t.Errorf("the peer's side: code %d, reason %q; want %d, %q", e.Code, e.Reason, code, reason)
	}
}

// answer is the code of the close frame that the peer answers ours with.
func (l *link) answer(code websockets.CloseCode) websockets.CloseCode {
	if l.can&echoesCode == 0 {
		return websockets.CloseNormal
	}
	return code
}

// finish closes the connection as a case does that is about something else.
func (l *link) finish(t *testing.T) {
	t.Helper()
	if err := l.conn.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	l.wantClosed(t, 1000, "", 1000)
	l.wantPeerClosed(t, 1000, "")
}
