package websockets

import (
	"net"
	"net/http"
	"time"

	"github.com/go-websockets/websockets/extension"
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

// The states of a connection, in their order.
const (
	StateConnecting State = iota // the opening handshake is going on
	StateOpen                    // messages can be sent and received
	StateClosing                 // the closing handshake is going on
	StateClosed                  // the transport is closed
)

// String returns "connecting", "open", "closing" or "closed".
func (s State) String() string {
	return [...]string{"connecting", "open", "closing", "closed"}[s&3]
}

// A Handshake is the outcome of an opening handshake, for [NewConn]. Its zero
// value is fine.
type Handshake struct {
	Request     *http.Request         // what Conn.Request returns
	Response    *http.Response        // what Conn.Response returns
	Subprotocol string                // the agreed subprotocol
	Extensions  []extension.Extension // the agreed extensions, in order
	Buffered    []byte                // bytes that came in behind the handshake
}

// A Conn is an open WebSocket connection. One goroutine at a time may receive
// (Recv, RecvInto, Messages, Reader); every other method may be called by any
// number of goroutines at any time.
//
// A Conn answers pings and the closing handshake whether or not anybody
// receives. It must be closed, with Close, CloseWith or CloseNow.
type Conn struct{}

// NewConn speaks WebSocket on a transport whose opening handshake is done: for
// frameworks, other transports and tests. The connection owns the transport from
// now on. The transport must support deadlines, as net.Conn asks. A nil opts
// means the defaults. It panics if opts are senseless.
func NewConn(transport net.Conn, role Role, hs Handshake, opts *Options) *Conn { panic("") }

// State returns where the connection is in its life. It may have changed when
// you look: rather use the connection and handle the error.
func (c *Conn) State() State { panic("") }

// Role returns which end of the connection this is.
func (c *Conn) Role() Role { panic("") }

// Request returns the request of the opening handshake, or nil if [NewConn] got
// none. It must not be changed.
func (c *Conn) Request() *http.Request { panic("") }

// Response returns the response of the opening handshake, or nil if [NewConn]
// got none. It must not be changed, and has no body.
func (c *Conn) Response() *http.Response { panic("") }

// Subprotocol returns the agreed subprotocol, or "".
func (c *Conn) Subprotocol() string { panic("") }

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { panic("") }

// RemoteAddr returns the address of the peer, which may be a proxy.
func (c *Conn) RemoteAddr() net.Addr { panic("") }

// Latency returns the round-trip time that the last answered ping measured, or
// 0 before the first.
func (c *Conn) Latency() time.Duration { panic("") }

// NetConn returns the transport, for example to get at the *tls.Conn. Do not
// read, write or close it.
func (c *Conn) NetConn() net.Conn { panic("") }
