package websockets_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// A tap remembers what was written to a transport.
type tap struct {
	net.Conn
	mu      sync.Mutex
	written bytes.Buffer
}

func (c *tap) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.written.Write(b)
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// With wss:// the TLS handshake comes first, with the server's name, and nothing
// of what follows is in the clear (RFC 6455 §4.1, step 5).
func TestNothingOfAWSSConnectionIsInTheClear(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{testCertificate(t, "server.example", time.Now().Add(time.Hour))}}
	url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: echoHandler, TLSConfig: config})
	var wire *tap
	dial := d.NetDial
	d.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		wire = &tap{Conn: c}
		return wire, err
	}
	c, err := d.Dial(t.Context(), url+"secret-path")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), websockets.Text("secret-message")); err != nil {
		t.Error(err)
	}
	if m, err := c.Recv(t.Context()); err != nil || m.String() != "secret-message" {
		t.Errorf("got %q, %v", m, err)
	}
	_ = c.Close()
	if d.TLSConfig.ServerName != "" || d.TLSConfig.NextProtos != nil {
		t.Error("the caller's configuration was changed")
	}
	wire.mu.Lock()
	defer wire.mu.Unlock()
	const handshakeRecord, clientHello = 0x16, 0x01 // RFC 8446 §4, §5.1
	sent := wire.written.Bytes()
	if sent[0] != handshakeRecord || sent[5] != clientHello {
		t.Errorf("the first bytes are % x, want a ClientHello", sent[:6])
	}
	if !bytes.Contains(sent[:min(600, len(sent))], []byte("server.example")) {
		t.Error("the ClientHello does not name the server")
	}
	for _, clear := range []string{"GET ", "HTTP/1.1\r\n", "Upgrade: websocket", "Sec-WebSocket", "secret"} {
		if bytes.Contains(sent, []byte(clear)) {
			t.Errorf("%q is in the clear", clear)
		}
	}
}

// A connection tells on both sides which resource it is for, as it was on the
// wire, and whether TLS protects it.
func TestBothSidesKnowTheRequest(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{testCertificate(t, "server.example", time.Now().Add(time.Hour))}}
	for name, s := range map[string]*websockets.Server{"ws": {}, "wss": {TLSConfig: config}} {
		accepted := make(chan *websockets.Conn, 1)
		s.Options = quiet()
		s.Handler = func(ctx context.Context, c *websockets.Conn) error {
			accepted <- c
			return untilDone(ctx, c)
		}
		url, d := wstest.Server(t, s)
		d.Header = map[string][]string{"X-Asked": {"1", "2"}}
		c, err := d.Dial(t.Context(), url+"a%2Fb/c?d=%20&e")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*websockets.Conn{c, <-accepted} {
			r := c.Request()
			if r.RequestURI != "/a%2Fb/c?d=%20&e" || r.URL.Path != "/a/b/c" || r.URL.Query().Get("d") != " " {
				t.Errorf("%s, %v: request for %q, URL %v", name, c.Role(), r.RequestURI, r.URL)
			}
			if host, _, _ := strings.Cut(r.Host, ":"); host != "server.example" {
				t.Errorf("%s, %v: host %q", name, c.Role(), r.Host)
			}
			if got := r.Header["X-Asked"]; len(got) != 2 {
				t.Errorf("%s, %v: request headers %v", name, c.Role(), r.Header)
			}
			if c.Response().Header.Get("Sec-WebSocket-Accept") == "" {
				t.Errorf("%s, %v: response headers %v", name, c.Role(), c.Response().Header)
			}
			secure := r.TLS
			if c.Role() == websockets.RoleClient {
				secure = c.Response().TLS
			}
			if (secure != nil) != (name == "wss") {
				t.Errorf("%s, %v: TLS %v", name, c.Role(), secure)
			}
		}
		_ = c.CloseNow()
	}
}
