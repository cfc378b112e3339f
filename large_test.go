package websockets_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
)

// A large message is written past the buffers. It arrives whole and in its place,
// though the transport takes only a part of it at once, a pong comes between, and
// the caller uses its memory again as soon as Send has returned.
func TestLargeMessagesArriveWhole(t *testing.T) {
	for _, cancelable := range []bool{false, true} {
		onTransports(t, func(t *testing.T, a, b net.Conn) {
			c := onServer(b, nil)
			defer c.CloseNow()
			sizes := []int{64<<10 - 1, 64 << 10, 64<<10 + 1, 5, 16 << 20, 0, 1 << 20, 3 << 20}
			ctx := context.Background()
			if cancelable {
				ctx = within(t)
			}
			go func() { // control frames want to be answered meanwhile
				for range 20 {
					if _, err := a.Write(appendFrame(t, nil, frame.Frame{FIN: true, Opcode: frame.OpPing})); err != nil {
						return
					}
				}
			}()
			sent := make(chan error, 1)
			go func() {
				for i, size := range sizes {
					p := bytes.Repeat([]byte{byte(i + 1)}, size)
					if err := c.Send(ctx, websockets.Binary(p)); err != nil {
						sent <- err
						return
					}
					for j := range p {
						p[j] = 0xFF
					}
				}
				sent <- nil
			}()
			r := &slowly{r: a}
			for i := 0; i < len(sizes); {
				f, err := frame.Read(r, frame.ReadOptions{MaxSize: -1})
				if err != nil {
					t.Fatal(err)
				}
				if f.Opcode == frame.OpPong {
					continue
				}
				if len(f.Payload) != sizes[i] || len(bytes.Trim(f.Payload, string(rune(i+1)))) > 0 {
					t.Fatalf("message %d: %d bytes, not %d of %d", i, len(f.Payload), sizes[i], i+1)
				}
				i++
			}
			if err := wait(t, "the last Send", sent); err != nil {
				t.Error(err)
			}
		})
	}
}

// slowly reads with pauses, so that the sender's side gets full.
type slowly struct {
	r io.Reader
	n int
}

func (s *slowly) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if s.n += n; s.n > 1<<20 {
		s.n = 0
		<-time.After(3 * time.Millisecond)
	}
	return n, err
}

// If the peer goes away in the middle of a large message, Send says so, or the next
// call does, and nothing hangs.
func TestLargeMessageToAPeerThatGoesAway(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, &websockets.Options{PingInterval: websockets.Off})
		defer c.CloseNow()
		go func() {
			_, _ = io.CopyN(io.Discard, a, 1<<20)
			_ = a.Close()
		}()
		ctx := within(t)
		for range 1000 {
			if err := c.Send(ctx, websockets.Binary(make([]byte, 8<<20))); err != nil {
				if ctx.Err() != nil {
					t.Error(err)
				}
				return
			}
		}
		t.Error("1,000 messages were sent to nobody")
	})
}
