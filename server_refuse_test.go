package websockets_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/wstest"
)

// goodRequest are the lines of an opening handshake that is right (RFC 6455
// §1.3, §4.1).
var goodRequest = []string{
	"GET /chat?room=1 HTTP/1.1",
	"Host: server.example",
	"Upgrade: websocket",
	"Connection: Upgrade",
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	"Sec-WebSocket-Version: 13",
}

// without returns goodRequest without the line that begins with a prefix, and
// with others at its end.
func without(prefix string, more ...string) []string {
	lines := slices.DeleteFunc(slices.Clone(goodRequest), func(l string) bool { return strings.HasPrefix(l, prefix) })
	return append(lines, more...)
}

func with(more ...string) []string { return append(slices.Clone(goodRequest), more...) }

// requestLine returns goodRequest with another request line.
func requestLine(line string) []string { return append([]string{line}, goodRequest[1:]...) }

// connect opens a transport to a server of package wstest.
func connect(t *testing.T, url string, d *websockets.Dialer) *wstest.Peer {
	t.Helper()
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "ws://"), "/")
	conn, err := d.NetDial(t.Context(), "tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return wstest.NewPeer(t, conn, websockets.RoleClient)
}

// exchange sends a request and returns the whole response, which must end with
// the connection.
func exchange(t *testing.T, p *wstest.Peer, request []byte) (*http.Response, string) {
	t.Helper()
	if _, err := p.Write(request); err != nil {
		t.Fatal(err)
	}
	raw := p.ReadAll()
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
	if err != nil {
		t.Fatalf("response %q: %v", raw, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("body of %q: %v", raw, err)
	}
	return resp, string(body)
}

// quiet are options that keep a server from writing to the test's output.
func quiet() websockets.Options {
	return websockets.Options{Logger: slog.New(slog.DiscardHandler)}
}

func nothing(context.Context, *websockets.Conn) error { return nil }

func TestServerRefusesWithStatus(t *testing.T) {
	tests := map[string]struct {
		request []string
		status  int
		header  string // a line of the response
		body    string // part of it
	}{
		"plain HTTP": {
			[]string{"GET / HTTP/1.1", "Host: h"},
			426, "Upgrade: websocket", `missing or empty header "Connection"`,
		},
		"wrong version": {
			without("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"),
			426, "Sec-Websocket-Version: 13", `"8"`,
		},
		"POST":             {requestLine("POST / HTTP/1.1"), 405, "Allow: GET", `"POST"`},
		"HTTP/1.0":         {requestLine("GET / HTTP/1.0"), 505, "", `"HTTP/1.0"`},
		"HTTP/2 preface":   {[]string{"PRI * HTTP/2.0"}, 505, "", "HTTP/2.0"},
		"garbage":          {[]string{"\x16\x03\x01 hello"}, 400, "", "request line"},
		"no key":           {without("Sec-WebSocket-Key"), 400, "", "Sec-WebSocket-Key"},
		"foreign origin":   {with("Origin: https://evil.example"), 403, "", "https://evil.example"},
		"long target":      {requestLine("GET /" + strings.Repeat("a", 9000) + " HTTP/1.1"), 414, "", "too long"},
		"long header":      {with("Cookie: " + strings.Repeat("a", 9000)), 431, "", "too long"},
		"many headers":     {with(strings.Split(strings.Repeat("A: b\n", 128), "\n")[:128]...), 431, "", "too many headers"},
		"body":             {with("Content-Length: 5"), 400, "", "body"},
		"chunked body":     {with("Transfer-Encoding: chunked"), 400, "", "body"},
		"bad subprotocols": {with("Sec-WebSocket-Protocol: a, a"), 400, "", "Sec-WebSocket-Protocol"},
		"bad extensions":   {with("Sec-WebSocket-Extensions: a;;"), 400, "", "Sec-WebSocket-Extensions"},
		"no host":          {without("Host"), 400, "", `"Host"`},
		"no host, escape":  {[]string{"GET /%zz HTTP/1.1"}, 400, "", `"Host"`}, // two faults: the second one is not looked for
		"escape":           {requestLine("GET /%zz HTTP/1.1"), 400, "", "request target"},
	}
	url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: nothing})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			resp, body := exchange(t, connect(t, url, d), wstest.HTTP(test.request...))
			if resp.StatusCode != test.status || resp.Proto != "HTTP/1.1" {
				t.Errorf("got %s %s, want %d", resp.Proto, resp.Status, test.status)
			}
			if !strings.Contains(body, test.body) || !strings.HasSuffix(body, "\n") {
				t.Errorf("got body %q, want a line with %q", body, test.body)
			}
			if resp.ContentLength != int64(len(body)) || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") || !resp.Close {
				t.Errorf("got length %d, type %q, close %t", resp.ContentLength, resp.Header.Get("Content-Type"), resp.Close)
			}
			if _, err := http.ParseTime(resp.Header.Get("Date")); err != nil {
				t.Errorf("date: %v", err)
			}
			if name, value, ok := strings.Cut(test.header, ": "); ok && resp.Header.Get(name) != value {
				t.Errorf("got %v, want %q", resp.Header, test.header)
			}
		})
	}
}

// mutatedRequests deviate from RFC 6455 §4.2.1, or from RFC 9112, each in one
// way.
func mutatedRequests() [][]string {
	var all [][]string
	for _, line := range []string{
		"POST /chat HTTP/1.1", "PUT /chat HTTP/1.1", "HEAD /chat HTTP/1.1", "CONNECT server.example:80 HTTP/1.1", "get /chat HTTP/1.1",
		"GET /chat HTTP/1.0", "GET /chat HTTP/2.0", "GET /chat HTTP/1.10", "GET /chat HTTP/01.1", "GET /chat", "GET  /chat HTTP/1.1",
		"GET /chat  HTTP/1.1", "GET /chat HTTP/1.1 ", " GET /chat HTTP/1.1", "GET chat HTTP/1.1", "GET * HTTP/1.1", "GET /ch at HTTP/1.1",
		"GET ftp://server.example/ HTTP/1.1", "GET http:// HTTP/1.1", "GET /\x00 HTTP/1.1", "GET\t/chat\tHTTP/1.1", "GET /chat http/1.1",
		"GET http://server.example:99999/ HTTP/1.1", "GET http://user@server.example/ HTTP/1.1", "GET /%zz HTTP/1.1",
	} {
		all = append(all, requestLine(line))
	}
	for _, host := range []string{"", "a b", "[", "[::1", "a:b:c", "server.example:99999", "\x00", "é.example", "user@server.example", "server.example, other.example"} {
		all = append(all, without("Host", "Host: "+host))
	}
	for _, upgrade := range []string{"", "websocketx", "h2c", "h2c, websocket", "websocket, websocket", "websocket/13"} {
		all = append(all, without("Upgrade", "Upgrade: "+upgrade))
	}
	for _, connection := range []string{"", "notupgrade", "keep-alive", "close", "Upgrade;", "\"Upgrade\""} {
		all = append(all, without("Connection", "Connection: "+connection))
	}
	for _, key := range []string{
		"", "AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAA", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZR==",
		"dGhlIHNhbXBs-_Bub25jZQ==", "dGhlIHNh bXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
	} {
		all = append(all, without("Sec-WebSocket-Key", "Sec-WebSocket-Key: "+key))
	}
	for _, version := range []string{"", "0", "7", "8", "12", "013", "13.0", "13, 8", "99999999999999999999", "-13"} {
		all = append(all, without("Sec-WebSocket-Version", "Sec-WebSocket-Version: "+version))
	}
	for _, line := range []string{
		"Host: server.example", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "Origin: null", "Origin: http://a, http://b",
		"Content-Length: 1", "Content-Length: 0, 0", "Content-Length: x", "Transfer-Encoding: identity", "Sec-WebSocket-Protocol: ", "Sec-WebSocket-Protocol: a b",
		"Sec-WebSocket-Extensions: ;", "Sec-WebSocket-Extensions: a; b=\"c d\"", "Sec-WebSocket-Extensions: a; b=\"\\", "X : y", "X", " X: folded", "X: \x01", "X: a\rb",
		": y", "X\x7f: y",
	} {
		all = append(all, with(line))
	}
	for _, missing := range []string{"Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"} {
		all = append(all, without(missing))
	}
	return all
}

func TestServerStopsEveryRequestThatDeviates(t *testing.T) {
	reached := false
	url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: func(context.Context, *websockets.Conn) error {
		reached = true
		return nil
	}})
	requests := mutatedRequests()
	if len(requests) < 60 {
		t.Fatalf("only %d requests", len(requests))
	}
	for _, lines := range requests {
		p := connect(t, url, d)
		if _, err := p.Write(wstest.HTTP(lines...)); err != nil {
			t.Fatal(err)
		}
		if resp := p.RecvResponse(); resp.StatusCode < 400 || resp.StatusCode > 505 || resp.StatusCode == 500 {
			t.Errorf("%q: got %s", lines, resp.Status)
		}
	}
	// What only the line ends are wrong of.
	for _, raw := range []string{
		strings.Join(goodRequest, "\n") + "\n\n",
		strings.Join(goodRequest, "\r\n") + "\r\n\n",
		strings.Join(goodRequest, "\r") + "\r\r\n\r\n",
	} {
		resp, _ := exchange(t, connect(t, url, d), []byte(raw))
		if resp.StatusCode != 400 {
			t.Errorf("%q: got %s", raw, resp.Status)
		}
	}
	if reached {
		t.Error("a refused request reached the handler")
	}
}

func TestServerNeverParsesASecondRequest(t *testing.T) {
	seen := 0
	s := &websockets.Server{Options: quiet(), Handler: nothing, ProcessRequest: func(*http.Request) error {
		seen++
		return nil
	}}
	url, d := wstest.Server(t, s)
	p := connect(t, url, d)
	bad := wstest.HTTP("GET /a HTTP/1.1", "Host: h")
	resp, body := exchange(t, p, slices.Concat(bad, wstest.HTTP(goodRequest...)))
	if resp.StatusCode != 426 || strings.Contains(body, "HTTP/1.1") {
		t.Errorf("got %s, %q", resp.Status, body)
	}
	if seen != 1 {
		t.Errorf("ProcessRequest saw %d requests", seen)
	}
}

// A TCP stack throws away what the peer has not read yet when a connection with
// unread data is closed.
func TestServerRefusalIsReadDespiteUnreadData(t *testing.T) {
	n := &wstest.Network{ResetUnread: true}
	url, d := n.Server(t, &websockets.Server{Options: quiet(), Handler: nothing})
	p := connect(t, url, d)
	if _, err := p.Write([]byte("nonsense\r\n" + strings.Repeat("x", 20_000))); err != nil {
		t.Fatal(err)
	}
	resp := p.RecvResponse()
	if resp.StatusCode != 400 {
		t.Errorf("got %s", resp.Status)
	}
}

func TestServerLimitsOfRequests(t *testing.T) {
	url, d := wstest.Server(t, &websockets.Server{
		Options: quiet(), Handler: nothing,
		Limits: http11.Limits{MaxLine: 50, MaxHeaders: 6, MaxHeaderBytes: 400},
	})
	for _, test := range []struct {
		lines  []string
		status int
	}{
		{with("A: b"), 101},
		{with("A: b", "C: d"), 431},
		{with("A: " + strings.Repeat("b", 60)), 431},
		{requestLine("GET /" + strings.Repeat("b", 60) + " HTTP/1.1"), 414},
	} {
		p := connect(t, url, d)
		if _, err := p.Write(wstest.HTTP(test.lines...)); err != nil {
			t.Fatal(err)
		}
		if resp := p.RecvResponse(); resp.StatusCode != test.status {
			t.Errorf("%q: got %s, want %d", test.lines, resp.Status, test.status)
		}
	}
}

func TestServerAcceptsWhatPeersSend(t *testing.T) {
	for name, lines := range map[string][]string{
		"absolute target":    requestLine("GET http://server.example/chat HTTP/1.1"),
		"names in any case":  {"GET / HTTP/1.1", "HOST:h", "upgrade:WebSocket", "CONNECTION: keep-alive, upgrade", "sec-websocket-KEY:   dGhlIHNhbXBsZSBub25jZQ==  ", "sec-websocket-version:13"},
		"several lines":      without("Connection", "Connection: keep-alive", "Connection: Upgrade", "Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"),
		"same host":          with("Origin: https://server.example"),
		"cookies and others": with("Cookie: a=b", "Authorization: Basic YTpi", "X-Any: thing", "Content-Length: 0"),
		"unknown extensions": with("Sec-WebSocket-Extensions: x-a; b=c; d=\"e\", x-f"),
	} {
		url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: nothing})
		p := connect(t, url, d)
		if _, err := p.Write(wstest.HTTP(lines...)); err != nil {
			t.Fatal(err)
		}
		resp := p.RecvResponse()
		if resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
			t.Errorf("%s: got %s %v", name, resp.Status, resp.Header)
		}
		if resp.Header.Get("Upgrade") != "websocket" || resp.Header.Get("Connection") != "Upgrade" || len(resp.Header) != 3 {
			t.Errorf("%s: got headers %v", name, resp.Header)
		}
		p.Expect("CLOSE 1000")
	}
}

func TestServerOrigins(t *testing.T) {
	for _, test := range []struct {
		allowed []string
		origin  string // "-" for none
		status  int
	}{
		{nil, "-", 101},
		{nil, "http://server.example", 101},
		{nil, "https://SERVER.example", 101},
		{nil, "https://server.example.evil", 403},
		{nil, "https://server.example:8443", 403},
		{nil, "null", 403},
		{[]string{"https://a.example"}, "https://a.example", 101},
		{[]string{"https://a.example"}, "https://server.example", 403},
		{[]string{"https://a.example"}, "-", 403},
		{[]string{"https://a.example", websockets.NoOrigin}, "-", 101},
		{[]string{"https://*.a.example"}, "https://b.a.example", 101},
		{[]string{"https://*.a.example"}, "https://evila.example", 403},
		{[]string{websockets.AnyOrigin}, "https://evil.example", 101},
	} {
		url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: nothing, Origins: test.allowed})
		lines := with("Origin: " + test.origin)
		if test.origin == "-" {
			lines = goodRequest
		}
		p := connect(t, url, d)
		if _, err := p.Write(wstest.HTTP(lines...)); err != nil {
			t.Fatal(err)
		}
		if resp := p.RecvResponse(); resp.StatusCode != test.status {
			t.Errorf("allowed %q, origin %q: got %s, want %d", test.allowed, test.origin, resp.Status, test.status)
		}
	}
}

func TestServerPipelinedFramesReachTheHandler(t *testing.T) {
	got := make(chan string, 2)
	url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, c *websockets.Conn) error {
		for range 2 {
			m, err := c.Recv(ctx)
			if err != nil {
				return err
			}
			got <- m.String()
		}
		return nil
	}})
	p := connect(t, url, d)
	frames, err := p.Encode(`TEXT "one"`, `TEXT "two"`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(slices.Concat(wstest.HTTP(goodRequest...), frames)); err != nil {
		t.Fatal(err)
	}
	if resp := p.RecvResponse(); resp.StatusCode != 101 {
		t.Fatal(resp.Status)
	}
	p.Expect("CLOSE 1000")
	if one, two := <-got, <-got; one != "one" || two != "two" {
		t.Errorf("got %q, %q", one, two)
	}
}

func TestServerSettingsThatMeanNothing(t *testing.T) {
	for name, s := range map[string]*websockets.Server{
		"no handler":  {},
		"timeout":     {Handler: nothing, Options: websockets.Options{OpenTimeout: -2}},
		"origin":      {Handler: nothing, Origins: []string{"example.com"}},
		"subprotocol": {Handler: nothing, Options: websockets.Options{Subprotocols: []string{"a b"}}},
		"unix mode":   {Handler: nothing, UnixMode: 0o1777},
	} {
		err := s.Start("tcp", "127.0.0.1:0")
		if err == nil || !strings.HasPrefix(err.Error(), "websockets: ") || strings.Count(err.Error(), "websockets: ") != 1 {
			t.Errorf("%s: got %v", name, err)
		}
		if s.Addrs() != nil {
			t.Errorf("%s: listening", name)
		}
	}
	if err := (&websockets.Server{Handler: nothing}).Start("udp", "127.0.0.1:0"); err == nil {
		t.Error("network udp accepted")
	}
	err := (&websockets.Server{Handler: nothing}).Start("tcp", "127.0.0.1:99999")
	if err == nil || !strings.HasPrefix(err.Error(), "websockets: ") {
		t.Errorf("got %v", err)
	}
}
