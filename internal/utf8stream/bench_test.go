package utf8stream

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

var texts = []struct{ name, unit string }{
	{"ascii", "plain text "},
	{"latin", "voilà un été "},
	{"cjk", "網路通訊協定"},
	{"emoji", "😀🚀🎉"},
	{"json", `{"id":12345,"name":"Zoë","city":"東京"},`},
}

// measure runs f with texts of all kinds and many sizes, which may end in the
// middle of a character: whole cuts that off.
func measure(b *testing.B, whole bool, f func(p []byte) bool) {
	for _, text := range texts {
		for _, size := range []int{16, 32, 64, 125, 256, 1 << 10, 4 << 10, 64 << 10, 1 << 20} {
			p := []byte(strings.Repeat(text.unit, size/len(text.unit)+1))[:size]
			if whole {
				p = p[:len(p)-openTail(p)]
			}
			b.Run(fmt.Sprintf("%s/%d", text.name, size), func(b *testing.B) {
				b.SetBytes(int64(len(p)))
				for b.Loop() {
					if !f(p) {
						b.Fatal("refused")
					}
				}
			})
		}
	}
}

func write(p []byte) bool {
	var v Validator
	return v.Write(p)
}

// BenchmarkValid has the same names in every build: to compare, say with benchstat,
// run it with and without -tags purego.
func BenchmarkValid(b *testing.B) { measure(b, false, write) }

// BenchmarkStandardLibrary is the same for utf8.Valid.
func BenchmarkStandardLibrary(b *testing.B) { measure(b, true, utf8.Valid) }

// BenchmarkKernels compares the kernels.
func BenchmarkKernels(b *testing.B) {
	for _, use := range kernels() {
		b.Run(use.name, func(b *testing.B) {
			use.choose(b)
			measure(b, false, write)
		})
	}
}

// BenchmarkPieces is a long text in fragments that cut characters, at addresses
// without alignment.
func BenchmarkPieces(b *testing.B) {
	for _, text := range texts {
		for _, piece := range []int{101, 1021, 4093} {
			p := []byte("-" + strings.Repeat(text.unit, 64<<10/len(text.unit)))[1:]
			b.Run(fmt.Sprintf("%s/%d", text.name, piece), func(b *testing.B) {
				b.SetBytes(int64(len(p)))
				for b.Loop() {
					var v Validator
					for rest := p; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
						if !v.Write(rest[:min(piece, len(rest))]) {
							b.Fatal("refused")
						}
					}
				}
			})
		}
	}
}
