package conformance

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// recordedRequests are the cases 25.4: requests that have brought servers down, or
// past a proxy.
func recordedRequests() []*Case {
	return []*Case{
		newServed("25.4.1", "RFC 6585 §5", "CVE-2024-37890: 2000 headers before Upgrade", func(s *session) {
			s.requests(line("Upgrade", strings.Repeat("X-Test: 1\r\n", 2000)+"Upgrade: websocket")(baseRequest), newKey())
			s.inform("%v", s.hear(replyTime))
		}),
		newServed("25.4.2", "RFC 6585 §5", "CVE-2026-54465: 8 MiB of header lines", func(s *session) {
			s.endless([]byte(strings.Repeat("X-Test: 1234567890\r\n", 3200)), 8<<20, "")
		}),
		requestCase("25.4.3", inTarget, "CVE-2026-61666: Host: [", shouldRefuse, line("Host", "Host: [")),
		requestCase("25.4.4", inTarget, "CVE-2026-61666: Host: a:b:c", shouldRefuse, line("Host", "Host: a:b:c")),
		requestCase("25.4.5", inTarget, "CVE-2026-61666: Host: a:99999", mayOpen, line("Host", "Host: a:99999")),
		requestCase("25.4.6", inRequest, "npm 331: a cookie that is none", mayOpen, plus("Cookie: %%%;;=; =\"")),
		requestCase("25.4.7", inExtensions, "An extension of the name constructor, with the parameter __proto__", mayOpen, plus("Sec-WebSocket-Extensions: constructor; __proto__; hasOwnProperty=1")),
		requestCase("25.4.8", inRequest, "CVE-2026-59898: Connection: notupgrade", opensNot, line("Connection", "Connection: notupgrade")),
		requestCase("25.4.9", inRequest, "CVE-2026-59898: neither Upgrade nor Connection", opensNot, line("Upgrade", ""), line("Connection", "")),
		requestCase("25.4.10", "RFC 9113 §3.1", "CVE-2022-41721: Upgrade: h2c", opensNot, line("Upgrade", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), line("Connection", "Connection: Upgrade, HTTP2-Settings")),
		smuggled("25.4.11", "CVE-2026-69243: a Content-Length, and a body that is a frame", plus("Content-Length: 11")),
		smuggled("25.4.12", "A version that nobody knows, and a frame behind the request", line("Sec-WebSocket-Version", "Sec-WebSocket-Version: 777")),
		smuggled("25.4.13", "No key, and a frame behind the request", line("Sec-WebSocket-Key", "")),
		smuggled("25.4.14", "A request without Upgrade, and a frame behind it", line("Upgrade", "")),
		scripted("25.4.15", inRequest, "CVE-2026-54463: a request of a draft, with Sec-WebSocket-Key1 and Key2", "The connection does not open.", Servers, func(s *session) {
			draft := line("Sec-WebSocket-Key", "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00")
			s.requests(line("Sec-WebSocket-Version", "")(draft(baseRequest)), "", []byte("^n:ds[4U")...)
			s.judgeReply(opensNot, s.hear(replyTime), "")
			s.serves()
		}),
		requestCase("25.4.16", inRequest, "CVE-2018-14732, CVE-2025-24010: another site as the Origin", mayOpen, plus("Origin: https://attacker.example")),
		requestCase("25.4.17", inRequest, "An Origin that begins like the Host", mayOpen, plus("Origin: {scheme}://{host}.attacker.example")),
		requestCase("25.4.18", inRequest, "CVE-2022-32212: a Host that resolves elsewhere", mayOpen, line("Host", "Host: attacker.example")),
		requestCase("25.4.19", inSyntax, "CVE-2020-7694: what terminals understand, in the target", mayOpen, line("GET", "GET /\x1b[31mred HTTP/1.1")),
		requestCase("25.4.20", inFields, "A CR and what looks like a header in a value", mayOpen, plus("X-Test: a\rSet-Cookie: b=c")),
	}
}

// smuggled sends a request that does not open a connection, with a frame behind
// it: the frame must not be answered.
func smuggled(id, title string, edits ...edit) *Case {
	return scripted(id, inRequest, title, "The frame is not answered: there is no connection.", Servers, func(s *session) {
		request, key := baseRequest, newKey()
		for _, e := range edits {
			request = e(request)
		}
		ping := s.encode(pingFrame("hello"))
		s.requests(request, key, ping...)
		r := s.hear(replyTime)
		switch {
		case r.silent || r.garbled():
			s.failf("%v", r)
		case r.status == 101:
			if err := checkOpened(r.response, key); err != nil {
				s.failf("%v", err)
			}
			s.begin(r.early)
			if f, e := s.fate(quietTime); f == fateAnswers {
				s.failf("a frame was answered that came before the connection was open: %v", e)
			}
			s.inform("the connection opens")
		case bytes.Contains(r.early, []byte("\x8a\x05hello")):
			s.failf("the frame was answered, though there is no connection")
		}
		s.ends()
		s.serves()
	})
}

// recordedFrames are the cases 25.5: frames that have brought peers down.
func recordedFrames() []*Case {
	of := func(n int, section, title, expectation string, run func(*session)) *Case {
		return scripted(fmt.Sprintf("25.5.%d", n), section, title, expectation, Both, run)
	}
	fails := func(n int, section, title string, f raw, codes ...frame.CloseCode) *Case {
		return of(n, section, title, "The connection fails; others are served.", func(s *session) {
			s.opens()
			s.send(f)
			s.mustFail(failTime, codes...)
			s.serves()
		})
	}
	return []*Case{
		fails(1, "RFC 6455 §5.5.1", "A close frame of one byte", raw{op: frame.OpClose, payload: []byte{3}}, frame.CloseProtocolError),
		fails(2, "RFC 6455 §8.1", "CVE-2025-12689: a text that is not UTF-8", textFrame("\xff\xfe\xfd"), frame.CloseInvalidPayload),
		fails(3, "RFC 6455 §8.1", "CVE-2025-12689: a close reason that is not UTF-8", raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "\xff\xfe\xfd")}, frame.CloseInvalidPayload, frame.CloseProtocolError),
		fails(4, inFlagged, "RSV1 though no extension was agreed on", raw{op: frame.OpText, rsv: 4, payload: []byte("hello")}, frame.CloseProtocolError),
		of(5, "RFC 7692 §7.2.2", "A compressed message without any byte, twice", "The connection fails, or empty messages come back; others are served.", func(s *session) {
			if !s.compressed() {
				return
			}
			s.deflated(frame.OpText, nil)
			s.deflated(frame.OpText, nil)
			f, e := s.fate(replyTime)
			if f == fateAnswers && len(e.data) > 0 {
				s.failf("what came back is %v", e)
			}
			s.tells(f, e)
			s.serves()
		}),
		of(6, "RFC 7692 §7.2.2", "CVE-2026-87022: bytes behind the final block of a compressed message, then another message",
			"The first message comes back as one, or the connection fails; the second one is not changed.", func(s *session) { s.afterFinal() }),
		of(7, "RFC 6455 §5.5.3", "CVE-2016-10518, npm 67: pings of 0 to 125 bytes", "Each pong has what its ping had, and nothing else.", func(s *session) {
			s.opens()
			for n := range 126 {
				payload := strings.Repeat(string(rune('a'+n%26)), n)
				s.send(pingFrame(payload))
				if err := s.gets(pong(payload), replyTime); err != nil {
					s.failf("%v", err)
				}
			}
			s.finish()
		}),
		of(8, "RFC 6455 §5.5.1", "A close frame with a code and no reason", "The answer has a code, and no reason that nobody wrote.", func(s *session) {
			s.opens()
			s.finish()
			if reason := s.r.Remote.Reason; strings.ContainsFunc(reason, func(r rune) bool { return r < ' ' || r == '\uFFFD' }) {
				s.failf("the answer has the reason %q", reason)
			}
			s.r.fact("answer", "%v", s.r.Remote)
		}),
		of(9, "RFC 6455 §5.5.2", "Two pongs for one ping, as a ping is under way in both directions", "A message comes back behind it.", func(s *session) {
			s.opens()
			s.writes(bytes.Join([][]byte{s.encode(pongFrame("x")), s.encode(pongFrame("x")), s.encode(pingFrame("x")), s.encode(pongFrame("x"))}, nil))
			s.stillEchoes()
		}),
		scripted("25.5.10", "RFC 6455 §7.1.1", "CVE-2024-23672: a close frame of ours, and nothing more", "The server answers and ends TCP.", Servers, func(s *session) {
			s.opens()
			s.finish()
			s.serves()
		}),
		scripted("25.5.11", "RFC 6455 §5.1", "CVE-2022-25762: messages on 20 connections at a time", "Each connection gets its own messages.", Servers, func(s *session) {
			s.opens()
			s.apart(20)
			s.finish()
		}),
	}
}

const inFlagged = "RFC 6455 §5.2"

// afterFinal sends a message whose DEFLATE goes on behind its final block.
func (s *session) afterFinal() {
	if !s.compressed() {
		return
	}
	smuggled := finalThen(helloWorld, s.codec.encode([]byte("smuggled")))
	s.deflated(frame.OpText, append(smuggled, 0))
	s.send(textFrame("second"))
	first := true
	for end := time.Now().Add(replyTime); ; {
		e, err := s.next(time.Until(end))
		switch {
		case err == errQuiet || s.ctx.Err() != nil:
			s.failf("the peer neither answers nor fails the connection")
		case err != nil || e.op == frame.OpClose:
			s.inform("the peer failed the connection: %v", s.r.Remote)
			return
		case first && (string(e.data) == helloWorld || string(e.data) == helloWorld+"smuggled"):
			s.r.fact("first message", "%q", e.data)
			first = false
		case !first && string(e.data) == "second":
			s.finish()
			return
		default:
			s.failf("what came back is %v", e)
		}
	}
}

// apart has messages echoed on n more connections at a time, each with its own.
func (s *session) apart(n int) {
	var others []*session
	for i := range n {
		other := s.another()
		defer other.end()
		if err := other.open(opening{}); err != nil {
			s.failf("connection %d: %v", i, err)
		}
		others = append(others, other)
	}
	message := func(i, round int) string { return strings.Repeat(fmt.Sprintf("connection %d round %d ", i, round), 20) }
	for round := range 5 {
		for i, other := range others {
			other.send(textFrame(message(i, round)))
		}
	}
	for round := range 5 {
		for i, other := range others {
			if err := other.gets(text(message(i, round)), replyTime); err != nil {
				s.failf("connection %d: %v", i, err)
			}
		}
	}
}
