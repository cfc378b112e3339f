package websockets_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/internal/race"
	"github.com/go-websockets/websockets/wstest"
)

// An echo with RecvInto and Send allocates nothing once it runs: neither for
// the message, nor for the frames, nor for the contexts.
func TestEchoAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	contexts := map[string]func() (context.Context, context.CancelFunc){
		"background":  func() (context.Context, context.CancelFunc) { return context.Background(), func() {} },
		"cancellable": func() (context.Context, context.CancelFunc) { return context.WithCancel(context.Background()) },
	}
	for name, newContext := range contexts {
		t.Run(name, func(t *testing.T) {
			pairs(t, nil, nil, func(t *testing.T, c, s *websockets.Conn) {
				ctx, cancel := newContext()
				defer cancel()
				go func() {
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
				m := websockets.Text("a message of some forty bytes, as in chat")
				var buf []byte
				round := func() {
					if err := c.Send(ctx, m); err != nil {
						t.Fatal(err)
					}
					got, err := c.RecvInto(ctx, buf[:0])
					if err != nil {
						t.Fatal(err)
					}
					buf = got.Data
				}
				for range 1000 {
					round()
				}
				// Both ends are counted, and what the transport allocates too: TLS and
				// the network in memory do.
				n := testing.AllocsPerRun(2000, round)
				t.Logf("%v allocations for each echo", n)
				if kind := t.Name()[len(t.Name())-3:]; (kind == "tcp" || kind == "nix") && n > 0 {
					t.Errorf("%v allocations for each echo, want none", n)
				}
			})
		})
	}
}

// A header may announce what it likes: memory is taken only for what comes.
func TestAnnouncedLengthTakesNoMemory(t *testing.T) {
	for _, limit := range []int64{0, websockets.NoLimit} {
		c, p := scripted(t, websockets.RoleServer, &websockets.Options{MaxMessageSize: limit, PingInterval: websockets.Off})
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p.Send("BINARY length=0x4000000000000000") // 14 bytes that announce 2^62
		if limit == websockets.NoLimit {
			p.Send(`PAYLOAD "x"`)
			short, stop := context.WithTimeout(ctx, 50*time.Millisecond)
			_, err := c.Recv(short)
			stop()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
		} else {
			p.Expect("CLOSE 1009 ...")
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 256<<10 {
			t.Errorf("limit %d: %d bytes were allocated", limit, n)
		}
		_ = c.CloseNow()
		if limit == 0 {
			e, ok := errors.AsType[*websockets.PayloadTooBigError](c.Err())
			if !ok || e.Size != 1<<62 || e.Limit != websockets.DefaultMaxMessageSize {
				t.Errorf("ended with %v", c.Err())
			}
		}
	}
}

// An idle connection holds no buffer and no goroutine of its own but that of its
// handler.
func TestIdleConnectionsHoldLittle(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector takes memory of its own")
	}
	const n = 1000
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	var peers []*wstest.Conn
	var transports []*wstest.Conn
	for range n {
		a, b := wstest.Pipe()
		transports, peers = append(transports, a), append(peers, b)
	}
	before, goroutines := heap(), runtime.NumGoroutine()
	var conns []*websockets.Conn
	for i, a := range transports {
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, nil)
		conns = append(conns, c)
		go func() { _ = echo(c) }()
		p := wstest.NewPeer(t, peers[i], websockets.RoleClient)
		p.Send(`TEXT "hi"`)
		p.Expect(`TEXT "hi"`)
	}
	each := int64(heap()-before) / n
	t.Logf("%d bytes for each connection, the in-memory network included", each)
	if each > 12<<10 {
		t.Errorf("%d bytes for each idle connection", each)
	}
	// Flushers that have just written what was last sent are on their way out.
	more := 0
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		if more = runtime.NumGoroutine() - goroutines; more <= n {
			break
		}
	}
	if more > n {
		t.Errorf("%d goroutines for %d connections", more, n)
	}
	for _, c := range conns {
		_ = c.CloseNow()
	}
}

func BenchmarkEcho(b *testing.B) {
	for _, kind := range []string{"tcp", "unix"} {
		b.Run(kind, func(b *testing.B) {
			x, y := transports(b, kind)
			c := websockets.NewConn(x, websockets.RoleClient, websockets.Handshake{}, nil)
			s := websockets.NewConn(y, websockets.RoleServer, websockets.Handshake{}, nil)
			defer c.CloseNow()
			defer s.CloseNow()
			go func() { _ = echo(s) }()
			ctx := context.Background()
			m := websockets.Binary(make([]byte, 100))
			var buf []byte
			b.ReportAllocs()
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
		b.Run(kind+"/pipelined", func(b *testing.B) {
			x, y := transports(b, kind)
			c := websockets.NewConn(x, websockets.RoleClient, websockets.Handshake{}, nil)
			s := websockets.NewConn(y, websockets.RoleServer, websockets.Handshake{}, nil)
			defer c.CloseNow()
			defer s.CloseNow()
			go func() { _ = echo(s) }()
			ctx := context.Background()
			m := websockets.Binary(make([]byte, 100))
			b.ReportAllocs()
			go func() {
				for c.Send(ctx, m) == nil {
				}
			}()
			var buf []byte
			for b.Loop() {
				got, err := c.RecvInto(ctx, buf[:0])
				if err != nil {
					b.Fatal(err)
				}
				buf = got.Data
			}
		})
	}
}
