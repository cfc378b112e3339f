package deflate

import (
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/pool"
)

// A sender compresses messages.
//
// Invariant: window has the end of what was compressed, which what follows may
// refer to. It is nil between messages without context takeover.
type sender struct {
	way
	takeover   bool
	compressed bool // the message that is being sent is

	window *pool.Buffer
	stream uint64 // of the compressor that served last; 0 if there is none
}

// lookBack is how much of the window a compressor reads before it starts anew for a
// message: so many times its length. More takes longer than the message itself,
// and finds hardly more.
const lookBack = 4

// encode compresses a frame (RFC 7692 §7.2.1), or leaves it as it is. The first
// frame of a message decides for all.
func (s *sender) encode(dst []byte, f frame.Frame) frame.Frame {
	first := f.Opcode != frame.OpContinuation
	if first {
		s.compressed = len(f.Payload) >= s.threshold
	}
	if !s.compressed {
		return f
	}
	c := newCompressor(s.way)
	defer c.release()
	var window []byte
	if s.window != nil {
		window = s.window.B[max(0, len(s.window.B)-lookBack*len(f.Payload)):]
	}
	s.stream = c.begin(s.stream, window)
	out, ok := c.compress(dst, f.Payload, first)
	if !ok {
		s.compressed = false
		return f
	}
	if f.FIN {
		out = out[:len(out)-len(tail)]
	}
	if f.FIN && !s.takeover {
		s.forget()
	} else {
		s.remember(f.Payload)
	}
	f.RSV1 = first
	f.Payload = out[len(dst):]
	return f
}

// remember adds to the window, which grows up to its size.
func (s *sender) remember(p []byte) {
	most := 1 << s.bits
	p = p[max(0, len(p)-most):]
	if s.window == nil {
		s.window = pool.Get(len(p))
	}
	held := s.window.B
	held = held[max(0, len(held)+len(p)-most):]
	if need := len(held) + len(p); need > cap(s.window.B) {
		larger := pool.Get(need)
		larger.B = append(larger.B, held...)
		pool.Put(s.window)
		s.window = larger
	} else {
		s.window.B = s.window.B[:copy(s.window.B, held)]
	}
	s.window.B = append(s.window.B, p...)
}

// forget empties the window.
func (s *sender) forget() {
	s.stream = 0
	if s.window != nil {
		pool.Put(s.window)
		s.window = nil
	}
}
