// Package mask applies a masking key to payload bytes (RFC 6455 §5.3).
//
// Masking and unmasking are the same operation: byte i of the payload is XORed
// with byte i mod 4 of the key. A payload may be processed piece by piece; the
// position in the key is handed from one call to the next.
//
// On amd64 and arm64, payloads that are long enough go through vector
// instructions, chosen at the start of the program from what the processor has.
// The build tag purego leaves them out.
package mask

import (
	"encoding/binary"
	"math/bits"
)

// XOR masks or unmasks b in place. The number of payload bytes that went before
// b is pos; only its two lowest bits count. XOR returns the position, 0 to 3,
// for the bytes that follow b.
func XOR(b []byte, key [4]byte, pos int) int {
	return Copy(b, b, key, pos)
}

// Copy is [XOR] into another place: it sets the first len(src) bytes of dst to
// src XOR key, and leaves src and the rest of dst alone. It panics if dst is
// shorter than src. The two may be the same slice but not overlap otherwise.
func Copy(dst, src []byte, key [4]byte, pos int) int {
	dst = dst[:len(src)]
	next := (pos + len(src)) & 3 // right even if the sum overflows

	// The first byte in memory is the lowest of a little-endian word, so the key
	// is turned until the byte that is due stands there. The processor's own byte
	// order does not matter.
	k := bits.RotateLeft32(binary.LittleEndian.Uint32(key[:]), -8*pos)
	switch {
	case len(src) <= 32:
		short(dst, src, k)
	case vector(dst, src, k):
	default:
		words(dst, src, k)
	}
	return next
}

// short sets dst to src XOR k, k XOR k .... The two are equally long, at most 32
// bytes: most messages of most applications are.
//
// It takes the words that begin at the start and those that finish at the end, at
// all lengths of a range the same number; they overlap in the middle. A loop and a
// rest would take longer. All is read before anything is written, because in place
// the words that are written change those that are read.
func short(dst, src []byte, k uint32) {
	n := len(src)
	kk := uint64(k)<<32 | uint64(k)
	le := binary.LittleEndian
	end := bits.RotateLeft64(kk, -8*n) // the key as it is due 4, 8 or 16 bytes before the end
	switch {
	case n > 16:
		a, b := le.Uint64(src), le.Uint64(src[8:])
		c, d := le.Uint64(src[n-16:]), le.Uint64(src[n-8:])
		le.PutUint64(dst, a^kk)
		le.PutUint64(dst[8:], b^kk)
		le.PutUint64(dst[n-16:], c^end)
		le.PutUint64(dst[n-8:], d^end)
	case n >= 8:
		a, b := le.Uint64(src), le.Uint64(src[n-8:])
		le.PutUint64(dst, a^kk)
		le.PutUint64(dst[n-8:], b^end)
	case n >= 4:
		a, b := le.Uint32(src), le.Uint32(src[n-4:])
		le.PutUint32(dst, a^k)
		le.PutUint32(dst[n-4:], b^uint32(end))
	default:
		for i, b := range src {
			dst[i] = b ^ byte(k)
			k >>= 8
		}
	}
}

// words is short for more bytes: eight at a time. The last word is read first and
// written last, for the reasons given there.
func words(dst, src []byte, k uint32) {
	n := len(src)
	kk := uint64(k)<<32 | uint64(k)
	last := binary.LittleEndian.Uint64(src[n-8:]) ^ bits.RotateLeft64(kk, -8*n)
	end := dst[n-8:]
	for len(src) >= 64 && len(dst) >= 64 {
		d, s := dst[:64], src[:64]
		xor8(d[0:8], s[0:8], kk)
		xor8(d[8:16], s[8:16], kk)
		xor8(d[16:24], s[16:24], kk)
		xor8(d[24:32], s[24:32], kk)
		xor8(d[32:40], s[32:40], kk)
		xor8(d[40:48], s[40:48], kk)
		xor8(d[48:56], s[48:56], kk)
		xor8(d[56:64], s[56:64], kk)
		dst, src = dst[64:], src[64:]
	}
	for len(src) > 8 && len(dst) > 8 {
		xor8(dst[:8], src[:8], kk)
		dst, src = dst[8:], src[8:]
	}
	binary.LittleEndian.PutUint64(end, last)
}

// xor8 sets the eight bytes of dst to those of src XOR k.
func xor8(dst, src []byte, k uint64) {
	binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^k)
}
