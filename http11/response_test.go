package http11

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadResponse(t *testing.T) {
	const headers = "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
	tests := map[string]int{
		"HTTP/1.1 101 Switching Protocols":          101,
		"HTTP/1.1 101 WebSocket Protocol Handshake": 101,
		"HTTP/1.1 101 ":                      101, // interop: Tomcat, HAProxy and more
		"HTTP/1.1 101":                       101,
		"HTTP/1.1 200 OK":                    200,
		"HTTP/1.1 302 Found":                 302,
		"HTTP/1.1 401 Nicht erlaubt \xe9\t!": 401,
		"HTTP/1.1 599  ":                     599,
		"HTTP/1.1 999 x":                     999,
		"HTTP/1.1 100 Continue":              100,
	}
	for line, want := range tests {
		for name, r := range readers(line + "\r\n" + headers + "body") {
			status, h, err := ReadResponse(r, Limits{})
			if status != want || err != nil {
				t.Errorf("%q, %s: %d, %v", line, name, status, err)
			}
			checkPairs(t, h, "Upgrade", "websocket", "Connection", "Upgrade")
			if rest, _ := io.ReadAll(r); string(rest) != "body" {
				t.Errorf("%q, %s: %q is left", line, name, rest)
			}
		}
	}
}

func TestReadResponseRefuses(t *testing.T) {
	tests := []struct{ message, what, value string }{
		{"HTTP/1.0 101 Switching Protocols\r\n\r\n", "version", "HTTP/1.0"}, // WS-046
		{"HTTP/2.0 200\r\n\r\n", "version", "HTTP/2.0"},
		{"HTTP/1.1\r\n\r\n", "bad status line", "HTTP/1.1"},
		{"HTTP/1.1 \r\n\r\n", "bad status line", "HTTP/1.1 "},
		{"HTTP/1.1  101\r\n\r\n", "bad status line", "HTTP/1.1  101"},
		{"HTTP/1.1 10\r\n\r\n", "bad status line", "HTTP/1.1 10"},
		{"HTTP/1.1 1010\r\n\r\n", "bad status line", "HTTP/1.1 1010"},
		{"HTTP/1.1 099\r\n\r\n", "bad status line", "HTTP/1.1 099"},
		{"HTTP/1.1 +10 x\r\n\r\n", "bad status line", "HTTP/1.1 +10 x"},
		{"HTTP/1.1 1x1\r\n\r\n", "bad status line", "HTTP/1.1 1x1"},
		{"HTTP/1.1 10x\r\n\r\n", "bad status line", "HTTP/1.1 10x"},
		{"HTTP/1.1 101\tOK\r\n\r\n", "bad status line", "HTTP/1.1 101\tOK"},
		{"HTTP/1.1 101 \x1b[2J\r\n\r\n", "bad status line", "HTTP/1.1 101 \x1b[2J"},
		{"http/1.1 101 OK\r\n\r\n", "bad status line", "http/1.1 101 OK"},
		{"ICY 200 OK\r\n\r\n", "bad status line", "ICY 200 OK"},
		{"SSH-2.0-x\r\n\r\n", "bad status line", "SSH-2.0-x"},
		{"\r\n\r\n", "bad status line", ""},
		{"HTTP/1.1 101 OK\n\r\n", "status line ends in LF without CR", ""},
		{"HTTP/1.1 101 OK\r\nA : b\r\n\r\n", "bad header name", "A "},
		{"HTTP/1.1 101 OK\r\nA: b\r\n c\r\n\r\n", "folded header line", ""},
		{"HTTP/1.1 101 " + strings.Repeat("a", 9000) + "\r\n\r\n", "status line too long", ""},
		{"HTTP/1.1 101 OK\r\n" + strings.Repeat("A:\r\n", 129) + "\r\n", "too many headers", ""},
	}
	for _, test := range tests {
		for name, r := range readers(test.message) {
			status, h, err := ReadResponse(r, Limits{})
			e, ok := errors.AsType[*MessageError](err)
			if !ok || e.What != test.what || e.Value != test.value || e.Status != 0 || e.Err != nil {
				t.Errorf("%q, %s: %#v, want %s, %q", test.message, name, err, test.what, test.value)
			}
			if status != 0 || h.Len() != 0 {
				t.Errorf("%q, %s: returns %d, %q with the error", test.message, name, status, pairsOf(h))
			}
		}
	}
	for start, want := range map[string]error{"": io.EOF, "HTTP/1.1 101": io.ErrUnexpectedEOF, "HTTP/1.1 101\r\n": io.ErrUnexpectedEOF} {
		if _, _, err := ReadResponse(bufio.NewReader(strings.NewReader(start)), Limits{}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", start, err, want)
		}
	}
}
