//go:build !purego

package mask

// A kernel is one way to mask.
type kernel uint8

const (
	plain kernel = iota // words
	neon                // 16 bytes at a time; every arm64 processor has it
)

// chosen is what all calls use. Only tests change it.
var chosen = neon

// vector is words with vector instructions, for more than 32 bytes. It
// reports false if it did nothing.
func vector(dst, src []byte, k uint32) bool {
	if chosen == plain {
		return false
	}
	xorNEON(&dst[0], &src[0], len(src), k)
	return true
}

// xorNEON sets n bytes at dst to those at src XOR k, k XOR k ...; n >= 16.
//
//go:noescape
func xorNEON(dst, src *byte, n int, k uint32)
