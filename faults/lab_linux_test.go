package faults

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// The ends of the wire. The library under test is at the near one, its peer at the
// far one.
var (
	nearAddr = netip.AddrFrom4([4]byte{10, 77, 0, 1})
	farAddr  = netip.AddrFrom4([4]byte{10, 77, 0, 2})
)

// margin is what is granted beyond each bound, because the machine may be busy with
// other things. It is not there for the library.
const margin = 1500 * time.Millisecond

// soon is the bound of what needs no timeout: the system has told that it is over.
const soon = 100 * time.Millisecond

// A lab is where one case is tried: two ends, and the wire between them. It is in a
// process of its own, and in a namespace of its own, which is the near end.
type lab struct {
	t      *testing.T
	role   websockets.Role // of the library under test
	secure bool            // TLS
	near   *namespace
	far    *namespace
	wire   *wire

	options websockets.Options    // of what is opened
	server  *websockets.Server    // the library's, once something is opened
	conns   chan *websockets.Conn // what the handler got
	handler websockets.Handler    // instead of one that waits for the end
	flips   bool                  // whether bits can be flipped below TLS
	flipped *flipConn             // of the last connection

	mu   sync.Mutex
	seen []string
}

// newLab makes a lab, which ends with the test.
func newLab(t *testing.T, role websockets.Role, secure bool) (_ *lab, err error) {
	l := &lab{t: t, role: role, secure: secure, options: calm(), conns: make(chan *websockets.Conn, 16)}
	if l.near, err = here(); err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = l.near.Close() })
	if err := l.near.loopback(); err != nil {
		return nil, err
	}
	if l.far, err = newNamespace(); err != nil {
		return nil, fmt.Errorf("make a network namespace: %w", err)
	}
	t.Cleanup(func() { _ = l.far.Close() })
	if err := l.far.loopback(); err != nil {
		return nil, err
	}
	a, err := l.near.tunnel("near", nearAddr)
	if err != nil {
		return nil, err
	}
	b, err := l.far.tunnel("far", farAddr)
	if err != nil {
		_ = a.Close()
		return nil, err
	}
	l.wire = newWire(a, b)
	t.Cleanup(l.wire.Close)
	return l, nil
}

// calm are options whose timeouts are too long to be the reason of anything.
func calm() websockets.Options {
	return websockets.Options{
		OpenTimeout:  time.Minute,
		PingInterval: websockets.Off,
		CloseTimeout: time.Minute,
		Logger:       slog.New(slog.DiscardHandler),
	}
}

// lively are options with a keepalive: a dead peer is found out within
// pingBound.
func lively() websockets.Options {
	o := calm()
	o.PingInterval, o.PingTimeout, o.CloseTimeout = time.Second, time.Second, time.Second
	return o
}

// pingBound is what the documents promise with lively: PingInterval, PingTimeout,
// and a second to tell why.
const pingBound = 3 * time.Second

func (l *lab) scheme() string {
	if l.secure {
		return "wss"
	}
	return "ws"
}

func (l *lab) peerRole() websockets.Role {
	if l.role == websockets.RoleServer {
		return websockets.RoleClient
	}
	return websockets.RoleServer
}

// see notes what came of the case.
func (l *lab) see(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, fmt.Sprintf(format, args...))
}

// serve starts the library's server, once.
func (l *lab) serve() {
	if l.server != nil {
		return
	}
	l.server = &websockets.Server{Options: l.options, Handler: l.handle}
	if l.secure {
		l.server.TLSConfig = certificate()
	}
	l.must(l.server.Start("tcp", net.JoinHostPort(nearAddr.String(), "0")))
	server := l.server
	l.t.Cleanup(func() {
		_ = server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			l.t.Errorf("after the case: %v", err)
		}
	})
}

// again has the library's server start anew with the options of the lab.
func (l *lab) again() { l.server = nil }

func (l *lab) handle(ctx context.Context, c *websockets.Conn) error {
	if l.handler != nil {
		return l.handler(ctx, c)
	}
	l.conns <- c
	<-c.Done()
	return c.Err()
}

// dial connects to the library's server, from the far end.
func (l *lab) dial() net.Conn {
	l.t.Helper()
	l.serve()
	var conn net.Conn
	l.must(l.far.do(func() (err error) {
		d := net.Dialer{Timeout: 20 * time.Second, KeepAlive: -1}
		conn, err = d.Dial("tcp", l.server.Addrs()[0].String())
		return err
	}))
	l.t.Cleanup(func() { _ = conn.Close() })
	return l.secured(conn)
}

// secured puts TLS on the peer's end of a connection, if the case is about that.
func (l *lab) secured(conn net.Conn) net.Conn {
	if l.flips {
		l.flipped = &flipConn{conn, none}
		conn = l.flipped
	}
	switch {
	case !l.secure:
		return conn
	case l.role == websockets.RoleServer:
		return tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // who it is does not matter here
	default:
		return tls.Server(conn, certificate())
	}
}

// listen listens at the far end.
func (l *lab) listen() net.Listener {
	l.t.Helper()
	var ln net.Listener
	l.must(l.far.do(func() (err error) {
		ln, err = net.Listen("tcp", net.JoinHostPort(farAddr.String(), "0"))
		return err
	}))
	l.t.Cleanup(func() { _ = ln.Close() })
	return ln
}

// dialer is the library's, in the options of the lab.
func (l *lab) dialer() *websockets.Dialer {
	return &websockets.Dialer{Options: l.options, TLSConfig: &tls.Config{InsecureSkipVerify: true}}
}

// A dialed is what came of dialing.
type dialed struct {
	conn *websockets.Conn
	err  error
	took time.Duration
}

// dialing has the library dial an address.
func (l *lab) dialing(addr string) <-chan dialed {
	result := make(chan dialed, 1)
	d := l.dialer()
	go func() {
		start := time.Now()
		c, err := d.Dial(context.Background(), l.scheme()+"://"+addr+"/")
		result <- dialed{c, err, time.Since(start)}
	}()
	return result
}

// transport returns the peer's end of a new connection, before the opening
// handshake. When that is done, the library's end comes out of conns.
func (l *lab) transport() net.Conn {
	l.t.Helper()
	if l.role == websockets.RoleServer {
		return l.dial()
	}
	ln := l.listen()
	result := l.dialing(ln.Addr().String())
	conn, err := ln.Accept()
	l.must(err)
	l.t.Cleanup(func() { _ = conn.Close() })
	go func() {
		r := <-result
		if r.err != nil {
			l.t.Errorf("dial: %v", r.err)
			close(l.conns)
			return
		}
		l.conns <- r.conn
	}()
	return l.secured(conn)
}

// open opens a connection. The peer is played by the case.
func (l *lab) open() (*websockets.Conn, *wstest.Peer) {
	l.t.Helper()
	return l.openOn(l.transport())
}

func (l *lab) openOn(transport net.Conn) (*websockets.Conn, *wstest.Peer) {
	l.t.Helper()
	p := wstest.NewPeer(l.t, transport, l.peerRole())
	p.Timeout = 20 * time.Second
	if l.role == websockets.RoleServer {
		p.ClientHandshake("/")
	} else {
		p.ServerHandshake()
	}
	return l.opened(), p
}

// opened returns the library's end of a connection that was opened.
func (l *lab) opened() *websockets.Conn {
	l.t.Helper()
	select {
	case c, ok := <-l.conns:
		if !ok {
			l.t.FailNow()
		}
		l.t.Cleanup(func() { _ = c.CloseNow() })
		return c
	case <-time.After(20 * time.Second):
		l.t.Fatal("no connection after 20s")
		return nil
	}
}

// must fails the case: the lab itself is at fault.
func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// tcp returns the system's connection below TLS.
func tcp(conn net.Conn) *net.TCPConn {
	for {
		switch c := conn.(type) {
		case *tls.Conn:
			conn = c.NetConn()
		case interface{ Below() net.Conn }:
			conn = c.Below()
		default:
			return conn.(*net.TCPConn)
		}
	}
}

// descriptors counts open files, without those that the runtime keeps.
func descriptors() (n int, names string) {
	entries, _ := os.ReadDir("/proc/self/fd")
	var list []string
	for _, e := range entries {
		name, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil || strings.Contains(name, "eventpoll") || strings.Contains(name, "eventfd") {
			continue // the one that lists them, or the runtime's
		}
		list = append(list, name)
	}
	return len(list), strings.Join(list, " ")
}
