package conformance

import (
	"fmt"
	"io"
	"net"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/go-websockets/websockets/frame"
)

// An arrival is what the reader has seen: a frame, or why there are no more.
type arrival struct {
	at    time.Time
	frame frame.Frame
	err   error // io.EOF, a *frame.ProtocolError, or an error of the connection
}

// maxPayload is the most that a peer may send in one frame: no case sends more.
const maxPayload = 64 << 20

// A reader turns bytes into frames. It is strict on each frame; what frames mean
// together is for the receiver.
type reader struct {
	conn   net.Conn
	buf    []byte // read, and not yet a frame
	masked bool   // frames must be masked
	to     chan<- arrival
	stop   <-chan struct{}
	stats  *Stats // Reads, WireIn: the reader's until it ends
}

// run reads until the connection ends or the peer breaks a rule.
func (r *reader) run() {
	defer close(r.to)
	r.stats.Reads = map[int]int{}
	r.stats.WireIn += int64(len(r.buf))
	for {
		f, err := r.next()
		a := arrival{at: time.Now(), frame: f, err: err}
		select {
		case r.to <- a:
		case <-r.stop:
			return
		}
		if err != nil {
			return
		}
	}
}

func (r *reader) next() (frame.Frame, error) {
	h, n, err := frame.ParseHeader(r.buf)
	for ; n == 0 && err == nil; h, n, err = frame.ParseHeader(r.buf) {
		if err := r.fill(1); err != nil {
			return frame.Frame{}, err
		}
	}
	switch {
	case err != nil:
		return frame.Frame{}, err
	case h.Length > maxPayload:
		return frame.Frame{}, violation(frame.CloseMessageTooBig, "RFC 6455 §7.4.1", "a frame of %d bytes", h.Length)
	case h.Masked != r.masked && r.masked:
		return frame.Frame{}, violation(frame.CloseProtocolError, "RFC 6455 §5.1", "a frame of a client that is not masked: %v", h)
	case h.Masked != r.masked:
		return frame.Frame{}, violation(frame.CloseProtocolError, "RFC 6455 §5.1", "a frame of a server that is masked: %v", h)
	}
	size := int(h.Length)
	if missing := n + size - len(r.buf); missing > 0 {
		if err := r.fill(missing); err != nil {
			return frame.Frame{}, err
		}
	}
	payload := r.buf[n : n+size : n+size]
	r.buf = r.buf[n+size:]
	if h.Masked {
		maskBytes(payload, h.MaskingKey, 0)
	}
	return frame.Frame{FIN: h.FIN, RSV1: h.RSV1, RSV2: h.RSV2, RSV3: h.RSV3, Opcode: h.Opcode, Payload: payload}, nil
}

// fill reads at least n bytes. Memory grows with what comes, not with what has
// been announced.
func (r *reader) fill(n int) error {
	for n > 0 {
		if cap(r.buf)-len(r.buf) < 4096 {
			r.buf = slices.Grow(slices.Clone(r.buf), max(16<<10, min(n, len(r.buf)+64<<10)))
		}
		got, err := r.conn.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+got]
		n -= got
		if got > 0 {
			r.stats.Reads[got]++
			r.stats.WireIn += int64(got)
		}
		if err != nil && n > 0 {
			if err == io.EOF && len(r.buf) > 0 {
				return io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// violation is an error of the peer.
func violation(code frame.CloseCode, section, format string, args ...any) error {
	return &frame.ProtocolError{Code: code, Reason: fmt.Sprintf(format, args...), Section: section}
}

// An event is what a case is judged by.
type event struct {
	op   frame.Opcode // text, binary, ping, pong or close; 0 for a timeout
	data []byte
	tag  string // of a timeout
}

func text[T ~string | ~[]byte](p T) event { return event{op: frame.OpText, data: []byte(p)} }
func pong[T ~string | ~[]byte](p T) event { return event{op: frame.OpPong, data: []byte(p)} }
func timeout(tag string) event            { return event{tag: tag} }

func (e event) String() string {
	if e.op == 0 {
		return fmt.Sprintf("timeout %q", e.tag)
	}
	return frame.Frame{FIN: true, Opcode: e.op, Payload: e.data}.String()
}

func equal(a, b event) bool {
	return a.op == b.op && a.tag == b.tag && string(a.data) == string(b.data)
}

// A receiver puts messages together. It is strict: it takes nothing that RFC 6455
// does not allow.
type receiver struct {
	op         frame.Opcode // of the message that has begun; 0: none
	compressed bool
	payload    []byte
}

// take judges a frame and returns what it completes, if anything.
func (s *session) take(f frame.Frame) (_ event, whole bool, err error) {
	if err := s.checkFrame(f); err != nil {
		return event{}, false, err
	}
	if f.Opcode.IsControl() {
		if f.Opcode == frame.OpClose {
			_, _, err = frame.ParseClose(f.Payload)
		}
		return event{op: f.Opcode, data: f.Payload}, err == nil, err
	}
	r := &s.receiver
	s.r.Stats.PayloadIn += int64(len(f.Payload))
	if f.Opcode != frame.OpContinuation {
		r.op, r.compressed, r.payload = f.Opcode, f.RSV1, nil
	}
	if r.payload == nil {
		r.payload = f.Payload
	} else {
		r.payload = append(r.payload, f.Payload...)
	}
	if !f.FIN {
		return event{}, false, nil
	}
	e := event{op: r.op, data: r.payload}
	r.op, r.payload = 0, nil
	if r.compressed {
		if e.data, err = s.codec.decode(e.data); err != nil {
			return event{}, false, err
		}
	}
	if e.op == frame.OpText && !utf8.Valid(e.data) {
		return event{}, false, violation(frame.CloseInvalidPayload, "RFC 6455 §8.1", "a text message that is not UTF-8")
	}
	s.r.Stats.MessagesIn++
	s.r.Stats.PlainIn += int64(len(e.data))
	return e, true, nil
}

// checkFrame judges a frame by itself and by what came before.
func (s *session) checkFrame(f frame.Frame) error {
	first := f.Opcode == frame.OpText || f.Opcode == frame.OpBinary
	h := f.Header()
	if s.codec != nil && first {
		h.RSV1 = false
	}
	if err := h.Check(); err != nil {
		return err
	}
	switch {
	case first && s.receiver.op != 0:
		return violation(frame.CloseProtocolError, "RFC 6455 §5.4", "a %v frame inside a fragmented message", f.Opcode)
	case f.Opcode == frame.OpContinuation && s.receiver.op == 0:
		return violation(frame.CloseProtocolError, "RFC 6455 §5.4", "a continuation frame without a message")
	}
	return nil
}
