package conformance

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"runtime"
	"sync"

	"github.com/go-websockets/websockets/frame"
)

// A raw is a frame to be sent, right or wrong: nothing of it is checked. The
// length is encoded in the fewest bytes.
type raw struct {
	op      frame.Opcode
	more    bool // FIN is not set
	rsv     byte // RSV1 is 4, RSV2 is 2, RSV3 is 1
	payload []byte
	chop    int  // bytes for each write; 0: all in one
	alone   bool // is a write of its own
}

func (f raw) frame() frame.Frame {
	return frame.Frame{
		FIN: !f.more, RSV1: f.rsv&4 != 0, RSV2: f.rsv&2 != 0, RSV3: f.rsv&1 != 0,
		Opcode: f.op, Payload: f.payload,
	}
}

// send has a frame written, after all that was sent before.
func (s *session) send(f raw) {
	s.logFrame(SentFrame, f.frame())
	if !f.op.IsControl() {
		s.r.Stats.PayloadOut += int64(len(f.payload))
	}
	s.queue.add(s.encode(f), f.chop, f.alone)
}

// encode returns a frame as it stands on the wire: masked with a fresh key, if the
// peer is a server.
func (s *session) encode(f raw) []byte {
	h := f.frame().Header()
	if s.testing == Servers {
		h.Masked = true
		_, _ = rand.Read(h.MaskingKey[:]) // it never fails
	}
	b := make([]byte, 0, h.Size()+len(f.payload))
	b = append(frame.AppendHeader(b, h), f.payload...)
	if h.Masked {
		maskBytes(b[h.Size():], h.MaskingKey, 0)
	}
	return b
}

// maskBytes masks p in place (RFC 6455 §5.3). It is not the library's own masking,
// which is under test too.
func maskBytes(p []byte, key [4]byte, at int) {
	for i := range p {
		p[i] ^= key[(at+i)&3]
	}
}

// message sends a message, compressed if that has been agreed on, in frames of at
// most size bytes, and writes of chop bytes; 0: in one.
func (s *session) message(op frame.Opcode, p []byte, size, chop int) {
	s.r.Stats.MessagesOut++
	s.r.Stats.PlainOut += int64(len(p))
	var rsv byte
	if s.codec != nil {
		rsv, p = 4, s.codec.encode(p)
	}
	for _, f := range inFragments(op, p, size) {
		f.rsv, rsv, f.chop = rsv, 0, chop
		s.send(f)
	}
}

// inFragments returns the frames of a message, of at most size bytes; 0: only one.
// As in the classical suite, a longer message that is a multiple of size ends with
// an empty frame.
func inFragments(op frame.Opcode, p []byte, size int) (frames []raw) {
	if size == 0 || len(p) <= size {
		return []raw{{op: op, payload: p}}
	}
	for {
		n := min(size, len(p))
		frames = append(frames, raw{op: op, payload: p[:n], more: n == size})
		if n < size {
			return frames
		}
		p, op = p[n:], frame.OpContinuation
	}
}

// closePayload is the payload of a close frame, right or wrong.
func closePayload(code frame.CloseCode, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

// A queue has a writer goroutine write what is added to it, in order. Nobody waits
// for a peer that does not read.
type queue struct {
	mu     sync.Mutex
	pieces []piece
	ended  bool
	more   chan struct{} // capacity 1
	done   chan struct{} // closed when the writer has ended

	sizes map[int]int // how many writes had so many bytes; the writer's until done
	bytes int64
}

type piece struct {
	b     []byte
	chop  int
	alone bool
}

func (q *queue) start(conn net.Conn) {
	q.more, q.done = make(chan struct{}, 1), make(chan struct{})
	q.sizes = map[int]int{}
	go q.run(conn)
}

// coalesce is up to how many bytes pieces are joined for one write.
const coalesce = 64 << 10

func (q *queue) add(b []byte, chop int, alone bool) {
	q.mu.Lock()
	alone = alone || chop > 0
	if n := len(q.pieces); n > 0 && !alone && !q.pieces[n-1].alone && len(q.pieces[n-1].b)+len(b) <= coalesce {
		q.pieces[n-1].b = append(q.pieces[n-1].b, b...)
	} else {
		q.pieces = append(q.pieces, piece{b, chop, alone})
	}
	q.mu.Unlock()
	q.signal()
}

// finish lets the writer end once it has written all.
func (q *queue) finish() {
	q.mu.Lock()
	q.ended = true
	q.mu.Unlock()
	q.signal()
}

// drop forgets what has not been written.
func (q *queue) drop() {
	q.mu.Lock()
	q.pieces, q.ended = nil, true
	q.mu.Unlock()
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.more <- struct{}{}:
	default: // there is one already, or nobody writes yet
	}
}

func (q *queue) run(conn net.Conn) {
	defer close(q.done)
	broken := false
	for {
		q.mu.Lock()
		pieces, ended := q.pieces, q.ended
		q.pieces = nil
		q.mu.Unlock()
		for _, p := range pieces {
			broken = broken || !q.write(conn, p)
		}
		if len(pieces) == 0 {
			if ended {
				return
			}
			<-q.more
		}
	}
}

// write writes p and reports whether that went well: if not, the reader learns why.
func (q *queue) write(conn net.Conn, p piece) bool {
	step := len(p.b)
	if p.chop > 0 {
		step = p.chop
	}
	for b := p.b; len(b) > 0; {
		n := min(step, len(b))
		if _, err := conn.Write(b[:n]); err != nil {
			return false
		}
		q.sizes[n]++
		q.bytes += int64(n)
		b = b[n:]
		if p.chop > 0 {
			runtime.Gosched() // so that the peer may see each piece apart
		}
	}
	return true
}
