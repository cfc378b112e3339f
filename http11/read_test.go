package http11

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-websockets/websockets/httpheader"
)

// unlimited turns all limits off.
var unlimited = Limits{MaxLine: -1, MaxHeaders: -1, MaxHeaderBytes: -1}

// The request of RFC 6455 §1.2.
const request = "GET /chat HTTP/1.1\r\n" +
	"Host: server.example.com\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Origin: http://example.com\r\n" +
	"Sec-WebSocket-Protocol: chat, superchat\r\n" +
	"Sec-WebSocket-Version: 13\r\n" +
	"\r\n"

// readers give s in several ways: they must make no difference.
func readers(s string) map[string]*bufio.Reader {
	return map[string]*bufio.Reader{
		"whole":             bufio.NewReader(strings.NewReader(s)),
		"16-byte buffer":    bufio.NewReaderSize(strings.NewReader(s), 16),
		"byte by byte":      bufio.NewReader(iotest.OneByteReader(strings.NewReader(s))),
		"EOF with the data": bufio.NewReaderSize(iotest.DataErrReader(strings.NewReader(s)), 16),
		"large buffer":      bufio.NewReaderSize(strings.NewReader(s), 1<<20),
	}
}

func TestReadRequest(t *testing.T) {
	for name, r := range readers(request + "\x81\x05hello") {
		path, h, err := ReadRequest(r, Limits{})
		if err != nil || path != "/chat" {
			t.Errorf("%s: path %q, %v", name, path, err)
		}
		checkPairs(t, h, "Host", "server.example.com", "Upgrade", "websocket", "Connection", "Upgrade",
			"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Origin", "http://example.com",
			"Sec-WebSocket-Protocol", "chat, superchat", "Sec-WebSocket-Version", "13")
		// The first frame came with the request: it stays where it is.
		if rest, err := io.ReadAll(r); string(rest) != "\x81\x05hello" || err != nil {
			t.Errorf("%s: %q is left, %v", name, rest, err)
		}
	}
}

func TestReadRequestReadsOneAfterAnother(t *testing.T) {
	r := bufio.NewReaderSize(strings.NewReader(request+request), 16)
	for range 2 {
		if _, _, err := ReadRequest(r, Limits{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := ReadRequest(r, Limits{}); !errors.Is(err, io.EOF) {
		t.Errorf("after the last one: %v", err)
	}
}

// The path is as it was sent: not decoded, not validated.
func TestReadRequestPath(t *testing.T) {
	for _, path := range []string{
		"/", "/chat?room=1&x", "//a", "/%zz", "/%20", "/a/../b", "/\xe9\xff", "/#x", "*/"[1:], "/?", "/|\"<>",
		"http://example.com/chat", "HTTPS://example.com:8443", "http://", // MAY-01: absolute-form
	} {
		got, _, err := ReadRequest(bufio.NewReader(strings.NewReader("GET "+path+" HTTP/1.1\r\n\r\n")), Limits{})
		if got != path || err != nil {
			t.Errorf("path %q is read as %q, %v", path, got, err)
		}
	}
}

func TestReadRequestHeaderLines(t *testing.T) {
	tests := map[string][]string{
		"":                             nil,
		"A:b\r\n":                      {"A", "b"},
		"A: \t b \t\r\n":               {"A", "b"},
		"A:\r\n":                       {"A", ""},
		"A: \t \r\n":                   {"A", ""},
		"A::\r\n":                      {"A", ":"},
		"A: b: c\r\n":                  {"A", "b: c"},
		"A: \xe9\x80\xff\r\n":          {"A", "\xe9\x80\xff"}, // obs-text is kept
		"A: b\tc\r\n":                  {"A", "b\tc"},
		"a: 1\r\nA: 2\r\nb: 3\r\n":     {"a", "1", "A", "2", "b", "3"},
		"!#$%&'*+-.^_`|~09azAZ: 1\r\n": {"!#$%&'*+-.^_`|~09azAZ", "1"},
		"Cookie: a=1; b=2\r\nAuthorization: Basic Og==\r\nX-Unknown: ()\r\n": {
			"Cookie", "a=1; b=2", "Authorization", "Basic Og==", "X-Unknown", "()", // MAY-02
		},
	}
	for lines, want := range tests {
		for name, r := range readers("GET / HTTP/1.1\r\n" + lines + "\r\n") {
			_, h, err := ReadRequest(r, Limits{})
			if err != nil {
				t.Errorf("%q, %s: %v", lines, name, err)
			}
			checkPairs(t, h, want...)
		}
	}
}

// WS-022, WS-046, WS-047, WS-048: what is not exactly HTTP/1.1 is refused, with
// the status to answer.
func TestReadRequestRefuses(t *testing.T) {
	line := func(s string) string { return s + "\r\nHost: a\r\n\r\n" }
	header := func(s string) string { return "GET / HTTP/1.1\r\nHost: a\r\n" + s + "\r\n\r\n" }
	tests := []struct {
		message string
		status  int
		what    string
		value   string
	}{
		{line("POST / HTTP/1.1"), 405, "method", "POST"},
		{line("PUT / HTTP/1.1"), 405, "method", "PUT"},
		{line("HEAD / HTTP/1.1"), 405, "method", "HEAD"},
		{line("get / HTTP/1.1"), 405, "method", "get"},
		{line("CONNECT a:443 HTTP/1.1"), 405, "method", "CONNECT"},
		{line("OPTIONS * HTTP/1.1"), 405, "method", "OPTIONS"},

		{line("GET / HTTP/1.0"), 505, "version", "HTTP/1.0"},
		{line("GET / HTTP/0.9"), 505, "version", "HTTP/0.9"},
		{line("GET / HTTP/1.2"), 505, "version", "HTTP/1.2"},
		{line("GET / HTTP/2.0"), 505, "version", "HTTP/2.0"},
		{line("PRI * HTTP/2.0"), 505, "version", "HTTP/2.0"},
		{line("POST / HTTP/1.0"), 505, "version", "HTTP/1.0"},

		{line("GET /"), 400, "bad request line", "GET /"},
		{line(""), 400, "bad request line", ""},
		{line("GET"), 400, "bad request line", "GET"},
		{line("GET / "), 400, "bad request line", "GET / "},
		{line("GET / http/1.1"), 400, "bad request line", "GET / http/1.1"},
		{line("GET / HTTP/1.1 "), 400, "bad request line", "GET / HTTP/1.1 "},
		{line("GET / HTTP/1.10"), 400, "bad request line", "GET / HTTP/1.10"},
		{line("GET / HTTP/1"), 400, "bad request line", "GET / HTTP/1"},
		{line("GET / HTTP/x.1"), 400, "bad request line", "GET / HTTP/x.1"},
		{line("GET / HTTP/1,1"), 400, "bad request line", "GET / HTTP/1,1"},
		{line("GET / HTTP/1.x"), 400, "bad request line", "GET / HTTP/1.x"},
		{line("GET  / HTTP/1.1"), 400, "bad request line", "GET  / HTTP/1.1"},
		{line("GET /  HTTP/1.1"), 400, "bad request line", "GET /  HTTP/1.1"},
		{line("GET /a b HTTP/1.1"), 400, "bad request line", "GET /a b HTTP/1.1"},
		{line("GET\t/ HTTP/1.1"), 400, "bad request line", "GET\t/ HTTP/1.1"},
		{line(" GET / HTTP/1.1"), 400, "bad request line", " GET / HTTP/1.1"},
		{line("G@T / HTTP/1.1"), 400, "bad request line", "G@T / HTTP/1.1"},
		{line("\x16\x03\x01\x02\x00"), 400, "bad request line", "\x16\x03\x01\x02\x00"}, // TLS
		{line("GET /?secret=1 2 HTTP/1.1"), 400, "bad request line", "GET /"},
		{line("GET /" + strings.Repeat("a", 99) + " HTTP/3"), 400, "bad request line", "GET /" + strings.Repeat("a", 59)},

		{line("GET chat HTTP/1.1"), 400, "bad request target", "chat"},
		{line("GET * HTTP/1.1"), 400, "bad request target", "*"},
		{line("GET ?a HTTP/1.1"), 400, "bad request target", ""},
		{line("GET a:443 HTTP/1.1"), 400, "bad request target", "a:443"},
		{line("GET ws://a/ HTTP/1.1"), 400, "bad request target", "ws://a/"},
		{line("GET ://a/ HTTP/1.1"), 400, "bad request target", "://a/"},
		{line("GET /\x00 HTTP/1.1"), 400, "bad request target", "/\x00"},
		{line("GET /\x7f HTTP/1.1"), 400, "bad request target", "/\x7f"},
		{line("GET /\ta HTTP/1.1"), 400, "bad request target", "/\ta"},
		{line("GET /\ra HTTP/1.1"), 400, "bad request target", "/\ra"},
		{line("GET http://user:secret@secret@h/\x01 HTTP/1.1"), 400, "bad request target", "http://h/\x01"},
		{line("GET http://user:secret@h/ x HTTP/1.1"), 400, "bad request line", "GET http://h/ x HTTP/1.1"},
		{line("GET /\x1b[2J?secret HTTP/1.1"), 400, "bad request target", "/\x1b[2J"},

		{header(" folded"), 400, "folded header line", ""},
		{header("\tfolded"), 400, "folded header line", ""},
		{"GET / HTTP/1.1\r\n folded\r\n\r\n", 400, "folded header line", ""},
		{header("no colon"), 400, "header line without a colon", ""},
		{header("A : b"), 400, "bad header name", "A "},
		{header("A\t: b"), 400, "bad header name", "A\t"},
		{header(": b"), 400, "bad header name", ""},
		{header("A B: c"), 400, "bad header name", "A "},
		{header("Authorization Bearer secret: c"), 400, "bad header name", "Authorization "},
		{header("A\x00: b"), 400, "bad header name", "A\x00"},
		{header("\xe9: b"), 400, "bad header name", "\xe9"},
		{header("A(: b"), 400, "bad header name", "A("},
		{header("A: b\x00c"), 400, "control character in the value of header", "A"},
		{header("A: \x7f"), 400, "control character in the value of header", "A"},
		{header("A: b\rc"), 400, "control character in the value of header", "A"},
		{header("A: b\r"), 400, "control character in the value of header", "A"},
		{header("A: \x1b[2J"), 400, "control character in the value of header", "A"},

		{"GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "request line ends in LF without CR", ""},
		{"GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "header line ends in LF without CR", ""},
		{"GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "header line ends in LF without CR", ""},
		{"\r\nGET / HTTP/1.1\r\n\r\n", 400, "bad request line", ""},
	}
	for _, test := range tests {
		for name, r := range readers(test.message) {
			path, h, err := ReadRequest(r, Limits{})
			e, ok := errors.AsType[*MessageError](err)
			if !ok || e.Err != nil || e.Status != test.status || e.What != test.what || e.Value != test.value {
				t.Errorf("%q, %s: %#v, want %d, %s, %q", test.message, name, err, test.status, test.what, test.value)
				continue
			}
			if path != "" || h.Len() != 0 {
				t.Errorf("%q, %s: returns %q, %q with the error", test.message, name, path, pairsOf(h))
			}
			if !errors.Is(err, httpheader.ErrHandshake) {
				t.Errorf("%q: not of the family ErrHandshake", test.message)
			}
			if text := err.Error(); strings.ContainsAny(text, "\x00\x1b\r\n\x7f") || strings.Contains(text, "secret") {
				t.Errorf("%q: text %q", test.message, text)
			}
		}
	}
}

func TestReadRequestReportsTheEndOfInput(t *testing.T) {
	for n := range len(request) {
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		for name, r := range readers(request[:n]) {
			_, _, err := ReadRequest(r, Limits{})
			e, ok := errors.AsType[*MessageError](err)
			if !ok || e.Err != want || e.Status != 0 || !errors.Is(err, want) || !errors.Is(err, httpheader.ErrHandshake) {
				t.Fatalf("%q, %s: %#v, want %v", request[:n], name, err, want)
			}
		}
	}
}

func TestReadRequestReportsReadErrors(t *testing.T) {
	for _, start := range []string{"", "GET / HTT", "GET / HTTP/1.1\r\nHost: a"} {
		r := bufio.NewReader(io.MultiReader(strings.NewReader(start), iotest.ErrReader(os.ErrDeadlineExceeded)))
		if _, _, err := ReadRequest(r, Limits{}); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after %q: %v", start, err)
		}
	}
}

func TestMessageErrorText(t *testing.T) {
	tests := []struct {
		message string
		want    string
	}{
		{"", "HTTP message: no complete request line: EOF"},
		{"GET / HTTP/1.1\r\n", "HTTP message: no complete header line: unexpected EOF"},
		{"POST / HTTP/1.1\r\n", `HTTP message: method "POST"`},
		{"GET / HTTP/1.1\n", `HTTP message: request line ends in LF without CR`},
	}
	for _, test := range tests {
		_, _, err := ReadRequest(bufio.NewReader(strings.NewReader(test.message)), Limits{})
		if err == nil || err.Error() != test.want {
			t.Errorf("%q: %v, want %s", test.message, err, test.want)
		}
	}
}

func TestCheckNoBody(t *testing.T) {
	for _, h := range []Headers{headersOf(), headersOf("Content-Length", "0"), headersOf("Content-Type", "a/b")} {
		if err := CheckNoBody(h); err != nil {
			t.Errorf("%q: %v", pairsOf(h), err)
		}
	}
	for _, h := range []Headers{
		headersOf("content-length", "5"),
		headersOf("Content-Length", ""),
		headersOf("Content-Length", "00"),
		headersOf("Content-Length", "-0"),
		headersOf("Content-Length", "0, 0"),
		headersOf("Content-Length", "0", "Content-Length", "0"),
		headersOf("Content-Length", "0", "Content-Length", "5"),
		headersOf("TRANSFER-ENCODING", "chunked"),
		headersOf("Transfer-Encoding", "identity"),
		headersOf("Transfer-Encoding", ""),
		headersOf("Content-Length", "0", "Transfer-Encoding", "chunked"),
	} {
		err := CheckNoBody(h)
		if e, ok := errors.AsType[*MessageError](err); !ok || e.Status != 400 || !errors.Is(err, httpheader.ErrHandshake) {
			t.Errorf("%q: %v", pairsOf(h), err)
		}
	}
}
