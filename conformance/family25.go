package conformance

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// vulnerabilities is family 25: what has been reported of others, as far as it shows
// on the wire. Limits are for each peer to choose, so many of these cases tell what
// they have seen; a peer fails them that takes payload for frames, hands on what it
// must not, or stops to serve others.
func vulnerabilities() []*Case {
	return concat(recordedLengths(), recordedMemory(), recordedTime(), recordedRequests(), recordedFrames(), recordedAnswers())
}

// recordedLengths are the cases 25.1.
func recordedLengths() []*Case {
	const expectation = "The connection fails, or waits for more; nothing is taken for a frame that is none."
	of := func(n int, title string, start func(s *session) []byte) *Case {
		return scripted(fmt.Sprintf("25.1.%d", n), inFraming, title, expectation, Both, func(s *session) { s.misframes(start(s)) })
	}
	length := func(n uint64) func(*session) []byte {
		return func(s *session) []byte { return s.header(0x82, form64, n) }
	}
	return []*Case{
		of(1, "CVE-2020-27813: a fragment of 126 bytes, then a continuation of 2^63-1", func(s *session) []byte {
			b := append(s.header(0x01, form16, 126), make([]byte, 126)...)
			return append(b, s.header(0x00, form64, 1<<63-1)...)
		}),
		of(2, "CVE-2026-27889: a length of 2^63", length(1<<63)),
		of(3, "CVE-2026-69210, CVE-2020-13935: a length of 2^64-1, which is -1 with a sign", length(1<<64-1)),
		of(4, "CVE-2026-1528: a length of 2^32+5, of which 5 are left in 32 bits", length(1<<32+5)),
		of(5, "PYSEC-2026-4395: a fragment of 10 bytes and a length of 2^63-6, whose sum is negative", func(s *session) []byte {
			return append(s.encode(unfinished(binaryFrame("0123456789"))), s.header(0x80, form64, 1<<63-6)...)
		}),
		of(6, "GO-2026-6559: a length of 2^62, more than any slice can have", length(1<<62)),
		scripted("25.1.7", inFraming, "CVE-2026-27889: headers of 14 bytes, cut behind each of them", "The server goes on serving others.", Servers, func(s *session) {
			s.dial()
			s.ends()
			for n := range 14 {
				other := s.another()
				if err := other.open(opening{}); err != nil {
					s.failf("before the header of %d bytes: %v", n, err)
				}
				other.writes(other.header(0x82, form64, 1<<63-1)[:n])
				other.halfClose()
				other.end()
			}
			s.serves()
		}),
	}
}

// recordedMemory are the cases 25.2.
func recordedMemory() []*Case {
	of := func(n int, title string, start func(s *session)) *Case {
		return scripted(fmt.Sprintf("25.2.%d", n), inLimits, title, "The connection fails or waits; others are served.", Both, func(s *session) {
			s.opens()
			start(s)
			f, e := s.fate(300 * time.Millisecond)
			if f == fateAnswers {
				s.failf("what came back is %.100s", e.String())
			}
			s.serves()
			s.tells(f, e)
			if f == fateWaits {
				s.ends()
			}
		})
	}
	bomb := func(n int, title string, payload func() []byte) *Case {
		return scripted(fmt.Sprintf("25.2.%d", n), inLimits, title, "The connection fails, or the message comes back; others are served.", Both, func(s *session) {
			if s.compressed() {
				p := payload()
				s.deflated(frame.OpBinary, p)
				s.explodes(p)
			}
		})
	}
	return []*Case{
		newServed("25.2.1", inLimits, "CVE-2022-35922: 50 connections, each announces 1 GiB and sends a byte", func(s *session) {
			s.crowd(50, func(other *session) { other.writes(append(other.header(0x82, form64, 1<<30), 'a')) })
		}),
		of(2, "CVE-2026-54274: a message of 512 KiB but for its last byte", func(s *session) {
			s.writes(append(s.header(0x82, form64, 512<<10), make([]byte, 512<<10-1)...))
		}),
		of(3, "CVE-2026-42786, CVE-2014-0193: fragments of 1000 bytes, up to 20 MB, and no end", func(s *session) {
			s.writes(s.encode(unfinished(binaryFrame(""))))
			for range 4 {
				s.writes(s.many(5000, unfinished(contFrame(make([]byte, 1000)))))
			}
		}),
		of(4, "CVE-2026-48779: 131,072 fragments of one byte, and no end", func(s *session) {
			s.writes(s.encode(unfinished(binaryFrame("a"))))
			s.writes(s.many(131071, unfinished(contFrame("a"))))
		}),
		of(5, "CVE-2026-12151: 100,000 empty fragments, and no end", func(s *session) {
			s.writes(s.encode(unfinished(binaryFrame(""))))
			s.writes(s.many(100000, unfinished(contFrame(""))))
		}),
		bomb(6, "CVE-2018-1000518, CVE-2026-1526, CVE-2026-39804: 32 KiB that inflate to 32 MiB", func() []byte { return zeros(32) }),
		bomb(7, "A DEFLATE stream that yields nothing, 512 KiB of it", func() []byte { return emptyDynamic(512 << 10) }),
		scripted("25.2.8", "RFC 6455 §5.5.3", "GHSA-9fm3-97px-rjf6, CVE-2026-11586: 20,000 pings of 125 bytes, without reading the pongs",
			"The last ping is answered, and others are served meanwhile; or the connection ends.", Both, func(s *session) { s.pingFlood(20000, strings.Repeat("p", 125)) }),
		scripted("25.2.9", "RFC 6455 §5.5.3", "CVE-2021-3690: 100,000 pongs of 125 bytes", "A message comes back behind it.", Both, func(s *session) {
			s.opens()
			s.writes(s.many(100000, pongFrame(strings.Repeat("p", 125))))
			s.stillEchoes()
		}),
		scripted("25.2.10", inLimits, "PYSEC-2026-4389: a message of 20,000 bytes, byte by byte", "It comes back.", Both, func(s *session) {
			s.opens()
			s.send(raw{op: frame.OpText, payload: bytes.Repeat([]byte("a"), 20000), chop: 1})
			if err := s.gets(text(strings.Repeat("a", 20000)), 2*replyTime); err != nil {
				s.failf("%v", err)
			}
			s.finish()
		}),
	}
}

// recordedTime are the cases 25.3: headers on which a parser may work for ever.
func recordedTime() []*Case {
	of := func(n int, section, title string, lines func(n int) string) *Case {
		return scripted(fmt.Sprintf("25.3.%d", n), section, title, "The time does not explode when the size doubles; others are served.", Servers, func(s *session) {
			var g growth
			g.calm = min(s.serves(), s.serves(), s.serves())
			g.one = s.timed(lines(15000))
			g.two = s.timed(lines(30000))
			s.r.fact("time", "%v", g)
			if g.blowsUp() {
				s.failf("the time explodes: %v", g)
			}
			s.serves()
		})
	}
	repeat := func(before, piece, after string) func(int) string {
		return func(n int) string { return before + strings.Repeat(piece, n/len(piece)) + after }
	}
	return []*Case{
		of(1, inExtensions, "CVE-2020-7662, CVE-2020-7663: an open quote with thousands of backslashes in Sec-WebSocket-Extensions", repeat(`Sec-WebSocket-Extensions: a; b="`, `\c`, "")),
		of(2, inExtensions, "CVE-2020-7662: thousands of parameters in Sec-WebSocket-Extensions", repeat("Sec-WebSocket-Extensions: a", "; b=c", "")),
		of(3, inExtensions, "Blanks in Sec-WebSocket-Extensions", repeat("Sec-WebSocket-Extensions: a", " ", "; b")),
		of(4, inRequest, "CVE-2021-32640: blanks in Sec-WebSocket-Protocol", repeat("Sec-WebSocket-Protocol: b", " ", "x")),
		of(5, inRequest, "CVE-2021-32640: thousands of commas in Sec-WebSocket-Protocol", repeat("Sec-WebSocket-Protocol: a", " ,", "b")),
		of(6, inFields, "CVE-2025-67725, GO-2025-4015: thousands of headers of the same name", func(n int) string {
			return strings.TrimSuffix(strings.Repeat("X-Test: 1\r\n", n/11), "\r\n")
		}),
		of(7, inRequest, "CVE-2025-58186: thousands of cookies", repeat("Cookie: a=b", "; a=b", "")),
		of(8, inRequest, "CVE-2024-7592: a cookie with thousands of backslashes", repeat(`Cookie: a="`, `\`, `"`)),
		of(9, inRequest, "Thousands of options in Connection", repeat("Connection: a", ", a", "")),
		scripted("25.3.10", inRequest, "CVE-2023-43669: a request of 8 KiB byte by byte", "The time does not explode when the size doubles; others are served.", Servers, func(s *session) {
			var g growth
			g.calm = min(s.serves(), s.serves(), s.serves())
			g.one, g.two = s.trickled(4000), s.trickled(8000)
			s.r.fact("time", "%v", g)
			if g.blowsUp() {
				s.failf("the time explodes: %v", g)
			}
		}),
		scripted("25.3.11", inRequest, "Slowloris: 100 connections that send a header a byte each 100 ms", "Others are served meanwhile.", Servers, func(s *session) {
			var slow []*session
			for range 100 {
				other := s.another()
				defer other.end()
				if other.connect() == nil {
					slow = append(slow, other)
				}
			}
			request := s.fill(baseRequest, newKey())
			for i := range 10 {
				for _, other := range slow {
					_ = other.conn.SetWriteDeadline(time.Now().Add(writeTime))
					_, _ = other.conn.Write(request[i : i+1])
				}
				s.pause(100 * time.Millisecond)
			}
			s.r.fact("served in", "%v, with %d slow connections", s.serves(), len(slow))
		}),
	}
}

// timed returns how long the server takes for a request with more header lines.
func (s *session) timed(lines string) time.Duration {
	other := s.another()
	defer other.end()
	if err := other.connect(); err != nil {
		s.failf("the server cannot be reached: %v", err)
	}
	start := time.Now()
	b := other.fill(plus(lines)(baseRequest), newKey())
	s.log(SentBytes, "%s", escape(b))
	other.put(b)
	r := other.hear(2 * replyTime)
	s.log(Remark, "%v after %v", r, time.Since(start).Round(time.Microsecond))
	return time.Since(start)
}

// trickled returns how long the server takes for a request with a header of n
// bytes that comes byte by byte.
func (s *session) trickled(n int) time.Duration {
	other := s.another()
	defer other.end()
	if err := other.connect(); err != nil {
		s.failf("the server cannot be reached: %v", err)
	}
	start := time.Now()
	other.trickle(other.fill(plus("X-Test: "+strings.Repeat("a", n))(baseRequest), newKey()), 1, 0)
	s.log(Remark, "%v", other.hear(2*replyTime))
	return time.Since(start)
}

// recordedAnswers are the cases 25.6: what clients have fallen for.
func recordedAnswers() []*Case {
	return []*Case{
		statusCase("25.6.1", onClient, "CVE-2024-23326: status 200 with a right Sec-WebSocket-Accept", status("HTTP/1.1 200 OK")),
		responseCase("25.6.2", onClient, "GHSA-rwhr-j9rv-85f8: a wrong Sec-WebSocket-Accept", declines, line("Sec-WebSocket-Accept", "Sec-WebSocket-Accept: {other}")),
		responseCase("25.6.3", inWindows, "CVE-2026-2229: server_max_window_bits far out of range", declinesWith, plus("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99")),
		responseCase("25.6.4", inWindows, "CVE-2026-2229: server_max_window_bits without a number", declinesWith, plus("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=")),
		responseCase("25.6.5", onClient, "GHSA-rwhr-j9rv-85f8: no Sec-WebSocket-Accept", declines, line("Sec-WebSocket-Accept", "")),
		scripted("25.6.6", "RFC 6455 §5.3", "CVE-2025-10148: one masking key for the whole connection", "Each frame has a key of its own.", Clients, func(s *session) {
			var frames []raw
			for i := range 32 {
				frames = append(frames, []raw{textFrame(helloWorld), pingFrame("hello")}[i%2])
			}
			s.differ(s.masks(frames...))
		}),
		scripted("25.6.7", "RFC 6455 §10.3", "GHSA-w67g-5rqw-f597: masking keys that can be foretold", "They do not count up or down, and no bit stands still.", Clients, func(s *session) {
			var frames []raw
			for range 96 {
				frames = append(frames, textFrame(helloWorld))
			}
			s.unpredictable(s.masks(frames...))
		}),
		scripted("25.6.8", onClient, "CVE-2026-54465: 8 MiB of header lines before the response ends", "The client ends the connection, or waits for more.", Clients, func(s *session) {
			s.dial()
			s.put([]byte("HTTP/1.1 101 Switching Protocols\r\n"))
			s.endlessTo([]byte(strings.Repeat("X-Test: 1234567890\r\n", 3200)), 8<<20)
		}),
		askedCase("25.6.9", onClient, "GHSA-w67g-5rqw-f597: the key of the opening handshake", "No other connection had it, and its bytes are not all alike.", func(s *session, r *http.Request) error {
			if b, _ := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key")); s.keyBefore > 0 || len(b) == 0 || bytes.Count(b, b[:1]) == len(b) {
				return fmt.Errorf("the key is %q", r.Header.Get("Sec-WebSocket-Key"))
			}
			return nil
		}),
	}
}
