package conformance_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/internal/race"
	"github.com/go-websockets/websockets/wstest"
)

// echo serves what every case expects of a server, and returns its URL.
func echo(t *testing.T, o websockets.Options) string {
	ln, addr := listenOn(t, nil)
	echoOn(t, ln, o)
	return "ws://" + addr + "/"
}

// echoOn serves it on a listener.
func echoOn(t *testing.T, ln net.Listener, o websockets.Options) {
	o.Logger = quiet
	s := &websockets.Server{Options: o, Handler: func(ctx context.Context, c *websockets.Conn) error {
		for {
			m, err := c.Recv(ctx)
			if err == nil {
				err = c.Send(ctx, m)
			}
			if err != nil {
				return err
			}
		}
	}}
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Close() })
}

// certificate returns settings for a server and for clients that trust it.
func certificate(t *testing.T) (server, client *tls.Config) {
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	return &tls.Config{Certificates: s.TLS.Certificates}, s.Client().Transport.(*http.Transport).TLSClientConfig
}

// everything has all cases with much data run, over ws and wss: the check of the
// name conformance sets it. Without it a few have to do.
var everything = os.Getenv("WS_CONFORMANCE") == "all"

// A setting is how our own side is set up.
type setting struct {
	name   string
	tls    bool
	plain  bool // no compression
	single bool // bytes are read and written one by one
	volume bool // the cases with much data belong to it
}

var settings = []setting{
	{name: "ws", volume: true},
	{name: "wss", tls: true, volume: true},
	{name: "without compression", plain: true},
	{name: "byte by byte", single: true},
	{name: "wss, byte by byte, without compression", tls: true, plain: true, single: true},
}

// cases returns those of a setting.
func (s setting) cases(t *testing.T) (cases []*conformance.Case) {
	each := 5
	switch {
	case everything:
		each = 1
	case race.Enabled || testing.Short():
		each = 25
	}
	for i, c := range classicalCases(t, "*") {
		if !c.Volume || s.volume && i%each == 0 {
			cases = append(cases, c)
		}
	}
	return cases
}

func (s setting) options() websockets.Options {
	return websockets.Options{MaxMessageSize: 64 << 20, DisableCompression: s.plain, Logger: quiet}
}

// A singleConn reads and writes bytes one by one; those behind the first thousands
// in small pieces, or else long messages would take their time.
type singleConn struct {
	tcp     *net.TCPConn
	in, out int // bytes so far
}

func pieceAfter(n int) int {
	if n < 5000 {
		return 1
	}
	return 61
}

func (c *singleConn) Read(p []byte) (int, error) {
	n, err := c.tcp.Read(p[:min(len(p), pieceAfter(c.in))])
	c.in += n
	return n, err
}

func (c *singleConn) Write(p []byte) (n int, err error) {
	for n < len(p) {
		m, err := c.tcp.Write(p[n:min(len(p), n+pieceAfter(c.out))])
		n += m
		c.out += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// It must not be known as a TCP connection otherwise: those are read in other ways.

func (c *singleConn) Close() error                        { return c.tcp.Close() }
func (c *singleConn) CloseWrite() error                   { return c.tcp.CloseWrite() }
func (c *singleConn) LocalAddr() net.Addr                 { return c.tcp.LocalAddr() }
func (c *singleConn) RemoteAddr() net.Addr                { return c.tcp.RemoteAddr() }
func (c *singleConn) SetDeadline(at time.Time) error      { return c.tcp.SetDeadline(at) }
func (c *singleConn) SetReadDeadline(at time.Time) error  { return c.tcp.SetReadDeadline(at) }
func (c *singleConn) SetWriteDeadline(at time.Time) error { return c.tcp.SetWriteDeadline(at) }

// A singleListener accepts such connections.
type singleListener struct{ net.Listener }

func (l singleListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &singleConn{tcp: conn.(*net.TCPConn)}, nil
}

func TestOurServer(t *testing.T) {
	wstest.NoLeaks(t)
	server, client := certificate(t)
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			ln, addr := listenOn(t, nil)
			if s.single {
				ln = singleListener{ln}
			}
			scheme := "ws://"
			if s.tls {
				ln, scheme = tls.NewListener(ln, server), "wss://"
			}
			echoOn(t, ln, s.options())
			suite := &conformance.Suite{Cases: s.cases(t), TLSConfig: client, Parallel: 8}
			report, err := suite.TestServer(t.Context(), scheme+addr+"/")
			if err != nil {
				t.Fatal(err)
			}
			allPassed(t, s, report.Agents[0].Results)
		})
	}
}

func TestOurClient(t *testing.T) {
	wstest.NoLeaks(t)
	server, client := certificate(t)
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			var config *tls.Config
			if s.tls {
				config = server
			}
			d := &websockets.Dialer{Options: s.options(), TLSConfig: client}
			if s.single {
				d.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					conn, err := new(net.Dialer).DialContext(ctx, network, addr)
					if err != nil {
						return nil, err
					}
					return &singleConn{tcp: conn.(*net.TCPConn)}, nil
				}
			}
			allPassed(t, s, testClient(t, s.cases(t), config, func(ctx context.Context, url string) { echoes(ctx, d, url) }))
		})
	}
}

// echoes connects and sends back what comes.
func echoes(ctx context.Context, d *websockets.Dialer, url string) {
	conn, err := d.Dial(ctx, url)
	if err != nil {
		return
	}
	defer conn.Close()
	for m, err := range conn.Messages(ctx) {
		if err != nil || conn.Send(ctx, m) != nil {
			return
		}
	}
}

// allPassed wants our side to be strictly right, and to compress if it may.
func allPassed(t *testing.T, s setting, results []*conformance.Result) {
	t.Helper()
	if len(results) < 247 {
		t.Errorf("there are only %d results", len(results))
	}
	judged(t, results)
	for _, r := range results {
		want := conformance.OK
		switch {
		case r.Case.ID == "7.1.6" || r.Case.ID == "7.13.1" || r.Case.ID == "7.13.2":
			want = conformance.Informational
		case s.plain && (r.Case.Family() == "12" || r.Case.Family() == "13"):
			want = conformance.Unimplemented
		}
		if r.Verdict() != want {
			t.Errorf("%s is %v, want %v: %s, %s", r.Case.ID, r.Verdict(), want, r.Reason, r.Ending)
		}
	}
}
