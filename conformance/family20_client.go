package conformance

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// openingOfClients is family 20 for clients.
func openingOfClients() []*Case {
	return concat(askedOfClients(), statuses(), answers(), answerSyntax(), answerDeliveries())
}

// askedOfClients are the cases 20.20: what a client's request must be.
func askedOfClients() []*Case {
	asked := func(n int, title string, check func(s *session, r *http.Request) error) *Case {
		return askedCase(fmt.Sprintf("20.20.%d", n), onClient, "What the client asks: "+title, "The request is as the RFC wants it.", check)
	}
	return []*Case{
		asked(1, "GET and HTTP/1.1", func(_ *session, r *http.Request) error {
			if r.Method != http.MethodGet || r.Proto != "HTTP/1.1" {
				return fmt.Errorf("the request is %s with %s", r.Method, r.Proto)
			}
			return nil
		}),
		asked(2, "Host, once", func(s *session, r *http.Request) error {
			if n := strings.Count(strings.ToLower(s.r.Request), "\r\nhost:"); n != 1 || r.Host == "" {
				return fmt.Errorf("the request has Host %d times, %q", n, r.Host)
			}
			return nil
		}),
		asked(3, "Upgrade: websocket", func(_ *session, r *http.Request) error {
			if !hasToken(strings.Join(r.Header.Values("Upgrade"), ","), "websocket") {
				return fmt.Errorf("the request has Upgrade: %q", r.Header.Values("Upgrade"))
			}
			return nil
		}),
		asked(4, "Connection: Upgrade", func(_ *session, r *http.Request) error {
			if !hasToken(strings.Join(r.Header.Values("Connection"), ","), "upgrade") {
				return fmt.Errorf("the request has Connection: %q", r.Header.Values("Connection"))
			}
			return nil
		}),
		asked(5, "a key of 16 bytes in base64, once", func(_ *session, r *http.Request) error {
			keys := r.Header.Values("Sec-WebSocket-Key")
			if len(keys) != 1 {
				return fmt.Errorf("the request has Sec-WebSocket-Key: %q", keys)
			}
			if b, err := base64.StdEncoding.DecodeString(keys[0]); err != nil || len(b) != 16 {
				return fmt.Errorf("the request has the key %q, of %d bytes", keys[0], len(b))
			}
			return nil
		}),
		asked(6, "a key that no other connection had", func(s *session, _ *http.Request) error {
			if s.keyBefore > 0 {
				return fmt.Errorf("the key has been used before")
			}
			s.r.fact("different keys", "%d", s.keys)
			return nil
		}),
		asked(7, "Sec-WebSocket-Version: 13", func(_ *session, r *http.Request) error {
			return single(r, "Sec-WebSocket-Version", "13")
		}),
		asked(8, "no body", func(_ *session, r *http.Request) error {
			if r.ContentLength > 0 || len(r.TransferEncoding) > 0 {
				return fmt.Errorf("the request has a body, of %d bytes, %q", r.ContentLength, r.TransferEncoding)
			}
			return nil
		}),
		asked(9, "nothing is sent before the response", func(s *session, _ *http.Request) error {
			var b [64]byte
			_ = s.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
			defer s.conn.SetReadDeadline(time.Time{})
			n, _ := s.conn.Read(b[:])
			if early := append(s.client.early, b[:n]...); len(early) > 0 {
				return fmt.Errorf("%q came before the response", early)
			}
			return nil
		}),
		asked(10, "a path as the target, or a URI", func(_ *session, r *http.Request) error {
			if !strings.HasPrefix(r.RequestURI, "/") && !strings.HasPrefix(r.RequestURI, "http://") && !strings.HasPrefix(r.RequestURI, "https://") || strings.Contains(r.RequestURI, "#") {
				return fmt.Errorf("the target is %q", r.RequestURI)
			}
			return nil
		}),
		asked(11, "lines that end in CRLF, and headers whose names are tokens", func(s *session, _ *http.Request) error {
			return headSyntax(s.r.Request)
		}),
		asked(12, "subprotocols that are different tokens", func(_ *session, r *http.Request) error {
			return uniqueTokens(r.Header.Values("Sec-WebSocket-Protocol"))
		}),
		asked(13, "one Origin at the most", func(_ *session, r *http.Request) error {
			if o := r.Header.Values("Origin"); len(o) > 1 {
				return fmt.Errorf("the request has Origin: %q", o)
			}
			return nil
		}),
	}
}

// headSyntax checks the lines of a request.
func headSyntax(head string) error {
	lines := strings.Split(strings.TrimSuffix(head, "\r\n\r\n"), "\r\n")
	for i, l := range lines {
		name, _, colon := strings.Cut(l, ":")
		switch {
		case strings.ContainsAny(l, "\r\n\x00"):
			return fmt.Errorf("a control character in the line %q", l)
		case i > 0 && (!colon || name == "" || strings.ContainsFunc(name, func(c rune) bool { return !isTokenByte(c) })):
			return fmt.Errorf("the line %q is no header", l)
		}
	}
	return nil
}

func isTokenByte(c rune) bool {
	return c > ' ' && c < 0x7F && !strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
}

func uniqueTokens(lines []string) error {
	list := tokens(lines)
	for i, t := range list {
		if slices.Contains(list[:i], t) || strings.ContainsFunc(t, func(c rune) bool { return !isTokenByte(c) }) {
			return fmt.Errorf("the request has Sec-WebSocket-Protocol: %q", lines)
		}
	}
	if len(lines) > 0 && len(list) == 0 {
		return fmt.Errorf("the request has an empty Sec-WebSocket-Protocol")
	}
	return nil
}

// statuses are the cases 20.21: responses with another status.
func statuses() (cases []*Case) {
	for i, line := range []string{
		"200 OK", "201 Created", "204 No Content", "304 Not Modified", "400 Bad Request", "401 Unauthorized", "403 Forbidden",
		"404 Not Found", "426 Upgrade Required", "429 Too Many Requests", "500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable",
	} {
		more := []string{}
		switch line[:3] {
		case "401":
			more = append(more, `WWW-Authenticate: Basic realm="x", Digest realm="y", nonce="z"`)
		case "426":
			more = append(more, "Sec-WebSocket-Version: 8", "Sec-WebSocket-Version: 7, 25")
		case "503":
			more = append(more, "Retry-After: 120")
		}
		cases = append(cases, statusCase(fmt.Sprintf("20.21.%d", i+1), onClient, "Status "+line+", with the headers that open a connection", status("HTTP/1.1 "+line, more...)))
	}
	add := func(title, response string) {
		cases = append(cases, statusCase(fmt.Sprintf("20.21.%d", len(cases)+1), onClient, title, response))
	}
	add("A redirection without a Location", status("HTTP/1.1 302 Found"))
	add("A redirection to what is no URI", status("HTTP/1.1 302 Found", "Location: http://[::1"))
	add("A redirection to a mail address", status("HTTP/1.1 302 Found", "Location: mailto:someone@other.example"))
	add("A body behind status 400 that is shorter than its Content-Length", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 1000000000\r\n\r\nno")
	for _, code := range []string{"301 Moved Permanently", "307 Temporary Redirect"} {
		id := fmt.Sprintf("20.21.%d", len(cases)+1)
		cases = append(cases, redirection(id, code))
	}
	return cases
}

// mostRedirections is how many times a client may follow a redirection to where it
// is already.
const mostRedirections = 50

// redirection sends a client in circles. Each round is a connection, and so a run
// of this case: the last one counts.
func redirection(id, code string) *Case {
	return scripted(id, "RFC 9110 §15.4", "Status "+code+", to the same URL again and again", "The client gives up some time, within 50 rounds.", Clients, func(s *session) {
		round := s.suite.memory.visit(s.r.Agent + " " + id)
		s.r.fact("rounds", "%d", round)
		if round > mostRedirections {
			s.responds(status("HTTP/1.1 400 Bad Request"))
			s.verdict(NonStrict, "the client has followed %d redirections to the same URL; better: it gives up", round-1)
			return
		}
		s.responds(status("HTTP/1.1 "+code, "Location: http://{host}{uri}"))
		s.halfClose()
		s.begin(s.client.early)
		if e, err := s.next(300 * time.Millisecond); err == nil {
			s.failf("the client sends a frame: %v", e)
		}
	})
}

// answers are the cases 20.22: the headers of a response with status 101.
func answers() []*Case {
	n := 0
	of := func(section, title string, want taking, edits ...edit) *Case {
		n++
		return responseCase(fmt.Sprintf("20.22.%d", n), section, title, want, edits...)
	}
	const upgrade, connection, accept = "Upgrade", "Connection", "Sec-WebSocket-Accept"
	return []*Case{
		of(onClient, "An ordinary response", takes),
		of(onClient, "No Upgrade", declines, line(upgrade, "")),
		of(onClient, "Upgrade: h2c", declines, line(upgrade, "Upgrade: h2c")),
		of(onClient, "Upgrade: websockets", declines, line(upgrade, "Upgrade: websockets")),
		of(onClient, "Upgrade: WebSocket", takes, line(upgrade, "Upgrade: WebSocket")),
		of(onClient, "Upgrade: WEBSOCKET", takes, line(upgrade, "Upgrade: WEBSOCKET")),
		of(onClient, "Upgrade: websocket, h2c", mayTake, line(upgrade, "Upgrade: websocket, h2c")),
		of(onClient, "Two Upgrades", mayTake, line(upgrade, "Upgrade: websocket\r\nUpgrade: h2c")),
		of(onClient, "No Connection", declines, line(connection, "")),
		of(onClient, "Connection: close", declines, line(connection, "Connection: close")),
		of(onClient, "Connection: notupgrade", declines, line(connection, "Connection: notupgrade")),
		of(onClient, "Connection: upgrade", takes, line(connection, "Connection: upgrade")),
		of(onClient, "Connection: keep-alive, Upgrade", takes, line(connection, "Connection: keep-alive, Upgrade")),
		of(onClient, "Two Connections, keep-alive and Upgrade", takes, line(connection, "Connection: keep-alive\r\nConnection: Upgrade")),
		of(onClient, "No Sec-WebSocket-Accept", declines, line(accept, "")),
		of(onClient, "An empty Sec-WebSocket-Accept", declines, line(accept, "Sec-WebSocket-Accept:")),
		of(onClient, "A Sec-WebSocket-Accept for another key", declines, line(accept, "Sec-WebSocket-Accept: {other}")),
		of(onClient, "The key as Sec-WebSocket-Accept", declines, line(accept, "Sec-WebSocket-Accept: {key}")),
		of(onClient, "Sec-WebSocket-Accept with small and capital letters exchanged", declines, line(accept, "Sec-WebSocket-Accept: {flipped}")),
		of(onClient, "Sec-WebSocket-Accept with something behind it", declines, line(accept, "Sec-WebSocket-Accept: {accept}x")),
		of("RFC 6455 §11.3.3", "Two Sec-WebSocket-Accepts, the second one is wrong", declines, line(accept, "Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Accept: {other}")),
		of("RFC 6455 §11.3.3", "Two Sec-WebSocket-Accepts that are alike", shouldnt, line(accept, "Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Accept: {accept}")),
		of(onClient, "Sec-WebSocket-Accept with blanks and tabs around it", takes, line(accept, "Sec-WebSocket-Accept: \t {accept}\t ")),
		of(onClient, "A subprotocol that was not offered", declinesWith, plus("Sec-WebSocket-Protocol: x-not-offered")),
		of(onClient, "Two subprotocols", declinesWith, plus("Sec-WebSocket-Protocol: x-not-offered, x-neither")),
		of(onClient, "Two subprotocols, in two lines", declinesWith, plus("Sec-WebSocket-Protocol: x-not-offered\r\nSec-WebSocket-Protocol: x-neither")),
		of(onClient, "An empty subprotocol", mayTake, plus("Sec-WebSocket-Protocol:")),
		of(onClient, "An extension that was not offered", declinesWith, plus("Sec-WebSocket-Extensions: x-not-offered")),
		of("RFC 9110 §8.6", "Content-Length: 5 with status 101", mayTake, plus("Content-Length: 5")),
		of("RFC 9112 §6.1", "Transfer-Encoding: chunked with status 101", mayTake, plus("Transfer-Encoding: chunked")),
		of(onClient, "Headers that nobody knows, and cookies", takes, plus("X-Test: 1\r\nX-Empty:\r\nSet-Cookie: a=b; Path=/\r\nSet-Cookie: c")),
		of(onClient, "All names in small letters", takes, swap("Upgrade: w", "upgrade: w"), swap("Connection:", "connection:"), swap("Sec-WebSocket-", "sec-websocket-")),
		of(onClient, "All names in capitals", takes, swap("Upgrade: w", "UPGRADE: w"), swap("Connection:", "CONNECTION:"), swap("Sec-WebSocket-", "SEC-WEBSOCKET-")),
	}
}

// answerSyntax are the cases 20.23: the syntax of a response.
func answerSyntax() []*Case {
	n := 0
	of := func(section, title string, want taking, edits ...edit) *Case {
		n++
		return responseCase(fmt.Sprintf("20.23.%d", n), section, title, want, edits...)
	}
	first := func(text string) edit { return line("HTTP", text) }
	return []*Case{
		of("RFC 9112 §4", "No reason behind the status", takes, first("HTTP/1.1 101 ")),
		of("RFC 9112 §4", "No blank behind the status", mayTake, first("HTTP/1.1 101")),
		of("RFC 9112 §4", "A reason of many words", takes, first("HTTP/1.1 101 Web Socket Protocol Handshake (yes!)")),
		of(onClient, "HTTP/1.0", declines, first("HTTP/1.0 101 Switching Protocols")),
		of("RFC 9112 §2.3", "HTTP/2.0 in the line of an HTTP/1 response", shouldnt, first("HTTP/2.0 101 Switching Protocols")),
		of("RFC 9112 §2.3", "http/1.1, in small letters", shouldnt, first("http/1.1 101 Switching Protocols")),
		of("RFC 9112 §4", "The status 0101", shouldnt, first("HTTP/1.1 0101 Switching Protocols")),
		of("RFC 9112 §4", "The status 1010", declines, first("HTTP/1.1 1010 Switching Protocols")),
		of("RFC 9112 §4", "The status +101", shouldnt, first("HTTP/1.1 +101 Switching Protocols")),
		of("RFC 9112 §4", "The status 101x", shouldnt, first("HTTP/1.1 101x Switching Protocols")),
		of("RFC 9110 §15.2", "103 Early Hints before the response", mayTake, first("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 101 Switching Protocols")),
		of(inSyntax, "Lines that end in LF", mayTake, swap("\r\n", "\n")),
		of("RFC 9112 §5.2", "A header that is folded", mayTake, plus("X-Test: a\r\n b")),
		of("RFC 9112 §5.1", "A blank before the colon of a header", mayTake, plus("X-Test : 1")),
		of("RFC 9110 §5.5", "A NUL in a value", mayTake, plus("X-Test: a\x00b")),
		of(inFields, "A line without a colon", mayTake, plus("X-Test")),
		of(inFields, "A header of 2000 bytes", takes, plus("X-Test: "+strings.Repeat("a", 2000))),
		of(inFields, "A header of 1 MiB", mayTake, plus("X-Test: "+strings.Repeat("a", 1<<20))),
		of(inFields, "10,000 headers", mayTake, plus(strings.TrimSuffix(strings.Repeat("X-Test: 1\r\n", 10000), "\r\n"))),
		of(onClient, "No HTTP at all", declines, swap(baseResponse, "SSH-2.0-OpenSSH_9.2\r\n\r\n")),
	}
}

// answerDeliveries are the cases 20.24: how the bytes of a response come.
func answerDeliveries() []*Case {
	of := func(n int, section, title, expectation string, run func(*session)) *Case {
		return scripted(fmt.Sprintf("20.24.%d", n), section, title, expectation, Clients, run)
	}
	slowly := func(n int, title string, size int, pause time.Duration) *Case {
		return of(n, onClient, title, takingNames[takes], func(s *session) {
			s.dial()
			b := s.answer(baseResponse)
			s.r.Response = string(b)
			s.trickle(b, size, pause)
			s.judgeTaking(takes)
		})
	}
	hi := textFrame(helloWorld)
	return []*Case{
		slowly(1, "A response byte by byte", 1, 0),
		slowly(2, "A response byte by byte, slowly: a byte each 2 ms", 1, 2*time.Millisecond),
		slowly(3, "A response in two parts, half a second apart", 70, 500*time.Millisecond),
		of(4, "RFC 6455 §4.2.2", "A message behind the response, in the same write", "The message comes back.", func(s *session) {
			s.responds(baseResponse, s.encode(hi)...)
			s.takesEarly()
		}),
		of(5, "RFC 6455 §4.2.2", "Half a message behind the response, in the same write", "The message comes back.", func(s *session) {
			f := s.encode(hi)
			s.responds(baseResponse, f[:5]...)
			s.pause(50 * time.Millisecond)
			s.put(f[5:])
			s.takesEarly()
		}),
		of(6, "RFC 6455 §5.5.1", "A close frame behind the response, in the same write", "The close frame is answered.", func(s *session) {
			s.responds(baseResponse, s.encode(raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "")})...)
			s.r.Local = codeOf(closePayload(frame.CloseNormal, ""))
			s.begin(s.client.early)
			s.finished()
		}),
		of(7, "RFC 6455 §5.2", "What is no frame behind the response", "The client fails the connection with 1002.", func(s *session) {
			s.responds(baseResponse, []byte("\r\n\r\nhello")...)
			s.begin(s.client.early)
			s.mustFail(failTime, frame.CloseProtocolError)
		}),
		of(8, onClient, "Half a response, and the end of the connection", "The client ends the connection.", func(s *session) {
			s.dial()
			s.put(s.answer(baseResponse)[:60])
			s.halfClose()
			s.begin(s.client.early)
			if !s.over(replyTime) {
				s.verdict(NonStrict, "the client does not end the connection")
			}
		}),
		of(9, onClient, "The end of the connection instead of a response", "The client ends the connection.", func(s *session) {
			s.dial()
			s.halfClose()
			s.begin(s.client.early)
			if !s.over(replyTime) {
				s.verdict(NonStrict, "the client does not end the connection")
			}
		}),
		of(10, "RFC 6585 §5", "A header that never ends: 4 MiB and no line end", "The client ends the connection, or waits for more.", func(s *session) {
			s.dial()
			s.put([]byte("HTTP/1.1 101 Switching Protocols\r\nX-Test: "))
			s.endlessTo([]byte(strings.Repeat("a", 64<<10)), 4<<20)
		}),
		of(11, "RFC 6585 §5", "Headers that never end: 4 MiB of lines", "The client ends the connection, or waits for more.", func(s *session) {
			s.dial()
			s.put([]byte("HTTP/1.1 101 Switching Protocols\r\n"))
			s.endlessTo([]byte(strings.Repeat("X-Test: 1234567890\r\n", 3200)), 4<<20)
		}),
	}
}

// takesEarly judges what became of a message behind the response.
func (s *session) takesEarly() {
	s.begin(s.client.early)
	if err := s.gets(text(helloWorld), failTime); err != nil {
		s.failf("%v", err)
	}
	s.finish()
}
