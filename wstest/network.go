package wstest

import (
	"context"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// Rendezvous as the Window of a [Network] makes connections without any buffer:
// each Write waits until all of it is read, like that of [net.Pipe].
const Rendezvous = -1

const (
	defaultWindow = 64 << 10 // bytes
	backlog       = 128      // connections that wait for Accept
	firstPort     = 49152    // of the addresses that nobody chose
)

// A Network makes connections in memory, between listeners and those who dial, or
// as plain pairs. Its zero value is ready to use. The fields must not be changed
// once it is in use; all methods may be called by any number of goroutines.
//
// Under [testing/synctest] a Network and its connections belong in the bubble.
type Network struct {
	// Window is how many bytes each direction of a connection holds until they
	// are read; a Write that finds no more room waits. Default: 64 KiB.
	Window int

	// ResetUnread makes Close reset the connection if there are bytes which were
	// received and not read, as TCP does: the peer loses what it has not read
	// yet. Default: the peer gets all that was written.
	ResetUnread bool

	// Connected is called with each new connection before anybody can use it, to
	// cause faults from the first byte on. For a pair without a listener, the
	// server is the second end.
	Connected func(client, server *Conn)

	mu        sync.Mutex
	changed   sync.Cond // what Accept and Dial wait for
	listeners map[Addr]*Listener
	ports     int // taken by addresses that nobody chose
}

// Pipe returns the two ends of a connection on a [Network] of its own with the
// defaults. Unlike those of [net.Pipe] they hold 64 KiB in each direction.
func Pipe() (a, b *Conn) { return new(Network).Pipe() }

// Pipe returns the two ends of a new connection.
func (n *Network) Pipe() (client, server *Conn) {
	n.lock()
	to := n.address("192.0.2.2")
	n.mu.Unlock()
	return n.connect(to)
}

// lock makes the zero value usable.
func (n *Network) lock() {
	n.mu.Lock()
	n.changed.L = &n.mu
}

// address returns an unused address on host, which is one of those for
// documentation (RFC 5737).
func (n *Network) address(host string) Addr {
	n.ports++
	return Addr(net.JoinHostPort(host, strconv.Itoa(firstPort+n.ports-1)))
}

func (n *Network) connect(to Addr) (client, server *Conn) {
	n.lock()
	from := n.address("192.0.2.1")
	n.mu.Unlock()
	window := n.Window
	switch {
	case window == 0:
		window = defaultWindow
	case window < 0:
		window = 0
	}
	client, server = newConns(window, n.ResetUnread, from, to)
	if n.Connected != nil {
		n.Connected(client, server)
	}
	return client, server
}

// Listen listens on an address in the form "host:port". The host is any name, not
// looked up anywhere; port 0 means one that is free. It fails if somebody listens
// there already.
func (n *Network) Listen(address string) (*Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: "mem", Addr: Addr(address), Err: err}
	}
	n.lock()
	defer n.mu.Unlock()
	addr := Addr(address)
	if port == "0" {
		addr = n.address(host)
	}
	if n.listeners[addr] != nil {
		return nil, &net.OpError{Op: "listen", Net: "mem", Addr: addr, Err: syscall.EADDRINUSE}
	}
	if n.listeners == nil {
		n.listeners = make(map[Addr]*Listener)
	}
	l := &Listener{network: n, addr: addr}
	n.listeners[addr] = l
	return l, nil
}

// Dial connects to the listener on address. It fits as the NetDial of a
// [websockets.Dialer] and as the DialContext of an http.Transport. It fails with
// ECONNREFUSED if nobody listens there, and when ctx ends while 128 connections
// wait to be accepted. The network is of no meaning.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	client, err := n.dial(ctx, Addr(address))
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "mem", Addr: Addr(address), Err: err}
	}
	return client, nil
}

func (n *Network) dial(ctx context.Context, to Addr) (*Conn, error) {
	l, err := n.room(ctx, to)
	if err != nil {
		return nil, err
	}
	client, server := n.connect(to)
	n.lock()
	defer n.mu.Unlock()
	l.coming--
	if l.closed {
		return nil, syscall.ECONNREFUSED
	}
	l.queue = append(l.queue, server)
	n.changed.Broadcast()
	return client, nil
}

// room waits until the listener's queue has room for a connection, and counts it
// as coming.
func (n *Network) room(ctx context.Context, to Addr) (*Listener, error) {
	stop := context.AfterFunc(ctx, func() {
		n.lock()
		defer n.mu.Unlock()
		n.changed.Broadcast()
	})
	defer stop()
	n.lock()
	defer n.mu.Unlock()
	for {
		l := n.listeners[to]
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case l == nil:
			return nil, syscall.ECONNREFUSED
		case len(l.queue)+l.coming < backlog:
			l.coming++
			return l, nil
		}
		n.changed.Wait()
	}
}

// A Listener is a [net.Listener] on a [Network].
type Listener struct {
	network *Network // whose lock guards the fields below
	addr    Addr

	queue  []*Conn // connected and not yet accepted
	coming int     // connections that join the queue in a moment
	closed bool
}

// Accept returns the next connection, a *[Conn]. It waits for one until the
// listener is closed.
func (l *Listener) Accept() (net.Conn, error) {
	l.network.lock()
	defer l.network.mu.Unlock()
	for len(l.queue) == 0 && !l.closed {
		l.network.changed.Wait()
	}
	if l.closed {
		return nil, l.wrap("accept", net.ErrClosed)
	}
	c := l.queue[0]
	l.queue = l.queue[1:]
	l.network.changed.Broadcast()
	return c, nil
}

// Close stops listening. Connections that nobody has accepted are reset.
func (l *Listener) Close() error {
	l.network.lock()
	defer l.network.mu.Unlock()
	if l.closed {
		return l.wrap("close", net.ErrClosed)
	}
	l.closed = true
	delete(l.network.listeners, l.addr)
	for _, c := range l.queue {
		c.Reset()
	}
	l.queue = nil
	l.network.changed.Broadcast()
	return nil
}

// Addr returns the address on which l listens, an [Addr].
func (l *Listener) Addr() net.Addr { return l.addr }

func (l *Listener) wrap(op string, err error) error {
	return &net.OpError{Op: op, Net: "mem", Addr: l.addr, Err: err}
}
