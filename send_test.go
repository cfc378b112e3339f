package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/race"
	"github.com/go-websockets/websockets/wstest"
)

// Messages of many senders arrive whole, and those of each in its order.
func TestManySenders(t *testing.T) {
	pairs(t, nil, nil, func(t *testing.T, c, s *websockets.Conn) {
		ctx := within(t)
		const senders, messages = 64, 100
		var wg sync.WaitGroup
		for id := range senders {
			wg.Go(func() {
				for i := range messages {
					body := fmt.Sprintf("%d %d %s", id, i, strings.Repeat("x", i*11%3000))
					var err error
					switch i % 10 {
					case 3:
						err = sendInFragments(ctx, c, body)
					case 7:
						if _, err = c.Ping(ctx, nil); err == nil {
							err = c.Send(ctx, websockets.Text(body))
						}
					default:
						err = c.Send(ctx, websockets.Text(body))
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		next := make([]int, senders)
		for range senders * messages {
			m, err := s.Recv(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var id, i int
			var rest string
			_, _ = fmt.Sscanf(m.String(), "%d %d %s", &id, &i, &rest)
			if i != next[id] || rest != strings.Repeat("x", i*11%3000) {
				t.Fatalf("sender %d: got message %d with %d bytes, want message %d", id, i, len(rest), next[id])
			}
			next[id]++
		}
		wg.Wait()
		_ = c.Close()
	})
}

func sendInFragments(ctx context.Context, c *websockets.Conn, body string) error {
	w, err := c.Writer(ctx, websockets.TextMessage)
	if err != nil {
		return err
	}
	for part := range slices.Chunk([]byte(body), 97) {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return w.Close()
}

// Polling with a context of a millisecond loses, repeats and reorders nothing.
func TestPollingReceivesEveryMessageOnce(t *testing.T) {
	for _, kind := range []string{"memory", "tcp", "tls"} {
		t.Run(kind, func(t *testing.T) {
			messages := 10_000
			if kind == "tcp" && !race.Enabled && !testing.Short() {
				messages = 100_000
			}
			wstest.NoLeaks(t)
			a, b := transports(t, kind)
			c := websockets.NewConn(a, websockets.RoleClient, websockets.Handshake{}, nil)
			s := websockets.NewConn(b, websockets.RoleServer, websockets.Handshake{}, nil)
			defer c.CloseNow()
			defer s.CloseNow()
			ctx := within(t)
			empty := make(chan struct{}, 1) // a poll ended without a message
			go func() {
				random := rand.New(rand.NewPCG(1, 2))
				for i := range messages {
					body := fmt.Sprint(i)
					if random.IntN(10) == 0 {
						body += " " + strings.Repeat("é", random.IntN(2000))
						_ = sendInFragments(ctx, c, body)
					} else {
						_ = c.Send(ctx, websockets.Text(body))
					}
					switch { // some are waited for, some never
					case random.IntN(1000) == 0:
						<-time.After(time.Duration(random.IntN(3000)) * time.Microsecond)
					case i%1000 == 500:
						select {
						case <-empty: // an old one
						default:
						}
						select {
						case <-empty:
						case <-ctx.Done():
						}
					}
				}
			}()
			polls := 0
			for i := 0; i < messages; {
				poll, cancel := context.WithTimeout(ctx, time.Millisecond)
				m, err := s.Recv(poll)
				cancel()
				if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
					polls++
					select {
					case empty <- struct{}{}:
					default:
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				number, _, _ := strings.Cut(m.String(), " ")
				if number != fmt.Sprint(i) {
					t.Fatalf("message %d is %.20q", i, m)
				}
				i++
			}
			if polls < messages/1000 {
				t.Errorf("%d polls ended without a message: this shows little", polls)
			}
			_ = c.Close()
		})
	}
}

// Send blocks at WriteLimit. Its context ends only the wait, and then nothing of
// the message goes out.
func TestSendBlocksAtWriteLimit(t *testing.T) {
	for _, role := range []websockets.Role{websockets.RoleServer, websockets.RoleClient} {
		synctest.Test(t, func(t *testing.T) {
			a, b := (&wstest.Network{Window: 1000}).Pipe()
			c := websockets.NewConn(a, role, websockets.Handshake{}, &websockets.Options{WriteLimit: 2000, PingInterval: websockets.Off})
			defer c.CloseNow()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			body := strings.Repeat("x", 492) // a frame of 500 bytes, or 496
			accepted := 0
			for {
				short, stop := context.WithTimeout(ctx, time.Second)
				err := c.Send(short, websockets.Text(body))
				stop()
				if err != nil {
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Fatal(err)
					}
					break
				}
				accepted++
			}
			if accepted < 4 || accepted > 8 { // WriteLimit, and what the window took of it
				t.Errorf("%d messages were accepted", accepted)
			}
			if c.State() != websockets.StateOpen {
				t.Fatalf("state %v", c.State())
			}
			blocked := make(chan error, 1)
			go func() { blocked <- c.Send(ctx, websockets.Text("at last")) }()
			synctest.Wait()
			select {
			case err := <-blocked:
				t.Fatalf("Send did not block: %v", err)
			default:
			}
			p := wstest.NewPeer(t, b, 3-role)
			for range accepted {
				p.Expect(fmt.Sprintf("TEXT %q", body))
			}
			p.Expect(`TEXT "at last"`)
			if err := <-blocked; err != nil {
				t.Error(err)
			}
			p.ExpectSilence(time.Second)
		})
	}
}

// While one sender writes, others' messages gather and go out together.
func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := (&wstest.Network{Window: 20}).Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, nil)
		defer c.CloseNow()
		ctx := context.Background()
		go c.Send(ctx, websockets.Text(strings.Repeat("x", 30))) // does not fit the window
		synctest.Wait()
		for range 100 {
			go c.Send(ctx, websockets.Text("y"))
		}
		synctest.Wait()
		p := wstest.NewPeer(t, b, websockets.RoleClient)
		p.Expect(fmt.Sprintf("TEXT %q", strings.Repeat("x", 30)))
		for range 100 {
			p.Expect(`TEXT "y"`)
		}
		if n := a.Stats().Writes; n > 3 {
			t.Errorf("%d writes for 101 messages", n)
		}
	})
}

// Replies to messages that came together go out together.
func TestRepliesAreBatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := wstest.Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, nil)
		defer c.CloseNow()
		p := wstest.NewPeer(t, b, websockets.RoleClient)
		var wire []byte
		for range 100 {
			f := frame.Frame{FIN: true, Opcode: frame.OpText, Payload: []byte("hello")}
			wire, _ = f.Append(wire, frame.WriteOptions{Masked: true})
		}
		_, _ = p.Write(wire)
		go func() { _ = echo(c) }()
		for range 100 {
			p.Expect(`TEXT "hello"`)
		}
		if n := a.Stats().Writes; n > 30 {
			t.Errorf("%d writes for 100 replies", n)
		}
	})
}

// A reply that is held back does not wait for a handler that blocks elsewhere.
func TestHeldReplyGoesOutWhenTheHandlerBlocks(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`TEXT "1"`, `TEXT "2"`)
		ctx := context.Background()
		if _, err := c.Recv(ctx); err != nil {
			t.Fatal(err)
		}
		if err := c.Send(ctx, websockets.Text("reply")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		p.Expect(`TEXT "reply"`) // the second message is still unread
		if took := time.Since(start); took > 0 {
			t.Errorf("the reply took %v", took)
		}
	})
}

func TestSendLeavesTheDataAlone(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		data := []byte("do not touch")
		if err := c.Send(context.Background(), websockets.Binary(data)); err != nil {
			t.Fatal(err)
		}
		if string(data) != "do not touch" {
			t.Errorf("the data is now %q", data)
		}
		copy(data, "may be reused")
		p.Expect(`BINARY "do not touch"`)
	})
}

func TestSendRefusesBadMessages(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		for _, m := range []websockets.Message{
			websockets.Text("\xff"),
			{Type: 0, Data: []byte("x")},
			{Type: 8, Data: []byte("x")},
		} {
			if err := c.Send(ctx, m); err == nil || !strings.HasPrefix(err.Error(), "websockets: ") {
				t.Errorf("Send(%v %q): %v", m.Type, m.Data, err)
			}
		}
		if _, err := c.Writer(ctx, 9); err == nil {
			t.Error("Writer took a type that is none")
		}
		p.ExpectSilence(time.Second)
	})
}

func TestBroadcast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var conns []*websockets.Conn
		var peers []*wstest.Peer
		for range 4 {
			c, p := scripted(t, websockets.RoleServer, &websockets.Options{WriteLimit: 1000, PingInterval: websockets.Off})
			conns, peers = append(conns, c), append(peers, p)
		}
		ctx := context.Background()
		_ = conns[1].CloseNow()
		w, err := conns[2].Writer(ctx, websockets.TextMessage)
		if err != nil {
			t.Fatal(err)
		}
		err = websockets.Broadcast(slices.Values(conns), websockets.Text("news"))
		for i, want := range []error{nil, conns[1].Err(), websockets.ErrBusy, nil} {
			if want == nil {
				peers[i].Expect(`TEXT "news"`)
			} else if !errors.Is(err, want) {
				t.Errorf("connection %d: %v does not say %v", i, err, want)
			}
		}
		if e, ok := errors.AsType[*websockets.SkippedError](err); !ok || e.Conn != conns[1] {
			t.Errorf("skipped: %v", err)
		}
		_ = w.Close()
		if err := websockets.Broadcast(slices.Values(conns), websockets.Text("\xff")); err == nil {
			t.Error("a text that is not UTF-8 was accepted")
		}
	})
}

// When the socket takes only a part of what is written, the rest follows, and
// pongs go between frames, never inside one.
func TestTornWritesStayWhole(t *testing.T) {
	for _, kind := range []string{"tcp", "unix", "memory"} {
		t.Run(kind, func(t *testing.T) {
			wstest.NoLeaks(t)
			a, b := transports(t, kind)
			c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, &websockets.Options{PingInterval: websockets.Off})
			defer c.CloseNow()
			defer b.Close()
			ctx := within(t)
			go func() { // handles the pings
				for {
					if _, err := c.Recv(ctx); err != nil {
						return
					}
				}
			}()
			// Fill the socket, the pending buffer and more, with the peer not reading.
			const messages = 3000
			sent := make(chan error, 1)
			go func() {
				for i := range messages {
					if err := c.Send(ctx, websockets.Text(fmt.Sprint(i, strings.Repeat("x", i*13%9000)))); err != nil {
						sent <- err
						return
					}
					if i%100 == 0 {
						ping := frame.Frame{FIN: true, Opcode: frame.OpPing, Payload: fmt.Append(nil, i)}
						if err := ping.Write(b, frame.WriteOptions{Masked: true}); err != nil {
							sent <- err
							return
						}
					}
				}
				sent <- nil
			}()
			select {
			case err := <-sent:
				t.Fatalf("the sender was not blocked: %v", err)
			case <-time.After(100 * time.Millisecond):
			}
			var pongs []string
			for next := 0; next < messages; {
				f, err := frame.Read(b, frame.ReadOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if f.Opcode == frame.OpPong {
					pongs = append(pongs, string(f.Payload))
					continue
				}
				if want := fmt.Sprint(next, strings.Repeat("x", next*13%9000)); string(f.Payload) != want {
					t.Fatalf("message %d is %.20q with %d bytes", next, f.Payload, len(f.Payload))
				}
				next++
			}
			if err := <-sent; err != nil {
				t.Error(err)
			}
			if len(pongs) == 0 {
				t.Error("no pong came")
			}
		})
	}
}
