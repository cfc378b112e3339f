package websockets

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/mask"
	"github.com/go-websockets/websockets/protocol"
)

// This file is what who sits in the chair does: frame by frame, from the
// transport to messages.

var (
	errInterrupted = errors.New("interrupted")          // the receiver should look at its context
	errWanted      = errors.New("the chair is wanted")  // the standby should leave
	errEnded       = errors.New("the transport ended")  // c.done is closed, or about to be
	errFull        = errors.New("enough is read ahead") // the standby should leave
)

// read reads until the need is met and returns nil then; or fails with one of
// the errors above. The standby also stops where a receiver could go on.
func (r *reader) read(n need, standby bool) error {
	for {
		if r.stop.Load() {
			return r.discard()
		}
		met, err := r.step(n)
		switch {
		case err != nil:
			r.stop.Store(true)
			r.c.failRead(err)
			continue
		case met == gotNeed:
			return nil
		case met == gotSome:
			if standby {
				if err := r.standbyDone(); err != nil {
					return err
				}
			}
			continue
		}
		if err := r.fill(); err != nil {
			return err
		}
		if n == needChunk && r.stream.took > 0 {
			return nil
		}
	}
}

// standbyDone says why the standby should leave in the middle of a message.
func (r *reader) standbyDone() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch m := &r.message; {
	case r.wanted:
		return errWanted
	case r.c.isClosing.Load():
	case m.streamed && r.stream.waiting() >= streamAhead,
		r.c.set.maxMessage < 0 && len(m.data) >= DefaultMaxMessageSize:
		return errFull
	}
	return nil
}

// progress is how far step got.
type progress uint8

const (
	gotNothing progress = iota // more bytes are needed
	gotSome                    // something, but not what was asked for
	gotNeed                    // what was asked for
)

// step processes what is unread, up to one frame.
func (r *reader) step(n need) (progress, error) {
	if r.inFrame {
		return r.payload(n)
	}
	if r.buf == nil || r.start == len(r.buf.B) {
		return gotNothing, nil
	}
	unread := r.buf.B[r.start:]
	h := &r.header
	size, err := h.Parse(unread)
	if err != nil || size == 0 {
		return gotNothing, err
	}
	if h.Opcode.IsControl() {
		return r.control(h, unread, size)
	}
	if err := r.rules.Header(h); err != nil {
		return gotNothing, err
	}
	if r.counted {
		if err := r.meter.data(h); err != nil {
			return gotNothing, err
		}
	}
	r.start += size
	if err := r.beginFrame(h); err != nil {
		return gotNothing, err
	}
	if n == needBegin && !r.message.streamed {
		return gotNeed, nil
	}
	return r.payload(n)
}

// control handles a control frame once all of it is unread.
func (r *reader) control(h *frame.Header, unread []byte, size int) (progress, error) {
	// The header is judged as soon as it is there, and again when the payload is:
	// of a control frame that changes nothing.
	if err := r.rules.Header(h); err != nil {
		return gotNothing, err
	}
	end := size + int(h.Length)
	if len(unread) < end {
		return gotNothing, nil
	}
	payload := unread[size:end]
	if h.Masked {
		mask.XOR(payload, h.MaskingKey, 0)
	}
	r.start += end
	if r.c.debug {
		r.c.logFrame(frame.Received, *h, payload)
	}
	reply, err := r.rules.Control(*h, payload)
	if err == nil {
		err = r.countControl(h)
	}
	if err != nil {
		return gotNothing, err
	}
	switch reply.Kind {
	case protocol.SendPong:
		u := soon
		if r.start < len(r.buf.B) {
			u = batched
		}
		r.c.writer.pong(payload, u)
	case protocol.MatchPong:
		r.c.gotPong(payload)
	case protocol.BeginEnd:
		r.c.recvClose(reply.Code, reply.Reason, payload)
	}
	return gotSome, nil
}

// beginFrame takes the header of a data frame, which is r.header.
func (r *reader) beginFrame(h *frame.Header) error {
	r.left, r.pos, r.inFrame = h.Length, 0, true
	m := &r.message
	reserved := h.RSV1 || h.RSV2 || h.RSV3
	if h.Opcode == frame.OpContinuation {
		if reserved && r.c.whole != nil {
			return &ProtocolError{
				Code: CloseProtocolError, Reason: "reserved bit on a frame that is not the first of its message", Section: "RFC 7692 §6.1",
			}
		}
		return r.countFragment()
	}
	m.begun, m.opcode, m.size, m.fragments = true, h.Opcode, 0, 1
	m.coded = r.c.extended && (reserved || r.c.whole == nil)
	m.text.Reset()
	if !m.borrowed {
		m.data, m.base = nil, 0
		if r.chair == byReceiver && r.driver != nil {
			m.data, m.borrowed = r.driver.memory(h.Length), true
		}
	}
	return nil
}

// payload takes what is unread of a data frame's payload, and the frame's end.
func (r *reader) payload(n need) (progress, error) {
	if r.left > 0 {
		took, err := r.takePayload()
		if err != nil {
			return gotNothing, err
		}
		if r.left > 0 {
			switch {
			case !took:
				return gotNothing, nil
			case n == needChunk:
				return r.chunkMet(), nil
			}
			return gotSome, nil
		}
	}
	if err := r.endFrame(); err != nil {
		return gotNothing, err
	}
	if !r.header.FIN {
		if n == needChunk {
			return r.chunkMet(), nil
		}
		return gotSome, nil
	}
	return r.endMessage(n)
}

// chunkMet is gotNeed if there is something to read in the stream.
func (r *reader) chunkMet() progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.stream.data) > 0 || r.stream.took > 0 || r.stream.done {
		return gotNeed
	}
	return gotSome
}

// takePayload takes what is unread of the payload and reports whether it was
// anything.
func (r *reader) takePayload() (bool, error) {
	if r.buf == nil {
		return false, nil
	}
	unread := r.buf.B[r.start:]
	if int64(len(unread)) > r.left {
		unread = unread[:r.left]
	}
	if len(unread) == 0 {
		return false, nil
	}
	r.start += len(unread)
	r.left -= int64(len(unread))
	if r.toMessage() {
		// Copying and unmasking in one go: each byte is touched once.
		m := &r.message
		at := len(m.data)
		m.data = grow(m.data, len(unread), r.left, int(r.trusted))
		m.data = m.data[:at+len(unread)]
		if r.header.Masked {
			r.pos = mask.Copy(m.data[at:], unread, r.header.MaskingKey, r.pos)
		} else {
			copy(m.data[at:], unread)
		}
		return true, r.accept(m.data[at:])
	}
	if r.header.Masked {
		r.pos = mask.XOR(unread, r.header.MaskingKey, r.pos)
	}
	return true, r.divert(unread)
}

// toMessage reports whether payload goes straight to the message's data.
func (r *reader) toMessage() bool { return !r.message.coded && !r.message.streamed }

// divert takes payload that does not go straight to the message's data.
func (r *reader) divert(p []byte) error {
	if r.message.coded {
		if r.c.debug {
			r.show(p)
		}
		return r.takeCoded(p)
	}
	if err := r.accept(p); err != nil {
		return err
	}
	r.toStream(p)
	return nil
}

// toStream appends to the stream, unless it is abandoned.
func (r *reader) toStream(p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.stream; s.active {
		if s.into != nil && len(s.data) == 0 {
			n := copy(s.into[s.took:], p)
			s.took += n
			p = p[n:]
		}
		s.data = append(s.data, p...)
	}
}

// accept checks payload that belongs to the message: text must be UTF-8 up to
// its last byte, and fails with the first that cannot go on (RFC 6455 §8.1).
func (r *reader) accept(p []byte) error {
	m := &r.message
	m.size += int64(len(p))
	if r.c.debug && !m.coded {
		r.show(p)
	}
	if m.opcode == frame.OpText && !m.text.Write(p) {
		return errNotUTF8("text message is not UTF-8 after its first %d bytes", m.size-int64(len(p)))
	}
	return nil
}

func errNotUTF8(format string, args ...any) error {
	return &ProtocolError{Code: CloseInvalidPayload, Reason: fmt.Sprintf(format, args...), Section: "RFC 6455 §8.1"}
}

// endFrame is called when all of a data frame's payload has come.
func (r *reader) endFrame() error {
	r.inFrame = false
	if r.c.debug {
		r.c.logFrame(frame.Received, r.header, r.rare.shown)
		r.rare.shown = r.rare.shown[:0]
	}
	if r.message.coded {
		return r.endCoded()
	}
	return nil
}

// frameOf joins a header and its payload.
func frameOf(h frame.Header, payload []byte) frame.Frame {
	return frame.Frame{FIN: h.FIN, RSV1: h.RSV1, RSV2: h.RSV2, RSV3: h.RSV3, Opcode: h.Opcode, Payload: payload}
}

// endMessage is called when the last frame of a message has come.
func (r *reader) endMessage(n need) (progress, error) {
	m := &r.message
	if m.opcode == frame.OpText && !m.text.Complete() {
		return gotNothing, errNotUTF8("text message of %d bytes ends inside a character", m.size)
	}
	if r.counted {
		if err := r.meter.end(m.size); err != nil {
			return gotNothing, err
		}
	}
	if !m.streamed {
		return gotNeed, nil // for who needs a message or its beginning
	}
	*m = incoming{}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stream.active {
		r.stream.done = true
	}
	if n == needChunk {
		return gotNeed, nil
	}
	return gotSome, nil
}

// A header is believed as far as leastTrusted, or as the connection's last message went,
// if that is more. A peer who has sent one of mostTrusted bytes, and then sends headers
// alone, has as much memory held for it as if it had held back that message's last byte.
const (
	leastTrusted = 64 << 10
	mostTrusted  = DefaultMaxMessageSize
)

// grow makes room for n bytes, and for what is left of the frame as far as its header is
// trusted: memory is only ever taken for about as much as has come, now or before.
func grow(b []byte, n int, left int64, trusted int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	return slices.Grow(b, n+int(min(left, int64(max(leastTrusted, trusted, len(b))))))
}
