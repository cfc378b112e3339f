package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

func TestMain(m *testing.M) { wstest.Main(m) }

// pairs runs a test on every kind of transport: in memory, TCP and Unix sockets,
// which are read and written without waiting, and TLS.
func pairs(t *testing.T, client, server *websockets.Options, test func(t *testing.T, c, s *websockets.Conn)) {
	t.Helper()
	for _, kind := range []string{"memory", "tcp", "unix", "tls"} {
		t.Run(kind, func(t *testing.T) {
			wstest.NoLeaks(t)
			a, b := transports(t, kind)
			c := websockets.NewConn(a, websockets.RoleClient, websockets.Handshake{}, client)
			s := websockets.NewConn(b, websockets.RoleServer, websockets.Handshake{}, server)
			t.Cleanup(func() {
				_ = c.CloseNow()
				_ = s.CloseNow()
			})
			test(t, c, s)
		})
	}
}

// transports returns the two ends of a connection.
func transports(t testing.TB, kind string) (client, server net.Conn) {
	t.Helper()
	switch kind {
	case "memory":
		return wstest.Pipe()
	case "tcp":
		return dialPair(t, "tcp", "127.0.0.1:0")
	case "unix":
		return dialPair(t, "unix", t.TempDir()+"/s")
	}
	a, b := dialPair(t, "tcp", "127.0.0.1:0")
	return tlsPair(t, a, b, websockets.RoleClient)
}

func dialPair(t testing.TB, network, addr string) (client, server net.Conn) {
	t.Helper()
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client, err = net.Dial(network, ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return client, server
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // only to end what hangs
	t.Cleanup(cancel)
	return ctx
}

// echo sends back what it receives until the connection ends.
func echo(c *websockets.Conn) error {
	ctx := context.Background()
	var buf []byte
	for {
		m, err := c.RecvInto(ctx, buf[:0])
		if err != nil {
			return err
		}
		buf = m.Data
		if err := c.Send(ctx, m); err != nil {
			return err
		}
	}
}

func TestEcho(t *testing.T) {
	pairs(t, nil, nil, func(t *testing.T, c, s *websockets.Conn) {
		ctx := within(t)
		done := make(chan error, 1)
		go func() { done <- echo(s) }()
		for _, size := range []int{0, 1, 125, 126, 127, 4000, 4096, 5000, 65535, 65536, 70000, 1 << 20} {
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(i * 7)
			}
			if err := c.Send(ctx, websockets.Binary(data)); err != nil {
				t.Fatalf("size %d: %v", size, err)
			}
			m, err := c.Recv(ctx)
			if err != nil {
				t.Fatalf("size %d: %v", size, err)
			}
			if m.Type != websockets.BinaryMessage || string(m.Data) != string(data) {
				t.Fatalf("size %d came back as %d other bytes", size, len(m.Data))
			}
		}
		if err := c.Send(ctx, websockets.Text("héllo 🌍")); err != nil {
			t.Fatal(err)
		}
		if m, err := c.Recv(ctx); err != nil || m.Type != websockets.TextMessage || m.String() != "héllo 🌍" {
			t.Fatalf("got %v %q, %v", m.Type, m, err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{<-done, c.Err(), s.Err()} {
			e, ok := errors.AsType[*websockets.CloseError](err)
			if !ok || e.Code != websockets.CloseNormal || e.Sent != websockets.CloseNormal || e.Err != nil {
				t.Errorf("ended with %v", err)
			}
		}
	})
}

func TestPipelinedMessagesKeepTheirOrder(t *testing.T) {
	pairs(t, nil, nil, func(t *testing.T, c, s *websockets.Conn) {
		ctx := within(t)
		const n = 20000
		go func() { _ = echo(s) }()
		sent := make(chan error, 1)
		go func() {
			for i := range n {
				if err := c.Send(ctx, websockets.Text(fmt.Sprint(i))); err != nil {
					sent <- err
					return
				}
			}
			sent <- nil
		}()
		for i := range n {
			m, err := c.Recv(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if m.String() != fmt.Sprint(i) {
				t.Fatalf("message %d is %q", i, m)
			}
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
	})
}

func TestStream(t *testing.T) {
	pairs(t, nil, nil, func(t *testing.T, c, s *websockets.Conn) {
		ctx := within(t)
		go func() {
			for i := range 20 {
				w, err := s.Writer(ctx, websockets.TextMessage)
				if err != nil {
					return
				}
				for range i {
					_, _ = io.WriteString(w, "é, 1000 times again and again and again and again")
				}
				_ = w.Close()
			}
			_ = s.Close()
		}()
		for i := range 20 {
			_, r, err := c.Reader(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if i%3 == 2 {
				continue // what is not read is skipped
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if want := i * len("é, 1000 times again and again and again and again"); len(b) != want {
				t.Fatalf("message %d has %d bytes, want %d", i, len(b), want)
			}
		}
		if _, err := c.Recv(ctx); !errors.Is(err, net.ErrClosed) {
			t.Fatal(err)
		}
	})
}
