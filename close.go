package websockets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/protocol"
)

// Close performs the closing handshake with code 1000 and waits for the end of
// the transport, at most CloseTimeout in all. What Send has accepted goes out
// first. Close may be called any number of times, also when the connection is
// closed: it always returns nil. How the connection ended is in Err.
func (c *Conn) Close() error { return c.CloseWith(CloseNormal, "") }

// CloseWith is Close with a close code and a reason. Code [CloseNoStatus] with an
// empty reason sends a close frame without a code. Only the first close counts.
//
// It fails, and does nothing, if the code may not be sent (RFC 6455 §7.4) or the
// reason is not UTF-8 or longer than [frame.MaxCloseReason] bytes.
func (c *Conn) CloseWith(code CloseCode, reason string) error {
	payload, err := frame.AppendClose(nil, code, reason)
	if err != nil {
		return fmt.Errorf("websockets: %w", err)
	}
	c.sendClose(code, payload)
	<-c.done
	return nil
}

// CloseNow drops the connection without a closing handshake: the peer sees an
// abnormal closure (1006). What Send has accepted may be lost. It always returns
// nil.
func (c *Conn) CloseNow() error {
	c.end(errCloseNow)
	c.closeTransport(true) // in case a slower close is going on
	<-c.done
	return nil
}

// Done returns a channel that is closed once the transport is.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns nil until Done is closed, and then the *[CloseError] that tells how
// the connection ended.
func (c *Conn) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

var (
	errCloseNow     = errors.New("dropped by CloseNow")
	errCloseTimeout = errors.New("the peer did not end the connection within CloseTimeout")
	errDrained      = errors.New("the peer went on sending after the connection had failed")
)

// closedError is what a call on a closing or closed connection returns, once it
// is known: waiting lets it tell the peer's code.
func (c *Conn) closedError(ctx context.Context) error {
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return contextError(ctx)
	}
}

// contextError says that ctx ended, and why.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// closeFor starts the closing handshake because a time is over.
func (c *Conn) closeFor(e *LimitError) {
	payload, err := frame.AppendClose(nil, e.code(), closeReason(e))
	if err != nil {
		panic("websockets: bug: " + err.Error())
	}
	c.beginClose(e.code(), payload, e)
}

// sendClose starts the closing handshake, unless that has happened.
func (c *Conn) sendClose(code CloseCode, payload []byte) { c.beginClose(code, payload, nil) }

func (c *Conn) beginClose(code CloseCode, payload []byte, why *LimitError) {
	w := &c.writer
	w.mu.Lock()
	// Who has the peer's close frame has echoed it: there is no state to wait in.
	if w.state != protocol.Open || w.broken {
		w.mu.Unlock()
		return
	}
	if why != nil {
		c.aging.hit = why
	}
	c.isClosing.Store(true)
	w.closeFrame(code, payload)
	w.boundClose(c.set.closeTimeout)
	w.commit(soon)
	c.reader.ensure()
}

// recvClose goes on after the peer's close frame: it is echoed, unless it is
// the answer to ours (RFC 6455 §5.5.1).
func (c *Conn) recvClose(code CloseCode, reason string, payload []byte) {
	w := &c.writer
	w.mu.Lock()
	next, action, err := w.state.Next(protocol.RecvClose)
	if err != nil {
		w.mu.Unlock()
		return
	}
	w.state = next
	w.peerCode, w.peerReason = code, reason
	w.wake()
	c.isClosing.Store(true)
	c.reader.stop.Store(true)
	if action == protocol.Echo && !w.broken {
		w.closeFrame(code, payload)
	}
	w.commit(soon)
	c.settle()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state != protocol.Closed { // mostly it is, on a server: a timer saved
		w.boundClose(c.set.closeTimeout)
	}
}

// closeFrame appends our close frame, the last one to go out. Its caller holds
// mu.
func (w *writer) closeFrame(code CloseCode, payload []byte) {
	w.add(&frame.Frame{FIN: true, Opcode: frame.OpClose, Payload: payload})
	w.state, _, _ = w.state.Next(protocol.SendClose) // add has checked it
	w.sent = code
	w.wake()
}

// fail fails the connection (RFC 6455 §7.1.7): what comes in from now on is
// discarded, and the peer is told why. It does nothing if the connection is
// failing, ended, or has exchanged close frames. The transport ends with the
// peer's half, or within the given time.
func (c *Conn) fail(code CloseCode, cause error, within time.Duration) {
	w := &c.writer
	w.mu.Lock()
	next, action, err := w.state.Next(protocol.Fail)
	if err != nil {
		w.mu.Unlock()
		return
	}
	if w.cause == nil {
		w.cause = cause
	}
	c.isClosing.Store(true)
	c.reader.stop.Store(true)
	if action == protocol.Announce && !w.broken {
		payload, err := frame.AppendClose(nil, code, closeReason(cause))
		if err != nil {
			panic("websockets: bug: " + err.Error())
		}
		w.add(&frame.Frame{FIN: true, Opcode: frame.OpClose, Payload: payload})
		w.sent = code
	}
	w.state = next
	w.wake()
	w.boundClose(within)
	w.commit(soon)
	c.settle()
	c.reader.ensure()
}

// failRead fails the connection for what the peer has sent.
func (c *Conn) failRead(err error) {
	code := CloseProtocolError
	if e, ok := errors.AsType[*ProtocolError](err); ok {
		code = e.Code
	} else if _, ok := errors.AsType[*PayloadTooBigError](err); ok {
		code = CloseMessageTooBig
	} else if e, ok := errors.AsType[*LimitError](err); ok {
		code = e.code()
	}
	c.fail(code, err, c.set.closeTimeout)
}

// closeReason makes a close reason of an error.
func closeReason(err error) string {
	reason := err.Error()
	if e, ok := errors.AsType[*ProtocolError](err); ok {
		reason = e.Reason
	}
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	if len(reason) > frame.MaxCloseReason {
		reason = strings.ToValidUTF8(reason[:frame.MaxCloseReason], "")
	}
	return reason
}

// boundClose sees to it that the transport ends within d; 0 means no bound. Its
// caller holds mu.
func (w *writer) boundClose(d time.Duration) {
	if d <= 0 {
		return
	}
	if w.closeTimer == nil {
		w.closeTimer = time.AfterFunc(d, w.c.closeTimedOut)
	}
}

// closeTimedOut is the end of everything that takes too long.
func (c *Conn) closeTimedOut() {
	if t, ok := c.transport.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // nobody is there to take what waits
	}
	c.end(errCloseTimeout)
	c.closeTransport(true)
}

// writeFailed goes on after the transport has refused bytes. What the peer sent
// before may still be there to be read, with its close frame: so the reader
// finds the end.
func (c *Conn) writeFailed() {
	w := &c.writer
	w.mu.Lock()
	if w.state == protocol.Closed {
		w.mu.Unlock()
		return
	}
	c.isClosing.Store(true)
	w.boundClose(c.set.closeTimeout)
	w.mu.Unlock()
	c.settle()
	c.reader.ensure()
}

// recvEOF goes on after the end of what the peer sends. The peer may still read:
// if it has sent its close frame, it gets ours before the transport ends.
func (c *Conn) recvEOF() {
	w := &c.writer
	w.mu.Lock()
	w.peerEnded = true
	handshaken := w.state == protocol.Handshaken
	w.mu.Unlock()
	if handshaken {
		c.settle()
		return
	}
	c.end(io.ErrUnexpectedEOF)
}

// settle does what is due once the last close frame is written.
func (c *Conn) settle() {
	w := &c.writer
	w.mu.Lock()
	state, ends := w.state, c.role == RoleServer || w.peerEnded
	idle := w.broken || w.flush == flushIdle && w.waiting == 0
	w.mu.Unlock()
	switch {
	case !idle: // the flusher will come by here
	case state == protocol.Handshaken && ends:
		c.end(nil) // RFC 6455 §7.1.1: the server closes TCP first
	case state == protocol.Failing:
		// The peer may still be sending. To close now would reset the connection,
		// and could destroy our close frame on its way.
		if t, ok := c.transport.(interface{ CloseWrite() error }); ok {
			_ = t.CloseWrite()
		}
	}
}

// end ends the transport, the connection and every call on it. Only the first
// call counts. cause is nil if the peer has done its part.
func (c *Conn) end(cause error) {
	w := &c.writer
	w.mu.Lock()
	before := w.state
	if before == protocol.Closed {
		w.mu.Unlock()
		return
	}
	w.state, _, _ = before.Next(protocol.End) // possible in every other state
	e := &CloseError{Code: CloseAbnormal, Sent: w.sent}
	if w.peerCode != 0 {
		e.Code, e.Reason = w.peerCode, w.peerReason
	}
	if before != protocol.Handshaken {
		if e.Err = w.cause; e.Err == nil {
			e.Err = cause
		}
	}
	if c.aging != nil {
		e.Err = c.aging.explain(e.Err)
	}
	w.broken = true
	w.drop()
	w.wake()
	timer := w.closeTimer
	w.mu.Unlock()

	c.closeTransport(before != protocol.Handshaken)
	for _, t := range []*time.Timer{timer, c.keepalive} {
		if t != nil {
			t.Stop()
		}
	}
	if c.aging != nil {
		c.aging.stop()
	}
	c.err = e
	c.reader.finish()
	c.cancel(e)
	c.pings.fail(e)
	if c.server != nil {
		c.server.ended(c)
	}
}

// closeTransport closes the transport, at once or after a goodbye of TLS.
func (c *Conn) closeTransport(atOnce bool) {
	switch {
	case c.reader.beginEnd():
		// Closing waits until the driver leaves the runtime's wait, and this may be
		// the driver, or its function may be at work for long. The peer need not
		// wait that long; nor need our caller.
		c.reader.raw.shutDown()
		go c.transport.Close()
	case atOnce:
		closeAtOnce(c.transport)
	default:
		_ = c.transport.Close()
	}
}

// closeAtOnce closes a transport without waiting for anything: TLS would try to
// say goodbye, to a peer that may not listen.
func closeAtOnce(transport net.Conn) {
	if t, ok := transport.(interface{ NetConn() net.Conn }); ok {
		_ = t.NetConn().Close()
	}
	_ = transport.Close()
}
