package websockets_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
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

// testCertificate returns a certificate for a host.
func testCertificate(t *testing.T, host string, expires time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: expires.Add(-24 * time.Hour), NotAfter: expires,
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestServerTLS(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{testCertificate(t, "server.example", time.Now().Add(time.Hour))}, NextProtos: []string{"h2"}}
	state := make(chan *tls.ConnectionState, 1)
	s := &websockets.Server{Options: quiet(), TLSConfig: config, Handler: func(ctx context.Context, c *websockets.Conn) error {
		state <- c.Request().TLS
		if _, ok := c.NetConn().(*tls.Conn); !ok {
			return fmt.Errorf("transport is %T", c.NetConn())
		}
		return echoHandler(ctx, c)
	}}
	url, d := wstest.Server(t, s)
	d.Origin = "https" + strings.TrimSuffix(strings.TrimPrefix(url, "wss"), "/") // a page of the same host
	c, err := d.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), websockets.Text("hi")); err != nil {
		t.Error(err)
	}
	if m, err := c.Recv(t.Context()); err != nil || m.String() != "hi" {
		t.Errorf("got %v, %v", m, err)
	}
	if got := <-state; got == nil || got.NegotiatedProtocol != "http/1.1" || got.ServerName != "server.example" {
		t.Errorf("got %+v", got)
	}
	c.Close()
	if len(config.NextProtos) != 1 {
		t.Error("the caller's configuration was changed")
	}
	d.Origin = "http" + strings.TrimPrefix(d.Origin, "https") // the same host without TLS
	_, err = d.Dial(t.Context(), url)
	if e, ok := errors.AsType[*websockets.RejectError](err); !ok || e.Status != 403 {
		t.Errorf("got %v", err)
	}
}

func TestServerTellsPlainHTTPThatItSpeaksTLS(t *testing.T) {
	s := &websockets.Server{Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{
		Certificates: []tls.Certificate{testCertificate(t, "server.example", time.Now().Add(time.Hour))},
	}}
	url, d := wstest.Server(t, s)
	p := connect(t, "ws"+strings.TrimPrefix(url, "wss"), d)
	if _, err := p.Write(wstest.HTTP(goodRequest...)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(p.Conn()), nil)
	if err != nil || resp.StatusCode != 400 {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestServerAndDialerNeverNegotiateHTTP2(t *testing.T) {
	certificate := testCertificate(t, "server.example", time.Now().Add(time.Hour))
	both := []string{"h2", "http/1.1"}
	url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: both}})
	p := connect(t, "ws"+strings.TrimPrefix(url, "wss"), d)
	client := tls.Client(p.Conn(), &tls.Config{RootCAs: d.TLSConfig.RootCAs, ServerName: "server.example", NextProtos: both})
	if err := client.Handshake(); err != nil || client.ConnectionState().NegotiatedProtocol != "http/1.1" {
		t.Errorf("negotiated %q, %v", client.ConnectionState().NegotiatedProtocol, err)
	}

	negotiated := make(chan string, 1)
	d.TLSConfig.NextProtos = both
	d.NetDial = func(context.Context, string, string) (net.Conn, error) {
		a, b := wstest.Pipe()
		go func() {
			server := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: both})
			server.Handshake()
			negotiated <- server.ConnectionState().NegotiatedProtocol
			b.Close()
		}()
		return a, nil
	}
	d.Dial(t.Context(), "wss://server.example/")
	if got := <-negotiated; got != "http/1.1" {
		t.Errorf("negotiated %q", got)
	}
}

// A listener may speak TLS by itself, whatever the server's settings are.
func TestServerTLSByTheListener(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{testCertificate(t, "server.example", time.Now().Add(time.Hour))}}
	for _, settings := range []*tls.Config{nil, config} {
		n := new(wstest.Network)
		ln, err := n.Listen("server.example:443")
		if err != nil {
			t.Fatal(err)
		}
		s := &websockets.Server{Options: quiet(), TLSConfig: settings, Handler: func(_ context.Context, c *websockets.Conn) error {
			if c.Request().TLS == nil {
				t.Error("the request has no TLS")
			}
			return nil
		}}
		served := make(chan error)
		go func() { served <- s.Serve(uncomparable{tls.NewListener(ln, config), nil}) }()
		d := websockets.Dialer{NetDial: n.Dial, TLSConfig: &tls.Config{InsecureSkipVerify: true}}
		c, err := d.Dial(t.Context(), "wss://server.example/")
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		s.Close()
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
	}
}

// uncomparable is a listener that cannot be the key of a map.
type uncomparable struct {
	net.Listener
	_ []int
}

func TestServerTLSHandshakeMustEndInTime(t *testing.T) {
	certificate := testCertificate(t, "server.example", time.Now().Add(time.Hour))
	synctest.Test(t, func(t *testing.T) {
		url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}})
		p := connect(t, "ws"+strings.TrimPrefix(url, "wss"), d)
		p.Timeout = time.Minute
		start := time.Now()
		p.ReadAll()
		if took := time.Since(start); took != websockets.DefaultOpenTimeout {
			t.Errorf("gone after %v", took)
		}
	})
}

func TestServerShutdownInterruptsTLSHandshakes(t *testing.T) {
	certificate := testCertificate(t, "server.example", time.Now().Add(time.Hour))
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}}
		url, d := wstest.Server(t, s)
		p := connect(t, "ws"+strings.TrimPrefix(url, "wss"), d)
		synctest.Wait()
		start := time.Now()
		if err := s.Shutdown(t.Context()); err != nil || time.Since(start) > time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		p.ReadAll()
	})
}

func TestServerTLSConfigWithoutCertificateIsAnError(t *testing.T) {
	s := &websockets.Server{Handler: nothing, TLSConfig: &tls.Config{}}
	if err := s.Start("tcp", "127.0.0.1:0"); err == nil {
		s.Close()
		t.Error("no error")
	}
}
