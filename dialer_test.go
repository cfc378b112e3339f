package websockets_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
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
			"Sec-WebSocket-Version: 13", "User-Agent: go-websockets")); got != want {
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

func TestDialChecksTheResponse(t *testing.T) {
	key := func(r *http.Request) string { return handshake.AcceptKey(r.Header.Get("Sec-WebSocket-Key")) }
	lines := func(replaced, line string) func(*http.Request) []byte {
		return func(r *http.Request) []byte {
			all := strings.Split(strings.TrimSuffix(string(accepted(r)), "\r\n\r\n"), "\r\n")
			var kept []string
			for _, l := range all {
				if replaced == "" || !strings.HasPrefix(l, replaced) {
					kept = append(kept, l)
				} else if replaced == "HTTP/" {
					kept = append(kept, line)
				}
			}
			if line != "" && replaced != "HTTP/" {
				kept = append(kept, strings.ReplaceAll(line, "KEY", key(r)))
			}
			return wstest.HTTP(kept...)
		}
	}
	raw := func(s string) func(*http.Request) []byte { return func(*http.Request) []byte { return []byte(s) } }
	for name, test := range map[string]struct {
		response func(*http.Request) []byte
		check    func(error) bool // nil: accepted
	}{
		"good":          {lines("", ""), nil},
		"empty reason":  {lines("HTTP/", "HTTP/1.1 101 "), nil},
		"no reason":     {lines("HTTP/", "HTTP/1.1 101"), nil},
		"other reason":  {lines("HTTP/", "HTTP/1.1 101 WebSocket Protocol Handshake"), nil},
		"other headers": {lines("", "Server: x\r\nDate: Sun, 22 Nov 2026 12:06:20 GMT\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d"), nil},
		"case":          {lines("Upgrade", "UPGRADE: WebSocket"), nil},
		"list":          {lines("Connection", "Connection: keep-alive, upgrade"), nil},
		"early hints first": {func(r *http.Request) []byte {
			return append(wstest.HTTP("HTTP/1.1 103 Early Hints", "Link: </a>"), accepted(r)...)
		}, nil},
		"no upgrade":                  {lines("Upgrade", ""), is[*websockets.UpgradeError]},
		"wrong upgrade":               {lines("Upgrade", "Upgrade: h2c"), is[*websockets.UpgradeError]},
		"no connection":               {lines("Connection", ""), is[*websockets.UpgradeError]},
		"wrong connection":            {lines("Connection", "Connection: notupgrade"), is[*websockets.UpgradeError]},
		"no accept":                   {lines("Sec-WebSocket-Accept", ""), is[*websockets.HeaderError]},
		"wrong accept":                {lines("Sec-WebSocket-Accept", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), is[*websockets.HeaderValueError]},
		"two accepts":                 {lines("", "Sec-WebSocket-Accept: KEY"), is[*websockets.HeaderError]},
		"subprotocol not offered":     {lines("", "Sec-WebSocket-Protocol: b"), is[*websockets.HeaderValueError]},
		"subprotocol in another case": {lines("", "Sec-WebSocket-Protocol: CHAT"), is[*websockets.HeaderValueError]},
		"two subprotocols":            {lines("", "Sec-WebSocket-Protocol: chat, chat"), is[*websockets.HeaderError]},
		"extension not offered":       {lines("", "Sec-WebSocket-Extensions: permessage-deflate"), inNegotiation},
		"bad extensions":              {lines("", "Sec-WebSocket-Extensions: ;"), is[*websockets.HeaderFormatError]},
		"HTTP/1.0":                    {lines("HTTP/", "HTTP/1.0 101 Switching Protocols"), is[*websockets.MessageError]},
		"HTTP/2":                      {lines("HTTP/", "HTTP/2 101"), is[*websockets.MessageError]},
		"not HTTP":                    {raw("hello\r\n\r\n"), is[*websockets.MessageError]},
		"bare LF":                     {raw("HTTP/1.1 101\nUpgrade: websocket\n\n"), is[*websockets.MessageError]},
		"long line":                   {raw("HTTP/1.1 101 " + strings.Repeat("a", 10_000)), is[*websockets.MessageError]},
		"many headers":                {raw("HTTP/1.1 101 \r\n" + strings.Repeat("A: b\r\n", 1000) + "\r\n"), is[*websockets.MessageError]},
		"informational without end":   {raw(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 50)), is[*websockets.MessageError]},
		"200 with accept":             {lines("HTTP/", "HTTP/1.1 200 OK"), is[*websockets.RejectError]},
		"nothing":                     {raw(""), lost},
		"half a line":                 {raw("HTTP/1.1 1"), lost},
		"half a header":               {raw("HTTP/1.1 101 \r\nUpgrade: webso"), lost},
	} {
		t.Run(name, func(t *testing.T) {
			wstest.NoLeaks(t)
			s := playServer(t, func(c net.Conn, r *http.Request) {
				c.Write(test.response(r))
				if test.check == nil {
					io.Copy(io.Discard, c)
					return
				}
				c.(*wstest.Conn).CloseWrite()
				if rest, _ := io.ReadAll(c); len(rest) > 0 {
					t.Errorf("%q was sent after the response", rest)
				}
			})
			d := websockets.Dialer{NetDial: s.net.Dial, Options: websockets.Options{Subprotocols: []string{"chat"}}}
			c, err := d.Dial(t.Context(), "ws://user:SECRET@server.example/path?SECRET")
			if test.check == nil {
				if err != nil {
					t.Fatal(err)
				}
				c.CloseNow()
				if resp := c.Response(); resp.StatusCode != 101 || resp.Header.Get("Upgrade") == "" || c.Subprotocol() != "" {
					t.Errorf("got %v", resp)
				}
				return
			}
			if !test.check(err) || !errors.Is(err, websockets.ErrHandshake) {
				t.Errorf("got %T %v", err, err)
			}
			if text := fmt.Sprint(err); !strings.HasPrefix(text, `websockets: dial "ws://server.example/path": `) || strings.Count(text, "websockets: ") != 1 || strings.Contains(text, "SECRET") {
				t.Errorf("got %q", text)
			}
		})
	}
}

func inNegotiation(err error) bool { return errors.Is(err, websockets.ErrNegotiation) }

func lost(err error) bool {
	return errors.Is(err, websockets.ErrHandshakeCanceled) && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

// Response, messages and close frame may come in one piece.
func TestDialKeepsWhatComesBehindTheResponse(t *testing.T) {
	s := playServer(t, func(c net.Conn, r *http.Request) {
		frames, err := wstest.NewPeer(t, c, websockets.RoleServer).Encode(`TEXT "one"`, `TEXT "two"`, `CLOSE 1001`)
		if err != nil {
			t.Error(err)
		}
		c.Write(append(accepted(r), frames...))
		c.Read(make([]byte, 100)) // the close frame of the client
	})
	d := websockets.Dialer{NetDial: s.net.Dial}
	c, err := d.Dial(t.Context(), "ws://server.example")
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	var got []string
	for m, err := range c.Messages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m.String())
	}
	if strings.Join(got, " ") != "one two" {
		t.Errorf("got %q", got)
	}
}

func TestDialWhereNobodyListens(t *testing.T) {
	d := websockets.Dialer{NetDial: new(wstest.Network).Dial}
	_, err := d.Dial(t.Context(), "ws://server.example")
	if !errors.Is(err, syscall.ECONNREFUSED) || !errors.Is(err, websockets.ErrHandshake) || errors.Is(err, websockets.ErrHandshakeCanceled) {
		t.Errorf("got %v", err)
	}
}

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
