package websockets_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
)

// BenchmarkEchoText is a message there and back, one at a time: four checks of
// UTF-8, masked once and unmasked once.
func BenchmarkEchoText(b *testing.B) {
	for _, text := range []struct{ name, unit string }{{"ascii", "plain text "}, {"cjk", "網路通訊協定"}} {
		for _, size := range []int{100, 4 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("%s/%d", text.name, size), func(b *testing.B) {
				x, y := transports(b, "unix")
				c := websockets.NewConn(x, websockets.RoleClient, websockets.Handshake{}, nil)
				s := websockets.NewConn(y, websockets.RoleServer, websockets.Handshake{}, nil)
				defer c.CloseNow()
				defer s.CloseNow()
				go func() { _ = echo(s) }()
				ctx := context.Background()
				m := websockets.Text(strings.Repeat(text.unit, size/len(text.unit)))
				var buf []byte
				b.SetBytes(int64(len(m.Data)))
				for b.Loop() {
					if err := c.Send(ctx, m); err != nil {
						b.Fatal(err)
					}
					got, err := c.RecvInto(ctx, buf[:0])
					if err != nil {
						b.Fatal(err)
					}
					buf = got.Data
				}
			})
		}
	}
}
