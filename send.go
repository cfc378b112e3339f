package websockets

import (
	"context"
	"fmt"
	"io"

	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/utf8stream"
)

// Send sends m in one frame (RFC 6455 §6.1). Messages of one goroutine go out in
// the order of its calls.
//
// Send blocks once WriteLimit bytes wait to be written, until no more than a
// quarter of it is left, and while another message is being sent in fragments. If
// ctx ends first, Send returns its error and nothing of m is sent. A nil error
// means that the whole message goes out, unless the connection breaks: a Ping
// behind it proves that it arrived.
//
// On a closing or closed connection Send waits for the end and returns the
// *[CloseError].
func (c *Conn) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	w := &c.writer
	if err := w.begin(ctx, newMessage); err != nil {
		return err
	}
	if c.encodes(m.DisableCompression) {
		f, memory, err := w.encoded(ctx, m.frame(), m.DisableCompression)
		if err != nil {
			return err
		}
		w.add(&f)
		free(memory)
	} else if w.mayWriteLarge(m.Data) {
		w.writeLarge(&frame.Header{FIN: true, Opcode: frame.Opcode(m.Type), Length: int64(len(m.Data))}, m.Data)
		return nil
	} else {
		w.addWhole(&m)
	}
	w.commit(c.urgency(ctx))
	return nil
}

// urgency says when what a call with this context appends must be written.
func (c *Conn) urgency(ctx context.Context) urgency {
	switch {
	case c.reader.more.Load():
		return batched // the receiver is about to handle the next message
	case c.set.writeLimit == outOfReach:
		return soon // whatever waits, the caller does not
	case !c.mayEnd(ctx):
		return now
	}
	return soon // a write cannot be interrupted when ctx ends
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
	if err := w.begin(ctx, newMessage); err != nil {
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
	soFar  utf8stream.Validator // of a text
	err    error                // why no more can be written
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
	if m.text && !m.soFar.Write(p) {
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
	if !m.soFar.Complete() {
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
	if err := w.begin(m.ctx, ownMessage); err != nil {
		return m.abandon(err)
	}
	f, memory, err := w.encoded(m.ctx, frame.Frame{FIN: fin, Opcode: m.opcode, Payload: p}, false)
	m.opcode = frame.OpContinuation
	if err == nil && !fin && w.mayWriteLarge(f.Payload) {
		h := w.header(&f)
		w.writeLarge(&h, f.Payload)
		free(memory)
		return nil
	}
	if err != nil {
		return m.abandon(err)
	}
	w.add(&f)
	free(memory)
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
