package websockets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"

	"github.com/go-websockets/websockets/frame"
)

// Send sends m in one frame (RFC 6455 §6.1). Messages of one goroutine go out in
// the order of its calls.
//
// Send blocks while WriteLimit bytes wait to be written, or while another
// message is being sent in fragments. If ctx ends first, Send returns its error
// and nothing of m is sent. A nil error means that the whole message goes out,
// unless the connection breaks: a Ping behind it proves that it arrived.
//
// On a closing or closed connection Send waits for the end and returns the
// *[CloseError].
func (c *Conn) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	w := &c.writer
	if err := w.begin(ctx, false); err != nil {
		return err
	}
	f := frame.Frame{FIN: true, Opcode: frame.Opcode(m.Type), Payload: m.Data}
	if len(c.hs.Extensions) > 0 {
		return w.encoded(ctx, f, c.urgency(ctx))
	}
	w.add(f)
	w.commit(c.urgency(ctx))
	return nil
}

// urgency says when what a call with this context appends must be written.
func (c *Conn) urgency(ctx context.Context) urgency {
	switch done := ctx.Done(); {
	case c.reader.more.Load():
		return batched // the receiver is about to handle the next message
	case c.set.writeLimit == outOfReach:
		return soon // whatever waits, the caller does not
	case done == nil || done == c.ctxDone:
		return now
	}
	return soon // a write cannot be interrupted when ctx ends
}

// encoded appends f as the extensions encode it. It is called with mu held and
// without the turn for f's first frame, and gives mu back.
func (w *writer) encoded(ctx context.Context, f frame.Frame, u urgency) error {
	// Extensions see the frames in their order, and their code, which may be slow
	// or the application's, must not run under our lock: so the turn is taken.
	w.turn = true
	w.mu.Unlock()
	fin := f.FIN
	f, err := w.c.encode(f)
	w.mu.Lock()
	if fin || err != nil {
		w.release()
	}
	if err != nil {
		w.mu.Unlock()
		w.c.fail(CloseInternalError, err, w.c.set.closeTimeout)
		return fmt.Errorf("websockets: %w", err)
	}
	if w.broken || !w.state.CanSend() {
		w.mu.Unlock()
		return w.c.closedError(ctx)
	}
	w.add(f)
	w.commit(u)
	return nil
}

// encode applies the extensions in their order (RFC 6455 §9.1).
func (c *Conn) encode(f frame.Frame) (frame.Frame, error) {
	for _, e := range c.hs.Extensions {
		var err error
		if f, err = e.Encode(f); err != nil {
			return f, fmt.Errorf("extension %q cannot encode a frame: %w", e.Name(), err)
		}
	}
	return f, nil
}

// Writer sends a message in fragments: each Write is a frame, which goes out at
// once, and Close sends the last. Until then other messages wait; pings, pongs
// and the closing handshake do not. A text may be cut anywhere, also inside a
// character.
//
// ctx bounds the wait for other messages, here, and for room, in each Write. A
// message that cannot be finished would be in the way for ever: if ctx ends
// after its first frame, or its text turns out not to be UTF-8, the connection
// fails with 1011. A Writer serves one goroutine.
func (c *Conn) Writer(ctx context.Context, t MessageType) (io.WriteCloser, error) {
	if t != TextMessage && t != BinaryMessage {
		return nil, errMessageType
	}
	w := &c.writer
	if err := w.begin(ctx, false); err != nil {
		return nil, err
	}
	w.turn = true
	w.mu.Unlock()
	return &messageWriter{c: c, ctx: ctx, opcode: frame.Opcode(t), text: t == TextMessage}, nil
}

// A messageWriter has the turn until it is closed or the connection ends.
type messageWriter struct {
	c      *Conn
	ctx    context.Context
	opcode frame.Opcode // of the next frame
	text   bool
	tail   []byte // the start of a character that the next Write must finish
	err    error  // why no more can be written
}

var errWriterClosed = fmt.Errorf("%w: the message is finished", ErrState)

// Write sends p as one fragment. An empty p sends nothing.
func (m *messageWriter) Write(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if m.text && !m.valid(p) {
		return 0, m.abandon(errInvalidUTF8)
	}
	if err := m.fragment(p, false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close finishes the message with an empty fragment.
func (m *messageWriter) Close() error {
	if m.err != nil {
		if m.err == errWriterClosed {
			return nil
		}
		return m.err
	}
	if len(m.tail) > 0 {
		return m.abandon(errInvalidUTF8)
	}
	if err := m.fragment(nil, true); err != nil {
		return err
	}
	m.err = errWriterClosed
	return nil
}

func (m *messageWriter) fragment(p []byte, fin bool) error {
	w := &m.c.writer
	if err := w.begin(m.ctx, true); err != nil {
		return m.abandon(err)
	}
	f := frame.Frame{FIN: fin, Opcode: m.opcode, Payload: p}
	m.opcode = frame.OpContinuation
	if len(m.c.hs.Extensions) > 0 {
		if err := w.encoded(m.ctx, f, m.c.urgency(m.ctx)); err != nil {
			return m.abandon(err)
		}
		return nil
	}
	w.add(f)
	if fin {
		w.release()
	}
	w.commit(m.c.urgency(m.ctx))
	return nil
}

// abandon gives up the message: before its first frame that only gives the turn
// back, after it the connection fails, unless it is closing: then nothing waits
// for the turn, and the closing handshake goes on.
func (m *messageWriter) abandon(err error) error {
	m.err = err
	w := &m.c.writer
	w.mu.Lock()
	stuck := w.sender.Open() && w.state.CanSend()
	w.release()
	w.mu.Unlock()
	if stuck {
		m.c.fail(CloseInternalError, fmt.Errorf("message abandoned: %w", err), m.c.set.closeTimeout)
	}
	return err
}

// valid reports whether p goes on as UTF-8 where the last Write stopped.
func (m *messageWriter) valid(p []byte) bool {
	if len(m.tail) > 0 {
		n := min(len(p), utf8.UTFMax-len(m.tail))
		head := append(m.tail, p[:n]...)
		if !utf8.FullRune(head) {
			m.tail = head
			return true
		}
		r, size := utf8.DecodeRune(head)
		if r == utf8.RuneError && size == 1 {
			return false
		}
		p = p[size-len(m.tail):]
		m.tail = m.tail[:0]
	}
	cut := len(p)
	for i := 1; i < utf8.UTFMax && i <= len(p); i++ {
		if b := p[len(p)-i]; utf8.RuneStart(b) {
			if !utf8.FullRune(p[len(p)-i:]) {
				cut = len(p) - i
			}
			break
		}
	}
	m.tail = append(m.tail[:0], p[cut:]...)
	return utf8.Valid(p[:cut])
}

// Broadcast sends m to many connections without waiting for any: one that is not
// open, or has WriteLimit bytes waiting, or is sending a message in fragments,
// is skipped. The error joins one for each that was skipped and is nil if there
// was none; [SkippedError] has the connection.
func Broadcast(conns iter.Seq[*Conn], m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	f := frame.Frame{FIN: true, Opcode: frame.Opcode(m.Type), Payload: m.Data}
	var errs []error
	for c := range conns {
		if err := c.offer(f); err != nil {
			errs = append(errs, &SkippedError{Conn: c, Err: err})
		}
	}
	return errors.Join(errs...)
}

// A SkippedError says which connection [Broadcast] could not send to, and why.
type SkippedError struct {
	Conn *Conn
	Err  error // ErrBusy, ErrState or the connection's *CloseError
}

func (e *SkippedError) Error() string {
	return fmt.Sprintf("%v: %v", e.Conn.RemoteAddr(), e.Err)
}

// Unwrap returns Err.
func (e *SkippedError) Unwrap() error { return e.Err }

// offer is Send that does not wait.
func (c *Conn) offer(f frame.Frame) error {
	w := &c.writer
	w.mu.Lock()
	switch {
	case w.broken || !w.state.CanSend():
		w.mu.Unlock()
		if err := c.Err(); err != nil {
			return err
		}
		return ErrState
	case w.turn || w.waiting >= c.set.writeLimit:
		w.mu.Unlock()
		return ErrBusy
	}
	if len(c.hs.Extensions) > 0 {
		return w.encoded(context.Background(), f, soon)
	}
	w.add(f)
	w.commit(soon)
	return nil
}
