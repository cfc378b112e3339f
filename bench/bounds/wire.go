package bounds

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"sync"
)

// A wire writes frames byte by byte, right or wrong.
type wire struct{ masked bool }

// header returns a header with any length, masked with a key of zeros if need be.
func (w wire) header(first byte, length uint64) []byte {
	b := []byte{first}
	switch {
	case length < 126:
		b = append(b, byte(length))
	case length < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(length))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), length)
	}
	if w.masked {
		b[1] |= 0x80
		b = append(b, 0, 0, 0, 0)
	}
	return b
}

func (w wire) frame(first byte, payload []byte) []byte {
	return append(w.header(first, uint64(len(payload))), payload...)
}

func (w wire) repeat(n int, first byte, payload []byte) []byte {
	return bytes.Repeat(w.frame(first, payload), n)
}

// First bytes of frames.
const (
	text, binaryFrame, moreBinary, more = 0x81, 0x82, 0x02, 0x00
	deflated, moreDeflated              = 0xC2, 0x42
	closing, ping, pong                 = 0x88, 0x89, 0x8A
)

// zeros are 64 MiB of zeros, compressed.
var zeros = sync.OnceValue(func() []byte { return compress(make([]byte, 64<<20)) })

func compress(p []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = w.Write(p)
	_ = w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xFF, 0xFF})
}

// bits writes DEFLATE bit by bit.
type bits struct {
	b []byte
	n int
}

func (w *bits) put(v, n int) {
	for i := range n {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
}

// emptyDynamic are blocks with codes of their own and without content (RFC 1951
// §3.2.7): of all that yields nothing they cost most.
func emptyDynamic(n int) []byte {
	w := new(bits)
	for range n {
		w.put(0b100, 3) // not final, dynamic
		w.put(0, 5)     // 257 literals and lengths
		w.put(0, 5)     // one distance
		w.put(14, 4)    // 18 lengths of codes for lengths, in their odd order:
		for i := range 18 {
			length := 0
			if i == 2 || i == 17 { // of 18, and of 1
				length = 1
			}
			w.put(length, 3)
		}
		w.put(0, 1) // length 1 for literal 0
		w.put(1, 1) // 138 and 117 times none
		w.put(127, 7)
		w.put(1, 1)
		w.put(106, 7)
		w.put(0, 1) // length 1 for the end of the block
		w.put(0, 1) // and for the distance
		w.put(1, 1) // the end of the block
	}
	return w.b
}

// emptyFixed are blocks with fixed codes, of ten bits each, and emptyStored have no
// codes.
func emptyFixed(n int) []byte {
	w := new(bits)
	for range n {
		w.put(0b010, 10)
	}
	return w.b
}

func emptyStored(n int) []byte { return bytes.Repeat([]byte{0, 0, 0, 0xFF, 0xFF}, n) }
