package differential

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// A bufferedConn reads first what came in behind the opening handshake.
type bufferedConn struct {
	net.Conn
	br *bufio.Reader
}

func (c bufferedConn) Read(p []byte) (int, error) {
	if c.br == nil {
		return c.Conn.Read(p)
	}
	return c.br.Read(p)
}

// An outcome is what an endpoint makes of a session.
type outcome struct {
	refused  bool     // there was no opening handshake
	panicked string   // and why
	messages []string // delivered
	pongs    []string // sent
	closed   int      // the code of the close frame that was sent; 0: none was; 1005: it has no code
	wrong    string   // what was sent that must not be
}

func (o outcome) String() string {
	return fmt.Sprintf("refused %v, panicked %q, messages %.60q, pongs %.60q, closed %d, wrong %q",
		o.refused, o.panicked, o.messages, o.pongs, o.closed, o.wrong)
}

// playOurs gives the session to an endpoint of ours. Its replies may be on their way
// in another goroutine when it reads on. In a bubble the end comes when all others
// wait.
func playOurs(t *testing.T, s *session) (o outcome) {
	synctest.Test(t, func(*testing.T) {
		o = play(ours, s, func() { <-time.After(time.Millisecond) })
	})
	return o
}

// play gives the session to an endpoint.
func play(l library, s *session, settle func()) (o outcome) {
	t := newTransport(s.wire, s.piece)
	t.settle = settle
	func() {
		defer func() {
			if r := recover(); r != nil {
				o.panicked = fmt.Sprint(r)
			}
		}()
		got := func(opcode byte, p []byte) { o.messages = append(o.messages, fmt.Sprintf("%d %s", opcode, p)) }
		if s.fromClient {
			o.refused = !l.server(t, request(s.compressed), s.compressed, got)
		} else {
			t.respond = func(key string) string { return response(key, s.compressed) }
			o.refused = !l.client(t, s.compressed, got)
		}
	}()
	o.read(t.written(), !s.fromClient)
	return o
}

// read takes apart what an endpoint has sent.
func (o *outcome) read(b []byte, masked bool) {
	for len(b) > 0 {
		h, n, err := frame.ParseHeader(b)
		switch {
		case err != nil:
			o.wrong = err.Error()
		case n == 0 || h.Length > int64(len(b)-n):
			o.wrong = "half a frame"
		case h.Masked != masked:
			o.wrong = "masking"
		case o.closed != 0:
			o.wrong = "a frame behind the close frame"
		}
		if o.wrong != "" {
			return
		}
		p := slices.Clone(b[n : n+int(h.Length)])
		b = b[n+int(h.Length):]
		for i := range p {
			if masked {
				p[i] ^= h.MaskingKey[i%4]
			}
		}
		switch {
		case h.Opcode == frame.OpPong:
			o.pongs = append(o.pongs, string(p))
		case h.Opcode == frame.OpClose && len(p) >= 2:
			o.closed = int(binary.BigEndian.Uint16(p))
		case h.Opcode == frame.OpClose:
			o.closed = int(frame.CloseNoStatus)
		default:
			o.wrong = "opcode " + h.Opcode.String()
		}
	}
}

// request is what the server's side gets of an opening handshake that is right.
func request(compressed bool) *http.Request {
	r := &http.Request{
		Method: http.MethodGet, URL: &url.URL{Path: "/a"}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Host: "server.example", RequestURI: "/a", RemoteAddr: "192.0.2.2:4000", Body: http.NoBody,
		Header: http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Sec-Websocket-Version": {"13"},
		},
	}
	if compressed {
		r.Header.Set("Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
	}
	return r.WithContext(context.Background())
}

// response is what a client gets if its opening handshake was right.
func response(key string, compressed bool) string {
	extensions := ""
	if compressed {
		extensions = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"
	}
	return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Accept: " + acceptOf(key) + "\r\n" + extensions + "\r\n"
}

// compare plays a session to all libraries and returns what is wrong with us, or
// different and in no table.
func compare(t *testing.T, s *session) (complaints []string) {
	we := playOurs(t, s)
	if !sane(we) || !slices.Contains(codesFor(s.fault), we.closed) || !slices.Equal(we.messages, s.messages) ||
		!slices.Equal(we.pongs, s.pongs) && !(s.late && begins(s.pongs, we.pongs)) {
		complaints = append(complaints, fmt.Sprintf("websockets\n\t%v\nexpected\n\tcode %v, messages %.60q, pongs %.60q",
			we, codesFor(s.fault), s.messages, s.pongs))
	}
	for _, l := range others {
		if s.compressed && !l.compress {
			continue
		}
		if they := play(l, s, nil); !agree(we, they) && !known(l.name, s, we, they) {
			complaints = append(complaints, fmt.Sprintf("%s\n\t%v\nwebsockets\n\t%v", l.name, they, we))
		}
	}
	return complaints
}

// codesFor returns the codes with which we close after a fault.
func codesFor(fault string) []int {
	switch fault {
	case endsWithout, endsCut:
		return []int{0}
	case closesEmpty:
		return []int{1005}
	case badText, badReason:
		return []int{1007}
	case tooBig, tooBigInflated:
		return []int{1009}
	case badDeflate:
		return []int{1002, 1007}
	}
	if code, ok := strings.CutPrefix(fault, closesAs); ok {
		n, _ := strconv.Atoi(code)
		return []int{n}
	}
	return []int{1002}
}

func agree(a, b outcome) bool {
	return a.refused == b.refused && a.panicked == b.panicked && a.wrong == b.wrong && a.closed == b.closed &&
		slices.Equal(a.messages, b.messages) && slices.Equal(a.pongs, b.pongs)
}

func check(t *testing.T, b []byte) {
	t.Helper()
	s := generate(b)
	for _, c := range compare(t, s) {
		side := "servers"
		if !s.fromClient {
			side = "clients"
		}
		t.Errorf("to %s, compressed %v, in pieces of %d, it breaks: %s\n\t%s\n%s",
			side, s.compressed, s.piece, s.fault, strings.Join(s.frames, "\n\t"), c)
	}
}
