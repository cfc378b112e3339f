package http11

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/go-websockets/websockets/httpheader"
)

// Whatever we accept, net/http accepts too and understands alike: no proxy or
// server in front or behind sees another request than we do.
func FuzzReadRequest(f *testing.F) {
	for _, s := range []string{
		request, "GET / HTTP/1.1\r\n\r\n", "GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\nA : b\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "GET / HTTP/1.1\nA: b\n\n",
		"GET /%zz HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, message []byte) { checkAgainstNetHTTP(t, message) })
}

// One byte is put in, replaced or left out, everywhere.
func TestMutatedRequestsAgainstNetHTTP(t *testing.T) {
	const good = "GET http://a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nX:\t1 \r\n\r\n"
	accepted := 0
	check := func(message string) {
		if checkAgainstNetHTTP(t, []byte(message)) {
			accepted++
		}
	}
	for i := range len(good) {
		check(good[:i] + good[i+1:])
		for c := range 256 {
			check(good[:i] + string([]byte{byte(c)}) + good[i:])
			check(good[:i] + string([]byte{byte(c)}) + good[i+1:])
		}
	}
	if all := len(good) * 513; accepted < all/20 || accepted > all*3/4 {
		t.Errorf("%d of %d mutations are accepted: this tests little", accepted, all)
	}
}

// checkAgainstNetHTTP reads a request in both ways and reports whether we
// accept it.
func checkAgainstNetHTTP(t *testing.T, message []byte) bool {
	t.Helper()
	r := bufio.NewReaderSize(bytes.NewReader(message), 16)
	path, h, err := ReadRequest(r, unlimited)
	if err != nil {
		checkFuzzError(t, err)
		return false
	}
	rest, _ := io.ReadAll(r)
	if !bytes.HasSuffix(message, append([]byte("\r\n\r\n"), rest...)) {
		t.Fatalf("%q: %q is left", message, rest)
	}
	if built, err := AppendRequest(nil, path, h); err == nil {
		checkRebuilt(t, built, path, h)
	} else if isASCII(path) {
		t.Fatalf("%q does not build: %v", message, err)
	}
	if CheckNoBody(h) != nil || len(h.Values("Host")) > 1 {
		return false // a server refuses it: package handshake checks Host
	}
	if _, err := url.ParseRequestURI(path); err != nil {
		// The path is not validated. net/http shall judge all the rest.
		message = append([]byte("GET /"), message[len("GET ")+len(path):]...)
		path = "/"
	}
	theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(message)))
	if err != nil {
		t.Fatalf("%q is accepted, but not by net/http: %v", message, err)
	}
	if theirs.Method != "GET" || theirs.RequestURI != path || !theirs.ProtoAtLeast(1, 1) || theirs.ContentLength != 0 {
		t.Fatalf("%q: net/http reads %+v", message, theirs)
	}
	mine, their := FromMap(h.Map()), FromMap(theirs.Header)
	mine.Del("Host") // net/http takes it out
	mine.Del("Cache-Control")
	their.Del("Cache-Control") // net/http may add it
	if !mine.Equal(their) {
		t.Fatalf("%q: headers %q, net/http %q", message, pairsOf(mine), pairsOf(their))
	}
	return true
}

func checkRebuilt(t *testing.T, built []byte, path string, h Headers) {
	t.Helper()
	again, headers, err := ReadRequest(bufio.NewReader(bytes.NewReader(built)), unlimited)
	if err != nil || again != path || !headers.Equal(h) {
		t.Fatalf("%q reads back as %q, %q, %v", built, again, pairsOf(headers), err)
	}
}

func FuzzReadResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 101\r\n\r\n", "HTTP/1.1 200 \r\n\r\nbody",
		"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 0101\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(message), 16)
		status, h, err := ReadResponse(r, unlimited)
		if err != nil {
			checkFuzzError(t, err)
			return
		}
		body, _ := io.ReadAll(r)
		if !bytes.HasPrefix(message, fmt.Appendf(nil, "HTTP/1.1 %d", status)) || !bytes.HasSuffix(message, body) {
			t.Fatalf("%q: status %d, body %q", message, status, body)
		}
		built, err := AppendResponse(nil, status, "", h, body)
		if err != nil {
			t.Fatalf("%q does not build: %v", message, err)
		}
		again, headers, err := ReadResponse(bufio.NewReader(bytes.NewReader(built)), unlimited)
		if err != nil || again != status || !headers.Equal(h) {
			t.Fatalf("%q reads back as %d, %q, %v", built, again, pairsOf(headers), err)
		}
		if h.Has("Transfer-Encoding") || h.Has("Content-Length") {
			return // net/http looks into these already here
		}
		theirs, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(message)), nil)
		if err != nil || theirs.StatusCode != status {
			t.Fatalf("%q is accepted, net/http: %v, %v", message, theirs, err)
		}
	})
}

func checkFuzzError(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*MessageError](err)
	if !ok || len(e.Value) > maxValue || !errors.Is(err, httpheader.ErrHandshake) {
		t.Fatalf("error %#v", err)
	}
	for _, r := range err.Error() {
		if r < ' ' || r == 0x7F {
			t.Fatalf("control character in %q", err)
		}
	}
}
