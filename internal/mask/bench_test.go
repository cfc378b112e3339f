package mask

import (
	"fmt"
	"testing"
)

// BenchmarkMask has the same names in every build: to compare, say with benchstat,
// run it with and without -tags purego.
func BenchmarkMask(b *testing.B) {
	for _, size := range []int{5, 16, 32, 64, 125, 1 << 10, 4 << 10, 64 << 10, 1 << 20} {
		dst, src := make([]byte, size), make([]byte, size)
		b.Run(fmt.Sprintf("copy/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				Copy(dst, src, testKey, 1)
			}
		})
		b.Run(fmt.Sprintf("in-place/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				XOR(src, testKey, 1)
			}
		})
	}
}

// BenchmarkKernels compares the kernels, and so tells from what length they pay.
func BenchmarkKernels(b *testing.B) {
	for _, use := range kernels() {
		for _, size := range []int{33, 48, 64, 100, 125, 256, 1 << 10, 4 << 10, 64 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%d", use.name, size), func(b *testing.B) {
				use.choose(b)
				// No alignment, as in a frame.
				dst, src := make([]byte, size+8)[8:], make([]byte, size+3)[3:]
				b.SetBytes(int64(size))
				for b.Loop() {
					Copy(dst, src, testKey, 1)
				}
			})
		}
	}
}
