package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// A calls is a function for OnMessage.
type calls = func(ctx context.Context, c *websockets.Conn, m websockets.Message) error

// called is a connection whose messages f gets, and its peer.
func called(t *testing.T, kind string, o *websockets.Options, f calls) (*websockets.Conn, *wstest.Peer) {
	t.Helper()
	a, b := transports(t, kind)
	c := onServer(b, o)
	t.Cleanup(func() { _ = c.CloseNow() })
	if err := c.OnMessage(context.Background(), f, nil); err != nil {
		t.Fatal(err)
	}
	return c, wstest.NewPeer(t, a, websockets.RoleClient)
}

func echoCall(ctx context.Context, c *websockets.Conn, m websockets.Message) error {
	return c.Send(ctx, m)
}

// soon waits until something holds.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); pass(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("in vain: " + what)
		}
	}
}

// parked waits until a connection is parked, where that happens.
func parked(t *testing.T, c *websockets.Conn) {
	t.Helper()
	if websockets.CanPark {
		soon(t, "parked", func() bool { return websockets.Parked(c) })
	}
}

// onSockets runs a test on the kinds of transport whose connections are parked.
func onSockets(t *testing.T, test func(t *testing.T, kind string)) {
	for _, kind := range []string{"tcp", "unix"} {
		t.Run(kind, func(t *testing.T) {
			wstest.NoLeaks(t)
			test(t, kind)
		})
	}
}

// The context that OnMessage got ends the connection, also when it is parked.
func TestOnMessageEndsWithItsContext(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, nil)
		defer c.CloseNow()
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		if err := c.OnMessage(ctx, echoCall, func(_ *websockets.Conn, err error) { ended <- err }); err != nil {
			t.Fatal(err)
		}
		p := wstest.NewPeer(t, a, websockets.RoleClient)
		p.Send(`TEXT "hello"`)
		p.Expect(`TEXT "hello"`)
		if _, socket := b.(syscall.Conn); socket {
			parked(t, c)
		}
		cancel()
		p.Expect(`CLOSE 1001`)
		p.Send(`CLOSE 1001`)
		wait(t, "the end", c.Done())
		if err := wait(t, "the call of the end", ended); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		_ = a.Close()
	})
}

// What the function returns ends the connection as what a handler returns does.
func TestOnMessageEndsAsAHandlerDoes(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		var log lockedBuilder
		c := onServer(b, &websockets.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		defer c.CloseNow()
		err := c.OnMessage(within(t), func(_ context.Context, _ *websockets.Conn, m websockets.Message) error {
			if m.String() == "panic" {
				panic("as asked")
			}
			return &websockets.CloseError{Code: 4001, Reason: m.String()}
		}, func(*websockets.Conn, error) { panic("and at the end") })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Recv(within(t)); err != websockets.ErrConcurrentRecv {
			t.Error(err)
		}
		if err := c.OnMessage(within(t), nil, nil); err != websockets.ErrConcurrentRecv {
			t.Error(err)
		}
		p := wstest.NewPeer(t, a, websockets.RoleClient)
		word, want := "enough", `CLOSE 4001 "enough"`
		if strings.HasSuffix(t.Name(), "p") || strings.HasSuffix(t.Name(), "s") { // tcp, tls
			word, want = "panic", `CLOSE 1011`
		}
		p.Send(`TEXT "`+word+`"`, `TEXT "enough"`)
		p.Expect(want)
		p.Send(want)
		wait(t, "the end", c.Done())
		soon(t, "the call of the end", func() bool { return strings.Contains(log.String(), "and at the end") })
		if got := log.String(); strings.Contains(got, "as asked") != (word == "panic") {
			t.Errorf("logged: %s", got)
		}
		_ = a.Close()
	})
}

// A server's connection goes on after its handler, and Shutdown waits for the function.
func TestServerOutlivesItsHandlers(t *testing.T) {
	for _, mounted := range []bool{false, true} {
		wstest.NoLeaks(t)
		returned, entered, leave := make(chan *websockets.Conn, 1), make(chan struct{}), make(chan struct{})
		s := &websockets.Server{Handler: func(ctx context.Context, c *websockets.Conn) error {
			defer func() { returned <- c }()
			return c.OnMessage(ctx, func(ctx context.Context, c *websockets.Conn, m websockets.Message) error {
				if m.String() == "block" {
					close(entered)
					<-leave
				}
				return c.Send(ctx, m)
			}, nil)
		}}
		url := serving(t, s, mounted)
		c, err := websockets.Dial(within(t), url)
		if err != nil {
			t.Fatal(err)
		}
		server := wait(t, "the handler's return", returned)
		for range 2 {
			if err := c.Send(within(t), websockets.Text("hello")); err != nil {
				t.Fatal(err)
			}
			if m, err := c.Recv(within(t)); err != nil || m.String() != "hello" {
				t.Fatal(m, err)
			}
			parked(t, server)
		}
		if err := c.Send(within(t), websockets.Text("block")); err != nil {
			t.Fatal(err)
		}
		wait(t, "the call", entered)
		stopped := make(chan error, 1)
		go func() { stopped <- s.Shutdown(within(t)) }()
		if _, err := c.Recv(within(t)); closeError(t, err).Code != websockets.CloseGoingAway {
			t.Error(err)
		}
		wait(t, "the end", server.Done())
		select {
		case err := <-stopped:
			t.Error("Shutdown has returned before the function:", err)
		case <-time.After(50 * time.Millisecond):
		}
		close(leave)
		if err := wait(t, "the return of Shutdown", stopped); err != nil {
			t.Error(err)
		}
	}
}

// serving starts a server on a port of its own, and returns its URL.
func serving(t *testing.T, s *websockets.Server, mounted bool) string {
	t.Helper()
	if mounted {
		mount := httptest.NewServer(s)
		t.Cleanup(mount.Close)
		return "ws" + strings.TrimPrefix(mount.URL, "http")
	}
	if err := s.Start("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return "ws://" + s.Addrs()[0].String()
}

// What a handler returns behind OnMessage closes the connection if it is an error.
func TestHandlerFailsBehindOnMessage(t *testing.T) {
	wstest.NoLeaks(t)
	s := &websockets.Server{Handler: func(ctx context.Context, c *websockets.Conn) error {
		if err := c.OnMessage(ctx, echoCall, nil); err != nil {
			return err
		}
		return &websockets.CloseError{Code: 4002}
	}}
	c, err := websockets.Dial(within(t), serving(t, s, false))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Recv(within(t)); closeError(t, err).Code != 4002 {
		t.Error(err)
	}
	if err := s.Shutdown(within(t)); err != nil {
		t.Error(err)
	}
}

// An http.Handler may leave a connection to OnMessage and return.
func TestUpgradedConnectionOutlivesItsHTTPHandler(t *testing.T) {
	wstest.NoLeaks(t)
	var s websockets.Server
	server := make(chan *websockets.Conn, 1)
	mount := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := s.Upgrade(w, r)
		if err == nil {
			err = c.OnMessage(context.Background(), echoCall, nil)
			server <- c
		}
		if err != nil {
			t.Error(err)
		}
	}))
	defer mount.Close()
	c, err := websockets.Dial(within(t), "ws"+strings.TrimPrefix(mount.URL, "http"))
	if err != nil {
		t.Fatal(err)
	}
	upgraded := wait(t, "the connection", server)
	for range 2 {
		if err := c.Send(within(t), websockets.Text("hello")); err != nil {
			t.Fatal(err)
		}
		if m, err := c.Recv(within(t)); err != nil || m.String() != "hello" {
			t.Fatal(m, err)
		}
		parked(t, upgraded)
	}
	_ = c.Close()
	if err := s.Shutdown(within(t)); err != nil {
		t.Error(err)
	}
}

type lockedBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuilder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuilder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// What came before the end is handed over before the function for the end is called, how
// long ever that takes.
func TestOnMessageEndsBehindTheLastMessage(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, nil)
		defer c.CloseNow()
		leave, ended := make(chan struct{}), make(chan error, 1)
		var got []string
		err := c.OnMessage(within(t), func(_ context.Context, _ *websockets.Conn, m websockets.Message) error {
			<-leave
			got = append(got, m.String())
			return nil
		}, func(conn *websockets.Conn, err error) {
			if conn.Err() == nil || fmt.Sprint(got) != "[one two three]" {
				t.Errorf("called after %q, %v", got, conn.Err())
			}
			ended <- err
		})
		if err != nil {
			t.Fatal(err)
		}
		p := wstest.NewPeer(t, a, websockets.RoleClient)
		p.Send(`TEXT "one"`, `TEXT "two"`, `TEXT "three"`, `CLOSE 1000`)
		p.Expect(`CLOSE 1000`)
		wait(t, "the end", c.Done())
		close(leave)
		if err := wait(t, "the call of the end", ended); err != nil {
			t.Error(err)
		}
		_ = a.Close()
	})
}
