package utf8stream

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-websockets/websockets/internal/race"
)

// A way is a kernel, or the code without any, and how a test gets it used until
// it ends.
type way struct {
	name   string
	choose func(testing.TB)
}

// eachKernel runs f with each of them.
func eachKernel(t *testing.T, f func(*testing.T)) {
	for _, use := range kernels() {
		t.Run(use.name, func(t *testing.T) {
			use.choose(t)
			f(t)
		})
	}
}

// slow is Accept a byte at a time, through the table of states alone.
func slow(v *Validator, p []byte) int {
	for i, b := range p {
		if !v.step(b) {
			return i
		}
	}
	return len(p)
}

// check compares the whole of p with a walk byte by byte.
func check(t *testing.T, p []byte) {
	t.Helper()
	var want, got Validator
	wantN := slow(&want, p)
	if n := got.Accept(p); n != wantN || got != want {
		t.Fatalf("%d bytes, %q: Accept = %d, state %d; want %d, %d", len(p), p, n, got.state, wantN, want.state)
	}
}

// The one that tests do not switch is the best one, unless the race detector has
// to see what is read and written.
func TestTheBestKernelIsChosen(t *testing.T) {
	all := kernels()
	want := all[len(all)-1].name
	if race.Enabled {
		want = "plain"
	}
	if got := current(); got != want {
		t.Errorf("the program starts with %q, want %q", got, want)
	}
}

// stride thins out the longest loops where the race detector makes them slow.
func stride(n int) int {
	if race.Enabled {
		return n
	}
	return 1
}

// All scalar values in one text, at every place in a vector.
func TestEveryScalarAtEveryPlace(t *testing.T) {
	p := bytes.Repeat([]byte("a"), 64)
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if r == 0xD800 {
			r = 0xE000
		}
		p = utf8.AppendRune(p, r)
	}
	eachKernel(t, func(t *testing.T) {
		for start := 0; start < 64; start += stride(9) {
			if !Valid(p[start:]) {
				t.Fatalf("refused at offset %d", start)
			}
		}
	})
}

// borders are bytes at the borders of the ranges that a byte behind a lead may be
// in, and leads.
var borders = []byte{0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0xFF}

// Every kind of sequence, most of them wrong in one way or another, at every place
// in a vector and between two, among ASCII and among longer characters.
func TestEverySequenceAtEveryPlace(t *testing.T) {
	var sequences []string
	for a := range 256 {
		for _, b := range borders {
			sequences = append(sequences, string([]byte{byte(a), b}))
		}
	}
	for _, a := range []byte("\xC1\xC2\xDF\xE0\xE1\xEC\xED\xEE\xEF\xF0\xF1\xF3\xF4\xF5\xF7\xF8\xFC") {
		for _, b := range borders {
			for _, c := range borders {
				sequences = append(sequences, string([]byte{a, b, c, 0xBF}), string([]byte{a, b, c, 'a'}))
			}
		}
	}
	eachKernel(t, func(t *testing.T) {
		for _, filler := range []string{"a", "é", "網", "💩"} {
			p := []byte(strings.Repeat(filler, 150/len(filler)))
			for i := 0; i < len(sequences); i += stride(5) {
				s := sequences[i]
				// All places for a part of them, a few places for each.
				first, step := i%7, 19
				if i%29 == 0 {
					first, step = 0, 1
				}
				for at := first; at < 100; at += step {
					at := at - at%len(filler)
					text := append(append(p[:at:at], s...), p[at:]...)
					want := Validator{}
					wantN := at + slow(&want, text[at:])
					var got Validator
					if n := got.Accept(text); n != wantN || got != want {
						t.Fatalf("%q at %d among %q: Accept = %d, state %d; want %d, %d", s, at, filler, n, got.state, wantN, want.state)
					}
				}
			}
		}
	})
}

// What may follow what, for all pairs of bytes, inside a vector and across a border.
func TestEveryPairOfBytes(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		p := bytes.Repeat([]byte("a"), 130)
		for a := range 256 {
			for b := range 256 {
				for _, at := range []int{63, 100} {
					p[at], p[at+1] = byte(a), byte(b)
					want := Validator{}
					wantN := at + slow(&want, p[at:at+3])
					if wantN == at+3 {
						wantN = len(p)
					}
					var got Validator
					if n := got.Accept(p); n != wantN || got != want {
						t.Fatalf("%x %x at %d: Accept = %d, state %d; want %d, %d", a, b, at, n, got.state, wantN, want.state)
					}
					p[at], p[at+1] = 'a', 'a'
				}
			}
		}
	})
}

// randomText returns characters of all lengths in runs of random kind.
func randomText(r *rand.Rand, size int) []byte {
	kinds := [][2]rune{{0, 0x7F}, {0x80, 0x7FF}, {0x800, 0xD7FF}, {0xE000, 0xFFFF}, {0x10000, utf8.MaxRune}}
	var p []byte
	for len(p) < size {
		kind := kinds[r.IntN(len(kinds))]
		for range r.IntN(100) {
			p = utf8.AppendRune(p, kind[0]+r.Int32N(kind[1]-kind[0]+1))
		}
	}
	return p[:size]
}

// Every length to 4,096 at every alignment; the text ends anywhere in a
// character.
func TestEveryLength(t *testing.T) {
	p := randomText(rand.New(rand.NewPCG(1, 2)), 4096+64)
	eachKernel(t, func(t *testing.T) {
		for start := range 64 {
			if !utf8.RuneStart(p[start]) {
				continue
			}
			for n := start % 8; n <= 4096; n += 8 {
				var v Validator
				if got := v.Accept(p[start : start+n]); got != n {
					t.Fatalf("bytes %d to %d: Accept = %d", start, start+n, got)
				}
				if want := utf8.Valid(p[start+n-min(n, 4) : start+n]); want && !v.Complete() {
					t.Fatalf("bytes %d to %d: not complete", start, start+n)
				}
			}
		}
		for n := 0; n <= 4096; n += stride(7) {
			check(t, p[:n])
		}
	})
}

func TestRandomMutations(t *testing.T) {
	eachKernel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for range 20_000 {
			p := randomText(r, r.IntN(300))
			for range r.IntN(3) {
				if len(p) > 0 {
					p[r.IntN(len(p))] = byte(r.Uint32())
				}
			}
			check(t, p)
			if got, want := Valid(p), utf8.Valid(p); got != want {
				t.Fatalf("%q: Valid = %t", p, got)
			}
		}
	})
}

// Fragments may end anywhere.
func TestInPiecesAsAtOnce(t *testing.T) {
	good := randomText(rand.New(rand.NewPCG(5, 6)), 260)
	bad := bytes.Clone(good)
	bad[200] = 0xFF
	eachKernel(t, func(t *testing.T) {
		for _, p := range [][]byte{good, bad} {
			var whole Validator
			want := whole.Accept(p)
			for cut1 := range p {
				for cut2 := cut1; cut2 < len(p); cut2 += 3 {
					var v Validator
					n := v.Accept(p[:cut1])
					if n == cut1 {
						n += v.Accept(p[cut1:cut2])
					}
					if n == cut2 {
						n += v.Accept(p[cut2:])
					}
					if n != want || v != whole {
						t.Fatalf("cut at %d and %d: Accept = %d, state %d; want %d, %d", cut1, cut2, n, v.state, want, whole.state)
					}
				}
			}
		}
	})
}
