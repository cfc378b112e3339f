package websockets_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

func TestWriterSendsFragments(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		w, err := c.Writer(ctx, websockets.TextMessage)
		if err != nil {
			t.Fatal(err)
		}
		other := make(chan error, 1)
		go func() { other <- c.Send(ctx, websockets.Text("another message")) }()
		for _, s := range []string{"h\xc3", "", "\xa9llo ", "\xf0\x9f", "\x8c", "\x8d"} {
			if n, err := io.WriteString(w, s); n != len(s) || err != nil {
				t.Fatal(n, err)
			}
		}
		if _, err := c.Ping(ctx, []byte("between")); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for _, want := range []frame.Frame{
			{Opcode: frame.OpText, Payload: []byte("h\xc3")},
			{Payload: []byte("\xa9llo ")},
			{Payload: []byte("\xf0\x9f")},
			{Payload: []byte("\x8c")},
			{Payload: []byte("\x8d")},
			{FIN: true, Opcode: frame.OpPing, Payload: []byte("between")},
			{FIN: true},
			{FIN: true, Opcode: frame.OpText, Payload: []byte("another message")},
		} {
			l, err := p.Recv()
			if err != nil || l.Frame.String() != want.String() {
				t.Fatalf("got %v, %v, want %v", l, err, want)
			}
		}
		if err := <-other; err != nil {
			t.Error(err)
		}
		if _, err := w.Write([]byte("x")); !errors.Is(err, websockets.ErrState) {
			t.Errorf("Write after Close: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

func TestEmptyWriterSendsAnEmptyMessage(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		w, err := c.Writer(context.Background(), websockets.BinaryMessage)
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		p.Expect("BINARY")
	})
}

// A message that cannot be finished must not block the others for ever.
func TestAbandonedWriterFailsTheConnection(t *testing.T) {
	for _, tt := range []struct {
		name    string
		abandon func(w io.WriteCloser, cancel context.CancelFunc) error
	}{
		{"bad text", func(w io.WriteCloser, _ context.CancelFunc) error { return second(w.Write([]byte("\xff"))) }},
		{"bad continuation", func(w io.WriteCloser, _ context.CancelFunc) error {
			_, _ = w.Write([]byte("\xc3"))
			return second(w.Write([]byte("x")))
		}},
		{"half a character at the end", func(w io.WriteCloser, _ context.CancelFunc) error {
			_, _ = w.Write([]byte("\xe2\x82"))
			return w.Close()
		}},
		{"context", func(w io.WriteCloser, cancel context.CancelFunc) error {
			cancel()
			var err error
			for err == nil { // until WriteLimit
				_, err = w.Write(make([]byte, 1000))
			}
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bothRoles(t, &websockets.Options{WriteLimit: 100_000}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				w, err := c.Writer(ctx, websockets.TextMessage)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := w.Write([]byte("begun")); err != nil {
					t.Fatal(err)
				}
				failed := tt.abandon(w, cancel)
				if failed == nil {
					t.Fatal("no error")
				}
				if err := w.Close(); err != failed {
					t.Errorf("Close: %v, want %v", err, failed)
				}
				for {
					l, err := p.Recv()
					if err != nil {
						t.Fatal(err)
					}
					if l.Frame.FIN {
						code, _, _ := frame.ParseClose(l.Frame.Payload)
						if l.Frame.Opcode != frame.OpClose || code != websockets.CloseInternalError {
							t.Errorf("got %v", l)
						}
						break
					}
				}
				_ = p.Close()
				<-c.Done()
				if e := closeError(t, c.Err()); e.Sent != websockets.CloseInternalError || !errors.Is(e, failed) {
					t.Errorf("ended with %v", e)
				}
			})
		})
	}
}

// Before its first frame a message can be given up at no cost.
func TestUnusedWriterGivesTheTurnBack(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		w, err := c.Writer(context.Background(), websockets.TextMessage)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("\xff")); err == nil {
			t.Fatal("no error")
		}
		if err := c.Send(context.Background(), websockets.Text("next")); err != nil {
			t.Fatal(err)
		}
		p.Expect(`TEXT "next"`)
	})
}

// What is sent with a context that has ended is not sent, though there is room.
func TestSendWithAnEndedContext(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if err := c.Send(ended, websockets.Text("no")); !errors.Is(err, context.Canceled) {
			t.Errorf("Send: %v", err)
		}
		if _, err := c.Ping(ended, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("Ping: %v", err)
		}
		if _, err := c.Writer(ended, websockets.TextMessage); !errors.Is(err, context.Canceled) {
			t.Errorf("Writer: %v", err)
		}
		if err := c.Send(context.Background(), websockets.Text("yes")); err != nil {
			t.Error(err)
		}
		p.Expect(`TEXT "yes"`)
		// A message that has begun can be finished.
		ctx, cancel := context.WithCancel(context.Background())
		w, err := c.Writer(ctx, websockets.TextMessage)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte("one"))
		cancel()
		_, _ = w.Write([]byte("two"))
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		for _, want := range []frame.Frame{
			{Opcode: frame.OpText, Payload: []byte("one")},
			{Payload: []byte("two")},
			{FIN: true},
		} {
			l, err := p.Recv()
			if err != nil || l.Frame.String() != want.String() {
				t.Fatalf("got %v, %v, want %v", l, err, want)
			}
		}
	})
}
