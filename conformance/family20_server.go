package conformance

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// openingOfServers is family 20 for servers.
func openingOfServers() []*Case {
	return concat(requestsOf(), bodies(), deliveries(), hugeRequests(), responses())
}

// bodies are the cases 20.8: a request with a body, which the RFC gives no meaning.
func bodies() []*Case {
	// A server that opens the connection must not take the body for frames.
	of := func(n int, title string, lines, body string) *Case {
		return scripted(fmt.Sprintf("20.8.%d", n), inBodies, title, "The response is an error; or the connection opens, and the body is not taken for frames.", Servers, func(s *session) {
			key := newKey()
			s.requests(plus(lines)(baseRequest), key, []byte(body)...)
			r := s.hear(replyTime)
			if r.dropped() {
				return // what a server does that has read too much
			}
			s.judgeReply(mayOpen, r, key)
		})
	}
	refused := func(n int, title, lines string, want rule) *Case {
		return requestCase(fmt.Sprintf("20.8.%d", n), inBodies, title, want, plus(lines))
	}
	masked := "\x81\x85\x00\x00\x00\x00smugg"
	return []*Case{
		of(1, "Content-Length: 0", "Content-Length: 0", ""),
		of(2, "A body of a Content-Length", "Content-Length: 5", "hello"),
		of(3, "A body that looks like a frame", fmt.Sprintf("Content-Length: %d", len(masked)), masked),
		of(4, "A chunked body", "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
		of(5, "An empty chunked body", "Transfer-Encoding: chunked", "0\r\n\r\n"),
		refused(6, "A Content-Length that is no number", "Content-Length: five", shouldRefuse),
		refused(7, "A Content-Length that is negative", "Content-Length: -1", shouldRefuse),
		refused(8, "A Content-Length of +0", "Content-Length: +0", shouldRefuse),
		refused(9, "Two Content-Lengths that differ", "Content-Length: 0\r\nContent-Length: 5", shouldRefuse),
		refused(10, "A Transfer-Encoding that nobody knows", "Transfer-Encoding: x-test", shouldRefuse),
		of(11, "A Content-Length and a Transfer-Encoding", "Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
		refused(12, "A Content-Length above 64 bits", "Content-Length: 99999999999999999999", shouldRefuse),
	}
}

// deliveries are the cases 20.9: how the bytes of a request come.
func deliveries() []*Case {
	of := func(n int, title, expectation string, run func(s *session, request []byte, key string)) *Case {
		return scripted(fmt.Sprintf("20.9.%d", n), inRequest, title, expectation, Servers, func(s *session) {
			s.dial()
			key := newKey()
			request := s.fill(baseRequest, key)
			s.r.Request = string(request)
			run(s, request, key)
		})
	}
	works := expectations[opens]
	return []*Case{
		of(1, "A request byte by byte", works, func(s *session, request []byte, key string) {
			s.trickle(request, 1, 0)
			s.judgeReply(opens, s.hear(replyTime), key)
		}),
		of(2, "A request byte by byte, slowly: a byte each 2 ms", works, func(s *session, request []byte, key string) {
			s.trickle(request, 1, 2*time.Millisecond)
			s.judgeReply(opens, s.hear(replyTime), key)
		}),
		of(3, "A request in halves, half a second apart", works, func(s *session, request []byte, key string) {
			s.trickle(request, len(request)/2+1, 500*time.Millisecond)
			s.judgeReply(opens, s.hear(replyTime), key)
		}),
		of(4, "A request that is cut between CR and LF", works, func(s *session, request []byte, key string) {
			s.trickle(request, len(request)-1, 50*time.Millisecond)
			s.judgeReply(opens, s.hear(replyTime), key)
		}),
		of(5, "A frame behind the request, in the same write", "The message comes back; or the connection does not open, for a client must wait.", func(s *session, request []byte, key string) {
			s.put(append(request, s.encode(textFrame(helloWorld))...))
			s.early(s.hear(replyTime), key)
		}),
		of(6, "Half a frame behind the request, in the same write", "The message comes back; or the connection does not open, for a client must wait.", func(s *session, request []byte, key string) {
			f := s.encode(textFrame(helloWorld))
			s.put(append(request, f[:5]...))
			s.pause(50 * time.Millisecond)
			s.put(f[5:])
			s.early(s.hear(replyTime), key)
		}),
		of(7, "Half a request, and the end of the connection", "The server ends the connection and goes on serving others.", func(s *session, request []byte, _ string) {
			s.put(request[:len(request)/2])
			s.halfClose()
			if r := s.hear(replyTime); r.silent {
				s.failf("the server neither answers nor ends the connection")
			}
			s.serves()
		}),
		of(8, "Half a request, and a reset", "The server goes on serving others.", func(s *session, request []byte, _ string) {
			s.put(request[:len(request)/2])
			s.reset()
			s.serves()
		}),
		of(9, "A connection that ends before its first byte", "The server ends the connection and goes on serving others.", func(s *session, _ []byte, _ string) {
			s.halfClose()
			if r := s.hear(replyTime); r.silent {
				s.failf("the server neither answers nor ends the connection")
			}
			s.serves()
		}),
		of(10, "A request whose response nobody reads, and a reset", "The server goes on serving others.", func(s *session, request []byte, _ string) {
			s.put(request)
			s.reset()
			s.serves()
		}),
	}
}

// early judges what became of a frame behind the request. A client must wait for
// the response, so a server may refuse; but it must not lose or garble the frame.
func (s *session) early(r reply, key string) {
	if r.status != 101 {
		s.inform("a frame behind the request: %v", r)
		return
	}
	if err := checkOpened(r.response, key); err != nil {
		s.failf("%v", err)
	}
	s.begin(r.early)
	if err := s.gets(text(helloWorld), failTime); err != nil {
		s.failf("the connection opens, but %v", err)
	}
	s.finish()
}

// hugeRequests are the cases 20.10.
func hugeRequests() []*Case {
	const limits = "RFC 9112 §3"
	many := strings.TrimSuffix(strings.Repeat("X-Test: 1\r\n", 10000), "\r\n")
	var named strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&named, "X-%d: 1\r\n", i)
	}
	return []*Case{
		requestCase("20.10.1", inFields, "A header of 2000 bytes", opens, plus("X-Test: "+strings.Repeat("a", 2000))),
		requestCase("20.10.2", inFields, "30 headers", opens, plus(strings.TrimSuffix(strings.Repeat("X-Test: 1\r\n", 30), "\r\n"))),
		tried("20.10.3", "RFC 6585 §5", "A header of 64 KiB", plus("X-Test: "+strings.Repeat("a", 64<<10))),
		tried("20.10.4", "RFC 6585 §5", "A header of 1 MiB", plus("X-Test: "+strings.Repeat("a", 1<<20))),
		tried("20.10.5", "RFC 6585 §5", "10,000 headers of the same name", plus(many)),
		tried("20.10.6", "RFC 6585 §5", "10,000 headers of different names", plus(strings.TrimSuffix(named.String(), "\r\n"))),
		tried("20.10.7", limits, "A target of 64 KiB", line("GET", "GET /"+strings.Repeat("a", 64<<10)+" HTTP/1.1")),
		tried("20.10.8", limits, "A target of 1 MiB", line("GET", "GET /"+strings.Repeat("a", 1<<20)+" HTTP/1.1")),
		tried("20.10.9", limits, "A method of 64 KiB", line("GET", strings.Repeat("G", 64<<10)+" {uri} HTTP/1.1")),
		tried("20.10.10", inRequest, "A key of 64 KiB", line("Sec-WebSocket-Key", "Sec-WebSocket-Key: "+strings.Repeat("A", 64<<10))),
		newServed("20.10.11", "RFC 6585 §5", "A header that never ends: 4 MiB and no line end", func(s *session) {
			s.endless([]byte(strings.Repeat("a", 64<<10)), 4<<20, "X-Test: ")
		}),
		newServed("20.10.12", "RFC 6585 §5", "Headers that never end: 4 MiB of lines", func(s *session) {
			s.endless(bytes.Repeat([]byte("X-Test: 1234567890\r\n"), 3200), 4<<20, "")
		}),
	}
}

// endless sends a request whose header goes on and on, until the server has
// enough.
func (s *session) endless(piece []byte, size int, start string) {
	s.dial()
	request := s.fill(baseRequest, newKey())
	if s.put(append(request[:len(request)-2], start...)) {
		s.endlessTo(piece, size)
	}
}

// endlessTo sends a piece again and again, until the peer has enough.
func (s *session) endlessTo(piece []byte, size int) {
	sent, open := 0, true
	for ; open && sent < size && s.ctx.Err() == nil; sent += len(piece) {
		_ = s.conn.SetWriteDeadline(time.Now().Add(writeTime))
		_, err := s.conn.Write(piece)
		open = err == nil
	}
	s.log(SentBytes, "%d bytes of %s", sent, escape(piece[:min(len(piece), 40)]))
	if open {
		s.inform("the peer has taken %d bytes of header, and waits for more", sent)
		s.r.fact("header taken", "%d bytes or more", sent)
		return
	}
	s.r.fact("header taken", "less than %d bytes", sent)
	s.inform("the peer ended it before %d bytes", sent)
}

// responses are the cases 20.11: what a response may hold.
func responses() []*Case {
	protocols := func(n int, title string, lines string, offered ...string) *Case {
		return scripted(fmt.Sprintf("20.11.%d", n), inResponse, title, "The response chooses no subprotocol, or one of those offered.", Servers, func(s *session) {
			key := newKey()
			s.requests(plus(lines)(baseRequest), key)
			r := s.hear(replyTime)
			if r.status != 101 {
				s.judgeReply(mayOpen, r, key)
				return
			}
			chosen := r.response.Header.Values("Sec-WebSocket-Protocol")
			if len(chosen) > 1 || len(chosen) == 1 && !slices.Contains(offered, chosen[0]) {
				s.failf("the subprotocol is %q, of %q", chosen, offered)
			}
			s.r.fact("subprotocol", "%q of %q", chosen, offered)
			s.judgeOpened(opens, r, key)
		})
	}
	silent := func(n int, section, title, lines string, names ...string) *Case {
		return scripted(fmt.Sprintf("20.11.%d", n), section, title, "The response has no "+strings.Join(names, " and no ")+".", Servers, func(s *session) {
			key := newKey()
			s.requests(plus(lines)(baseRequest), key)
			r := s.hear(replyTime)
			if r.status == 101 {
				for _, name := range names {
					if v := r.response.Header.Values(name); len(v) > 0 {
						s.failf("the response has %s: %q", name, v)
					}
				}
			}
			s.judgeReply(opens, r, key)
		})
	}
	list := strings.Repeat("p, ", 999) + "q"
	return []*Case{
		silent(1, inResponse, "No subprotocol and no extension is offered", "X-Test: 1", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"),
		silent(2, "RFC 9110 §8.6", "A response with status 101 has no body", "X-Test: 1", "Content-Length", "Transfer-Encoding"),
		protocols(3, "Subprotocols that hardly anybody knows", "Sec-WebSocket-Protocol: x-test-1, x-test-2", "x-test-1", "x-test-2"),
		protocols(4, "Subprotocols in two lines", "Sec-WebSocket-Protocol: x-test-1\r\nSec-WebSocket-Protocol: x-test-2", "x-test-1", "x-test-2"),
		protocols(5, "The same subprotocol twice", "Sec-WebSocket-Protocol: x-test, x-test", "x-test"),
		protocols(6, "No subprotocol in the header", "Sec-WebSocket-Protocol:"),
		protocols(7, "A subprotocol with a blank inside", "Sec-WebSocket-Protocol: x test"),
		protocols(8, "A subprotocol that is not ASCII", "Sec-WebSocket-Protocol: t\xc3\xa9st"),
		protocols(9, "A thousand subprotocols", "Sec-WebSocket-Protocol: "+list, "p", "q"),
		requestCase("20.11.10", inRequest, "Another Origin: https://other.example", mayOpen, plus("Origin: https://other.example")),
		requestCase("20.11.11", inRequest, "Origin: null", mayOpen, plus("Origin: null")),
		requestCase("20.11.12", inRequest, "Two Origins", mayOpen, plus("Origin: {scheme}://{host}\r\nOrigin: https://other.example")),
		requestCase("20.11.13", inRequest, "The server's own Origin", mayOpen, plus("Origin: {scheme}://{host}")),
		requestCase("20.11.14", inResponse, "A resource that hardly any server has", mayOpen, line("GET", "GET /no/such/resource-0815 HTTP/1.1")),
		scripted("20.11.15", inResponse, "The response is whole before a frame comes", "The connection opens, and the server sends nothing before it is asked, or messages of its own.", Servers, func(s *session) {
			s.opens()
			if e, err := s.next(200 * time.Millisecond); err == nil && e.op == frame.OpClose {
				s.failf("the server closed the connection: %v", s.r.Remote)
			}
			s.finish()
		}),
	}
}
