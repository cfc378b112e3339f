package differential

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A transport is the connection to a peer who says what a script says, and takes
// everything. After the script comes the end.
//
//	script[r:] is to be read, in pieces; out has what was written.
//	settle is called before the end, if it is not nil, so that replies come first.
//	respond is not nil as long as the request of a client is missing: it makes the
//	response, which comes before the script.
type transport struct {
	mu      sync.Mutex
	changed sync.Cond
	script  []byte
	r       int
	piece   int // the most that one Read returns; 0: all
	settle  func()
	out     bytes.Buffer
	respond func(key string) string
	closed  bool
}

func newTransport(script []byte, piece int) *transport {
	t := &transport{script: script, piece: piece}
	t.changed.L = &t.mu
	return t
}

func (t *transport) Read(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.respond != nil && !t.closed {
		t.changed.Wait()
	}
	if t.r == len(t.script) && t.settle != nil {
		t.mu.Unlock()
		t.settle()
		t.mu.Lock()
	}
	if t.closed {
		return 0, net.ErrClosed
	}
	if t.r == len(t.script) {
		return 0, io.EOF
	}
	if t.piece > 0 {
		p = p[:min(len(p), t.piece)]
	}
	n := copy(p, t.script[t.r:])
	t.r += n
	return n, nil
}

func (t *transport) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return 0, net.ErrClosed
	}
	t.out.Write(p)
	if t.respond != nil && bytes.Contains(t.out.Bytes(), []byte("\r\n\r\n")) {
		t.script = append([]byte(t.respond(keyOf(t.out.String()))), t.script...)
		t.respond = nil
		t.changed.Broadcast()
	}
	return len(p), nil
}

func (t *transport) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.changed.Broadcast()
	return nil
}

// written returns what was written behind the opening handshake.
func (t *transport) written() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.out.Bytes()
	if bytes.HasPrefix(out, []byte("HTTP/")) || bytes.HasPrefix(out, []byte("GET ")) {
		_, out, _ = bytes.Cut(out, []byte("\r\n\r\n"))
	}
	return out
}

func (t *transport) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

func (t *transport) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 2), Port: 4000}
}
func (t *transport) SetDeadline(time.Time) error      { return nil }
func (t *transport) SetReadDeadline(time.Time) error  { return nil }
func (t *transport) SetWriteDeadline(time.Time) error { return nil }

// keyOf returns the Sec-WebSocket-Key of a request, however its name is written.
func keyOf(request string) string {
	for line := range strings.SplitSeq(request, "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Sec-WebSocket-Key") {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// acceptOf returns what a server answers to a key (RFC 6455 §4.2.2).
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// A responder is the http.ResponseWriter of a request that came in on a transport.
type responder struct {
	t      *transport
	header http.Header
	status int
}

func (r *responder) Header() http.Header { return r.header }

func (r *responder) WriteHeader(status int) { r.status = status }

func (r *responder) Write(p []byte) (int, error) { return len(p), nil }

func (r *responder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return r.t, bufio.NewReadWriter(bufio.NewReader(r.t), bufio.NewWriter(r.t)), nil
}
