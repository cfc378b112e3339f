package websockets_test

import (
	"bytes"
	"context"
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

func TestMessagesEndsWithoutErrorWhenClosedNormally(t *testing.T) {
	for _, tt := range []struct {
		end  string
		code websockets.CloseCode // of the error that the loop yields; 0: none
	}{
		{"CLOSE 1000", 0},
		{"CLOSE 1001", 0},
		{"CLOSE", 0},
		{"CLOSE 1011", 1011},
		{"CLOSE 4000", 4000},
		{"EOF", 1006},
	} {
		bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
			p.Send(`TEXT "1"`, `TEXT "2"`, tt.end)
			_ = p.Close()
			var got []string
			var failed error
			for m, err := range c.Messages(context.Background()) {
				if err != nil {
					failed = err
					continue
				}
				got = append(got, m.String())
			}
			if fmt.Sprint(got) != "[1 2]" {
				t.Errorf("%s: got %v", tt.end, got)
			}
			if tt.code == 0 && failed != nil || tt.code != 0 && closeError(t, failed).Code != tt.code {
				t.Errorf("%s: %v", tt.end, failed)
			}
		})
	}
}

func TestMessagesCanBeLeftAndTakenUp(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`TEXT "1"`, `TEXT "2"`)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		for m := range c.Messages(ctx) {
			if m.String() == "1" {
				break
			}
		}
		var failed error
		for m, err := range c.Messages(ctx) {
			if failed = err; err == nil && m.String() != "2" {
				t.Errorf("got %q", m)
			}
		}
		if !errors.Is(failed, context.DeadlineExceeded) {
			t.Errorf("ended with %v", failed)
		}
	})
}

func TestRecvIntoAppends(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		buf := make([]byte, 0, 100)
		p.Send(`TEXT "one"`)
		m, err := c.RecvInto(ctx, buf)
		if err != nil || m.String() != "one" || &m.Data[0] != &buf[:1][0] {
			t.Fatalf("got %q, %v, in other memory", m, err)
		}
		p.Send(`TEXT "tw" more`)
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := c.RecvInto(short, buf); err == nil {
			t.Fatal("half a message was returned")
		}
		copy(buf[:100], strings.Repeat("overwritten", 10)) // buf belongs to the caller again
		p.Send(`CONT "o" fin`)
		if m, err = c.RecvInto(ctx, append(buf[:0], "> "...)); err != nil || m.String() != "> two" {
			t.Errorf("got %q, %v", m, err)
		}
	})
}

// Text fails at the first byte that cannot be UTF-8, although its frame goes on.
func TestInvalidUTF8FailsAtOnce(t *testing.T) {
	for _, tt := range []struct{ name, send string }{
		{"first byte", `TEXT FF length=100`},
		{"inside a character", `TEXT "a" ED A0 length=100`},
		{"in a fragment", `TEXT "a" F4 90 more`},
		{"cut by a fragment", `TEXT "a" E2 82 more` + "\n" + `CONT "x" length=50 more`},
		{"at the end", `TEXT "a" E2 82`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
				p.Send(strings.Split(tt.send, "\n")...)
				start := time.Now()
				p.Expect("CLOSE 1007 ...")
				if took := time.Since(start); took > 100*time.Millisecond {
					t.Errorf("noticed after %v", took)
				}
				_ = p.Close()
				_, err := c.Recv(context.Background())
				if e, ok := errors.AsType[*websockets.ProtocolError](err); !ok || e.Code != websockets.CloseInvalidPayload {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

func TestStreamDelivers(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		p.Send(`TEXT "hel" more`)
		kind, r, err := c.Reader(ctx)
		if err != nil || kind != websockets.TextMessage {
			t.Fatal(kind, err)
		}
		buf := make([]byte, 2)
		read := func() string {
			n, err := r.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			return string(buf[:n])
		}
		if got := read() + read(); got != "hel" { // what has arrived, before the rest has
			t.Errorf("got %q", got)
		}
		if n, err := r.Read(nil); n != 0 || err != nil {
			t.Errorf("empty Read: %d, %v", n, err)
		}
		p.Send(`PING`)
		p.Expect(`PONG`) // nobody reads now
		p.Send(`CONT more`, `CONT "lo" fin`, `TEXT "next"`)
		rest, err := io.ReadAll(r)
		if string(rest) != "lo" || err != nil {
			t.Errorf("the rest is %q, %v", rest, err)
		}
		if _, err := r.Read(buf); err != io.EOF {
			t.Errorf("after the end: %v", err)
		}
		if m, err := c.Recv(ctx); err != nil || m.String() != "next" {
			t.Errorf("got %q, %v", m, err)
		}
		if _, err := r.Read(buf); err != io.EOF {
			t.Errorf("after the next message: %v", err)
		}
	})
}

func TestStreamOfQueuedMessages(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`BINARY 01 02`, `TEXT "part" more`)
		pass(time.Second) // the standby has both
		_, r, err := c.Reader(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, []byte{1, 2}) {
			t.Errorf("got %q, %v", b, err)
		}
		_, r, err = c.Reader(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		p.Send(`CONT "ly" fin`)
		if b, err := io.ReadAll(r); err != nil || string(b) != "partly" {
			t.Errorf("got %q, %v", b, err)
		}
	})
}

func TestAbandonedStreamIsSkipped(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		p.Send(`TEXT "one" more`)
		_, old, err := c.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		p.Send(`CONT "more" more`, `CONT "of it" fin`, `TEXT "two" more`)
		_, r, err := c.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := old.Read(make([]byte, 9)); !errors.Is(err, websockets.ErrState) {
			t.Errorf("the old stream: %v", err)
		}
		p.Send(`CONT "!" fin`, `TEXT "three"`)
		if b, err := io.ReadAll(r); err != nil || string(b) != "two!" {
			t.Errorf("got %q, %v", b, err)
		}
		if m, err := c.Recv(ctx); err != nil || m.String() != "three" {
			t.Errorf("got %q, %v", m, err)
		}
	})
}

func TestStreamFails(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		p.Send(`TEXT "hel" more`)
		_, r, err := c.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); string(b) != "hel" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %q, %v", b, err)
		}
		if _, _, err := c.Reader(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Reader: %v", err)
		}
		p.Send(`TEXT "inside"`)
		p.Expect("CLOSE 1002 ...")
		_ = p.Close()
		if _, _, err := c.Reader(context.Background()); closeError(t, err).Sent != websockets.CloseProtocolError {
			t.Errorf("Reader: %v", err)
		}
	})
}

// Every message may be cut into fragments and segments anywhere.
func TestEveryCut(t *testing.T) {
	const text = "aé€🌍z"
	for _, role := range []websockets.Role{websockets.RoleServer, websockets.RoleClient} {
		synctest.Test(t, func(t *testing.T) {
			a, b := wstest.Pipe()
			c := websockets.NewConn(a, role, websockets.Handshake{}, nil)
			defer c.CloseNow()
			o := frame.WriteOptions{Masked: role == websockets.RoleServer, MaskingKey: [4]byte{9, 8, 7, 6}}
			for i := range len(text) + 1 {
				for j := i; j <= len(text); j++ {
					var wire []byte
					for _, f := range []frame.Frame{
						{Opcode: frame.OpText, Payload: []byte(text[:i])},
						{Payload: []byte(text[i:j])},
						{FIN: true, Payload: []byte(text[j:])},
					} {
						wire, _ = f.Append(wire, o)
					}
					b.Out().Split(1 + i%3)
					_, _ = b.Write(wire)
					if m, err := c.Recv(context.Background()); err != nil || m.String() != text {
						t.Fatalf("cut at %d and %d: got %q, %v", i, j, m, err)
					}
				}
			}
		})
	}
}

// Whatever a peer sends, nothing panics, texts are UTF-8, messages are within the
// limit, and the connection ends.
func FuzzConn(f *testing.F) {
	f.Add([]byte("\x81\x85\x00\x00\x00\x00hello\x88\x80\x00\x00\x00\x00"), true)
	f.Add([]byte("\x01\x01a\x89\x00\x80\x01b\x88\x02\x03\xe8"), false)
	f.Add([]byte("\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00"), false)
	f.Add([]byte("\x81\x02\xed\xa0"), false)
	f.Fuzz(func(t *testing.T, wire []byte, server bool) {
		role := websockets.RoleClient
		if server {
			role = websockets.RoleServer
		}
		a, b := (&wstest.Network{Window: 1 << 20}).Pipe()
		const limit = 200
		c := websockets.NewConn(a, role, websockets.Handshake{}, &websockets.Options{MaxMessageSize: limit, CloseTimeout: 5 * time.Second})
		_, _ = b.Write(wire)
		_ = b.CloseWrite()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		for {
			m, err := c.Recv(ctx)
			if err != nil {
				if e := closeError(t, err); e != c.Err() {
					t.Fatalf("%v is not the final error", err)
				}
				break
			}
			if len(m.Data) > limit || m.Type == websockets.TextMessage && !bytes.Equal(bytes.ToValidUTF8(m.Data, nil), m.Data) {
				t.Fatalf("received %v %q", m.Type, m.Data)
			}
		}
		_ = b.Close()
	})
}
