package trust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/wstest"
)

// request is an opening handshake that is right. Each attack replaces one line.
const request = "GET /chat HTTP/1.1\r\n" +
	"Host: server.example\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Version: 13\r\n" +
	"\r\n"

// change returns request with the line that begins with name replaced; an empty
// line takes it away. Without a name, lines come at the end.
func change(name, lines string) string {
	if lines != "" {
		lines += "\r\n"
	}
	if name == "" {
		return strings.TrimSuffix(request, "\r\n") + lines + "\r\n"
	}
	start := strings.Index(request, name)
	end := start + strings.Index(request[start:], "\n") + 1
	return request[:start] + lines + request[end:]
}

// A server answers each of these with the status and ends the connection; neither
// a handler nor a second request is ever reached.
func TestRequests(t *testing.T) {
	protocol, exts := "Sec-WebSocket-Protocol: ", "Sec-WebSocket-Extensions: "
	for id, attack := range map[string]struct {
		request string
		status  int
	}{
		"CVE-2026-54463":   {change("Sec-WebSocket-Version", "Sec-WebSocket-Version: 7"), 426},
		"CVE-2026-54463 b": {change("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), 426},
		"CVE-2026-54463 c": {change("Sec-WebSocket-Version", "Sec-WebSocket-Version: 0"), 426},
		"CVE-2026-54463 d": {change("Sec-WebSocket-Version", "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5"), 400},
		"CVE-2026-54465":   {change("", strings.Repeat("X-Test: 1\r\n", 4000)+"X-Test: 1"), 431},
		"CVE-2024-37890":   {change("Upgrade", strings.Repeat("X-Test: 1\r\n", 4000)+"Upgrade: websocket"), 431},
		"one endless line": {change("", "X-Test: "+strings.Repeat("a", 1<<20)), 431},
		"endless target":   {change("GET", "GET /"+strings.Repeat("a", 1<<20)+" HTTP/1.1"), 414},
		"CVE-2025-67725":   {change("", strings.Repeat("A:\r\n", 9999)+"A:"), 431},
		"CVE-2025-58186":   {change("", "Cookie: a="+strings.Repeat("b; a=", 13000)), 431},
		"CVE-2020-7662":    {change("", exts+`a; b="`+strings.Repeat(`\c`, 3900)), 400},
		"CVE-2021-32640":   {change("", protocol+"a"+strings.Repeat(" ,", 3900)+"b c"), 400},
		"CVE-2021-32640 b": {change("", protocol+"b"+strings.Repeat(" ", 7900)+"x"), 400},
		"10k elements":     {change("", exts+strings.TrimSuffix(strings.Repeat("a,", 4000), ",")), 400},
		"CVE-2026-61666":   {change("Host", "Host: ["), 400},
		"CVE-2026-61666 b": {change("Host", "Host: a:b:c"), 400},
		"CVE-2026-61666 c": {change("Host", "Host: a:99999"), 400},
		"CVE-2026-61666 d": {change("Host", "Host: a\x00b"), 400},
		"no key":           {change("Sec-WebSocket-Key", ""), 400},
		"short key":        {change("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAA"), 400},
		"smuggling":        {change("Sec-WebSocket-Version", "Sec-WebSocket-Version: 777"), 426},
		"CVE-2026-69243":   {change("", "Content-Length: 11"), 400},
		"CVE-2026-69243 b": {change("", "Transfer-Encoding: chunked"), 400},
		"CVE-2026-59898":   {change("Connection", "Connection: notupgrade"), 426},
		"CVE-2026-59898 b": {change("Upgrade", ""), 426},
		"CVE-2022-41721":   {change("Upgrade", "Upgrade: h2c"), 426},
		"CVE-2022-41721 b": {change("Upgrade", "Upgrade: h2c, websocket"), 426},
		"CVE-2022-41721 c": {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		"CVE-2025-22871":   {strings.ReplaceAll(request, "\r\n", "\n"), 400},
		"CVE-2019-16276":   {change("Upgrade", "Upgrade : websocket"), 400},
		"CVE-2014-3429":    {change("", "Origin: https://attacker.example"), 403},
		"CVE-2018-14732":   {change("", "Origin: http://server.example.attacker.example"), 403},
		"NATS scheme":      {change("", "Origin: ftp://server.example"), 403},
	} {
		t.Run(id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: func(context.Context, *websockets.Conn) error {
					t.Error("the handler was reached")
					return nil
				}})
				p := connect(t, url, d)
				put(p, []byte(attack.request+"\x81\x05hello"+request))
				if response := p.RecvResponse(); response.StatusCode != attack.status || !response.Close {
					t.Errorf("got %s, close %t; want %d and the end", response.Status, response.Close, attack.status)
				}
				if rest := p.ReadAll(); bytes.Contains(rest, []byte("HTTP/1.1")) || len(rest) > 1000 {
					t.Errorf("then came %q", rest)
				}
			})
		})
	}
}

func connect(t *testing.T, url string, d *websockets.Dialer) *wstest.Peer {
	t.Helper()
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "ws://"), "/")
	conn, err := d.NetDial(t.Context(), "tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	return wstest.NewPeer(t, conn, websockets.RoleClient)
}

// Odd names and values are no reason to crash: the connection opens, without them.
func TestOddRequests(t *testing.T) {
	for id, lines := range map[string]string{
		"npm-ws-2017":        "Sec-WebSocket-Extensions: constructor; __proto__; hasOwnProperty=1",
		"one letter":         "Sec-WebSocket-Extensions: a",
		"long name":          "Sec-WebSocket-Extensions: " + strings.Repeat("a", 4096),
		"npm-331":            "Cookie: %%%;;=; =\"",
		"CVE-2024-7592":      `Cookie: a="` + strings.Repeat(`\`, 7000) + `"`,
		"empty X-Forwarded":  "X-Forwarded-For:",
		"empty protocols":    "X-Empty:",
		"thousand lines - 5": strings.TrimSuffix(strings.Repeat("A: b\r\n", 100), "\r\n"),
	} {
		t.Run(id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, c *websockets.Conn) error {
					return c.Send(ctx, websockets.Text("hello"))
				}})
				p := connect(t, url, d)
				put(p, []byte(change("", lines)))
				if response := p.RecvResponse(); response.StatusCode != 101 || response.Header.Get("Sec-WebSocket-Extensions") != "" {
					t.Fatalf("got %s, %v", response.Status, response.Header)
				}
				p.Expect(`TEXT "hello"`)
			})
		})
	}
}

// A frame right behind the request is received once.
func TestFramesBehindTheRequest(t *testing.T) {
	t.Run("early frames", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var got []string
			url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, c *websockets.Conn) error {
				for m, err := range c.Messages(ctx) {
					if err != nil {
						return err
					}
					got = append(got, m.String())
				}
				return nil
			}})
			p, w := connect(t, url, d), wire{true}
			put(p, append([]byte(request), append(w.frame(0x81, []byte("once")), w.frame(0x88, nil)...)...))
			if response := p.RecvResponse(); response.StatusCode != 101 {
				t.Fatal(response.Status)
			}
			p.Expect("CLOSE")
			p.ExpectEOF()
			if fmt.Sprint(got) != "[once]" {
				t.Errorf("received %q", got)
			}
		})
	})
}

// Before the handshake is done, a server reads a little and waits.
func TestNothingIsReadBeforeTheHandshakeIsDone(t *testing.T) {
	t.Run("CVE-2026-33219", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			server := &websockets.Server{Options: quiet(), Handler: func(context.Context, *websockets.Conn) error { return nil }}
			server.ProcessRequest = func(*http.Request) error {
				<-release
				return nil
			}
			url, d := wstest.Server(t, server)
			p := connect(t, url, d)
			put(p, append([]byte(request), make([]byte, 1<<20)...))
			synctest.Wait()
			if n := p.Conn().(*wstest.Conn).Stats().BytesWritten; n > 160<<10 {
				t.Errorf("%d bytes went out before the handshake was done", n)
			}
			close(release)
			drain(p)
		})
	})
}

// A client takes nothing for the right answer but the right answer, and says
// nothing more to who gave another one.
func TestResponses(t *testing.T) {
	right := func(key string) string {
		return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + handshake.AcceptKey(key) + "\r\n"
	}
	for id, answer := range map[string]func(key string) string{
		"CVE-2024-23326":      func(k string) string { return strings.Replace(right(k), "101 Switching Protocols", "200 OK", 1) },
		"GHSA-rwhr-j9rv-85f8": func(string) string { return right("AAAAAAAAAAAAAAAAAAAAAA==") },
		"no accept":           func(string) string { return "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" },
		"CVE-2026-2229": func(k string) string {
			return right(k) + "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n"
		},
		"not offered":      func(k string) string { return right(k) + "Sec-WebSocket-Protocol: admin\r\n" },
		"CVE-2026-54465":   func(k string) string { return right(k) + strings.Repeat("X-Test: 1\r\n", 10_000) },
		"one endless line": func(k string) string { return right(k) + "X-Test: " + strings.Repeat("a", 1<<20) + "\r\n" },
		"CVE-2025-22871":   func(k string) string { return strings.ReplaceAll(right(k), "\r\n", "\n") },
	} {
		t.Run(id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := wstest.Pipe()
				p := wstest.NewPeer(t, b, websockets.RoleServer)
				rest := make(chan []byte, 1)
				go func() {
					r := p.RecvRequest()
					put(p, []byte(answer(r.Header.Get("Sec-WebSocket-Key"))+"\r\n\x81\x05hello"))
					_ = b.SetReadDeadline(time.Now().Add(time.Hour))
					all, err := io.ReadAll(b)
					if errors.Is(err, os.ErrDeadlineExceeded) {
						t.Error("the transport was not closed")
					}
					rest <- all
				}()
				d := websockets.Dialer{NetDial: func(context.Context, string, string) (net.Conn, error) { return a, nil }}
				if c, err := d.Dial(t.Context(), "ws://server.example/"); err == nil {
					_ = c.CloseNow()
					t.Error("the connection is open")
				}
				if sent := <-rest; len(sent) > 0 {
					t.Errorf("%q was sent then", sent)
				}
			})
		})
	}
}

// The body of a refusal is read up to a bound.
func TestBodiesOfRefusals(t *testing.T) {
	t.Run("endless body", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, b := wstest.Pipe()
			p := wstest.NewPeer(t, b, websockets.RoleServer)
			go func() {
				p.RecvRequest()
				put(p, append([]byte("HTTP/1.1 403 Forbidden\r\n\r\n"), make([]byte, 8<<20)...))
			}()
			d := websockets.Dialer{NetDial: func(context.Context, string, string) (net.Conn, error) { return a, nil }}
			_, err := d.Dial(t.Context(), "ws://server.example/")
			if reject, ok := err.(interface{ Unwrap() error }); !ok || reject == nil {
				t.Fatalf("got %v", err)
			}
			if n := a.Stats().BytesRead; n > 160<<10 {
				t.Errorf("%d bytes were read", n)
			}
		})
	})
}
