package websockets_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// The settings that a program leaves alone are the documented ones, on the wire.
func TestDefaultsOfAConnection(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Timeout = time.Minute
		start := time.Now()
		if l, err := p.Recv(); err != nil || l.Frame.Opcode != frame.OpPing || time.Since(start) != 20*time.Second {
			t.Fatalf("%v, %v after %v, want a ping after 20s", l, err, time.Since(start))
		}
		p.Expect(`CLOSE 1011 "no pong in time"`)
		if took := time.Since(start); took != 40*time.Second {
			t.Errorf("a mute peer was noticed after %v, want 40s", took)
		}
	})
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		start := time.Now()
		_ = c.Close()
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("Close took %v, want 10s", took)
		}
	})
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		for i := range 40 {
			p.Send(fmt.Sprintf("PING %q", fmt.Sprint(i)), fmt.Sprintf("TEXT %q", fmt.Sprint(i)))
			if i < 32 {
				p.Expect(fmt.Sprintf("PONG %q", fmt.Sprint(i)))
			}
		}
		p.ExpectSilence(time.Second) // 32 messages are read ahead, and nothing behind them
	})
	synctest.Test(t, func(t *testing.T) {
		a, b := (&wstest.Network{Window: 1}).Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, &websockets.Options{PingInterval: websockets.Off})
		defer b.Close()
		defer c.CloseNow()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		accepted := 0
		for c.Send(ctx, websockets.Binary(make([]byte, 1020))) == nil { // 1 KiB with its header
			accepted++
		}
		if accepted != 64 {
			t.Errorf("%d KiB were accepted before Send blocked, want 64", accepted)
		}
	})
}

func TestStateGoesFromOpenToClosingToClosed(t *testing.T) {
	for name, begin := range map[string]func(c *websockets.Conn, p *wstest.Peer){
		"our close":   func(c *websockets.Conn, p *wstest.Peer) { go c.Close() },
		"our fault":   func(c *websockets.Conn, p *wstest.Peer) { go c.CloseWith(websockets.CloseInternalError, "") },
		"their fault": func(c *websockets.Conn, p *wstest.Peer) { p.Send("RAW FF 80 00 00 00 00") },
	} {
		t.Run(name, func(t *testing.T) {
			bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
				if c.State() != websockets.StateOpen {
					t.Fatalf("state %v", c.State())
				}
				begin(c, p)
				pass(time.Second)
				if c.State() != websockets.StateClosing || c.Err() != nil {
					t.Errorf("state %v, error %v", c.State(), c.Err())
				}
				select {
				case <-c.Done():
					t.Error("done")
				default:
				}
				p.Send("CLOSE 1000")
				_ = p.Close()
				<-c.Done()
				if c.State() != websockets.StateClosed || c.Err() == nil {
					t.Errorf("state %v, error %v", c.State(), c.Err())
				}
			})
		})
	}
}

// Between our close frame and the end nothing else is sent. Calls wait, so that
// they can tell how the peer closed; their contexts bound that.
func TestCallsWhileClosingWaitForTheEnd(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		go c.Close()
		p.Expect("CLOSE 1000")
		calls := map[string]func(context.Context) error{
			"Send":   func(ctx context.Context) error { return c.Send(ctx, websockets.Text("late")) },
			"Ping":   func(ctx context.Context) error { return second(c.Ping(ctx, nil)) },
			"Pong":   func(ctx context.Context) error { return c.Pong(ctx, nil) },
			"Writer": func(ctx context.Context) error { return second(c.Writer(ctx, websockets.TextMessage)) },
		}
		short, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		for name, call := range calls {
			if err := call(short); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v, want the context's error", name, err)
			}
		}
		errs := make(chan error, len(calls))
		for _, call := range calls {
			go func() { errs <- call(context.Background()) }()
		}
		synctest.Wait()
		if len(errs) > 0 {
			t.Fatalf("a call did not wait: %v", <-errs)
		}
		p.ExpectSilence(time.Second)
		p.Send(`CLOSE 4000 "theirs"`)
		if c.Role() == websockets.RoleServer {
			p.ExpectEOF()
		}
		_ = p.Close()
		for range calls {
			if e := closeError(t, <-errs); e.Code != 4000 || e.Reason != "theirs" || e.Err != nil {
				t.Errorf("got %v", e)
			}
		}
	})
}

// A closing handshake inside a message that is being sent in fragments ends the
// message, and remains a closing handshake.
func TestCloseInsideAMessageInFragments(t *testing.T) {
	for name, limit := range map[string]time.Duration{"patient": time.Hour, "context ends": time.Second} {
		t.Run(name, func(t *testing.T) {
			bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
				ctx, cancel := context.WithTimeout(context.Background(), limit)
				defer cancel()
				w, err := c.Writer(ctx, websockets.TextMessage)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.WriteString(w, "begun"); err != nil {
					t.Fatal(err)
				}
				go c.Close()
				p.Expect(`TEXT "begun" more`, "CLOSE 1000")
				failed := make(chan error, 1)
				go func() {
					_, err := io.WriteString(w, "late")
					failed <- err
				}()
				p.ExpectSilence(2 * time.Second)
				p.Send(`TEXT "crossing"`, "CLOSE 4001")
				if c.Role() == websockets.RoleServer {
					p.ExpectEOF()
				}
				_ = p.Close()
				<-c.Done()
				if err := <-failed; !errors.Is(err, context.DeadlineExceeded) && err != c.Err() {
					t.Errorf("Write: %v", err)
				}
				if m, err := c.Recv(context.Background()); err != nil || m.String() != "crossing" {
					t.Errorf("the message that crossed: %q, %v", m, err)
				}
				if e := closeError(t, c.Err()); e.Code != 4001 || e.Sent != websockets.CloseNormal || e.Err != nil {
					t.Errorf("ended with %v", e)
				}
			})
		})
	}
}

// Header and payload go out in one write, whatever their sizes.
func TestEachMessageIsOneWrite(t *testing.T) {
	for _, role := range []websockets.Role{websockets.RoleServer, websockets.RoleClient} {
		synctest.Test(t, func(t *testing.T) {
			a, b := wstest.Pipe()
			c := websockets.NewConn(a, role, websockets.Handshake{}, nil)
			defer c.CloseNow()
			go func() { _, _ = io.Copy(io.Discard, b) }()
			for i, size := range []int{0, 1, 125, 126, 1000, 4096, 65535, 65536, 200_000} {
				if err := c.Send(context.Background(), websockets.Binary(make([]byte, size))); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if n := a.Stats().Writes; n != i+1 {
					t.Errorf("%v: message %d with %d bytes: %d writes in all", role, i+1, size, n)
				}
			}
			_ = b.Close()
		})
	}
}

// A pong repeats all of the payload of its ping, whatever it is.
func TestPongRepeatsThePayloadOfThePing(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		for size := range frame.MaxControlPayload + 1 {
			payload := make([]byte, size)
			for i := range payload {
				payload[i] = byte(3*size + i)
			}
			hex := strings.TrimSpace(fmt.Sprintf("% x", payload))
			p.Send("PING " + hex)
			l, err := p.Recv()
			if err != nil || l.Frame.Opcode != frame.OpPong || string(l.Frame.Payload) != string(payload) {
				t.Fatalf("%d bytes: got %v, %v", size, l, err)
			}
		}
	})
}

// TLS ends with its own goodbye, so that the peer can tell the end from a cut
// (RFC 6455 §7.1.1).
func TestTLSIsClosedInGoodOrder(t *testing.T) {
	for _, role := range []websockets.Role{websockets.RoleServer, websockets.RoleClient} {
		t.Run(role.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := wstest.Pipe()
				a, b := tlsPair(t, near, far, role)
				c := websockets.NewConn(a, role, websockets.Handshake{}, nil)
				p := wstest.NewPeer(t, b, 3-role)
				go c.Close()
				p.Expect("CLOSE 1000")
				p.Send("CLOSE 1000")
				if role == websockets.RoleClient {
					_ = b.(*tls.Conn).CloseWrite() // the server ends first
				}
				if n, err := b.Read(make([]byte, 1)); err != io.EOF { // not io.ErrUnexpectedEOF
					t.Errorf("after the close frames: %d bytes, %v", n, err)
				}
				<-c.Done()
				if e := closeError(t, c.Err()); e.Err != nil {
					t.Errorf("ended with %v", e)
				}
			})
		})
	}
}
