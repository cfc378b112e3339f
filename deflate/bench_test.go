package deflate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/extension"
)

// messages are different ones of a size, as many as no number of connections has
// in common with them.
func messages(size int) (list [][]byte) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 61 {
		list = append(list, text(r, size))
	}
	return list
}

// BenchmarkSend compresses for one connection, which the compressor can go on
// with, and for many in turn, for each of which it starts anew.
func BenchmarkSend(b *testing.B) {
	for _, o := range []Options{{}, {DisableContextTakeover: true}} {
		for _, size := range []int{300, 1 << 10, 16 << 10} {
			for _, connections := range []int{1, 64} {
				b.Run(fmt.Sprintf("takeover=%t/%dB/%d", !o.DisableContextTakeover, size, connections), func(b *testing.B) {
					var sends []extension.PerMessage
					for range connections {
						e, _ := pair(b, o)
						sends = append(sends, e)
					}
					list := messages(size)
					dst := make([]byte, 0, size+100)
					b.SetBytes(int64(size))
					b.ReportAllocs()
					i, out := 0, 0
					for b.Loop() {
						f, err := sends[i%connections].AppendEncode(dst, message(list[i%len(list)]))
						if err != nil {
							b.Fatal(err)
						}
						out += len(f.Payload)
						i++
					}
					b.ReportMetric(float64(out)/float64(i), "wire-B/op")
				})
			}
		}
	}
}

func BenchmarkReceive(b *testing.B) {
	for _, o := range []Options{{}, {DisableContextTakeover: true}} {
		for _, size := range []int{300, 1 << 10, 16 << 10} {
			b.Run(fmt.Sprintf("takeover=%t/%dB", !o.DisableContextTakeover, size), func(b *testing.B) {
				var sent [][]byte
				sends, receives := pair(b, o)
				for _, p := range messages(size) {
					sent = append(sent, encode(b, sends, message(p)).Payload)
				}
				var dst []byte
				var err error
				b.SetBytes(int64(size))
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					// Once round, some references lead to other bytes than they did.
					if dst, err = receives.AppendDecode(dst[:0], sent[i%len(sent)], true, -1); err != nil {
						b.Fatal(err)
					}
					i++
				}
			})
		}
	}
}

// BenchmarkEmptyBlocks is the work for a MiB that yields nothing, in messages of
// the most that is accepted.
func BenchmarkEmptyBlocks(b *testing.B) {
	for name, block := range emptyBlocks {
		b.Run(name, func(b *testing.B) {
			data := []byte(strings.Repeat(block, freeBytes/len(block)))
			e := receiving(b, "")
			b.SetBytes(1 << 20)
			for b.Loop() {
				for range 1 << 20 / freeBytes {
					if _, err := e.AppendDecode(nil, data, true, -1); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
