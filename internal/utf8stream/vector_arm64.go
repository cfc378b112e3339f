//go:build !purego

package utf8stream

import "github.com/go-websockets/websockets/internal/race"

// A kernel is one way to check many bytes.
type kernel uint8

const (
	plain kernel = iota // by the standard library
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

// minNEON is the least number of bytes: a vector, and what the one at the end
// looks back on.
const minNEON = 16 + 3

// vector checks a text from the beginning of a character on, with vector
// instructions; ok is false if it can't. The first n bytes are good as far as one
// can tell without those behind them, except that the last one may be a lead that
// exists in no character. If n is less than len(p), the first impossible byte is
// among the 64 behind them, or is that lead.
func vector(p []byte) (n int, ok bool) {
	if len(p) < minNEON || chosen == plain {
		return 0, false
	}
	return prefixNEON(&p[0], len(p)), true
}

// prefixNEON does what vector says for n >= minNEON bytes at p.
//
//go:noescape
func prefixNEON(p *byte, n int) int
