package websockets_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/wstest"
)

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
		"extension not offered":       {lines("", "Sec-WebSocket-Extensions: x-other"), inNegotiation},
		"extension agreed to twice":   {lines("", "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate"), inNegotiation},
		"bad parameter":               {lines("", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16"), inNegotiation},
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
