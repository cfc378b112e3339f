// Package mask applies a masking key to payload bytes (RFC 6455 §5.3).
//
// Masking and unmasking are the same operation: byte i of the payload is XORed
// with byte i mod 4 of the key. A payload may be processed piece by piece; the
// position in the key is handed from one call to the next.
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
	half := bits.RotateLeft32(binary.LittleEndian.Uint32(key[:]), -8*pos)
	k := uint64(half)<<32 | uint64(half)

	for len(src) >= 64 {
		d, s := dst[:64], src[:64]
		xor8(d[0:8], s[0:8], k)
		xor8(d[8:16], s[8:16], k)
		xor8(d[16:24], s[16:24], k)
		xor8(d[24:32], s[24:32], k)
		xor8(d[32:40], s[32:40], k)
		xor8(d[40:48], s[40:48], k)
		xor8(d[48:56], s[48:56], k)
		xor8(d[56:64], s[56:64], k)
		dst, src = dst[64:], src[64:]
	}
	for len(src) >= 8 {
		xor8(dst[:8], src[:8], k)
		dst, src = dst[8:], src[8:]
	}
	for i, b := range src {
		dst[i] = b ^ byte(k)
		k >>= 8
	}
	return next
}

// xor8 sets the eight bytes of dst to those of src XOR k.
func xor8(dst, src []byte, k uint64) {
	binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src)^k)
}
