package websockets_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"runtime"
	"slices"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/internal/race"
	"github.com/go-websockets/websockets/wstest"
)

// An echo of compressed messages allocates nothing once it runs, with context
// takeover and without.
func TestCompressedEchoAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	for _, answer := range []string{"", "server_no_context_takeover; client_no_context_takeover"} {
		x, y := transports(t, "tcp")
		ends := map[websockets.Role]*websockets.Conn{}
		for role, transport := range map[websockets.Role]net.Conn{websockets.RoleClient: x, websockets.RoleServer: y} {
			ends[role] = websockets.NewConn(transport, role, websockets.Handshake{
				Extensions: []extension.Extension{deflateAs(t, role, answer)},
			}, nil)
			defer ends[role].CloseNow()
		}
		ctx := context.Background()
		go func() {
			s := ends[websockets.RoleServer]
			var buf []byte
			for {
				m, err := s.RecvInto(ctx, buf[:0])
				if err != nil {
					return
				}
				buf = m.Data
				if s.Send(ctx, m) != nil {
					return
				}
			}
		}()
		c := ends[websockets.RoleClient]
		text := prose(100_000)
		i := 0
		var buf []byte
		round := func() {
			m := websockets.Text(text[i%90_000:][:1000])
			i += 997
			if err := c.Send(ctx, m); err != nil {
				t.Fatal(err)
			}
			got, err := c.RecvInto(ctx, buf[:0])
			if err != nil || !bytes.Equal(got.Data, m.Data) {
				t.Fatalf("got %q, %v", got, err)
			}
			buf = got.Data
		}
		for range 1000 {
			round()
		}
		if n := testing.AllocsPerRun(2000, round); n > 0 {
			t.Errorf("%q: %v allocations for each echo", answer, n)
		}
	}
}

// A bomb of 520 KiB that would be 512 MiB ends with 1009, and takes no more
// memory than a message of the limit.
func TestBombTakesLittleMemory(t *testing.T) {
	part := append(compressedBytes(t, make([]byte, 1<<20)), 0, 0, 0xFF, 0xFF)
	for _, fragments := range []bool{false, true} {
		network := wstest.Network{Window: 8 << 20}
		a, b := network.Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{
			Extensions: []extension.Extension{deflateAs(t, websockets.RoleServer, "")},
		}, nil)
		defer c.CloseNow()
		p := wstest.NewPeer(t, b, websockets.RoleClient)
		lines := []string{"BINARY " + hexOf(bytes.Repeat(part, 512)) + " 00 rsv1"}
		if fragments {
			lines = append([]string{"BINARY more rsv1"}, slices.Repeat([]string{"CONT " + hexOf(part) + " more"}, 512)...)
		}
		wire, err := p.Encode(lines...)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = p.Write(wire)
			_ = p.Close()
		}()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = c.Recv(t.Context())
		runtime.ReadMemStats(&after)
		e, ok := errors.AsType[*websockets.PayloadTooBigError](err)
		if !ok || e.Limit != websockets.DefaultMaxMessageSize {
			t.Errorf("ended with %v", err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
			t.Errorf("%d bytes were allocated for %d", n, len(wire))
		}
		t.Logf("%d bytes on the wire, %d allocated", len(wire), after.TotalAlloc-before.TotalAlloc)
	}
}
