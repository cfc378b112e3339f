//go:build !purego

package mask

import "github.com/go-websockets/websockets/internal/race"

// A kernel is one way to mask.
type kernel uint8

const (
	plain kernel = iota // words
	neon                // 16 bytes at a time; every arm64 processor has it
)

// chosen is what all calls use. It is set at the start, and changed by tests
// only. The race detector does not see what assembly reads and writes, so that
// programs which it watches do without.
var chosen = best(race.Enabled)

func best(watched bool) kernel {
	if watched {
		return plain
	}
	return neon
}

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
