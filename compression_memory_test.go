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
	"github.com/go-websockets/websockets/frame"
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
		text := []byte(prose(100_000)) // Text copies without package unsafe
		i := 0
		var buf []byte
		round := func() {
			m := websockets.Message{Type: websockets.TextMessage, Data: text[i%90_000:][:1000]}
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

// A connection that compresses keeps what package deflate says, at most: after many
// messages 16 KiB more than one that does not, with the stack of its handler; and
// without context takeover no window, which leaves the extension itself and what the
// transport in memory happens to keep.
func TestCompressedConnectionsKeepTheirWindows(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector takes memory of its own")
	}
	n := 1000
	if testing.Short() {
		n = 200
	}
	none := keptByServers(t, n, "off")
	for _, tt := range []struct {
		agreed            string
		first, many       int // bytes on the heap
		firstAll, manyAll int // with stacks
	}{
		{"server_max_window_bits=12; client_max_window_bits=12", 6 << 10, 12 << 10, 10 << 10, 16 << 10},
		{"server_no_context_takeover; client_no_context_takeover", 2 << 10, 2 << 10, 6 << 10, 6 << 10},
	} {
		got := keptByServers(t, n, tt.agreed)
		for _, w := range []struct {
			what      string
			got, most int
		}{
			{"heap after a message", got.first.heap - none.first.heap, tt.first},
			{"heap after many", got.many.heap - none.many.heap, tt.many},
			{"all after a message", got.first.heap + got.first.stack - none.first.heap - none.first.stack, tt.firstAll},
			{"all after many", got.many.heap + got.many.stack - none.many.heap - none.many.stack, tt.manyAll},
		} {
			t.Logf("%q: %s: %d bytes more than without compression", tt.agreed, w.what, w.got)
			if w.got > w.most {
				t.Errorf("%q: %s: %d bytes more than without compression, want %d at most", tt.agreed, w.what, w.got, w.most)
			}
		}
	}
}

// memoryUse is in bytes.
type memoryUse struct{ heap, stack int }

// keptByServers is what each of n servers on idle connections keeps, after one
// message that they have echoed and after many. agreed are the parameters of
// permessage-deflate, or "off".
func keptByServers(t *testing.T, n int, agreed string) (kept struct{ first, many memoryUse }) {
	var wires [][]byte
	text := prose(20_000)
	for i := range 12 {
		part := []byte(text[i*1500:][:1000])
		// The transport keeps room for what it has carried: so carry the same.
		f := frame.Frame{FIN: true, RSV1: agreed != "off", Opcode: frame.OpBinary, Payload: compressedBytes(t, part)}
		h := f.Header()
		h.Masked = true // with a key of zeros
		wires = append(wires, append(frame.AppendHeader(nil, h), f.Payload...))
	}
	var clients []*wstest.Conn
	exchange := func(wires [][]byte) {
		buf := make([]byte, 2000)
		for _, c := range clients {
			for _, wire := range wires {
				if _, err := c.Write(wire); err != nil {
					t.Fatal(err)
				}
				got := 0
				for {
					k, err := c.Read(buf[got:])
					if got += k; err != nil {
						t.Fatal(err)
					}
					if h, at, err := frame.ParseHeader(buf[:got]); err != nil {
						t.Fatal(err)
					} else if at > 0 && int64(got) == int64(at)+h.Length {
						break
					}
				}
			}
		}
	}
	measure := func() memoryUse {
		for range 3 { // a pool forgets at the second
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return memoryUse{int(m.HeapAlloc), int(m.StackInuse)}
	}
	open := func() {
		a, b := wstest.Pipe()
		var hs websockets.Handshake
		if agreed != "off" {
			hs.Extensions = []extension.Extension{deflateAs(t, websockets.RoleServer, agreed)}
		}
		c := websockets.NewConn(a, websockets.RoleServer, hs, &websockets.Options{PingInterval: websockets.Off})
		t.Cleanup(func() { _ = c.CloseNow() })
		go func() { _ = echo(c) }()
		clients = append(clients, b)
	}
	open()
	exchange(wires) // pools are warm
	before := measure()
	each := func() memoryUse {
		m := measure()
		return memoryUse{(m.heap - before.heap) / n, (m.stack - before.stack) / n}
	}
	clients = nil
	for range n {
		open()
	}
	exchange(wires[:1])
	kept.first = each()
	exchange(wires)
	kept.many = each()
	return kept
}
