package websockets_test

import (
	"context"
	"net"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
)

// A header takes memory for as much as the last message has brought on the wire: not
// for more, not for one before it, and not for what has become large by decompression.
func TestHeaderIsTrustedAsFarAsTheLastMessageWent(t *testing.T) {
	const little = 140_000 // 64 KiB, the read buffer, and what the allocator adds
	large := frame.Frame{FIN: true, Opcode: frame.OpBinary, Payload: make([]byte, 300_000)}
	small := frame.Frame{FIN: true, Opcode: frame.OpBinary, Payload: []byte("small")}
	packed := frame.Frame{FIN: true, RSV1: true, Opcode: frame.OpBinary, Payload: compressedBytes(t, make([]byte, 300_000))}
	for _, tt := range []struct {
		name        string
		sent        []frame.Frame
		least, most int
	}{
		{"none before", nil, 64 << 10, little},
		{"a large one", []frame.Frame{large}, 300_000, 420_000},
		{"a large and a small one", []frame.Frame{large, small}, 64 << 10, little},
		{"one that was compressed", []frame.Frame{packed}, 64 << 10, little},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onTransports(t, func(t *testing.T, a, b net.Conn) {
				defer a.Close() // or the collector might, before the end
				c := websockets.NewConn(b, websockets.RoleServer, websockets.Handshake{Extensions: []extension.Extension{
					deflateAs(t, websockets.RoleServer, "server_no_context_takeover; client_no_context_takeover"),
				}}, nil)
				defer c.CloseNow()
				got := make(chan int, len(tt.sent))
				go func() {
					for {
						m, err := c.Recv(context.Background())
						if err != nil {
							return
						}
						got <- len(m.Data)
					}
				}()
				for _, f := range tt.sent {
					put(t, a, frames(f))
					if n := wait(t, "a message", got); n < len(small.Payload) {
						t.Fatalf("received %d bytes", n)
					}
				}
				header := frame.AppendHeader(nil, frame.Header{FIN: true, Opcode: frame.OpBinary, Masked: true, Length: 1 << 20})
				put(t, a, append(header, "begun"...))
				retains(t, "behind the header", c, tt.least, tt.most)
			})
		})
	}
}
