package deflate

import (
	"errors"
	"fmt"
	"sync"

	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/inflate"
	"github.com/go-websockets/websockets/internal/pool"
)

// tail is what a sender takes away from the end of a message (RFC 7692 §7.2.1).
var tail = []byte{0x00, 0x00, 0xFF, 0xFF}

// A compressed message may take freeBytes bytes, and yieldFactor for each byte
// that it yields. DEFLATE makes the worst of contents longer by 5 bytes in 65,535;
// a peer that flushes behind each byte gets to 7 for one, but then there are few.
const (
	freeBytes   = 64 << 10
	yieldFactor = 4
)

// A receiver decompresses messages.
//
// Invariant: decoder is nil between messages, and the window is empty between
// them without context takeover.
type receiver struct {
	direction
	compressed bool // of the message that is coming in: for Decode

	decoder *inflate.Decoder
	in, out int64 // bytes of the message so far
	window  inflate.Window
	memory  *pool.Buffer // of the window; nil while it has no room
}

var decoders = sync.Pool{New: func() any { return new(inflate.Decoder) }}

// decode appends to dst what a piece of a message yields; dst may grow to limit
// bytes.
func (r *receiver) decode(dst, piece []byte, last bool, limit int) ([]byte, error) {
	if r.decoder == nil {
		r.decoder = decoders.Get().(*inflate.Decoder)
		r.decoder.Reset(1 << r.bits)
		r.in, r.out = 0, 0
	}
	start := len(dst)
	dst, err := r.inflate(dst, piece, limit)
	if err == nil && last {
		dst, err = r.finish(dst, start, limit)
	}
	if err != nil || last {
		r.end()
	}
	switch {
	case err != nil:
		return dst, brokenBy(err, start, limit)
	case r.takeover || !last:
		r.remember(dst[start:])
	default:
		r.forget()
	}
	return dst, nil
}

// end gives the decoder back, if there is one.
func (r *receiver) end() {
	if r.decoder != nil {
		decoders.Put(r.decoder)
		r.decoder = nil
	}
}

// inflate decompresses a piece, and stops where it has yielded too little.
func (r *receiver) inflate(dst, piece []byte, limit int) ([]byte, error) {
	start, before := len(dst), r.out
	for len(piece) > 0 {
		n := min(int64(len(piece)), freeBytes+yieldFactor*r.out-r.in)
		if n == 0 {
			return dst, &frame.ProtocolError{
				Code:    frame.ClosePolicyViolation,
				Reason:  fmt.Sprintf("%d bytes of compressed data that yield %d", r.in, r.out),
				Section: "limit of this implementation",
			}
		}
		var err error
		if dst, err = r.decoder.Append(dst, start, &r.window, piece[:n], limit); err != nil {
			return dst, err
		}
		piece = piece[n:]
		r.in += n
		r.out = before + int64(len(dst)-start)
	}
	return dst, nil
}

var errTruncated = errors.New("compressed message ends inside a block")

// finish ends a message (RFC 7692 §7.2.2). What was put out of this piece is
// dst[start:].
func (r *receiver) finish(dst []byte, start, limit int) ([]byte, error) {
	if r.decoder.AtBoundary() {
		// Behind a final block there may be nothing. Some senders send nothing at all
		// for an empty message, or for the end of one.
		return dst, nil
	}
	whole, err := r.decoder.Append(dst, start, &r.window, tail, limit)
	if err == nil && !r.decoder.AtBoundary() {
		err = errTruncated
	}
	if err != nil {
		return dst, err // what the tail yields is none of the peer's
	}
	return whole, nil
}

// brokenBy makes the error for a message that cannot be decompressed.
func brokenBy(err error, start, limit int) error {
	if _, ok := errors.AsType[*frame.ProtocolError](err); ok {
		return err
	}
	if err == inflate.ErrTooLong {
		most := int64(limit - start)
		return &frame.PayloadTooBigError{Size: most + 1, Limit: most}
	}
	return &frame.ProtocolError{Code: frame.CloseProtocolError, Reason: err.Error(), Section: "RFC 7692 §7.2.2"}
}

// remember keeps the end of what was put out. The window grows with it, up to the
// agreed size: many connections are quiet.
func (r *receiver) remember(p []byte) {
	room, most := r.window.Room(), 1<<r.bits
	need := min(r.window.Held()+len(p), most)
	if need > room {
		memory := pool.Get(need)
		for room = 1 << minWindowBits; room < need; room *= 2 {
		}
		r.window.Move(memory.B[:room])
		r.release()
		r.memory = memory
	}
	r.window.Add(p)
}

// forget empties the window.
func (r *receiver) forget() {
	r.window = inflate.Window{}
	r.release()
}

func (r *receiver) release() {
	if r.memory != nil {
		pool.Put(r.memory)
		r.memory = nil
	}
}
