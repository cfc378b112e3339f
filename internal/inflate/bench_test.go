package inflate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func BenchmarkDecoder(b *testing.B) {
	for _, n := range []int{300, 1 << 10, 16 << 10, 1 << 20} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			data := text(rand.New(rand.NewPCG(1, 1)), n)
			compressed := compress(b, 6, nil, data)
			var d Decoder
			var w Window
			dst := make([]byte, 0, n)
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(1 << 15)
				if _, err := d.Append(dst, 0, &w, compressed, math.MaxInt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
