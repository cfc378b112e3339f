//go:build unix

package websockets

import (
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-websockets/websockets/internal/cpu"
)

// What a message needs is cold when the runtime's wait for it is over, if other
// connections were busy meanwhile. Fetching it at once is a wait for memory; without that
// there would be one for nearly each of these lines.
const (
	hotLines   = 9  // of the connection, from rawReader.n on: see Conn
	stackLines = 16 // from who reads to the application
)

// rawConn returns the system's socket behind a transport, or nil. Only the
// types of package net themselves will do: a type that wraps one of them may
// want to see what is read and written.
func rawConn(transport net.Conn) syscall.RawConn {
	var c syscall.Conn
	switch t := transport.(type) {
	case *net.TCPConn:
		c = t
	case *net.UnixConn:
		if t.LocalAddr().Network() != "unix" {
			return nil // packets: a short read would lose bytes
		}
		c = t
	default:
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// A rawReader reads from a socket into memory that is taken only when there is
// something to read.
type rawReader struct {
	err     error           // of the last read, if n is 0
	fd      uintptr         // the socket, while the driver is called back
	n       int             // negative: the read has waited
	conn    syscall.RawConn // nil: this transport cannot
	target  readTarget
	try     func(fd uintptr) bool // stored, so that a read allocates nothing
	held    atomic.Bool           // a driver is inside wait
	drained bool                  // the last read has emptied it
}

func (r *rawReader) init(transport net.Conn, target readTarget) {
	if r.conn = rawConn(transport); r.conn != nil {
		r.target, r.try = target, r.tryRead
	}
}

func (r *rawReader) ok() bool { return r.conn != nil }

// read waits until something has come in and returns its length.
func (r *rawReader) read() (int, error) {
	r.n = 0
	if err := r.conn.Read(r.try); err != nil {
		r.target.release()
		return 0, err
	}
	return r.result()
}

// result is what a read that is over has brought.
func (r *rawReader) result() (int, error) {
	if r.n > 0 {
		return r.n, nil
	}
	return 0, r.err
}

// tryRead reports whether the read is over; if not, the runtime calls it again
// once the socket is readable.
func (r *rawReader) tryRead(fd uintptr) bool {
	if r.n < 0 {
		cpu.Prefetch(&r.n, hotLines, stackLines)
	}
	p := r.target.space()
	for {
		n, err := syscall.Read(int(fd), p)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			r.n = -1
			r.target.release()
			r.target.wouldBlock()
			return false
		case err != nil:
			r.err = os.NewSyscallError("read", err)
		case n == 0:
			r.err = io.EOF
		default:
			r.n = n
			r.drained = n < len(p)
		}
		return true
	}
}

// now is read that fails with errWouldBlock instead of waiting.
func (r *rawReader) now() (int, error) {
	r.n = 0
	over := false
	if err := r.conn.Control(func(fd uintptr) { over = r.tryRead(fd) }); err != nil {
		return 0, err
	}
	if !over {
		return 0, errWouldBlock
	}
	return r.result()
}

// wait calls try at once and then whenever something has come in, until it returns
// true. Calls of wait and read do not overlap, and closing the transport waits for
// both: see held.
func (r *rawReader) wait(try func(fd uintptr) bool) error { return r.conn.Read(try) }

// begin tells which socket to try.
func (r *rawReader) begin(fd uintptr) {
	cpu.Prefetch(&r.n, hotLines, stackLines)
	r.fd, r.drained = fd, false
}

// attempt is read inside wait: it fails with errWouldBlock instead of waiting, and
// does not ask the system when the answer is known.
func (r *rawReader) attempt() (int, error) {
	if r.drained {
		r.target.release()
		r.target.wouldBlock()
		return 0, errWouldBlock
	}
	r.n = 0
	if !r.tryRead(r.fd) {
		return 0, errWouldBlock
	}
	return r.result()
}

// poll is read while somebody else is inside wait: it looks from time to time. It
// ends, as if a deadline had passed, when it is told to leave.
func (r *rawReader) poll(leave, done <-chan struct{}) (int, error) {
	const shortest, longest = 2 * time.Millisecond, 100 * time.Millisecond
	r.n = 0
	over := false
	look := func(fd uintptr) { over = r.tryRead(fd) }
	for pause := shortest; ; pause = min(2*pause, longest) {
		if err := r.conn.Control(look); err != nil {
			return 0, err
		}
		if over {
			return r.result()
		}
		select {
		case <-leave:
			return 0, os.ErrDeadlineExceeded
		case <-done:
			return 0, net.ErrClosed
		case <-time.After(pause):
		}
	}
}

// shutDown ends a TCP or Unix connection for both sides, without closing the socket.
func (r *rawReader) shutDown() {
	_ = r.conn.Control(func(fd uintptr) { _ = syscall.Shutdown(int(fd), syscall.SHUT_RDWR) })
}

// A rawWriter writes to a socket without waiting.
type rawWriter struct {
	conn syscall.RawConn // nil: this transport cannot
	try  func(fd uintptr) bool
	b    []byte
	n    int
	err  error
}

func (w *rawWriter) init(transport net.Conn) {
	if w.conn = rawConn(transport); w.conn != nil {
		w.try = w.tryWrite
	}
}

func (w *rawWriter) ok() bool { return w.conn != nil }

// write writes as much of b as the socket takes at once.
func (w *rawWriter) write(b []byte) (int, error) {
	w.b, w.n, w.err = b, 0, nil
	err := w.conn.Write(w.try)
	w.b = nil
	if err == nil {
		err = w.err
	}
	return w.n, err
}

func (w *rawWriter) tryWrite(fd uintptr) bool {
	for w.n < len(w.b) {
		n, err := syscall.Write(int(fd), w.b[w.n:])
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return true
		case err != nil:
			w.err = os.NewSyscallError("write", err)
			return true
		default:
			w.n += n
		}
	}
	return true
}
