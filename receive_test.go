package websockets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/race"
	"github.com/go-websockets/websockets/wstest"
)

// onTransports runs a test of Receive on each kind of transport: on sockets it has
// a way of its own.
func onTransports(t *testing.T, test func(t *testing.T, a, b net.Conn)) {
	for _, kind := range []string{"memory", "tcp", "unix", "tls"} {
		t.Run(kind, func(t *testing.T) {
			wstest.NoLeaks(t)
			a, b := transports(t, kind)
			test(t, a, b)
		})
	}
}

// wait fails the test if nothing comes: that is what hanging looks like.
func wait[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(time.Minute):
		t.Fatal("in vain: " + what)
	}
	return v
}

func onServer(b net.Conn, o *websockets.Options) *websockets.Conn {
	return websockets.NewConn(b, websockets.RoleServer, websockets.Handshake{}, o)
}

// Messages of all sizes, whole and in fragments, with pings between, cut anywhere on
// their way, come in order.
func TestReceiveGetsEveryMessage(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, nil)
		defer c.CloseNow()
		random := rand.New(rand.NewPCG(3, 4))
		var stream []byte
		var want []string
		for i := range 500 {
			size := []int{0, 1, 100, 126, 5000, 70_000}[random.IntN(6)]
			body := fmt.Sprint(i, strings.Repeat("é", size/2))
			want = append(want, body)
			stream = appendInFragments(t, stream, random, body)
		}
		stream = appendFrame(t, stream, frame.Frame{FIN: true, Opcode: frame.OpClose, Payload: []byte{3, 0xE8}})
		go func() {
			for rest := stream; len(rest) > 0; {
				n := min(1+random.IntN(20_000), len(rest))
				if _, err := a.Write(rest[:n]); err != nil {
					return
				}
				rest = rest[n:]
			}
		}()
		go func() { _, _ = io.Copy(io.Discard, a) }()
		got := 0
		err := c.Receive(within(t), func(m websockets.Message) error {
			if got >= len(want) || m.String() != want[got] {
				return fmt.Errorf("message %d is %.20q", got, m)
			}
			got++
			clear(m.Data) // it is ours until the return
			return nil
		})
		if err != nil || got != len(want) {
			t.Errorf("%d of %d messages, %v", got, len(want), err)
		}
		_ = a.Close()
	})
}

func appendFrame(t *testing.T, b []byte, f frame.Frame) []byte {
	t.Helper()
	b, err := f.Append(b, frame.WriteOptions{Masked: true, MaskingKey: [4]byte{1, 2, 3, 4}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// appendInFragments appends a text message, in up to three frames with pings between.
func appendInFragments(t *testing.T, b []byte, random *rand.Rand, body string) []byte {
	f := frame.Frame{Opcode: frame.OpText}
	for n := random.IntN(3); !f.FIN; n-- {
		f.FIN = n == 0
		cut := len(body)
		if !f.FIN {
			cut = random.IntN(len(body) + 1)
		}
		f.Payload, body = []byte(body[:cut]), body[cut:]
		b = appendFrame(t, b, f)
		f.Opcode = frame.OpContinuation
		if !f.FIN && random.IntN(2) == 0 {
			b = appendFrame(t, b, frame.Frame{FIN: true, Opcode: frame.OpPing, Payload: []byte("between")})
		}
	}
	return b
}

// While the function is at work, pings are answered and messages read ahead up to
// MaxQueue; then they come in order.
func TestReceiveWithABusyFunction(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, &websockets.Options{MaxQueue: 8})
		defer c.CloseNow()
		p := wstest.NewPeer(t, a, websockets.RoleClient)
		p.Timeout = time.Minute
		entered, release, done := make(chan string), make(chan bool), make(chan error, 1)
		go func() {
			done <- c.Receive(context.Background(), func(m websockets.Message) error {
				entered <- m.String()
				<-release
				return nil
			})
		}()
		p.Send(`TEXT "0"`)
		wait(t, "the first message", entered)
		for round := range 3 { // each time the standby sits down, and gets up again
			p.Send(`PING "are you there?"`, fmt.Sprintf(`TEXT "%d"`, round+1))
			p.Expect(`PONG "are you there?"`)
			release <- true
			if got := wait(t, "the next message", entered); got != fmt.Sprint(round+1) {
				t.Fatalf("message %d is %q", round+1, got)
			}
		}
		for i := range 20 {
			p.Send(fmt.Sprintf(`TEXT "%d"`, i+4))
		}
		p.Send(`PING "behind"`)
		for i := range 20 {
			release <- true
			if got := wait(t, "what was read ahead", entered); got != fmt.Sprint(i+4) {
				t.Fatalf("message %d is %q", i+4, got)
			}
		}
		p.Expect(`PONG "behind"`)
		p.Send(`CLOSE 1000`)
		release <- true
		p.Expect(`CLOSE 1000`)
		_ = a.Close()
		if err := wait(t, "the return of Receive", done); err != nil {
			t.Error(err)
		}
	})
}

// After an error of the function or the end of its context the connection goes on
// where it was, at any byte.
func TestReceiveStopsAndGoesOn(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, nil)
		defer c.CloseNow()
		p := wstest.NewPeer(t, a, websockets.RoleClient)
		enough := errors.New("enough")
		p.Send(`TEXT "one"`, `TEXT "two"`, `TEXT "three"`, `TEXT "fo" length=4`)
		var got []string
		err := c.Receive(within(t), func(m websockets.Message) error {
			if got = append(got, m.String()); len(got) == 2 {
				if _, err := c.Recv(t.Context()); err != websockets.ErrConcurrentRecv {
					t.Errorf("Recv: %v", err)
				}
				return enough
			}
			return nil
		})
		if err != enough || fmt.Sprint(got) != "[one two]" {
			t.Fatalf("%v, %v", got, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		err = c.Receive(ctx, func(m websockets.Message) error {
			got = append(got, m.String())
			time.AfterFunc(20*time.Millisecond, cancel) // while it waits for the rest of a frame
			return nil
		})
		if !errors.Is(err, context.Canceled) || fmt.Sprint(got) != "[one two three]" {
			t.Fatalf("%v, %v", got, err)
		}
		p.Send(`PAYLOAD "ur"`, `TEXT "five"`)
		if m, err := c.Recv(within(t)); err != nil || m.String() != "four" {
			t.Fatal(m, err)
		}
		err = c.Receive(within(t), func(m websockets.Message) error {
			got = append(got, m.String())
			return c.CloseNow()
		})
		e, ok := errors.AsType[*websockets.CloseError](err)
		if !ok || e.Code != websockets.CloseAbnormal || err != c.Err() || got[3] != "five" {
			t.Errorf("%v, %v", got, err)
		}
	})
}

// Whatever ends the connection while the function is at work does so at once.
func TestReceiveDoesNotHoldTheConnection(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, nil)
		p := wstest.NewPeer(t, a, websockets.RoleClient)
		p.Timeout = time.Minute
		entered, release, done := make(chan bool), make(chan bool), make(chan error, 1)
		go func() {
			done <- c.Receive(context.Background(), func(websockets.Message) error {
				entered <- true
				<-release
				return nil
			})
		}()
		p.Send(`TEXT "hello"`)
		wait(t, "the message", entered)
		closed := make(chan error, 1)
		go func() { closed <- c.CloseNow() }()
		wait(t, "the return of CloseNow", closed)
		p.ExpectEOF()
		release <- true
		if err := wait(t, "the return of Receive", done); err != c.Err() {
			t.Error(err)
		}
	})
}

// The function itself may do the closing handshake.
func TestReceiveClosesInside(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, nil)
		p := wstest.NewPeer(t, a, websockets.RoleClient)
		p.Timeout = time.Minute
		done := make(chan error, 1)
		go func() {
			done <- c.Receive(context.Background(), func(websockets.Message) error {
				return c.CloseWith(websockets.CloseGoingAway, "bye")
			})
		}()
		p.Send(`TEXT "hello"`)
		p.Expect(`CLOSE 1001 "bye"`)
		p.Send(`CLOSE 1001`)
		p.ExpectEOF()
		if err := wait(t, "the return of Receive", done); err != nil {
			t.Error(err)
		}
	})
}

// A peer that goes away right behind its last bytes is missed soon, though the end
// of the stream came together with them.
func TestReceiveNoticesAnEndBehindBytes(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		if _, err := a.Write(appendFrame(t, nil, frame.Frame{FIN: true, Opcode: frame.OpText, Payload: []byte("last words")})); err != nil {
			t.Fatal(err)
		}
		_ = a.Close()
		c := onServer(b, &websockets.Options{PingInterval: websockets.Off})
		done := make(chan error, 1)
		got := ""
		go func() {
			done <- c.Receive(context.Background(), func(m websockets.Message) error {
				got = m.String()
				return nil
			})
		}()
		err := wait(t, "the end", done)
		if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != websockets.CloseAbnormal || got != "last words" {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestReceiveWithAFunctionThatPanics(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, &websockets.Options{CloseTimeout: websockets.Off})
		defer c.CloseNow()
		p := wstest.NewPeer(t, a, websockets.RoleClient)
		p.Send(`TEXT "one"`, `TEXT "two"`)
		closed := make(chan error, 1)
		func() {
			defer func() {
				if v := recover(); v != "oops" {
					t.Error(v)
				}
				go func() { closed <- c.Close() }()
			}()
			_ = c.Receive(within(t), func(websockets.Message) error { panic("oops") })
		}()
		// Somebody else reads on: else nobody would see the answer to our close frame.
		p.Expect(`CLOSE 1000`)
		p.Send(`CLOSE 1000`)
		p.ExpectEOF()
		wait(t, "the return of Close", closed)
		if m, err := c.Recv(within(t)); err != nil || m.String() != "two" {
			t.Error(m, err)
		}
	})
}

func TestOnMessageServes(t *testing.T) {
	for _, mounted := range []bool{false, true} {
		s := &websockets.Server{Handler: websockets.OnMessage(func(ctx context.Context, c *websockets.Conn, m websockets.Message) error {
			switch m.String() {
			case "fail":
				return errors.New("as asked")
			case "panic":
				panic("as asked")
			}
			return c.Send(ctx, m)
		})}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s.Logger = slog.New(slog.DiscardHandler)
		if mounted {
			mount := &http.Server{Handler: s}
			go func() { _ = mount.Serve(ln) }()
			defer mount.Close()
		} else {
			go func() { _ = s.Serve(ln) }()
		}
		defer s.Close()
		url := "ws://" + ln.Addr().String()
		for _, last := range []struct {
			message string
			code    websockets.CloseCode
		}{{"fail", websockets.CloseInternalError}, {"panic", websockets.CloseInternalError}} {
			c, err := websockets.Dial(within(t), url)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 100 {
				if err := c.Send(within(t), websockets.Text(fmt.Sprint(i))); err != nil {
					t.Fatal(err)
				}
			}
			i := 0
			err = c.Receive(within(t), func(m websockets.Message) error {
				if m.String() != fmt.Sprint(i) {
					return fmt.Errorf("message %d is %q", i, m)
				}
				if i++; i == 100 {
					return c.Send(within(t), websockets.Text(last.message))
				}
				return nil
			})
			if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != last.code {
				t.Errorf("%s: %v", last.message, err)
			}
		}
	}
}

func TestReceiveAllocatesNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	for _, kind := range []string{"tcp", "unix"} {
		a, b := transports(t, kind)
		c := onServer(b, &websockets.Options{PingInterval: websockets.Off})
		done := make(chan error, 1)
		go func() {
			ctx := context.Background()
			done <- c.Receive(ctx, func(m websockets.Message) error { return c.Send(ctx, m) })
		}()
		for _, size := range []int{100, 10_000} {
			out := appendFrame(t, nil, frame.Frame{FIN: true, Opcode: frame.OpBinary, Payload: bytes.Repeat([]byte{7}, size)})
			in := make([]byte, len(out)-4)
			average := testing.AllocsPerRun(500, func() {
				if _, err := a.Write(out); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(a, in); err != nil {
					t.Fatal(err)
				}
			})
			if average > 0.1 {
				t.Errorf("%s, %d bytes: %.2f allocations for each message", kind, size, average)
			}
		}
		_ = a.Close()
		<-done
	}
}
