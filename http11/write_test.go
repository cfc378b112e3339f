package http11

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/httpheader"
)

func TestAppendRequest(t *testing.T) {
	h := headersOf("Host", "example.com", "Empty", "", "X-Text", "a b\t\xe9")
	got, err := AppendRequest([]byte("before"), "/chat?room=1", h)
	want := "beforeGET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nEmpty: \r\nX-Text: a b\t\xe9\r\n\r\n"
	if string(got) != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	for _, target := range []string{"/", "http://example.com/", "https://example.com"} {
		if _, err := AppendRequest(nil, target, h); err != nil {
			t.Errorf("target %q: %v", target, err)
		}
	}
}

func TestAppendResponse(t *testing.T) {
	h := headersOf("Connection", "close", "Content-Length", "3")
	got, err := AppendResponse([]byte("before"), 400, "Bad Request", h, []byte("no\n"))
	want := "beforeHTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno\n"
	if string(got) != want || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	for _, status := range []int{100, 999} {
		if _, err := AppendResponse(nil, status, "", Headers{}, nil); err != nil {
			t.Errorf("status %d: %v", status, err)
		}
	}
	got, err = AppendResponse(nil, 101, "", Headers{}, nil)
	if string(got) != "HTTP/1.1 101 \r\n\r\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// Nothing that an application puts into a message can add a line to it.
func TestAppendRefusesInjection(t *testing.T) {
	for _, target := range []string{
		"", "chat", "*", "/a b", "/a\r\nX: y", "/a\n", "/a\x00", "/a\x7f", "/\u00e9", "/\x80", "ftp://a/", "/ HTTP/1.1\r\n\r\n",
	} {
		checkRefused(t, func(dst []byte) ([]byte, error) { return AppendRequest(dst, target, Headers{}) }, target)
	}
	for _, name := range []string{"", "A B", "A:", "A\r\nB", "A\n", "\u00e9", "A\x00"} {
		checkFieldRefused(t, name, "value")
	}
	for _, value := range []string{"a\r\nX: y", "a\nb", "\r", "\x00", "\x1b[2J", "\x7f", " a", "a\t", " "} {
		checkFieldRefused(t, "Name", value)
	}
	for _, reason := range []string{"OK\r\nX: y", "\n", "\x00", "\x7f"} {
		checkRefused(t, func(dst []byte) ([]byte, error) { return AppendResponse(dst, 200, reason, Headers{}, nil) }, reason)
	}
	for _, status := range []int{-1, 0, 99, 1000} {
		checkRefused(t, func(dst []byte) ([]byte, error) { return AppendResponse(dst, status, "", Headers{}, nil) }, "")
	}
}

func checkFieldRefused(t *testing.T, name, value string) {
	t.Helper()
	h := headersOf("First", "1", name, value)
	checkRefused(t, func(dst []byte) ([]byte, error) { return AppendRequest(dst, "/", h) }, name)
	checkRefused(t, func(dst []byte) ([]byte, error) { return AppendResponse(dst, 101, "", h, nil) }, name)
}

// checkRefused checks for a *MessageError with this value, and that nothing was
// appended.
func checkRefused(t *testing.T, build func(dst []byte) ([]byte, error), value string) {
	t.Helper()
	dst, err := build([]byte("before"))
	e, ok := errors.AsType[*MessageError](err)
	if !ok || value != "" && e.Value != value || e.Status != 0 || !errors.Is(err, httpheader.ErrHandshake) {
		t.Errorf("%q: %#v", value, err)
	}
	if string(dst) != "before" {
		t.Errorf("%q: appended to give %q", value, dst)
	}
}

// WS-022: an independent parser reads what we build, and finds the same fields.
func FuzzAppendRequest(f *testing.F) {
	f.Add("/chat?a=b", "Host", "example.com")
	f.Add("/\r\nX: y", "A\r\n", "b\r\nc")
	f.Add("http://a/", "Sec-WebSocket-Protocol", " a")
	f.Fuzz(func(t *testing.T, target, name, value string) {
		h := headersOf(name, value)
		message, err := AppendRequest(nil, target, h)
		if err != nil {
			checkFuzzError(t, err)
			return
		}
		if n := bytes.Count(message, []byte("\n")); n != 3 {
			t.Fatalf("%q has %d lines", message, n)
		}
		checkRebuilt(t, message, target, h)
		if CheckNoBody(h) != nil || strings.Contains(target, "%") || target[0] != '/' {
			return // net/http looks into these already here
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(message)))
		if err != nil || r.RequestURI != target {
			t.Fatalf("net/http reads %q as %+v, %v", message, r, err)
		}
	})
}
