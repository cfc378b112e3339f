package load

import (
	"bytes"
	"compress/flate"

	"github.com/go-websockets/websockets/frame"
)

// Traffic is what a connection sends, message after message and then again from
// the start, and what must come back.
type Traffic struct {
	// Payloads are the messages before compression.
	Payloads [][]byte

	out ring // frames, masked
	in  ring // frames as a server sends them, each message in one
	raw bool // what comes back is out
}

// A ring is a list of byte strings in a row, twice, so that as many of them in
// turn as there are, from wherever, are one slice.
type ring struct {
	bytes []byte
	ends  []int // where each one ends; len(ends) is twice the number of strings
	n     int
}

func (r *ring) add(p []byte) {
	r.bytes = append(r.bytes, p...)
	r.ends = append(r.ends, len(r.bytes))
	r.n++
}

func (r *ring) close() {
	size := len(r.bytes)
	r.bytes = append(r.bytes, r.bytes...)
	for _, end := range r.ends[:r.n] {
		r.ends = append(r.ends, size+end)
	}
}

// size is the length of all strings together.
func (r *ring) size() int { return len(r.bytes) / 2 }

// slice returns k strings from the i-th on; i is less than n, and k at most n.
func (r *ring) slice(i, k int) []byte {
	start := 0
	if i > 0 {
		start = r.ends[i-1]
	}
	return r.bytes[start:r.ends[i+k-1]]
}

// NewTraffic makes the frames. If raw is set, the server sends back what it got,
// without knowing of frames; if compressed, each message is so on its own.
func NewTraffic(opcode frame.Opcode, payloads [][]byte, raw, compressed bool) *Traffic {
	t := &Traffic{Payloads: payloads, raw: raw}
	for _, p := range payloads {
		f := frame.Frame{FIN: true, Opcode: opcode, Payload: p}
		plain, err := f.Append(nil, frame.WriteOptions{})
		if err != nil {
			panic(err) // it is our own message
		}
		t.in.add(plain)
		if compressed && !raw {
			f.RSV1, f.Payload = true, deflated(p)
		}
		h := f.Header()
		h.Masked = true
		h.MaskingKey = keys[len(t.out.ends)%len(keys)]
		wire := frame.AppendHeader(nil, h)
		for i, b := range f.Payload {
			wire = append(wire, b^h.MaskingKey[i%4])
		}
		t.out.add(wire)
	}
	t.out.close()
	t.in.close()
	if raw {
		t.in = t.out
	}
	return t
}

// keys are masking keys. They need not be random here, but must not be what makes
// masking easy: zeros, or four bytes alike.
var keys = [][4]byte{{0x37, 0xFA, 0x21, 0x3D}, {0x9C, 0x05, 0xE8, 0x71}, {0x12, 0xB4, 0x6F, 0xD3}}

// PayloadSize is the mean length of a message in bytes, before compression.
func (t *Traffic) PayloadSize() float64 {
	n := 0
	for _, p := range t.Payloads {
		n += len(p)
	}
	return float64(n) / float64(len(t.Payloads))
}

// deflated is p as the payload of a compressed message (RFC 7692 §7.2.1).
func deflated(p []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 6)
	if err == nil {
		_, err = w.Write(p)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\x00\x00\xff\xff"))
}
