package wstest

import (
	"io"
	"net"
	"sync"
	"time"
)

// A Conn is one end of a connection in memory. It is a full [net.Conn]: Read and
// Write may be called by any number of goroutines, and deadlines interrupt a call
// that is waiting. It can close one direction, like a *[net.TCPConn].
type Conn struct {
	mu            *sync.Mutex // of both ends, and of both streams
	in, out       *Stream
	local, remote Addr
	resetUnread   bool // see Network.ResetUnread

	closed         bool
	linger         bool // Close sends what is on its way
	readDeadlines  int
	writeDeadlines int
}

// An Addr is an address on a network in memory, in the form "host:port".
type Addr string

// Network returns "mem".
func (a Addr) Network() string { return "mem" }

// String returns the address.
func (a Addr) String() string { return string(a) }

// Stats are what one end of a connection has done so far.
type Stats struct {
	Reads          int   // calls of Read
	Writes         int   // calls of Write
	BytesRead      int64 // bytes that Read returned
	BytesWritten   int64 // bytes that Write accepted
	ReadDeadlines  int   // calls of SetReadDeadline and SetDeadline
	WriteDeadlines int   // calls of SetWriteDeadline and SetDeadline
}

// newConns returns the two ends of a new connection.
func newConns(window int, resetUnread bool, a, b Addr) (atA, atB *Conn) {
	mu := new(sync.Mutex)
	there, back := newStream(mu, window), newStream(mu, window)
	there.reverse, back.reverse = back, there
	atA = &Conn{mu: mu, out: there, in: back, local: a, remote: b, linger: true, resetUnread: resetUnread}
	atB = &Conn{mu: mu, out: back, in: there, local: b, remote: a, linger: true, resetUnread: resetUnread}
	return atA, atB
}

// Out returns the direction from c to its peer, to cause faults in it.
func (c *Conn) Out() *Stream { return c.out }

// In returns the direction from c's peer to c, to cause faults in it.
func (c *Conn) In() *Stream { return c.in }

// Read reads what the peer has written, as [net.Conn] says. It returns [io.EOF]
// when the peer has closed its end and all bytes are read.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.wrap("read", err)
}

// Write writes p, as [net.Conn] says. It waits while the window is full. It fails
// with EPIPE when the peer has closed its end.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	return n, c.wrap("write", err)
}

// CloseWrite ends the direction to the peer: it gets io.EOF behind the last
// byte. Reading goes on.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.wrap("close", net.ErrClosed)
	}
	c.out.end()
	return nil
}

// SetLinger tells what Close does with bytes on their way to the peer: with 0 it
// drops them and resets the connection, else it delivers them. Default: it
// delivers them.
func (c *Conn) SetLinger(sec int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.wrap("set", net.ErrClosed)
	}
	c.linger = sec != 0
	return nil
}

// Close closes this end. The peer gets io.EOF behind the last byte; its writes
// fail.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.wrap("close", net.ErrClosed)
	}
	c.closed = true
	unread := c.in.taken < c.in.put
	c.in.rclosed, c.out.wclosed = true, true
	switch {
	case c.out.fault.dropping: // the peer learns nothing
	case !c.linger || c.resetUnread && unread:
		c.abort()
	default:
		c.out.end()
		c.in.gone = true
	}
	c.in.discard()
	c.in.rlimit.set(time.Time{}, &c.in.readable) // wakes, too
	c.out.wlimit.set(time.Time{}, &c.out.writable)
	c.in.wake() // the peer's writes
	return nil
}

// Reset breaks the connection: what is on its way in either direction is lost,
// and both ends get ECONNRESET. Both ends still have to be closed.
func (c *Conn) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abort()
}

func (c *Conn) abort() {
	for _, s := range []*Stream{c.in, c.out} {
		s.discard()
		s.fault = fault{}
		s.reset()
	}
}

// LocalAddr returns the address of this end, an [Addr].
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the peer, an [Addr].
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error { return c.setDeadlines(t, true, true) }

// SetReadDeadline sets the time at which a Read that waits, or begins later,
// fails with [os.ErrDeadlineExceeded]. The zero time means never.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, true, false) }

// SetWriteDeadline sets the time at which a Write that waits, or begins later,
// fails with [os.ErrDeadlineExceeded]. The zero time means never.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, false, true) }

func (c *Conn) setDeadlines(t time.Time, read, write bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.wrap("set", net.ErrClosed)
	}
	if read {
		c.readDeadlines++
		c.in.rlimit.set(t, &c.in.readable)
	}
	if write {
		c.writeDeadlines++
		c.out.wlimit.set(t, &c.out.writable)
	}
	return nil
}

// Stats returns what this end has done so far.
func (c *Conn) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{
		Reads:          c.in.stats.reads,
		Writes:         c.out.stats.writes,
		BytesRead:      c.in.stats.readBytes,
		BytesWritten:   c.out.stats.writeBytes,
		ReadDeadlines:  c.readDeadlines,
		WriteDeadlines: c.writeDeadlines,
	}
}

// wrap makes an error look like one of package net.
func (c *Conn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: c.local.Network(), Source: c.local, Addr: c.remote, Err: err}
}
