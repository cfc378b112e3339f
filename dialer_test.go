package websockets_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/wstest"
)

// A played server plays one function for each connection, after it has read the
// request.
type played struct {
	net      wstest.Network
	mu       sync.Mutex
	requests []string // as they came in
	wg       sync.WaitGroup
}

// playServer listens on the hosts and plays the server with each connection. The
// connection is closed when play returns.
func playServer(t *testing.T, play func(c net.Conn, r *http.Request), hosts ...string) *played {
	t.Helper()
	s := new(played)
	t.Cleanup(s.wg.Wait)
	if len(hosts) == 0 {
		hosts = []string{"server.example:80"}
	}
	for _, host := range hosts {
		ln, err := s.net.Listen(host)
		if err != nil {
			t.Fatal(err)
		}
		s.wg.Go(func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				s.wg.Go(func() {
					defer c.Close()
					if r := s.request(t, c); r != nil {
						play(c, r)
					}
				})
			}
		})
		t.Cleanup(func() { ln.Close() })
	}
	return s
}

// request reads a request byte by byte, so that what follows is not lost.
func (s *played) request(t *testing.T, c net.Conn) *http.Request {
	var raw []byte
	for b := make([]byte, 1); !bytes.HasSuffix(raw, []byte("\r\n\r\n")); {
		if _, err := c.Read(b); err != nil {
			return nil
		}
		raw = append(raw, b[0])
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Errorf("request %q: %v", raw, err)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, string(raw))
	return r
}

// accepted returns a response that accepts a request, with more lines.
func accepted(r *http.Request, more ...string) []byte {
	return wstest.HTTP(append([]string{
		"HTTP/1.1 101 Switching Protocols",
		"Upgrade: websocket",
		"Connection: Upgrade",
		"Sec-WebSocket-Accept: " + handshake.AcceptKey(r.Header.Get("Sec-WebSocket-Key")),
	}, more...)...)
}

func accept(c net.Conn, r *http.Request) {
	c.Write(accepted(r))
	io.Copy(io.Discard, c)
}

func TestDialRequestsOnTheWire(t *testing.T) {
	const keyLine = "Sec-WebSocket-Key: "
	for url, want := range map[string][2]string{
		"ws://server.example":                        {"/", "server.example"},
		"WS://SERVER.example/":                       {"/", "server.example"},
		"ws://server.example:80/a":                   {"/a", "server.example"},
		"ws://server.example:8080/a/b?c=d&e=%20":     {"/a/b?c=d&e=%20", "server.example:8080"},
		"ws://server.example?x":                      {"/?x", "server.example"},
		"ws://server.example/é?ü":                    {"/%C3%A9?%C3%BC", "server.example"},
		"ws://127.0.0.1/":                            {"/", "127.0.0.1"},
		"ws://[::1]/":                                {"/", "[::1]"},
		"ws://[::1]:8080/":                           {"/", "[::1]:8080"},
		"ws+unix:///run/app.sock:/chat?room=1":       {"/chat?room=1", "localhost"},
		"ws://server.example//double//slash":         {"//double//slash", "server.example"},
		"ws://server.example/a;b=c,d:e@f!$&'()*+=~_": {"/a;b=c,d:e@f!$&'()*+=~_", "server.example"},
	} {
		s := playServer(t, accept, "server.example:80", "server.example:8080", "127.0.0.1:80", "[::1]:80", "[::1]:8080", "/run/app.sock:0")
		d := websockets.Dialer{NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if network == "unix" {
				addr = "server.example:80" // the network in memory has no paths
			}
			return s.net.Dial(ctx, network, addr)
		}}
		c, err := d.Dial(t.Context(), url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		c.CloseNow()
		got := s.requests[0]
		before, rest, _ := strings.Cut(got, keyLine)
		_, after, _ := strings.Cut(rest, "\r\n")
		got = before + after
		if want := string(wstest.HTTP("GET "+want[0]+" HTTP/1.1", "Host: "+want[1], "Upgrade: websocket", "Connection: Upgrade",
			"Sec-WebSocket-Version: 13", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
			"User-Agent: go-websockets")); got != want {
			t.Errorf("%s: sent\n%q, want\n%q", url, got, want)
		}
		if r := c.Request(); r.Host != want[1] || r.URL.RequestURI() != want[0] || r.Method != "GET" {
			t.Errorf("%s: Request is %s %s of %s", url, r.Method, r.URL, r.Host)
		}
	}
}

func TestDialKeysAreAllDifferent(t *testing.T) {
	s := playServer(t, accept)
	d := websockets.Dialer{NetDial: s.net.Dial}
	seen := make(map[string]bool)
	for range 100 {
		c, err := d.Dial(t.Context(), "ws://server.example")
		if err != nil {
			t.Fatal(err)
		}
		seen[c.Request().Header.Get("Sec-WebSocket-Key")] = true
		c.CloseNow()
	}
	if len(seen) != 100 {
		t.Errorf("%d different keys", len(seen))
	}
}

func TestDialSendsItsHeaders(t *testing.T) {
	for name, test := range map[string]struct {
		url   string
		d     websockets.Dialer
		lines []string // in the request
		never []string // not in it
	}{
		"origin, subprotocols": {
			d:     websockets.Dialer{Origin: "https://page.example", Options: websockets.Options{Subprotocols: []string{"a", "b"}}},
			lines: []string{"Origin: https://page.example", "Sec-WebSocket-Protocol: a, b"},
		},
		"header": {
			d:     websockets.Dialer{Header: http.Header{"X-A": {"1", "2"}, "user-agent": {"mine"}, "Cookie": {"c=d"}}},
			lines: []string{"X-A: 1", "X-A: 2", "user-agent: mine", "Cookie: c=d"}, never: []string{"go-websockets"},
		},
		"no user agent": {d: websockets.Dialer{Header: http.Header{"User-Agent": {""}}}, never: []string{"User-Agent", "go-websockets"}},
		"basic authentication": {
			url: "ws://Aladdin:open%20sesame@server.example", lines: []string{"Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}, never: []string{"Aladdin"},
		},
		"authorization in the header": {
			url: "ws://a:b@server.example", d: websockets.Dialer{Header: http.Header{"authorization": {"Bearer x"}}},
			lines: []string{"authorization: Bearer x"}, never: []string{"Basic"},
		},
	} {
		s := playServer(t, accept)
		test.d.NetDial = s.net.Dial
		if test.url == "" {
			test.url = "ws://server.example"
		}
		c, err := test.d.Dial(t.Context(), test.url)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.CloseNow()
		for _, line := range test.lines {
			if strings.Count(s.requests[0], "\r\n"+line+"\r\n") != 1 {
				t.Errorf("%s: %q is not in %q", name, line, s.requests[0])
			}
		}
		for _, never := range test.never {
			if strings.Contains(s.requests[0], never) {
				t.Errorf("%s: %q is in %q", name, never, s.requests[0])
			}
		}
		if c.Request().URL.User != nil {
			t.Errorf("%s: URL has %v", name, c.Request().URL.User)
		}
	}
}

func TestDialRefusesSettingsBeforeAnyPacket(t *testing.T) {
	header := func(name, value string) websockets.Dialer {
		return websockets.Dialer{Header: http.Header{name: {value}}}
	}
	for name, test := range map[string]struct {
		url string
		d   websockets.Dialer
	}{
		"no URL":          {url: ""},
		"http":            {url: "http://server.example"},
		"fragment":        {url: "ws://server.example/#a"},
		"port":            {url: "ws://server.example:0/"},
		"user":            {url: "ws://a:SECRET@"},
		"CR LF in URL":    {url: "ws://server.example/\r\nA: b"},
		"Upgrade":         {d: header("Upgrade", "h2c")},
		"connection":      {d: header("connection", "close")},
		"Host":            {d: header("Host", "other.example")},
		"key":             {d: header("Sec-WebSocket-Key", "SECRET")},
		"protocol":        {d: header("Sec-Websocket-Protocol", "a")},
		"length":          {d: header("Content-Length", "5")},
		"encoding":        {d: header("Transfer-Encoding", "chunked")},
		"origin":          {d: header("Origin", "https://page.example")},
		"CR LF in value":  {d: header("X", "SECRET\r\nA: b")},
		"LF in name":      {d: header("X\nA", "b")},
		"empty name":      {d: header("", "b")},
		"bad Origin":      {d: websockets.Dialer{Origin: "https://a\r\nA: b"}},
		"bad subprotocol": {d: websockets.Dialer{Options: websockets.Options{Subprotocols: []string{"a b"}}}},
		"repeated":        {d: websockets.Dialer{Options: websockets.Options{Subprotocols: []string{"a", "a"}}}},
		"bad option":      {d: websockets.Dialer{Options: websockets.Options{PingTimeout: -5}}},
	} {
		test.d.NetDial = func(context.Context, string, string) (net.Conn, error) {
			t.Errorf("%s: dialed", name)
			return nil, errors.New("no")
		}
		if test.url == "" && name != "no URL" {
			test.url = "ws://server.example"
		}
		_, err := test.d.Dial(t.Context(), test.url)
		if err == nil || !strings.HasPrefix(err.Error(), "websockets: ") || strings.Count(err.Error(), "websockets: ") != 1 || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", name, err)
		}
		if _, ok := errors.AsType[*websockets.URIError](err); ok != (test.url != "ws://server.example") {
			t.Errorf("%s: %T", name, err)
		}
	}
}

func TestDialFailsWithoutRandomKey(t *testing.T) {
	defer func(r io.Reader) { rand.Reader = r }(rand.Reader)
	empty := errors.New("no entropy")
	rand.Reader = io.MultiReader(strings.NewReader("15 bytes of it."), failingReader{empty})
	d := websockets.Dialer{NetDial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("dialed")
		return nil, empty
	}}
	if _, err := d.Dial(t.Context(), "ws://server.example"); !errors.Is(err, empty) {
		t.Errorf("got %v", err)
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestDialVerifiesTheServersCertificate(t *testing.T) {
	good := testCertificate(t, "server.example", time.Now().Add(time.Hour))
	trust := func(c tls.Certificate) *x509.CertPool {
		pool := x509.NewCertPool()
		cert, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		pool.AddCert(cert)
		return pool
	}
	for name, test := range map[string]struct {
		cert   tls.Certificate
		config func(tls.Certificate) *tls.Config
		ok     bool
	}{
		"good":       {good, func(c tls.Certificate) *tls.Config { return &tls.Config{RootCAs: trust(c)} }, true},
		"unknown CA": {good, func(tls.Certificate) *tls.Config { return nil }, false},
		"expired": {
			testCertificate(t, "server.example", time.Now().Add(-time.Hour)),
			func(c tls.Certificate) *tls.Config { return &tls.Config{RootCAs: trust(c)} }, false,
		},
		"wrong host": {
			testCertificate(t, "other.example", time.Now().Add(time.Hour)),
			func(c tls.Certificate) *tls.Config { return &tls.Config{RootCAs: trust(c)} }, false,
		},
		"other name expected": {
			testCertificate(t, "other.example", time.Now().Add(time.Hour)),
			func(c tls.Certificate) *tls.Config {
				return &tls.Config{RootCAs: trust(c), ServerName: "other.example"}
			}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			wstest.NoLeaks(t)
			url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{Certificates: []tls.Certificate{test.cert}}})
			d.TLSConfig = test.config(test.cert)
			c, err := d.Dial(t.Context(), url)
			if err == nil {
				c.Close()
			}
			if (err == nil) != test.ok {
				t.Errorf("got %v", err)
			}
			if err != nil && (!errors.Is(err, websockets.ErrHandshake) || !is[*tls.CertificateVerificationError](err)) {
				t.Errorf("got %T %v", err, err)
			}
		})
	}
}
