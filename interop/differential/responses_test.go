package differential

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// FuzzResponses gives answers to opening handshakes to all libraries as clients.
func FuzzResponses(f *testing.F) {
	for n := range uint64(16) {
		f.Add(random(n))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkResponse(t, pick(responseParts, &tape{b})) })
}

func TestResponses(t *testing.T) {
	everyVariant(responseParts, func(picked []variant) { checkResponse(t, picked) })
	for n := range uint64(3000) {
		checkResponse(t, pick(responseParts, &tape{random(n)}))
	}
}

func checkResponse(t *testing.T, picked []variant) {
	t.Helper()
	response := text(picked)
	checkVerdicts(t, picked, func(l library) bool { return opens(t, l, response) })
}

// opens reports whether a client takes the response, in which $ACCEPT stands for what
// it must be.
func opens(t *testing.T, l library, response string) (ok bool) {
	synctest.Test(t, func(*testing.T) {
		transport := newTransport(nil, 0)
		transport.settle = func() { <-time.After(time.Millisecond) }
		transport.respond = func(key string) string { return strings.ReplaceAll(response, "$ACCEPT", acceptOf(key)) }
		ok = l.client(transport, false, func(byte, []byte) {})
		_ = transport.Close()
	})
	return ok
}

// responseParts are how a response may look, to a request without extensions and
// subprotocols.
var responseParts = []part{
	{ // the status line
		{"HTTP/1.1 101 Switching Protocols\r\n", true, "", ""},
		{"HTTP/1.1 101 \r\n", true, "", ""},
		{"HTTP/1.1 101 Anything else\r\n", true, "", ""},
		{"HTTP/1.1 101\r\n", true, "gobwas", "the space behind the status must be there, but often is not (RFC 9112 §4)"},
		{"HTTP/1.0 101 Switching Protocols\r\n", false, "gorilla coder gws", "HTTP/1.1 at least (RFC 6455 §4.1)"},
		{"HTTP/1.2 101 Switching Protocols\r\n", false, "gorilla coder gws gobwas", "we speak 1.1 only, and a server answers with that"},
		{"HTTP/2.0 101 Switching Protocols\r\n", false, "gorilla coder gws", "another protocol"},
		{"HTTP/1.1 200 OK\r\n", false, "", "only 101 (RFC 6455 §4.1)"},
		{"HTTP/1.1 404 Not Found\r\n", false, "", "as above"},
		{"HTTP/1.1 1010 Switching Protocols\r\n", false, "", "three digits (RFC 9112 §4)"},
		{"HTTP/1.1 +101 Switching Protocols\r\n", false, "", "as above"},
		{"HTTP/1.1  101 Switching Protocols\r\n", false, "gorilla coder gws", "one space (RFC 9112 §4)"},
		{"HTTP/1.1 101 Switching Protocols\n", false, "gorilla coder gws gobwas", "we do not take a bare line feed; others may (RFC 9112 §2.2)"},
		{"ICY 101 Switching Protocols\r\n", false, "", "no HTTP"},
	},
	{
		{"Upgrade: websocket\r\n", true, "", ""},
		{"upgrade: WebSocket\r\n", true, "", ""},
		{"Upgrade: websocket, h2c\r\n", false, "gorilla coder", "websocket and nothing else, as in requests"},
		{"Upgrade: notwebsocket\r\n", false, "", "not the token (RFC 6455 §4.1)"},
		{"Upgrade: h2c\r\nUpgrade: websocket\r\n", false, "gorilla coder", "websocket and nothing else, as in requests"},
		{"", false, "", "it must be there (RFC 6455 §4.1)"},
	},
	{
		{"Connection: Upgrade\r\n", true, "", ""},
		{"connection: upgrade\r\n", true, "", ""},
		{"Connection: keep-alive, Upgrade\r\n", true, "gobwas", "a list (RFC 6455 §4.1)"},
		{"Connection: keep-alive\r\nConnection: Upgrade\r\n", true, "gws gobwas", "lists may have several lines (RFC 9110 §5.3)"},
		{"Connection: notupgrade\r\n", false, "gws", "not the token (RFC 6455 §4.1)"},
		{"", false, "", "it must be there (RFC 6455 §4.1)"},
	},
	{
		{"Sec-WebSocket-Accept: $ACCEPT\r\n", true, "", ""},
		{"SEC-WEBSOCKET-ACCEPT:\t $ACCEPT\t \r\n", true, "", ""},
		{"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", false, "", "to another key (RFC 6455 §4.1)"},
		{"Sec-WebSocket-Accept:\r\n", false, "", "as above"},
		{"Sec-WebSocket-Accept: $ACCEPT\r\nSec-WebSocket-Accept: $ACCEPT\r\n", false, "gorilla coder gws gobwas", "only one (RFC 6455 §11.3.3)"},
		{"Sec-WebSocket-Accept: $ACCEPT\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", false, "gorilla coder gws", "as above"},
		{"Sec-WebSocket-Accept: $ACCEPT, $ACCEPT\r\n", false, "", "as above"},
		{"", false, "", "it must be there (RFC 6455 §4.1)"},
	},
	{
		{"", true, "", ""},
		{"Sec-WebSocket-Protocol: chat\r\n", false, "gorilla gws", "not asked for (RFC 6455 §4.1)"},
		{"Sec-WebSocket-Protocol:\r\n", false, "gorilla coder gws", "no token (RFC 6455 §4.1)"},
	},
	{
		{"", true, "", ""},
		{"Sec-WebSocket-Extensions: permessage-deflate\r\n", false, "gws", "not asked for (RFC 6455 §4.1)"},
		{"Sec-WebSocket-Extensions: x-any; y=z\r\n", false, "gorilla gws", "as above"},
		{"Sec-WebSocket-Extensions: ;=,\r\n", false, "gorilla gws", "no list of extensions (RFC 6455 §9.1)"},
	},
	{ // other lines, and lines that are none
		{"", true, "", ""},
		{"Server: any\r\nX-Any: one, two\r\n", true, "", ""},
		{"Content-Length: 0\r\n", true, "", ""},
		{"Content-Length: 5\r\n", true, "", ""},
		{"Content-Length: x\r\n", true, "gorilla coder gws", "there is no body behind 101, whatever that says (RFC 9110 §8.6); net/http refuses the response"},
		{"Transfer-Encoding: chunked\r\n", true, "", ""},
		{"X-Any: one\r\n two\r\n", false, "gorilla coder gws", "we do not join folded lines; others may (RFC 9112 §5.2)"},
		{"X-Any : one\r\n", false, "gorilla coder gws gobwas", "a space before the colon (RFC 9112 §5.1)"},
		{"X-Any: one\n", false, "gorilla coder gws gobwas", "we do not take a bare line feed; others may (RFC 9112 §2.2)"},
		{"X-Any: o\x00ne\r\n", false, "gobwas", "control characters (RFC 9110 §5.5)"},
		{"X-Any: o\rne\r\n", false, "gobwas", "as above"},
		{"X-Any: \x80\xff\r\n", true, "", ""},
		{"X-\xc3\xa4: one\r\n", false, "gobwas", "a name is a token (RFC 9110 §5.1)"},
		{"X-Any\r\n", false, "", "no colon"},
		{": one\r\n", false, "gobwas", "no name"},
	},
}
