package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// A connection is served by a goroutine while messages come, and without one when they do
// not: whatever comes then is handled as before.
func TestParkedConnectionGoesOn(t *testing.T) {
	onSockets(t, func(t *testing.T, kind string) {
		c, p := called(t, kind, nil, echoCall)
		for range 2 {
			for range 3 { // the first wakes it up after long, the others soon after
				p.Send(`TEXT "one"`)
				p.Expect(`TEXT "one"`)
			}
			parked(t, c)
			p.Send(`PING "two"`)
			p.Expect(`PONG "two"`)
			parked(t, c)
			p.Send(`TEXT "th" more`)
			pass(150 * time.Millisecond) // it waits for the rest, and is parked with half a message
			parked(t, c)
			if n := c.Retained(); websockets.CanPark && (n < 2 || n > 512) {
				t.Errorf("%d bytes are retained, of which the message has 2", n)
			}
			p.Send(`CONT "ree" fin`)
			p.Expect(`TEXT "three"`)
			parked(t, c)
		}
		p.Send(`CLOSE 1001 "bye"`)
		p.Expect(`CLOSE 1001 "bye"`)
		wait(t, "the end", c.Done())
		if e := closeError(t, c.Err()); e.Code != websockets.CloseGoingAway {
			t.Error(e)
		}
	})
}

// Messages of all sizes, cut and delayed anywhere on their way, come in order.
func TestParkedConnectionGetsEveryMessage(t *testing.T) {
	onSockets(t, func(t *testing.T, kind string) {
		const n = 300
		got, wrong := make(chan struct{}, n), make(chan string, n)
		var want []string
		next := 0
		c, p := called(t, kind, nil, func(_ context.Context, _ *websockets.Conn, m websockets.Message) error {
			if m.String() != want[next] {
				wrong <- fmt.Sprintf("message %d is %.20q", next, m)
			}
			next++
			clear(m.Data)
			got <- struct{}{}
			return nil
		})
		random := rand.New(rand.NewPCG(5, 6))
		var stream []byte
		for i := range n {
			body := fmt.Sprint(i, strings.Repeat("é", []int{0, 1, 50, 3000, 40_000}[random.IntN(5)]))
			want = append(want, body)
			stream = appendInFragments(t, stream, random, body)
		}
		go func() { _, _ = io.Copy(io.Discard, p.Conn()) }()
		for pauses := 8; len(stream) > 0; {
			k := min(1+random.IntN(20_000), len(stream))
			if _, err := p.Write(stream[:k]); err != nil {
				t.Fatal(err)
			}
			if stream = stream[k:]; pauses > 0 && random.IntN(10) == 0 {
				pauses--
				parked(t, c)
				pass(time.Duration(random.IntN(150)) * time.Millisecond) // seldom, or not
			}
		}
		for range n {
			select {
			case why := <-wrong:
				t.Fatal(why)
			case <-got:
			case <-time.After(time.Minute):
				t.Fatal("messages are missing")
			}
		}
	})
}

// Whatever ends a parked connection is noticed.
func TestParkedConnectionEnds(t *testing.T) {
	onSockets(t, func(t *testing.T, kind string) {
		for _, end := range []struct {
			name string
			how  func(c *websockets.Conn, p *wstest.Peer)
			code websockets.CloseCode
		}{
			{"the peer's close", func(_ *websockets.Conn, p *wstest.Peer) {
				p.Send(`CLOSE 4000 "enough"`)
				p.Expect(`CLOSE 4000 "enough"`)
			}, 4000},
			{"the end of the stream", func(_ *websockets.Conn, p *wstest.Peer) { _ = p.Close() }, websockets.CloseAbnormal},
			{"a broken rule", func(_ *websockets.Conn, p *wstest.Peer) {
				p.Send(`CONT "what?" fin`)
				p.Expect(`CLOSE 1002 "continuation frame, but no message has begun"`)
				_ = p.Close()
			}, websockets.CloseAbnormal},
			{"CloseNow", func(c *websockets.Conn, _ *wstest.Peer) { _ = c.CloseNow() }, websockets.CloseAbnormal},
			{"Close", func(c *websockets.Conn, p *wstest.Peer) {
				go c.Close()
				p.Expect(`CLOSE 1000`)
				p.Send(`CLOSE 1000`)
			}, websockets.CloseNormal},
			{"Close of both", func(c *websockets.Conn, p *wstest.Peer) {
				p.Send(`CLOSE 1000`)
				_ = c.Close()
			}, websockets.CloseNormal},
		} {
			c, p := called(t, kind, nil, echoCall)
			parked(t, c)
			end.how(c, p)
			wait(t, end.name, c.Done())
			if e := closeError(t, c.Err()); e.Code != end.code {
				t.Errorf("%s: %v", end.name, e)
			}
			soon(t, "the spot is given back", func() bool { return websockets.Polled() == 0 })
			if _, err := c.Recv(within(t)); err != c.Err() {
				t.Errorf("%s: then Recv returns %v", end.name, err)
			}
			_ = p.Close()
		}
	})
}

// The keepalive reaches a parked connection: its pong is seen, and its absence.
func TestParkedConnectionIsKeptAlive(t *testing.T) {
	wstest.NoLeaks(t)
	c, p := called(t, "tcp", &websockets.Options{PingInterval: 200 * time.Millisecond, PingTimeout: 2 * time.Second}, echoCall)
	for range 2 {
		parked(t, c)
		ping, err := p.Recv()
		if err != nil || ping.Frame.Opcode != frame.OpPing {
			t.Fatal(ping, err)
		}
		_, _ = p.Write(appendFrame(t, nil, frame.Frame{FIN: true, Opcode: frame.OpPong, Payload: ping.Frame.Payload}))
		soon(t, "the latency", func() bool { return c.Latency() > 0 })
	}
	wait(t, "the end", c.Done())
	if !errors.Is(c.Err(), websockets.ErrPingTimeout) {
		t.Error(c.Err())
	}
	_ = p.Close()
}

// Idle connections have no goroutines of their own, whoever made them.
func TestIdleConnectionsHaveNoGoroutine(t *testing.T) {
	if !websockets.CanPark {
		t.Skip("this system has no poller")
	}
	wstest.NoLeaks(t)
	const n = 400
	s := &websockets.Server{Handler: websockets.OnMessage(echoCall)}
	url := serving(t, s, true)
	before := runtime.NumGoroutine()
	var conns []*websockets.Conn
	answers := make(chan string, n)
	for range n {
		c, err := websockets.Dial(within(t), url)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		err = c.OnMessage(context.Background(), func(_ context.Context, _ *websockets.Conn, m websockets.Message) error {
			answers <- m.String()
			return nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	for round := range 3 {
		for _, c := range conns {
			if err := c.Send(within(t), websockets.Text(fmt.Sprint(round))); err != nil {
				t.Fatal(err)
			}
		}
		for range n {
			if got := wait(t, "an answer", answers); got != fmt.Sprint(round) {
				t.Fatal(got)
			}
		}
		soon(t, "few goroutines", func() bool { return runtime.NumGoroutine() < before+n/4 })
	}
	if err := s.Shutdown(within(t)); err != nil {
		t.Error(err)
	}
	for _, c := range conns {
		wait(t, "the end", c.Done())
	}
}
