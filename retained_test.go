package websockets_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
)

// retains waits until a connection retains as much as it should.
func retains(t *testing.T, when string, c *websockets.Conn, least, most int) {
	t.Helper()
	n := -1
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); <-time.After(time.Millisecond) {
		if n = c.Retained(); n >= least && n <= most {
			return
		}
	}
	t.Errorf("%s: %d bytes are retained, want %d to %d", when, n, least, most)
}

// frames are what a client sends, masked with a key of zeros.
func frames(list ...frame.Frame) (b []byte) {
	for _, f := range list {
		h := f.Header()
		h.Masked = true
		b = append(frame.AppendHeader(b, h), f.Payload...)
	}
	return b
}

func put(t *testing.T, to net.Conn, b []byte) {
	t.Helper()
	if _, err := to.Write(b); err != nil {
		t.Fatal(err)
	}
}

// What comes in is counted while it is there, in whatever state it is, and whoever
// reads: the application in Recv or in Receive, or nobody.
func TestRetainedOfWhatComesIn(t *testing.T) {
	whole := frames(frame.Frame{FIN: true, Opcode: frame.OpBinary, Payload: make([]byte, 100_000)})
	receivers := map[string]func(c *websockets.Conn, got chan<- int) error{
		"Recv": func(c *websockets.Conn, got chan<- int) error {
			for {
				m, err := c.Recv(context.Background())
				if err != nil {
					return err
				}
				got <- len(m.Data)
			}
		},
		"Receive": func(c *websockets.Conn, got chan<- int) error {
			return c.Receive(context.Background(), func(m websockets.Message) error {
				got <- len(m.Data)
				return nil
			})
		},
	}
	for name, receive := range receivers {
		t.Run(name, func(t *testing.T) {
			onTransports(t, func(t *testing.T, a, b net.Conn) {
				c := onServer(b, nil)
				defer c.CloseNow()
				got, ended := make(chan int, 1), make(chan error, 1)
				go func() { ended <- receive(c, got) }()
				retains(t, "at first", c, 0, 0)
				put(t, a, whole[:3])
				retains(t, "with a part of a header", c, 64, 64<<10)
				put(t, a, whole[3:50_000])
				retains(t, "with half a message", c, 40_000, 200_000)
				put(t, a, whole[50_000:])
				if n := wait(t, "the message", got); n != 100_000 {
					t.Errorf("received %d bytes", n)
				}
				retains(t, "behind it", c, 0, 0)
				put(t, a, whole[:50_000])
				retains(t, "with half a message again", c, 40_000, 200_000)
				_ = a.Close()
				wait(t, "the end", ended)
				retains(t, "at the end", c, 0, 0)
			})
		})
	}
	t.Run("nobody", func(t *testing.T) {
		onTransports(t, func(t *testing.T, a, b net.Conn) {
			c := onServer(b, nil)
			defer c.CloseNow()
			for range 3 {
				put(t, a, whole)
			}
			put(t, a, whole[:50_000])
			retains(t, "with a queue", c, 340_000, 800_000)
			for range 3 {
				if _, err := c.Recv(within(t)); err != nil {
					t.Fatal(err)
				}
			}
			retains(t, "with half a message", c, 40_000, 200_000)
			put(t, a, whole[50_000:])
			if _, err := c.Recv(within(t)); err != nil {
				t.Fatal(err)
			}
			retains(t, "behind it", c, 0, 0)
		})
	})
}

// What a Reader is ahead by is counted.
func TestRetainedOfAStream(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, nil)
		defer c.CloseNow()
		put(t, a, frames(frame.Frame{Opcode: frame.OpBinary, Payload: make([]byte, 40_000)}))
		_, r, err := c.Reader(within(t))
		if err != nil {
			t.Fatal(err)
		}
		retains(t, "unread", c, 40_000, 200_000)
		put(t, a, frames(frame.Frame{FIN: true, Opcode: frame.OpContinuation}))
		if _, err = io.Copy(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		retains(t, "read", c, 0, 0)
	})
}

// What waits to be written is counted, whoever writes it.
func TestRetainedOfWhatGoesOut(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, &websockets.Options{PingInterval: websockets.Off})
		defer c.CloseNow()
		ctx, cancel := context.WithCancel(within(t))
		sent := make(chan error, 1)
		go func() {
			for {
				if err := c.Send(ctx, websockets.Binary(make([]byte, 1000))); err != nil {
					sent <- err
					return
				}
			}
		}()
		const limit = websockets.DefaultWriteLimit
		retains(t, "unread by the peer", c, limit/2, 4*limit)
		put(t, a, frames(frame.Frame{FIN: true, Opcode: frame.OpPing, Payload: make([]byte, 125)}))
		retains(t, "with a pong", c, limit/2, 4*limit)
		go func() { _, _ = io.Copy(io.Discard, a) }()
		cancel()
		wait(t, "the last Send", sent)
		retains(t, "read by the peer", c, 0, 0)
		for range 10 {
			if _, err := c.Ping(within(t), nil); err != nil {
				t.Fatal(err)
			}
		}
		retains(t, "with pings", c, 10*64, 10*512)
	})
}

// Windows and a decompressor at work are counted.
func TestRetainedOfCompression(t *testing.T) {
	message := []byte(prose(4000))
	payload := compressedBytes(t, message)
	half := len(payload) / 2
	for _, tt := range []struct {
		agreed      string
		least, most int // between messages, in each direction
	}{
		{"server_max_window_bits=12; client_max_window_bits=12", 4 << 10, 8 << 10},
		{"server_no_context_takeover; client_no_context_takeover", 0, 0},
	} {
		onTransports(t, func(t *testing.T, a, b net.Conn) {
			c := websockets.NewConn(b, websockets.RoleServer, websockets.Handshake{
				Extensions: []extension.Extension{deflateAs(t, websockets.RoleServer, tt.agreed)},
			}, nil)
			defer c.CloseNow()
			go func() { _, _ = io.Copy(io.Discard, a) }()
			received := make(chan []byte, 1)
			go func() {
				m, _ := c.Recv(context.Background())
				received <- m.Data
				_, _ = c.Recv(context.Background())
			}()
			put(t, a, frames(frame.Frame{Opcode: frame.OpText, RSV1: true, Payload: payload[:half]}))
			retains(t, "in the middle of "+tt.agreed, c, 4000, 30_000)
			put(t, a, frames(frame.Frame{FIN: true, Opcode: frame.OpContinuation, Payload: payload[half:]}))
			if got := wait(t, "the message", received); !bytes.Equal(got, message) {
				t.Error("received something else")
			}
			retains(t, "received with "+tt.agreed, c, tt.least, tt.most)
			if err := c.Send(within(t), websockets.Text(string(message))); err != nil {
				t.Fatal(err)
			}
			retains(t, "sent with "+tt.agreed, c, 2*tt.least, 2*tt.most)
		})
	}
}

// The headers of the opening handshake stay, and are counted.
func TestRetainedOfHeaders(t *testing.T) {
	long := strings.Repeat("x", 5000)
	_, b := transports(t, "memory")
	c := websockets.NewConn(b, websockets.RoleServer, websockets.Handshake{
		Request:  &http.Request{RequestURI: "/" + long, Header: http.Header{"A": {long, long}}},
		Response: &http.Response{Header: http.Header{"B": {long}}},
	}, nil)
	defer c.CloseNow()
	retains(t, "with headers", c, 20_000, 21_000)
}

// Nobody who sends or receives is disturbed by who looks.
func TestRetainedAtAnyTime(t *testing.T) {
	pairs(t, nil, nil, func(t *testing.T, c, s *websockets.Conn) {
		go func() { _ = echo(s) }()
		over, looked := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(looked)
			for {
				select {
				case <-over:
					return
				default:
					_, _ = c.Retained(), s.Retained()
				}
			}
		}()
		ctx := within(t)
		for range 20 {
			for i := range 10 {
				if err := c.Send(ctx, websockets.Binary(bytes.Repeat([]byte{byte(i)}, 1000*i))); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 10 {
				m, err := c.Recv(ctx)
				if err != nil || len(m.Data) != 1000*i || len(bytes.Trim(m.Data, string(rune(i)))) > 0 {
					t.Fatal(i, len(m.Data), err)
				}
			}
		}
		close(over)
		<-looked
	})
}
