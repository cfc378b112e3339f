package websockets_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// failures is a listener whose Accept returns errors.
type failures struct {
	err    error
	mu     sync.Mutex
	calls  []time.Time
	closed chan struct{}
	more   int // errors before the last call blocks
	good   int // the number of the call that succeeds, 0 for none
}

func (l *failures) Accept() (net.Conn, error) {
	l.mu.Lock()
	l.calls = append(l.calls, time.Now())
	n := len(l.calls)
	l.mu.Unlock()
	if n == l.good {
		_, server := wstest.Pipe()
		server.Close()
		return server, nil
	}
	if n > l.more {
		<-l.closed
		return nil, net.ErrClosed
	}
	return nil, &net.OpError{Op: "accept", Net: "mem", Err: l.err}
}

func (l *failures) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (l *failures) Addr() net.Addr { return wstest.Addr("fails:80") }

func TestServerWaitsOutFailuresToAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log records
		s := &websockets.Server{Options: websockets.Options{Logger: log.logger()}, Handler: nothing}
		ln := &failures{err: syscall.EMFILE, more: 30, good: 20, closed: make(chan struct{})}
		served := make(chan error)
		go func() { served <- s.Serve(ln) }()
		pass(time.Minute)
		s.Close()
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
		var waits []time.Duration
		for i := range ln.calls[1:] {
			waits = append(waits, ln.calls[i+1].Sub(ln.calls[i]))
		}
		if len(waits) != 30 || waits[0] != 5*time.Millisecond || waits[1] != 10*time.Millisecond || waits[18] != time.Second ||
			waits[19] != 0 || waits[20] != 5*time.Millisecond {
			t.Errorf("waited %v", waits)
		}
		if n := strings.Count(log.String(), "\n"); n < 2 || n > 20 || !strings.Contains(log.String(), "too many open files") {
			t.Errorf("logged %d lines: %s", n, log.String())
		}
	})
}

func TestServerStopsWhileItWaitsToAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: quiet(), Handler: nothing}
		ln := &failures{err: syscall.EMFILE, more: 1000, closed: make(chan struct{})}
		served := make(chan error)
		go func() { served <- s.Serve(ln) }()
		pass(10 * time.Second)
		start := time.Now()
		s.Close()
		if err := <-served; err != http.ErrServerClosed || time.Since(start) > 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestServerReturnsAFailureToAcceptThatLasts(t *testing.T) {
	s := &websockets.Server{Options: quiet(), Handler: nothing}
	ln := &failures{err: syscall.EBADF, more: 1000, closed: make(chan struct{})}
	err := s.Serve(ln)
	if !errors.Is(err, syscall.EBADF) || !strings.HasPrefix(err.Error(), "websockets: accept") || len(ln.calls) != 1 {
		t.Errorf("got %v after %d calls", err, len(ln.calls))
	}
	select {
	case <-ln.closed:
	default:
		t.Error("listener not closed")
	}
	if s.Addrs() != nil {
		t.Errorf("listening on %v", s.Addrs())
	}
}

func TestServerHasSeveralListeners(t *testing.T) {
	wstest.NoLeaks(t)
	s := &websockets.Server{Options: quiet(), Handler: echoHandler}
	for range 2 {
		if err := s.Start("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	addrs := s.Addrs()
	if len(addrs) != 2 || addrs[0].String() == addrs[1].String() {
		t.Fatalf("listening on %v", addrs)
	}
	if err := s.Start("tcp", addrs[0].String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v", err)
	}
	for _, addr := range addrs {
		c, err := websockets.Dial(t.Context(), "ws://"+addr.String())
		if err != nil {
			t.Fatal(err)
		}
		if c.LocalAddr().String() == "" || c.RemoteAddr().String() != addr.String() {
			t.Errorf("from %v to %v", c.LocalAddr(), c.RemoteAddr())
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// A peer has OpenTimeout for all of the opening handshake, however it spends it.
func TestServerSlowPeersAreGoneAfterOpenTimeout(t *testing.T) {
	request := string(wstest.HTTP(goodRequest...))
	for name, play := range map[string]func(net.Conn){
		"mute": func(net.Conn) {},
		"a byte a second": func(c net.Conn) {
			for i := range request {
				pass(time.Second)
				if _, err := c.Write([]byte{request[i]}); err != nil {
					return
				}
			}
		},
		"endless headers": func(c net.Conn) {
			c.Write([]byte("GET / HTTP/1.1\r\n"))
			for {
				pass(time.Second)
				if _, err := c.Write([]byte("A: b\r\n")); err != nil {
					return
				}
			}
		},
		"does not read a refusal": func(c net.Conn) {
			pass(9 * time.Second)
			c.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		},
		"does not read the response": func(c net.Conn) { c.Write([]byte(request)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan time.Time, 1)
				n := &wstest.Network{Window: wstest.Rendezvous}
				ln, err := n.Listen("server.example:80")
				if err != nil {
					t.Fatal(err)
				}
				s := &websockets.Server{Options: quiet(), Handler: func(context.Context, *websockets.Conn) error {
					t.Error("reached the handler")
					return nil
				}}
				go s.Serve(watched{ln, ended})
				start := time.Now()
				c, err := n.Dial(t.Context(), "tcp", "server.example:80")
				if err != nil {
					t.Fatal(err)
				}
				var client sync.WaitGroup
				client.Go(func() { play(c) })
				defer client.Wait()
				end := <-ended
				if took := end.Sub(start); took != 10*time.Second {
					t.Errorf("gone after %v", took)
				}
				c.Close()
				if err := s.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// watched is a listener that tells when a connection it has accepted is closed.
type watched struct {
	net.Listener
	ended chan time.Time
}

func (l watched) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &watchedConn{Conn: c, ended: l.ended}, err
}

type watchedConn struct {
	net.Conn
	ended chan time.Time
	once  sync.Once
}

func (c *watchedConn) Close() error {
	c.once.Do(func() { c.ended <- time.Now() })
	return c.Conn.Close()
}

func TestServerOpenTimeoutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet()
		o.OpenTimeout = websockets.Off
		url, d := wstest.Server(t, &websockets.Server{Options: o, Handler: nothing})
		p := connect(t, url, d)
		p.Timeout = 2 * time.Hour
		pass(time.Hour)
		p.ClientHandshake("/")
		p.Expect("CLOSE 1000")
	})
}

func TestServerDeadlineOfTheHandshakeDoesNotReachTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet()
		o.PingInterval = websockets.Off
		url, d := wstest.Server(t, &websockets.Server{Options: o, Handler: echoHandler})
		p := connect(t, url, d)
		p.Timeout = time.Hour
		p.ClientHandshake("/")
		pass(time.Minute)
		p.Send(`TEXT "late"`)
		p.Expect(`TEXT "late"`)
	})
}
