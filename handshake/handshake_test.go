package handshake

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/httpheader"
)

// The key and the accept key of RFC 6455 §1.3.
const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

func headersOf(pairs ...string) *http11.Headers {
	h := new(http11.Headers)
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// changed returns headers in which name has other values, or none.
func changed(base []string, name string, values ...string) *http11.Headers {
	h := headersOf(base...)
	h.Del(name)
	for _, value := range values {
		h.Add(name, value)
	}
	return h
}

var (
	validRequest = []string{
		"Upgrade", "websocket", "Connection", "Upgrade",
		"Sec-WebSocket-Key", sampleKey, "Sec-WebSocket-Version", "13",
	}
	validResponse = []string{"Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Accept", sampleAccept}
)

// WS-027 to WS-032, WS-035, WS-036, WS-174, WS-178.
func TestBuildRequest(t *testing.T) {
	nonce := [16]byte([]byte("the sample nonce"))
	h := headersOf("Host", "a", "upgrade", "h2c", "Sec-WebSocket-Key", "x", "sec-websocket-key", "y")
	if key := BuildRequest(h, nonce); key != sampleKey {
		t.Errorf("key %q, want %q", key, sampleKey)
	}
	if want := headersOf(append([]string{"Host", "a"}, validRequest...)...); !h.Equal(*want) {
		t.Errorf("headers %q, want %q", h.Map(), want.Map())
	}

	theirs := http.Header{}
	BuildRequest(theirs, nonce)
	if want := http.Header(headersOf(validRequest...).Map()); !reflect.DeepEqual(theirs, want) {
		t.Errorf("http.Header %q, want %q", theirs, want)
	}
}

// WS-065 to WS-067.
func TestBuildResponse(t *testing.T) {
	h := headersOf()
	BuildResponse(h, sampleKey)
	if want := headersOf(validResponse...); !h.Equal(*want) {
		t.Errorf("headers %q, want %q", h.Map(), want.Map())
	}
}

// What one side builds, the other accepts.
func TestBuiltHandshakesPass(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		var nonce [16]byte
		rand.Read(nonce[:])
		request, response := http.Header{}, http.Header{}
		sent := BuildRequest(request, nonce)
		if seen[sent] {
			t.Fatalf("key %q again", sent)
		}
		seen[sent] = true
		key, err := CheckRequest(request)
		if err != nil || key != sent {
			t.Fatalf("key %q, %v, want %q", key, err, sent)
		}
		BuildResponse(response, key)
		if err := CheckResponse(response, sent); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAcceptKey(t *testing.T) {
	if got := AcceptKey(sampleKey); got != sampleAccept {
		t.Errorf("AcceptKey(%q) = %q, want %q", sampleKey, got, sampleAccept)
	}
}

// WS-067: other code computes the same.
func TestAcceptKeyAgainstAnotherSHA1(t *testing.T) {
	for range 10_000 {
		key := rand.Text()
		sum := plainSHA1([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		if want := base64.StdEncoding.EncodeToString(sum); AcceptKey(key) != want {
			t.Fatalf("AcceptKey(%q) = %q, want %q", key, AcceptKey(key), want)
		}
	}
}

// plainSHA1 is SHA-1 word for word as FIPS 180-4 §6.1 has it.
func plainSHA1(message []byte) []byte {
	length := uint64(len(message)) * 8
	message = append(message, 0x80)
	for len(message)%64 != 56 {
		message = append(message, 0)
	}
	message = binary.BigEndian.AppendUint64(message, length)
	h := [5]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}
	for ; len(message) > 0; message = message[64:] {
		var w [80]uint32
		a, b, c, d, e := h[0], h[1], h[2], h[3], h[4]
		for t := range w {
			if t < 16 {
				w[t] = binary.BigEndian.Uint32(message[4*t:])
			} else {
				w[t] = bits.RotateLeft32(w[t-3]^w[t-8]^w[t-14]^w[t-16], 1)
			}
			var f, k uint32
			switch t / 20 {
			case 0:
				f, k = b&c^^b&d, 0x5a827999
			case 1:
				f, k = b^c^d, 0x6ed9eba1
			case 2:
				f, k = b&c^b&d^c&d, 0x8f1bbcdc
			case 3:
				f, k = b^c^d, 0xca62c1d6
			}
			a, b, c, d, e = bits.RotateLeft32(a, 5)+f+e+k+w[t], a, bits.RotateLeft32(b, 30), c, d
		}
		for i, v := range []uint32{a, b, c, d, e} {
			h[i] += v
		}
	}
	var sum []byte
	for _, v := range h {
		sum = binary.BigEndian.AppendUint32(sum, v)
	}
	return sum
}

func TestCheckRequestAccepts(t *testing.T) {
	tests := map[string]*http11.Headers{
		"a client's request":      headersOf(validRequest...),
		"upper case":              changed(validRequest, "Upgrade", "WebSocket"),
		"more options":            changed(validRequest, "Connection", "keep-alive, Upgrade"), // Firefox
		"options in any case":     changed(validRequest, "Connection", "UPGRADE,close"),
		"Connection in two lines": changed(validRequest, "Connection", "keep-alive", "upgrade"),
		"empty elements":          changed(validRequest, "Upgrade", ", websocket,"),
		"names in any case":       headersOf("UPGRADE", "websocket", "connection", "Upgrade", "sec-websocket-KEY", sampleKey, "SEC-WEBSOCKET-VERSION", "13"),
		"unknown headers":         changed(validRequest, "X-Unknown", "()", "{}"), // MAY-02
		"key of zeros":            changed(validRequest, "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
	}
	for name, h := range tests {
		key, err := CheckRequest(h)
		if want := h.Values("Sec-WebSocket-Key")[0]; err != nil || key != want {
			t.Errorf("%s: key %q, %v", name, key, err)
		}
		if _, err := CheckRequest(http.Header(h.Map())); err != nil {
			t.Errorf("%s, as http.Header: %v", name, err)
		}
	}
}

// WS-047, WS-050 to WS-053, WS-058, WS-174, WS-178: the request is refused, with
// this error and this status.
func TestCheckRequestRefuses(t *testing.T) {
	const (
		key     = "Sec-WebSocket-Key"
		version = "Sec-WebSocket-Version"
	)
	type values = []string
	tests := []struct {
		name   string
		values values // in place of the valid one
		want   error
		status int
	}{
		{"Upgrade", nil, &httpheader.UpgradeError{Name: "Upgrade"}, 426},
		{"Upgrade", values{"h2c"}, &httpheader.UpgradeError{Name: "Upgrade", Value: "h2c"}, 426},
		{"Upgrade", values{"websockets"}, &httpheader.UpgradeError{Name: "Upgrade", Value: "websockets"}, 426},
		{"Upgrade", values{"xwebsocket"}, &httpheader.UpgradeError{Name: "Upgrade", Value: "xwebsocket"}, 426},
		{"Upgrade", values{"websocket/13"}, &httpheader.UpgradeError{Name: "Upgrade", Value: "websocket/13"}, 426},
		{"Upgrade", values{"h2c, websocket"}, &httpheader.UpgradeError{Name: "Upgrade", Value: "h2c, websocket"}, 426},
		{"Upgrade", values{"websocket", "websocket"}, &httpheader.UpgradeError{Name: "Upgrade", Value: "websocket, websocket"}, 426},
		{"Upgrade", values{"web socket"}, &httpheader.FormatError{Name: "Upgrade", Value: "web socket", Pos: 4, Want: "comma"}, 400},
		{"Upgrade", values{""}, &httpheader.FormatError{Name: "Upgrade", Want: "at least one element"}, 400},
		{"Upgrade", values{"websoc\u212aet"}, &httpheader.FormatError{Name: "Upgrade", Value: "websoc\u212aet", Pos: 6, Want: "comma"}, 400},

		{"Connection", nil, &httpheader.UpgradeError{Name: "Connection"}, 426},
		{"Connection", values{"keep-alive"}, &httpheader.UpgradeError{Name: "Connection", Value: "keep-alive"}, 426},
		{"Connection", values{"notupgrade"}, &httpheader.UpgradeError{Name: "Connection", Value: "notupgrade"}, 426},
		{"Connection", values{"upgrade2", "close"}, &httpheader.UpgradeError{Name: "Connection", Value: "upgrade2, close"}, 426},
		{"Connection", values{"upgrade close"}, &httpheader.FormatError{Name: "Connection", Value: "upgrade close", Pos: 8, Want: "comma"}, 400},

		{version, nil, &httpheader.Error{Name: version}, 400},
		{version, values{"13", "13"}, &httpheader.Error{Name: version, Value: "13, 13"}, 400},
		{version, values{"13", "8"}, &httpheader.Error{Name: version, Value: "13, 8"}, 400},
		{version, values{"12"}, &httpheader.ValueError{Name: version, Value: "12"}, 426},
		{version, values{"8"}, &httpheader.ValueError{Name: version, Value: "8"}, 426},
		{version, values{"013"}, &httpheader.ValueError{Name: version, Value: "013"}, 426},
		{version, values{"13, 8"}, &httpheader.ValueError{Name: version, Value: "13, 8"}, 426},
		{version, values{"+13"}, &httpheader.ValueError{Name: version, Value: "+13"}, 426},
		{version, values{"99999999999999999999"}, &httpheader.ValueError{Name: version, Value: "99999999999999999999"}, 426},
		{version, values{""}, &httpheader.ValueError{Name: version}, 426},

		{key, nil, &httpheader.Error{Name: key}, 400},
		{key, values{sampleKey, sampleKey}, &httpheader.Error{Name: key, Value: sampleKey + ", " + sampleKey}, 400},
		{key, values{""}, &httpheader.ValueError{Name: key}, 400},
		{key, values{"!"}, &httpheader.ValueError{Name: key, Value: "!"}, 400},
		{key, values{"AAAAAAAAAAAAAAAAAAAA"}, &httpheader.ValueError{Name: key, Value: "AAAAAAAAAAAAAAAAAAAA"}, 400},                 // 15 bytes
		{key, values{"AAAAAAAAAAAAAAAAAAAAAAA="}, &httpheader.ValueError{Name: key, Value: "AAAAAAAAAAAAAAAAAAAAAAA="}, 400},         // 17 bytes
		{key, values{"AAAAAAAAAAAAAAAAAAAAAA"}, &httpheader.ValueError{Name: key, Value: "AAAAAAAAAAAAAAAAAAAAAA"}, 400},             // no padding
		{key, values{"AAAAAAAAAAAAAAAAAAAAAB=="}, &httpheader.ValueError{Name: key, Value: "AAAAAAAAAAAAAAAAAAAAAB=="}, 400},         // other bits in the padding
		{key, values{"____________________-w=="}, &httpheader.ValueError{Name: key, Value: "____________________-w=="}, 400},         // the alphabet of URLs
		{key, values{" " + sampleKey}, &httpheader.ValueError{Name: key, Value: " " + sampleKey}, 400},                               // blanks
		{key, values{"dGhlIHNhbXBs\r\nZSBub25jZQ=="}, &httpheader.ValueError{Name: key, Value: "dGhlIHNhbXBs\r\nZSBub25jZQ=="}, 400}, // which decoders leave out
	}
	for _, test := range tests {
		h := changed(validRequest, test.name, test.values...)
		got, err := CheckRequest(h)
		if !reflect.DeepEqual(err, test.want) {
			t.Errorf("%s %q: %#v, want %#v", test.name, test.values, err, test.want)
		}
		if got != "" {
			t.Errorf("%s %q: key %q with the error", test.name, test.values, got)
		}
		if status := Status(err); status != test.status {
			t.Errorf("%s %q: status %d, want %d", test.name, test.values, status, test.status)
		}
		if !errors.Is(err, httpheader.ErrHandshake) {
			t.Errorf("%s %q: not of the family ErrHandshake", test.name, test.values)
		}
	}
}

func TestCheckResponseAccepts(t *testing.T) {
	tests := map[string]*http11.Headers{
		"a server's response":         headersOf(validResponse...),
		"upper case":                  changed(validResponse, "Upgrade", "WebSocket"),
		"more options":                changed(validResponse, "Connection", "keep-alive, upgrade"),
		"blanks around the accept":    changed(validResponse, "Sec-WebSocket-Accept", " \t"+sampleAccept+"\t "), // WS-043
		"headers of which we know no": changed(validResponse, "Date", "today"),
	}
	for name, h := range tests {
		if err := CheckResponse(h, sampleKey); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// WS-041 to WS-043, WS-176.
func TestCheckResponseRefuses(t *testing.T) {
	const accept = "Sec-WebSocket-Accept"
	wrongCase := strings.ToLower(sampleAccept)
	tests := []struct {
		name   string
		values []string
		want   error
	}{
		{"Upgrade", nil, &httpheader.UpgradeError{Name: "Upgrade"}},
		{"Upgrade", []string{"http/2"}, &httpheader.UpgradeError{Name: "Upgrade", Value: "http/2"}},
		{"Upgrade", []string{"websocket, h2c"}, &httpheader.UpgradeError{Name: "Upgrade", Value: "websocket, h2c"}},
		{"Connection", nil, &httpheader.UpgradeError{Name: "Connection"}},
		{"Connection", []string{"notupgrade"}, &httpheader.UpgradeError{Name: "Connection", Value: "notupgrade"}},
		{"Connection", []string{"close"}, &httpheader.UpgradeError{Name: "Connection", Value: "close"}},
		{accept, nil, &httpheader.Error{Name: accept}},
		{accept, []string{sampleAccept, sampleAccept}, &httpheader.Error{Name: accept, Value: sampleAccept + ", " + sampleAccept}},
		{accept, []string{""}, &httpheader.ValueError{Name: accept}},
		{accept, []string{wrongCase}, &httpheader.ValueError{Name: accept, Value: wrongCase}},
		{accept, []string{sampleKey}, &httpheader.ValueError{Name: accept, Value: sampleKey}},
		{accept, []string{sampleAccept + "="}, &httpheader.ValueError{Name: accept, Value: sampleAccept + "="}},
	}
	for _, test := range tests {
		err := CheckResponse(changed(validResponse, test.name, test.values...), sampleKey)
		if !reflect.DeepEqual(err, test.want) {
			t.Errorf("%s %q: %#v, want %#v", test.name, test.values, err, test.want)
		}
	}
}

func TestStatus(t *testing.T) {
	tests := []struct {
		err  error
		want int
	}{
		{nil, 101},
		{httpheader.ErrHandshake, 400},
		{&httpheader.Error{Name: "Origin"}, 400},
		{&httpheader.FormatError{}, 400},
		{&httpheader.ValueError{Name: "Sec-WebSocket-Key"}, 400},
		{&httpheader.ValueError{Name: "Sec-WebSocket-Version"}, 426},
		{&httpheader.UpgradeError{}, 426},
		{&httpheader.OriginError{}, 403},
		{&http11.MessageError{Status: 400}, 400},
		{&http11.MessageError{Status: 405}, 405},
		{&http11.MessageError{Status: 414}, 414},
		{&http11.MessageError{Status: 431}, 431},
		{&http11.MessageError{Status: 505}, 505},
		{&http11.MessageError{Err: io.ErrUnexpectedEOF}, 400},
		{errors.Join(io.EOF, &httpheader.OriginError{}), 403},
		{io.EOF, 500},
	}
	for _, test := range tests {
		if got := Status(test.err); got != test.want {
			t.Errorf("Status(%#v) = %d, want %d", test.err, got, test.want)
		}
	}
}

// WS-058, WS-069: whoever speaks another version learns which we speak.
func TestBuildRejection(t *testing.T) {
	tests := []struct {
		err    error
		status int
		want   *http11.Headers
	}{
		{&httpheader.Error{}, 400, headersOf("Connection", "close")},
		{&httpheader.OriginError{}, 403, headersOf("Connection", "close")},
		{io.EOF, 500, headersOf("Connection", "close")},
		{&http11.MessageError{Status: 405}, 405, headersOf("Connection", "close", "Allow", "GET")},
		{&httpheader.UpgradeError{}, 426, headersOf("Connection", "Upgrade, close", "Upgrade", "websocket", "Sec-WebSocket-Version", "13")},
		{
			&httpheader.ValueError{Name: "Sec-WebSocket-Version", Value: "8"}, 426,
			headersOf("Connection", "Upgrade, close", "Upgrade", "websocket", "Sec-WebSocket-Version", "13"),
		},
	}
	for _, test := range tests {
		h := headersOf("Connection", "keep-alive")
		if status := BuildRejection(h, test.err); status != test.status || !h.Equal(*test.want) {
			t.Errorf("%#v: %d, %q, want %d, %q", test.err, status, h.Map(), test.status, test.want.Map())
		}
	}
}

// WS-049.
func TestCheckHost(t *testing.T) {
	for _, host := range []string{"example.com", "Example.com:8080", "[::1]:80", "127.0.0.1"} {
		if got, err := CheckHost(headersOf("Host", host)); got != host || err != nil {
			t.Errorf("CheckHost(%q) = %q, %v", host, got, err)
		}
	}
	for _, hosts := range [][]string{nil, {"a", "a"}, {"a", "b"}} {
		_, err := CheckHost(changed(nil, "Host", hosts...))
		if want := (&httpheader.Error{Name: "Host", Value: strings.Join(hosts, ", ")}); !reflect.DeepEqual(err, want) {
			t.Errorf("%q: %#v", hosts, err)
		}
	}
	if _, err := CheckHost(headersOf("Host", "user:secret@a", "Host", "a")); err == nil || Status(err) != 400 || strings.Contains(err.Error(), "secret") {
		t.Errorf("two hosts, one with a password: %v", err)
	}
	for _, host := range []string{"", "[", "[::1", "a:b:c", "a:99999", "a\x00", "a b", " ", "b\u00fccher.example", "a,b", "a/b", "u@a", "a\r\nb"} {
		got, err := CheckHost(headersOf("Host", host))
		if e, ok := errors.AsType[*httpheader.FormatError](err); !ok || e.Name != "Host" || e.Value != host && host != "u@a" || got != "" || Status(err) != 400 {
			t.Errorf("CheckHost(%q) = %q, %#v", host, got, err)
		}
	}
}

func FuzzCheckRequest(f *testing.F) {
	f.Add("websocket", "Upgrade", sampleKey, "13")
	f.Add("WebSocket", "keep-alive, upgrade", "AAAAAAAAAAAAAAAAAAAAAB==", "8")
	f.Add("", "", "", "")
	f.Fuzz(func(t *testing.T, upgrade, connection, key, version string) {
		h := headersOf("Upgrade", upgrade, "Connection", connection, "Sec-WebSocket-Key", key, "Sec-WebSocket-Version", version)
		got, err := CheckRequest(h)
		if err != nil {
			if !errors.Is(err, httpheader.ErrHandshake) || got != "" || Status(err) != 400 && Status(err) != 426 {
				t.Fatalf("%q: %#v", h.Map(), err)
			}
			return
		}
		// What is accepted, in other words.
		options := strings.FieldsFunc(strings.ToLower(connection), func(r rune) bool { return strings.ContainsRune(", \t", r) })
		nonce, err := base64.StdEncoding.DecodeString(got)
		if version != "13" || !strings.EqualFold(strings.Trim(upgrade, ", \t"), "websocket") || !slices.Contains(options, "upgrade") ||
			got != key || len(key) != 24 || err != nil || len(nonce) != 16 {
			t.Fatalf("accepts %q", h.Map())
		}
	})
}
