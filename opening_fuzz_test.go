package websockets

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets/wsuri"
)

// recorded is a transport that has received all it will, and keeps what is sent.
type recorded struct {
	in   io.Reader
	out  bytes.Buffer
	done bool
}

func (c *recorded) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *recorded) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *recorded) Close() error                     { c.done = true; return nil }
func (c *recorded) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *recorded) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *recorded) SetDeadline(time.Time) error      { return nil }
func (c *recorded) SetReadDeadline(time.Time) error  { return nil }
func (c *recorded) SetWriteDeadline(time.Time) error { return nil }

// Whatever a peer sends, a server answers with one HTTP response or closes the
// connection. It accepts nothing that net/http does not understand.
func FuzzServerOpen(f *testing.F) {
	const good = "GET /a?b HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	for _, seed := range []string{
		good + "\r\n",
		good + "\r\n\x81\x80\x00\x00\x00\x00",
		good + "Origin: http://h\r\nSec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Extensions: x; y=\"z\"\r\n\r\n",
		strings.Replace(good, "/a?b", "http://h:80/a?b", 1) + "\r\n",
		strings.Replace(good, "Host: h", "Host: [::1]:8080", 1) + "\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
		"GET / HTTP/1.0\r\n\r\n",
		"GET /%zz HTTP/1.1\r\nHost: a b\r\n\r\n",
		"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		s := &Server{
			Options: Options{Logger: slog.New(slog.DiscardHandler), Subprotocols: []string{"b"}},
			Handler: func(context.Context, *Conn) error { return nil },
		}
		if err := s.ready(); err != nil {
			t.Fatal(err)
		}
		transport := &recorded{in: bytes.NewReader(request)}
		conn := s.open(transport)
		if conn == nil {
			if !transport.done {
				t.Error("refused, and not closed")
			}
			if transport.out.Len() == 0 {
				return
			}
		}
		sent := bufio.NewReader(bytes.NewReader(transport.out.Bytes()))
		response, err := http.ReadResponse(sent, nil)
		if err != nil {
			t.Fatalf("response %q: %v", transport.out.Bytes(), err)
		}
		if response.StatusCode == http.StatusInternalServerError {
			t.Errorf("response %q", transport.out.Bytes())
		}
		if (conn != nil) != (response.StatusCode == http.StatusSwitchingProtocols) {
			t.Errorf("connection %v with %s", conn, response.Status)
		}
		if conn == nil {
			return
		}
		defer conn.CloseNow()
		theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
		if err != nil {
			t.Fatalf("net/http: %v", err)
		}
		if ours := conn.Request(); ours.RequestURI != theirs.RequestURI || ours.Host != theirs.Host || ours.URL.String() != theirs.URL.String() {
			t.Errorf("request %s of %s, net/http has %s of %s", ours.URL, ours.Host, theirs.URL, theirs.Host)
		}
	})
}

// Wherever a server redirects to, it is a WebSocket URI without user, and never
// leads to or from a Unix socket.
func FuzzRedirect(f *testing.F) {
	for _, from := range []string{"ws://a.example/b/c?d", "wss://[::1]:8443/", "ws+unix:///run/a.sock:/b", "ws://u:p@a.example"} {
		for _, location := range []string{"/", "", "../x?y#z", "//b.example", "https://u:p@b.example:1/", "ws+unix:///run/b.sock", "http://[fe80::1%25eth0]/", "x:y", "\x00"} {
			f.Add(from, location)
		}
	}
	f.Fuzz(func(t *testing.T, from, location string) {
		start, err := wsuri.Parse(from)
		if err != nil {
			return
		}
		next, err := resolve(start, location)
		if err != nil {
			return
		}
		if next.User != nil || next.Unix != start.Unix {
			t.Errorf("user %v, socket %q", next.User, next.Unix)
		}
		if again, err := wsuri.Parse(next.String()); err != nil || again.String() != next.String() {
			t.Errorf("%q: %v, %v", next, again, err)
		}
		if start.Unix != "" && (next.Host != start.Host || next.Secure) {
			t.Errorf("from %q to %q", start, next)
		}
	})
}
