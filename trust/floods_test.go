package trust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

// A peer that pings and does not read gets a pong for the latest ping, and no
// queue of pongs: memory stays within WriteLimit.
func TestPingsWithoutReadingPongs(t *testing.T) {
	for _, id := range []string{"GHSA-9fm3-97px-rjf6", "CVE-2026-11586", "ws 8.23.0"} {
		t.Run(id, func(t *testing.T) {
			// What is kept is bounded without the limit on pings too.
			opts := &websockets.Options{PeerLimits: websockets.PeerLimits{Pings: websockets.Rate{PerSecond: websockets.NoLimit}}}
			play(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
				const pings = 20_000
				flood := make([]byte, 0, pings*140)
				for i := range pings {
					flood = append(flood, w.frame(0x89, fmt.Appendf(nil, "%0125d", i))...)
				}
				if _, err := p.Write(flood); err != nil {
					t.Fatal(err)
				}
				synctest.Wait() // all is read
				got, last := 0, ""
				for want := fmt.Sprintf("%0125d", pings-1); last != want; got++ {
					l, err := p.Recv()
					if err != nil {
						t.Fatalf("after %d pongs: %v", got, err)
					}
					last = string(l.Frame.Payload)
				}
				// What the network holds, what is being written, and WriteLimit.
				if most := 4 * websockets.DefaultWriteLimit / 125; got > most {
					t.Errorf("%d pongs were kept, more than %d", got, most)
				}
			})
		})
	}
}

// Pongs that nobody has asked for leave nothing behind.
func TestPongFlood(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	t.Run("CVE-2021-3690", func(t *testing.T) {
		for _, role := range roles {
			w := wire{role == websockets.RoleServer}
			flood := bytes.Repeat(w.frame(0x8A, make([]byte, 125)), 100_000)
			if each, code := held(t, role, flood); code != 0 || each > 256<<10 {
				t.Errorf("%v: failed with %v, each connection holds %d bytes", role, code, each)
			}
		}
	})
}

// Pongs that are double, wrong or late disturb no ping.
func TestOddPongs(t *testing.T) {
	t.Run("nhooyr 129d303", func(t *testing.T) {
		play(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
			go func() { _, _ = c.Recv(context.Background()) }()
			var pings sync.WaitGroup
			for range 20 {
				pings.Go(func() {
					ping, err := c.Ping(context.Background(), nil)
					if err == nil {
						_, err = ping.Wait(context.Background())
					}
					if err != nil {
						t.Errorf("a ping failed: %v", err)
					}
				})
			}
			for range 20 {
				l, err := p.Recv()
				if err != nil {
					t.Fatal(err)
				}
				pong := w.frame(0x8A, l.Frame.Payload)
				for _, b := range [][]byte{w.frame(0x8A, []byte("none")), pong, pong} {
					_, _ = p.Write(b)
				}
			}
			pings.Wait()
			_, _ = p.Write(bytes.Repeat(w.frame(0x8A, nil), 100))
			_, _ = p.Write(w.frame(0x88, []byte{3, 0xE8}))
			_, _ = p.Write(w.frame(0x8A, nil))
			p.Expect("CLOSE 1000")
		})
	})
}

// Behind the peer's close frame nothing counts: one close frame is sent, and no
// pong; and it ends in time.
func TestCloseFlood(t *testing.T) {
	t.Run("close floods", func(t *testing.T) {
		play(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
			flood := bytes.Repeat(append(w.frame(0x88, []byte{3, 0xE8}), w.frame(0x89, []byte("?"))...), 10_000)
			put(p, flood)
			start := time.Now()
			came := make(chan string)
			go func() { came <- framesOf(p) }()
			<-c.Done()
			if d := time.Since(start); d > websockets.DefaultCloseTimeout+time.Second {
				t.Errorf("it took %v", d)
			}
			if e, ok := errors.AsType[*websockets.CloseError](c.Err()); !ok || e.Code != 1000 || e.Sent != 1000 {
				t.Errorf("ended with %v", c.Err())
			}
			if got := <-came; got != "CLOSE" {
				t.Errorf("sent %.200s", got)
			}
		})
	})
}

// framesOf returns the names of the frames that come until the end.
func framesOf(p *wstest.Peer) string {
	var names []string
	p.Timeout = time.Minute
	for {
		l, err := p.Recv()
		if err != nil || l.Kind != frame.FrameLine {
			return strings.Join(names, " ")
		}
		names = append(names, l.Frame.Opcode.String())
	}
}

// A peer that goes on sending to a connection that has failed is read for a while,
// so that it gets the close frame, but not for ever.
func TestSendingToAFailedConnection(t *testing.T) {
	play(t, &websockets.Options{CloseTimeout: time.Hour}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
		put(p, slices.Concat(w.header(0x83, 7, 0), make([]byte, 65<<20)))
		start := time.Now()
		_, err := c.Recv(t.Context())
		e, ok := errors.AsType[*websockets.CloseError](err)
		if !ok || e.Sent != 1002 || e.Code != 1006 {
			t.Errorf("ended with %v", err)
		}
		if d := time.Since(start); d > time.Second {
			t.Errorf("it took %v", d)
		}
		if n := p.Conn().(*wstest.Conn).Stats().BytesWritten; n < 64<<20 {
			t.Errorf("only %d bytes were read", n)
		}
	})
}

// A peer that reads nothing stops Send, and is dropped by the keepalive.
func TestPeerThatDoesNotRead(t *testing.T) {
	for _, id := range []string{"CVE-2020-35896", "CVE-2026-79677"} {
		t.Run(id, func(t *testing.T) {
			play(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				n := 0
				var err error
				for ; err == nil && n < 10_000; n++ {
					err = c.Send(ctx, websockets.Binary(make([]byte, 1000)))
				}
				if !errors.Is(err, context.DeadlineExceeded) || n > 400 {
					t.Errorf("%d messages were taken, then %v", n, err)
				}
				if err := c.Send(context.Background(), websockets.Text("x")); err == nil {
					t.Error("it was sent to nobody")
				}
				most := websockets.DefaultPingInterval + websockets.DefaultPingTimeout + websockets.DefaultCloseTimeout + time.Second
				if d := time.Since(start); d > most {
					t.Errorf("it ended after %v, more than %v", d, most)
				}
			})
		})
	}
}

// Errors stay: no call panics, however often it is made.
func TestCallsAfterTheEnd(t *testing.T) {
	for _, id := range []string{"gorilla 1000th read", "nbio close"} {
		t.Run(id, func(t *testing.T) {
			play(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
				drain(p)
				put(p, w.header(0x83, 7, 0))
				_, first := c.Recv(t.Context())
				for range 2000 {
					if _, err := c.Recv(t.Context()); err != first {
						t.Fatalf("first %v, then %v", first, err)
					}
				}
				_, _, errReader := c.Reader(t.Context())
				_, errPing := c.Ping(t.Context(), nil)
				for _, err := range []error{errReader, c.Send(t.Context(), websockets.Text("x")), errPing, c.Err()} {
					if err != first {
						t.Errorf("got %v, want %v", err, first)
					}
				}
				if err := errors.Join(c.Close(), c.CloseNow(), c.CloseWith(1001, ""), c.Close()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
