package conformance

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// What hostile peers send: frames that no encoder makes, and DEFLATE that costs
// more than it yields.

// A form is how a length is written.
type form uint8

const (
	form7  form = iota // in the second byte
	form16             // in two bytes more
	form64             // in eight bytes more
)

// header returns the header of a frame as it stands on the wire, right or wrong:
// masked as the peer expects it, with a key of zeros, which leaves payloads as
// they are.
func (s *session) header(first byte, f form, length uint64) []byte {
	b := []byte{first, 0}
	switch f {
	case form7:
		b[1] = byte(length)
	case form16:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(length))
	case form64:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, length)
	}
	if s.testing == Servers {
		b[1] |= 0x80
		b = append(b, 0, 0, 0, 0)
	}
	return b
}

// unnatural returns a frame that is masked where it must not be, or not masked
// where it must.
func (s *session) unnatural(f raw) []byte {
	h := f.frame().Header()
	h.Masked = s.testing == Clients
	h.MaskingKey = [4]byte{0x12, 0x34, 0x56, 0x78}
	b := append(frame.AppendHeader(nil, h), f.payload...)
	if h.Masked {
		maskBytes(b[h.Size():], h.MaskingKey, 0)
	}
	return b
}

// writes has bytes written behind all that was sent before, in a write of their
// own. Nobody waits for a peer that does not read.
func (s *session) writes(b []byte) {
	s.log(SentBytes, "%s", escape(b))
	s.queue.add(b, 0, true)
}

// many returns n frames, one behind the other.
func (s *session) many(n int, f raw) []byte {
	one := s.encode(f)
	return bytes.Repeat(one, n)
}

// A fate is what became of a connection that the RFC lets the peer end.
type fate uint8

const (
	fateWaits   fate = iota // nothing came
	fateCloses              // a close frame came, or the connection ended
	fateAnswers             // a message or a pong came
)

// fate waits for what the peer does.
func (s *session) fate(wait time.Duration) (fate, event) {
	e, err := s.next(wait)
	_, broken := errors.AsType[*frame.ProtocolError](err)
	switch {
	case broken:
		s.failf("%v", err)
	case errors.Is(err, errQuiet) || s.ctx.Err() != nil:
		return fateWaits, e
	case err != nil:
		s.r.ClosedByPeer = true
		return fateCloses, e
	case e.op == frame.OpClose:
		s.failedWith(nil)
		return fateCloses, e
	}
	return fateAnswers, e
}

// tells sets an Informational verdict on a fate, and drops the connection.
func (s *session) tells(f fate, e event) {
	switch {
	case f == fateWaits:
		s.inform("the peer waits for more")
	case f == fateAnswers:
		s.inform("the peer answers with %.80s", e.String())
	case s.r.Remote.Sent:
		s.verdict(Informational, "the peer closed with %v", s.r.Remote)
	default:
		s.inform("the peer ended the connection")
	}
	if s.r.Remote.Sent {
		s.r.fact("closed with", "%v", s.r.Remote)
	}
}

// ends drops the connection, as a case does that is done with it.
func (s *session) ends() {
	s.r.DroppedByUs = true
	_ = s.conn.Close()
}

// ---- DEFLATE --------------------------------------------------------------------

// compressed opens a connection on which permessage-deflate has been agreed on. It
// reports whether the peer has it.
func (s *session) compressed() bool {
	n := &negotiation{offers: []terms{{clientAny: true}}, demands: []demand{{alone: true}}}
	if err := s.open(n.opening()); err != nil {
		s.failf("opening handshake: %v", err)
	}
	if n.agreed == nil {
		s.finish()
		s.verdict(Unimplemented, "permessage-deflate has not been agreed on")
		return false
	}
	s.codec = newDeflation(*n.agreed, s.testing)
	return true
}

// deflated sends a message whose compressed payload is any bytes.
func (s *session) deflated(op frame.Opcode, payload []byte) {
	s.send(raw{op: op, rsv: 4, payload: payload})
}

// zeros returns DEFLATE for n MiB of zeros.
func zeros(n int) []byte {
	return append(bytes.Repeat(oneMiB(), n), 0)
}

var oneMiB = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression) // the level is valid
	_, _ = w.Write(make([]byte, 1<<20))                // a bytes.Buffer does not fail
	_ = w.Flush()
	return b.Bytes()
})

// A packer packs bits, the lowest of each byte first (RFC 1951 §3.1.1).
type packer struct {
	b []byte
	n int
}

func (w *packer) add(value, count int) {
	for i := range count {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(value>>i&1) << (w.n % 8)
		w.n++
	}
}

// stored, fixed and dynamic are DEFLATE of blocks without any content, of about n
// bytes: an inflater works and yields nothing.
func emptyStored(n int) []byte { return append(bytes.Repeat([]byte{0, 0, 0, 0xFF, 0xFF}, n/5), 0) }

func emptyFixed(n int) []byte {
	var w packer
	for range 4 { // 40 bits are 5 bytes
		w.add(1<<1, 3)
		w.add(0, 7)
	}
	return append(bytes.Repeat(w.b, n/5), 0)
}

func emptyDynamic(n int) []byte {
	var w packer
	for range 8 { // any number of bits is whole bytes then
		w.add(2<<1, 3)
		w.add(0, 5)  // 257 codes for literals and lengths
		w.add(0, 5)  // 1 code for distances
		w.add(14, 4) // 18 code lengths, in the order of RFC 1951 §3.2.7
		for _, length := range []int{0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2} {
			w.add(length, 3)
		}
		w.add(0, 1) // 18: 138 zeros
		w.add(138-11, 7)
		w.add(0, 1) // 18: 118 zeros, up to the end of the literals
		w.add(118-11, 7)
		w.add(3, 2) // 1: the length of the code for the end of a block
		w.add(1, 2) // 0: no distances
		w.add(0, 1) // the end of the block
	}
	return append(bytes.Repeat(w.b, n/len(w.b)), 0)
}

// finalThen returns DEFLATE with a final block, and more behind it.
func finalThen(message string, behind []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed) // the level is valid
	_, _ = w.Write([]byte(message))              // a bytes.Buffer does not fail
	_ = w.Close()
	return append(b.Bytes(), behind...)
}

// ---- time -----------------------------------------------------------------------

// growth compares how long the peer takes for n and for 2n of something. Time that
// grows with the square or worse shows, once it can be told from a calm peer's.
type growth struct {
	calm, one, two time.Duration
}

// blowsUp reports whether the time explodes.
func (g growth) blowsUp() bool {
	return g.two > 500*time.Millisecond && g.two > 3*g.one+10*g.calm
}

func (g growth) String() string {
	return fmt.Sprintf("%v calm, %v for n, %v for 2n", g.calm.Round(time.Microsecond), g.one.Round(time.Microsecond), g.two.Round(time.Microsecond))
}
