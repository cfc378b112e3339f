package compare

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"strings"
)

// A source makes bytes that look random and are the same in every run.
type source struct{ cipher.Stream }

func newSource(seed int) source {
	var key [16]byte
	binary.BigEndian.PutUint64(key[:], uint64(seed))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // 16 is a length for a key
	}
	return source{cipher.NewCTR(block, make([]byte, aes.BlockSize))}
}

func (s source) bytes(n int) []byte {
	p := make([]byte, n)
	s.XORKeyStream(p, p)
	return p
}

// IntN returns a number below n.
func (s source) IntN(n int) int {
	return int(binary.BigEndian.Uint64(s.bytes(8)) % uint64(n))
}

// random makes n payloads of random bytes.
func random(size, n int) (list [][]byte) {
	r := newSource(size)
	for range n {
		list = append(list, r.bytes(size))
	}
	return list
}

func ascii(size, n int) (list [][]byte) {
	for _, p := range random(size, n) {
		for i := range p {
			p[i] = ' ' + p[i]%95
		}
		list = append(list, p)
	}
	return list
}

// cjk makes texts of characters that take three bytes, but for a last one of one
// or two.
func cjk(size, n int) (list [][]byte) {
	r := newSource(0)
	for range n {
		var p []byte
		for len(p)+3 <= size {
			p = append(p, string(rune(0x4E00+r.IntN(0x5000)))...)
		}
		p = append(p, strings.Repeat(".", size-len(p))...)
		list = append(list, p)
	}
	return list
}

// documents are JSON of about a kilobyte, as a price feed might send it.
func documents(n int) (list [][]byte) {
	r := newSource(0)
	names := strings.Fields("alice bob carol dave erin frank")
	for range n {
		var b strings.Builder
		fmt.Fprintf(&b, `{"type":"update","seq":%d,"items":[`, r.IntN(1e6))
		for b.Len() < 940 {
			fmt.Fprintf(&b, `{"id":%d,"user":"%s","price":%d.%02d,"ok":%t,"at":"2026-11-22T12:%02d:%02dZ"},`,
				r.IntN(1e7), names[r.IntN(len(names))], r.IntN(1000), r.IntN(100), r.IntN(2) == 0, r.IntN(60), r.IntN(60))
		}
		b.WriteString("null]}")
		list = append(list, []byte(b.String()))
	}
	return list
}
