//go:build !purego

package utf8stream

import (
	"github.com/go-websockets/websockets/internal/cpu"
	"github.com/go-websockets/websockets/internal/race"
)

// A kernel is one way to check many bytes.
type kernel uint8

const (
	plain kernel = iota // by the standard library
	ssse3               // 16 bytes at a time
	avx2                // 32
)

// chosen is what all calls use. It is set at the start, and changed by tests
// only. The race detector does not see what assembly reads and writes, so that
// programs which it watches do without.
var chosen = best(race.Enabled, cpu.SSSE3, cpu.AVX2)

func best(watched, hasSSSE3, hasAVX2 bool) kernel {
	switch {
	case watched:
		return plain
	case hasAVX2: // has SSSE3 too
		return avx2
	case hasSSSE3:
		return ssse3
	}
	return plain
}

// The least number of bytes: a vector, and what the one at the end looks back on.
const (
	minSSSE3 = 16 + 3
	minAVX2  = 32 + 3
)

// vector checks a text from the beginning of a character on, with vector
// instructions; ok is false if it can't. The first n bytes are good as far as one
// can tell without those behind them, except that the last one may be a lead that
// exists in no character. If n is less than len(p), the first impossible byte is
// among the 64 behind them, or is that lead.
func vector(p []byte) (n int, ok bool) {
	if len(p) < minSSSE3 || chosen == plain {
		return 0, false
	}
	return prefix(p), true
}

func prefix(p []byte) int {
	if len(p) < minAVX2 || chosen == ssse3 {
		return prefixSSSE3(&p[0], len(p))
	}
	return prefixAVX2(&p[0], len(p))
}

// prefixAVX2 does what vector says for n >= minAVX2 bytes at p.
//
//go:noescape
func prefixAVX2(p *byte, n int) int

// prefixSSSE3 does what vector says for n >= minSSSE3 bytes at p.
//
//go:noescape
func prefixSSSE3(p *byte, n int) int
