package websockets

import (
	"context"
	"log/slog"
	"math"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/http11"
)

// A Role tells which end of a connection this is.
type Role uint8

// The roles. They differ in masking and in who ends the TCP connection.
const (
	RoleServer Role = iota + 1
	RoleClient
)

// String returns "server" or "client".
func (r Role) String() string {
	if r == RoleClient {
		return "client"
	}
	return "server"
}

// A State is where a connection is in its life.
type State uint8

// The states of a connection, in their order. The opening handshake is over
// when there is a Conn: there is no state for it.
const (
	StateOpen    State = iota + 1 // messages can be sent and received
	StateClosing                  // the closing handshake is going on
	StateClosed                   // the transport is closed
)

// String returns "open", "closing" or "closed".
func (s State) String() string {
	switch s {
	case StateOpen:
		return "open"
	case StateClosing:
		return "closing"
	case StateClosed:
		return "closed"
	}
	return "no state"
}

// A Handshake is the outcome of an opening handshake, for [NewConn]. Its zero
// value is fine.
type Handshake struct {
	Request     *http.Request         // what Conn.Request returns
	Response    *http.Response        // what Conn.Response returns
	Subprotocol string                // the agreed subprotocol
	Extensions  []extension.Extension // the agreed extensions, in order
	Buffered    []byte                // bytes that came in behind the handshake

	// What to make Request and Response of when somebody asks: see opened.
	head     *requestHead
	headers  *http11.Headers
	answer   string
	upgraded bool
}

// A Conn is an open WebSocket connection. One goroutine at a time may receive
// (Recv, RecvInto, Messages, Reader, Receive); every other method may be called by any
// number of goroutines at any time.
//
// A Conn answers pings and the closing handshake whether or not anybody
// receives, until MaxQueue messages wait. It must be closed, with Close,
// CloseWith or CloseNow.
//
// Its parts, and who may touch them:
//
//	reader   who sits in its chair reads from the transport      reader.mu
//	writer   who flushes writes to the transport                 writer.mu
//	pings    the pings that wait for their pong                  pings.mu
//
// No lock is held while another is taken, but for pings.mu inside writer.mu; and
// none while the transport is read or written. The state of the connection belongs
// to the writer, since every change of it but the last is a close frame that goes
// out or came in.
//
// Goroutines: none while somebody receives and nothing waits to be written. That of
// OnMessage ends when it is parked, or when the connection is over and its function has
// returned; while any connection is parked there is one more for all, the poller. The
// standby reads when nobody has for a while, and ends when somebody does, when
// the queue is full or the transport ends. The flusher writes what the transport
// did not take at once, and ends when nothing waits or the transport ends. Both
// and all timers but the lookout's end with the transport, and CloseTimeout after the
// closing handshake began the transport does. A transport that ends while the function of
// Receive is at work is closed by a goroutine that ends when the function returns.
//
// Where few of many connections are busy, a message finds nothing of its connection in
// the processor's cache. So what a small one touches lies together, from reader.raw.n
// to writer.control, and the rest before and behind it: nine cache lines.
type Conn struct {
	transport net.Conn
	cancel    context.CancelCauseFunc // ends ctx
	err       *CloseError             // set before ctx ends, which has it as its cause
	keepalive *time.Timer             // nil if PingInterval is Off
	aging     *aging                  // nil if there is no limit on time
	latency   atomic.Int64
	server    *Server // nil: a client's, or that of NewConn
	pings     pings
	whole     extension.PerMessage // the only extension, if it is one for messages
	opened    opened

	reader reader

	set       *settings
	done      <-chan struct{} // of ctx
	ctx       context.Context // the handler's: it ends with the connection, and only then
	role      Role
	debug     bool        // every frame is logged
	upgraded  bool        // what opened has no response for can be made
	extended  bool        // there are extensions
	isClosing atomic.Bool // the connection is not open any more

	writer writer
}

// settings are Options with every default resolved: 0 means none.
type settings struct {
	pingInterval time.Duration
	pingTimeout  time.Duration
	closeTimeout time.Duration
	maxMessage   int64 // negative: no limit
	maxQueue     int   // messages; no limit is a number out of reach
	mostQueued   int   // bytes; the same
	readBuffer   int
	mostRead     int // what readBuffer may grow to
	writeLimit   int // bytes; no limit is a number out of reach
	peer         *peerLimits
	logger       *slog.Logger
	lookout      *lookout // of all connections of a server; nil: each has its own
}

const outOfReach = 1 << 30

func (o *Options) resolve() *settings {
	count := func(n, def int) int {
		switch {
		case n == 0:
			return def
		case n < 0:
			return outOfReach
		}
		return n
	}
	s := &settings{
		pingInterval: duration(o.PingInterval, DefaultPingInterval),
		pingTimeout:  duration(o.PingTimeout, DefaultPingTimeout),
		closeTimeout: duration(o.CloseTimeout, DefaultCloseTimeout),
		maxMessage:   o.MaxMessageSize,
		maxQueue:     count(o.MaxQueue, DefaultMaxQueue),
		readBuffer:   max(count(o.ReadBuffer, DefaultReadBuffer), minReadBuffer),
		writeLimit:   count(o.WriteLimit, DefaultWriteLimit),
		logger:       o.logger(),
	}
	s.mostRead = s.readBuffer
	if o.ReadBuffer == 0 {
		s.mostRead = mostReadBuffer
	}
	if s.maxMessage == 0 {
		s.maxMessage = DefaultMaxMessageSize
	}
	s.mostQueued = s.mostBytesQueued()
	s.peer = o.peerLimits(s.maxMessage)
	return s
}

// mostBytesQueued is from how many bytes on nothing more is read ahead.
func (s *settings) mostBytesQueued() int {
	switch {
	case s.maxQueue == outOfReach:
		return math.MaxInt
	case s.maxMessage < 0:
		return DefaultMaxMessageSize
	}
	return int(min(max(s.maxMessage, streamAhead), math.MaxInt))
}

// NewConn speaks WebSocket on a transport whose opening handshake is done: for
// frameworks, other transports and tests. The connection owns the transport from
// now on. The transport must support deadlines, as net.Conn asks. A nil opts
// means the defaults; of opts, what concerns the opening handshake is not looked
// at. NewConn panics if opts are senseless.
func NewConn(transport net.Conn, role Role, hs Handshake, opts *Options) *Conn {
	if opts == nil {
		opts = &Options{}
	}
	if err := opts.check(); err != nil {
		panic(err)
	}
	return newConn(context.Background(), transport, role, hs, opts.resolve(), nil)
}

// newConn is NewConn for a server, which may be nil, and with a context for its values,
// which never ends.
func newConn(base context.Context, transport net.Conn, role Role, hs Handshake, set *settings, server *Server) *Conn {
	if role != RoleServer && role != RoleClient {
		panic("websockets: NewConn: the role is neither RoleServer nor RoleClient")
	}
	c := &Conn{
		transport: transport,
		role:      role,
		set:       set,
		server:    server,
	}
	c.ctx, c.cancel = context.WithCancelCause(base)
	c.done = c.ctx.Done()
	c.debug = c.set.logger.Enabled(context.Background(), slog.LevelDebug)
	c.opened.init(&hs)
	c.upgraded = hs.upgraded
	c.extended = len(hs.Extensions) > 0
	if len(hs.Extensions) == 1 {
		c.whole, _ = hs.Extensions[0].(extension.PerMessage)
	}
	claimed := extension.ClaimedBits(hs.Extensions)
	c.writer.init(c, claimed)
	c.reader.init(c, claimed, hs.Buffered)
	if c.set.pingInterval > 0 {
		c.keepalive = time.AfterFunc(outOfReach*time.Second, c.tick)
		c.keepalive.Reset(c.set.pingInterval) // only now may tick look at keepalive
	}
	c.limit()
	c.reader.rest()
	return c
}

// mayEnd reports whether ctx may end while the connection goes on. The handler's own
// does not, and is not asked: of many connections of which few are busy, all that need
// not be touched for a message makes it cheaper.
func (c *Conn) mayEnd(ctx context.Context) bool {
	if ctx == c.ctx {
		return false
	}
	done := ctx.Done()
	return done != nil && done != c.done
}

// State returns where the connection is in its life. It may have changed when
// you look: rather use the connection and handle the error.
func (c *Conn) State() State {
	select {
	case <-c.done:
		return StateClosed
	default:
	}
	if c.isClosing.Load() {
		return StateClosing
	}
	return StateOpen
}

// Role returns which end of the connection this is.
func (c *Conn) Role() Role { return c.role }

// Request returns the request of the opening handshake, or nil if [NewConn] got
// none. Its RequestURI is the path and query as they were on the wire, on both
// ends. It must not be changed. A server may make it when it is asked for, and again
// when nobody has it any more: a handler that asks often should keep it.
func (c *Conn) Request() *http.Request { return c.openRequest() }

// Response returns the response of the opening handshake, or nil if [NewConn]
// got none. On a client its TLS is set if the connection is over TLS. It must not
// be changed, and has no body.
func (c *Conn) Response() *http.Response { return c.openResponse() }

// Subprotocol returns the agreed subprotocol, or "".
func (c *Conn) Subprotocol() string { return c.opened.subprotocol }

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.transport.LocalAddr() }

// RemoteAddr returns the address of the peer, which may be a proxy.
func (c *Conn) RemoteAddr() net.Addr { return c.transport.RemoteAddr() }

// Latency returns the round-trip time that the last answered ping measured, or
// 0 before the first.
func (c *Conn) Latency() time.Duration { return time.Duration(c.latency.Load()) }

// NetConn returns the transport, for example to get at the *tls.Conn. Do not
// read, write or close it.
func (c *Conn) NetConn() net.Conn { return c.transport }
