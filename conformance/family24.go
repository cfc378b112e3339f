package conformance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// timing is family 24.
func timing() []*Case {
	return concat(slowly(), endings(), afterClose())
}

// slowly are the cases 24.1: bytes that come in an unfortunate way.
func slowly() []*Case {
	const piece = 20 * time.Millisecond
	// in sends bytes at these cuts, with pauses, and wants the events back.
	in := func(n int, title string, pause time.Duration, wire func(s *session) [][]byte, want ...event) *Case {
		return scripted(fmt.Sprintf("24.1.%d", n), "RFC 6455 §5.2", title, "What is whole comes back.", Both, func(s *session) {
			s.opens()
			for _, b := range wire(s) {
				s.writes(b)
				s.pause(pause)
			}
			for _, e := range want {
				if err := s.gets(e, replyTime); err != nil {
					s.failf("%v", err)
				}
			}
			s.finish()
		})
	}
	cut := func(f raw, at ...int) func(s *session) [][]byte {
		return func(s *session) (pieces [][]byte) {
			b, from := s.encode(f), 0
			for _, to := range append(at, len(b)) {
				pieces = append(pieces, b[from:to])
				from = to
			}
			return pieces
		}
	}
	each := func(frames ...raw) func(s *session) [][]byte {
		return func(s *session) (pieces [][]byte) {
			for _, f := range frames {
				pieces = append(pieces, s.encode(f))
			}
			return pieces
		}
	}
	byByte := func(frames ...raw) func(s *session) [][]byte {
		return func(s *session) (pieces [][]byte) {
			for _, f := range frames {
				for _, b := range s.encode(f) {
					pieces = append(pieces, []byte{b})
				}
			}
			return pieces
		}
	}
	long, huge := strings.Repeat("a", 200), strings.Repeat("a", 70000)
	return []*Case{
		in(1, "A message byte by byte, a byte each 5 ms", 5*time.Millisecond, byByte(textFrame(helloWorld)), text(helloWorld)),
		in(2, "A header that is cut behind its first byte", 100*time.Millisecond, cut(textFrame(helloWorld), 1), text(helloWorld)),
		in(3, "A length of 16 bits that is cut in the middle", 100*time.Millisecond, cut(textFrame(long), 3), text(long)),
		in(4, "A length of 64 bits that is cut byte by byte", piece, cut(textFrame(huge), 2, 3, 4, 5, 6, 7, 8, 9, 10), text(huge)),
		in(5, "A message that is cut in its payload, half a second apart", 500*time.Millisecond, cut(textFrame(long), 100), text(long)),
		in(6, "A message in five fragments, 50 ms apart", 50*time.Millisecond,
			each(unfinished(textFrame("a")), unfinished(contFrame("b")), unfinished(contFrame("c")), unfinished(contFrame("d")), contFrame("e")), text("abcde")),
		in(7, "A ping byte by byte between two fragments", 2*time.Millisecond,
			byByte(unfinished(textFrame("a")), pingFrame("hello"), contFrame("b")), pong("hello"), text("ab")),
		in(8, "A letter of four bytes, each in a fragment of its own", piece,
			each(unfinished(textFrame("\xf0")), unfinished(contFrame("\x9f")), unfinished(contFrame("\x98")), contFrame("\x80")), text("😀")),
		in(9, "An empty message byte by byte", piece, byByte(textFrame("")), text("")),
		in(10, "A message and half of the next one in a write", 100*time.Millisecond, func(s *session) [][]byte {
			a, b := s.encode(textFrame("a")), s.encode(textFrame("b"))
			return [][]byte{slices.Concat(a, b[:3]), b[3:]}
		}, text("a"), text("b")),
		scripted("24.1.11", "RFC 6455 §5.5.1", "A close frame byte by byte", "It is answered.", Both, func(s *session) {
			s.opens()
			for _, b := range s.encode(raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "bye")}) {
				s.writes([]byte{b})
				s.pause(5 * time.Millisecond)
			}
			s.r.Local = codeOf(closePayload(frame.CloseNormal, "bye"))
			s.finished()
		}),
	}
}

// endings are the cases 24.2: connections that end at a bad moment. Nothing of what
// was not whole may come back, and the peer must end its part.
func endings() []*Case {
	const section = "RFC 6455 §7.1.1"
	partly := func(n int, title string, peers Peers, cut func(s *session) []byte, end func(*session)) *Case {
		return scripted(fmt.Sprintf("24.2.%d", n), section, title, "No message comes back, the connection ends, and others are served.", peers, func(s *session) {
			s.opens()
			if b := cut(s); len(b) > 0 {
				s.writes(b)
				s.pause(20 * time.Millisecond)
			}
			end(s)
			s.gone()
			s.serves()
		})
	}
	fin, rst := (*session).halfClose, (*session).reset
	nothing := func(*session) []byte { return nil }
	part := func(f raw, n int) func(*session) []byte {
		return func(s *session) []byte { return s.encode(f)[:n] }
	}
	long := textFrame(strings.Repeat("a", 70000))
	inFragment := func(s *session) []byte { return s.encode(unfinished(textFrame("fragment"))) }
	all := func(f raw) func(*session) []byte { return func(s *session) []byte { return s.encode(f) } }
	return []*Case{
		partly(1, "The end of TCP, without a close frame", Both, nothing, fin),
		partly(2, "The end of TCP behind the first byte of a frame", Both, part(textFrame("hello"), 1), fin),
		partly(3, "The end of TCP inside a length", Both, part(long, 5), fin),
		partly(4, "The end of TCP behind a header", Both, func(s *session) []byte { return s.header(0x81, form7, 5) }, fin),
		partly(5, "The end of TCP inside a payload", Both, part(long, 30000), fin),
		partly(6, "The end of TCP before the last byte of a message", Both, func(s *session) []byte {
			b := s.encode(textFrame("hello"))
			return b[:len(b)-1]
		}, fin),
		partly(7, "The end of TCP inside a fragmented message", Both, inFragment, fin),
		partly(8, "The end of TCP inside a close frame", Both, part(raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "bye")}, 3), fin),
		partly(9, "A reset", Servers, nothing, rst),
		partly(10, "A reset behind the first byte of a frame", Servers, part(textFrame("hello"), 1), rst),
		partly(11, "A reset inside a payload", Servers, part(long, 30000), rst),
		partly(12, "A reset inside a fragmented message", Servers, inFragment, rst),
		newServed("24.2.13", section, "A reset behind a message", func(s *session) {
			s.opens()
			s.writes(s.encode(long))
			s.pause(20 * time.Millisecond)
			s.reset()
		}),
		partly(14, "A reset behind a close frame", Servers, all(raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "")}), rst),
		newServed("24.2.15", section, "100 connections that are reset at once", func(s *session) {
			for range 100 {
				other := s.another()
				if other.connect() == nil {
					other.reset()
				}
				other.end()
			}
		}),
		newServed("24.2.16", section, "30 connections that are opened, and reset at once", func(s *session) {
			for range 30 {
				other := s.another()
				if other.open(opening{}) == nil {
					other.reset()
				}
				other.end()
			}
		}),
	}
}

// gone waits for the end of a connection whose other direction has ended.
func (s *session) gone() {
	for end := time.Now().Add(failTime); ; {
		e, err := s.next(time.Until(end))
		switch {
		case err == errQuiet || s.ctx.Err() != nil:
			s.verdict(NonStrict, "the peer keeps the connection, though we have ended it")
			s.ends()
			return
		case err != nil:
			return
		case e.op == frame.OpText || e.op == frame.OpBinary:
			s.failf("what was not whole came back: %.100s", e.String())
		}
	}
}

// afterClose are the cases 24.3: the end of a connection that is closed in order.
func afterClose() []*Case {
	const section = "RFC 6455 §7.1.1"
	closes := func(n int, title, expectation string, peers Peers, run func(s *session, closeFrame raw)) *Case {
		return scripted(fmt.Sprintf("24.3.%d", n), section, title, expectation, peers, func(s *session) {
			s.opens()
			s.r.Local = codeOf(closePayload(frame.CloseNormal, ""))
			run(s, raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "")})
		})
	}
	return []*Case{
		closes(1, "A close frame", "It is answered, and the server ends TCP.", Servers, func(s *session, f raw) {
			start := time.Now()
			s.send(f)
			s.finished()
			s.r.fact("time to close", "%v", time.Since(start).Round(time.Millisecond))
			s.serves()
		}),
		closes(2, "A close frame, and the end of our direction of TCP", "It is answered, and TCP ends.", Both, func(s *session, f raw) {
			s.put(s.encode(f))
			s.halfClose()
			s.finished()
			s.serves()
		}),
		closes(3, "A message, a close frame, and the end of our direction of TCP", "The message may come back; the close frame is answered, and TCP ends.", Both, func(s *session, f raw) {
			s.put(slices.Concat(s.encode(textFrame(helloWorld)), s.encode(f)))
			s.halfClose()
			s.finished()
			s.serves()
		}),
		closes(4, "A message, and the end of our direction of TCP", "The message may come back; TCP ends.", Both, func(s *session, _ raw) {
			s.put(s.encode(textFrame(helloWorld)))
			s.halfClose()
			came := s.gets(text(helloWorld), replyTime) == nil
			s.gone()
			s.serves()
			if s.r.Behavior == Missing {
				s.inform("the message came back: %t", came)
			}
		}),
		closes(5, "A close frame, then half a frame that never ends", "The close frame is answered, and the server ends TCP.", Servers, func(s *session, f raw) {
			s.writes(append(s.encode(f), 0x81, 0xFE))
			s.finished()
			s.serves()
		}),
		closes(6, "A close frame inside a fragmented message", "It is answered, and TCP ends.", Both, func(s *session, f raw) {
			s.send(unfinished(textFrame("fragment")))
			s.send(f)
			s.finished()
			s.serves()
		}),
		closes(7, "20 connections are closed one after the other", "Each close frame is answered, and the server ends TCP each time.", Servers, func(s *session, f raw) {
			for i := range 20 {
				other := s.another()
				err := other.open(opening{})
				if err == nil {
					other.finish()
				}
				other.end()
				if err != nil || other.r.Closing != OK {
					s.r.Closing, s.r.Ending = worse(other.r.Closing, Unclean), fmt.Sprintf("connection %d: %v %s", i, err, other.r.Ending)
					return
				}
			}
			s.send(f)
			s.finished()
		}),
	}
}
