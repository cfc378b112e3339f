//go:build !purego

package mask

import (
	"github.com/go-websockets/websockets/internal/cpu"
	"github.com/go-websockets/websockets/internal/race"
)

// A kernel is one way to mask.
type kernel uint8

const (
	plain kernel = iota // words
	sse2                // 16 bytes at a time; every amd64 processor has it
	avx2                // 32
)

// chosen is what all calls use. It is set at the start, and changed by tests
// only. The race detector does not see what assembly reads and writes, so that
// programs which it watches do without.
var chosen = best(race.Enabled, cpu.AVX2)

func best(watched, hasAVX2 bool) kernel {
	switch {
	case watched:
		return plain
	case hasAVX2:
		return avx2
	}
	return sse2
}

// vector is words with vector instructions, for more than 32 bytes. It
// reports false if it did nothing.
func vector(dst, src []byte, k uint32) bool {
	switch chosen {
	case avx2:
		xorAVX2(&dst[0], &src[0], len(src), k)
	case sse2:
		xorSSE2(&dst[0], &src[0], len(src), k)
	default:
		return false
	}
	return true
}

// xorAVX2 sets n bytes at dst to those at src XOR k, k XOR k ...; n >= 32.
//
//go:noescape
func xorAVX2(dst, src *byte, n int, k uint32)

// xorSSE2 does the same for n >= 16.
//
//go:noescape
func xorSSE2(dst, src *byte, n int, k uint32)
