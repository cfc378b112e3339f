package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// scripted returns an endpoint of the given role and the scripted peer at the
// other end.
func scripted(t *testing.T, role websockets.Role, opts *websockets.Options) (*websockets.Conn, *wstest.Peer) {
	t.Helper()
	a, b := wstest.Pipe()
	peerRole := websockets.RoleClient
	if role == websockets.RoleClient {
		peerRole = websockets.RoleServer
	}
	c := websockets.NewConn(a, role, websockets.Handshake{}, opts)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c, wstest.NewPeer(t, b, peerRole)
}

// bothRoles runs a test in a bubble of fake time with either end under test.
func bothRoles(t *testing.T, opts *websockets.Options, test func(t *testing.T, c *websockets.Conn, p *wstest.Peer)) {
	t.Helper()
	for _, role := range []websockets.Role{websockets.RoleServer, websockets.RoleClient} {
		t.Run(role.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := scripted(t, role, opts)
				test(t, c, p)
			})
		})
	}
}

func closeError(t *testing.T, err error) *websockets.CloseError {
	t.Helper()
	e, ok := errors.AsType[*websockets.CloseError](err)
	if !ok {
		t.Fatalf("got %v, want a *CloseError", err)
	}
	return e
}

func TestPingIsAnsweredWhileTheApplicationIsBusy(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`TEXT "work"`)
		if m, err := c.Recv(context.Background()); err != nil || m.String() != "work" {
			t.Fatal(m, err)
		}
		for range 5 { // five seconds without Recv
			start := time.Now()
			p.Send(`PING 01 02 03`)
			p.Expect(`PONG 01 02 03`)
			if took := time.Since(start); took > 200*time.Millisecond {
				t.Errorf("the pong took %v", took)
			}
			pass(time.Second - time.Since(start))
		}
		p.Send(`CLOSE 1001 "bye"`)
		start := time.Now()
		p.Expect(`CLOSE 1001 "bye"`)
		if took := time.Since(start); took > 200*time.Millisecond {
			t.Errorf("the close frame took %v", took)
		}
		_ = p.Close()
		<-c.Done()
		if e := closeError(t, c.Err()); e.Code != websockets.CloseGoingAway || e.Reason != "bye" || e.Sent != websockets.CloseGoingAway || e.Err != nil {
			t.Errorf("ended with %v", e)
		}
	})
}

func TestPingIsAnsweredBeforeTheFirstRecv(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`PING "first"`)
		start := time.Now()
		p.Expect(`PONG "first"`)
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("the pong took %v", took)
		}
	})
}

// No more than MaxQueue messages are read ahead; then the peer's writes block,
// and whatever is received is what was sent, in its order.
func TestQueueIsBounded(t *testing.T) {
	for _, queue := range []int{1, 32} {
		t.Run(fmt.Sprint(queue), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := (&wstest.Network{Window: 4096}).Pipe()
				c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, &websockets.Options{MaxQueue: queue})
				defer c.CloseNow()
				p := wstest.NewPeer(t, b, websockets.RoleClient)
				pass(time.Second) // the standby sits

				const total = 500
				message := func(i int) string { return fmt.Sprintf("%04d%01020d", i, 0) } // 1 KiB
				sent := 0
				go func() {
					for sent < total {
						f := frame.Frame{FIN: true, Opcode: frame.OpText, Payload: []byte(message(sent))}
						if f.Write(b, frame.WriteOptions{Masked: true}) != nil {
							return
						}
						sent++
					}
				}()
				pass(5 * time.Second)
				synctest.Wait()
				// The queue, the window of 4 KiB, what is in the read buffer, and one under way.
				if most := queue + 4 + 4 + 2; sent < queue || sent > most {
					t.Errorf("the peer got %d messages out, want %d to %d", sent, queue, most)
				}
				for i := range total {
					m, err := c.Recv(context.Background())
					if err != nil || m.String() != message(i) {
						t.Fatalf("message %d: %.10q, %v", i, m, err)
					}
				}
				p.Send(`PING`)
				p.Expect(`PONG`)
			})
		})
	}
}

func TestQueuedMessagesAreReceivedAfterTheClose(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`TEXT "one"`, `TEXT "tw" more`, `PING`, `CONT "o" fin`, `CLOSE 1000 "done"`)
		p.Expect(`PONG`, `CLOSE 1000 "done"`)
		_ = p.Close()
		<-c.Done()
		for _, want := range []string{"one", "two"} {
			if m, err := c.Recv(context.Background()); err != nil || m.String() != want {
				t.Fatalf("got %q, %v, want %q", m, err, want)
			}
		}
		_, first := c.Recv(context.Background())
		if e := closeError(t, first); e.Code != websockets.CloseNormal || e.Reason != "done" {
			t.Error(e)
		}
		for range 1100 { // always the same, and no panic however often
			if _, err := c.Recv(context.Background()); err != first {
				t.Fatalf("then %v", err)
			}
		}
	})
}

func TestOneReceiverAtATime(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		got := make(chan string)
		go func() {
			m, _ := c.Recv(context.Background())
			got <- m.String()
		}()
		synctest.Wait()
		if _, err := c.Recv(context.Background()); err != websockets.ErrConcurrentRecv {
			t.Errorf("second Recv: %v", err)
		}
		if _, _, err := c.Reader(context.Background()); err != websockets.ErrConcurrentRecv {
			t.Errorf("Reader: %v", err)
		}
		p.Send(`TEXT "for the first"`)
		if s := <-got; s != "for the first" {
			t.Errorf("the first got %q", s)
		}
	})
}

// A context that ends only ends the call, wherever it was: the next call goes on.
func TestRecvGoesOnAtAnyByte(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		var wire []byte
		o := frame.WriteOptions{Masked: c.Role() == websockets.RoleServer, MaskingKey: [4]byte{1, 2, 3, 4}}
		for _, f := range []frame.Frame{
			{Opcode: frame.OpText, Payload: []byte("hé")},
			{FIN: true, Opcode: frame.OpPing, Payload: []byte("p")},
			{FIN: true, Opcode: frame.OpContinuation, Payload: []byte("llo 🌍")},
			{FIN: true, Opcode: frame.OpBinary, Payload: make([]byte, 300)},
		} {
			wire, _ = f.Append(wire, o)
		}
		var got []string
		for _, b := range wire {
			if _, err := p.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			m, err := c.Recv(ctx)
			cancel()
			switch {
			case err == nil:
				got = append(got, m.String())
			case !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrClosed):
				t.Fatal(err)
			}
		}
		if want := []string{"héllo 🌍", string(make([]byte, 300))}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %q", got)
		}
		p.Expect(`PONG "p"`)
	})
}

func TestCanceledRecvSaysWhy(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		because := errors.New("the user left")
		ctx, cancel := context.WithCancelCause(context.Background())
		go func() {
			pass(time.Second)
			cancel(because)
		}()
		_, err := c.Recv(ctx)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, because) || errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
		if c.State() != websockets.StateOpen {
			t.Errorf("state %v", c.State())
		}
		p.Send(`TEXT "still here"`)
		if m, err := c.Recv(context.Background()); err != nil || m.String() != "still here" {
			t.Errorf("got %q, %v", m, err)
		}
	})
}

// The receiver comes back while the standby is in the middle of a message.
func TestReceiverTakesOverFromTheStandby(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`TEXT "hel" more`)
		pass(time.Second) // the standby has it
		got := make(chan string, 1)
		go func() {
			m, err := c.RecvInto(context.Background(), []byte("> "))
			got <- fmt.Sprint(m, err)
		}()
		synctest.Wait()
		p.Send(`PING`, `CONT "lo" fin`)
		p.Expect(`PONG`)
		if s := <-got; s != "> hello <nil>" {
			t.Errorf("got %q", s)
		}
	})
}

func TestStreamIsReadAheadWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := (&wstest.Network{Window: 4096}).Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, &websockets.Options{MaxMessageSize: websockets.NoLimit})
		defer c.CloseNow()
		const size = 10 << 20
		sent := 0
		go func() {
			h := frame.Header{FIN: true, Opcode: frame.OpBinary, Masked: true, Length: size}
			_, _ = b.Write(frame.AppendHeader(nil, h))
			for sent < size {
				n, err := b.Write(make([]byte, 1024))
				sent += n
				if err != nil {
					return
				}
			}
		}()
		ctx := context.Background()
		_, r, err := c.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		buf := make([]byte, 1000)
		for total < 3000 {
			n, err := r.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			total += n
		}
		pass(10 * time.Second)
		synctest.Wait()
		if sent > 128<<10 {
			t.Errorf("%d bytes were taken while nobody read", sent)
		}
		for err == nil {
			var n int
			n, err = r.Read(buf)
			total += n
		}
		if total != size {
			t.Errorf("read %d bytes, %v", total, err)
		}
	})
}

// pass lets fake time pass.
func pass(d time.Duration) { <-time.After(d) }
