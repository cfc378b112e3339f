package conformance

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// limits is family 23.
func limits() []*Case {
	return concat(lengths(), fragments(), floods(), announcements(), bombs())
}

const (
	inFraming   = "RFC 6455 §5.2"
	onFragments = "RFC 6455 §5.4"
	inLimits    = "RFC 6455 §10.4"
)

// lengths are the cases 23.1: lengths that no message has.
func lengths() (cases []*Case) {
	for _, l := range []struct {
		length uint64
		name   string
	}{
		{1<<31 - 1, "2^31-1"},
		{1 << 31, "2^31"},
		{1<<32 - 1, "2^32-1"},
		{1<<32 + 5, "2^32+5"},
		{1<<53 + 1, "2^53+1"},
		{1 << 62, "2^62"},
		{1<<63 - 1, "2^63-1"},
	} {
		cases = append(cases, scripted(fmt.Sprintf("23.1.%d", len(cases)+1), inLimits,
			"A message announces "+l.name+" bytes; a few of them come, and what looks like a ping",
			"The connection fails, best with 1009, or waits for more. What is payload is not taken for frames.", Both,
			func(s *session) { s.misframes(s.header(0x82, form64, l.length)) }))
	}
	for _, l := range []struct {
		length uint64
		name   string
	}{{1 << 63, "2^63"}, {1<<63 + 5, "2^63+5"}, {1<<64 - 1, "2^64-1"}} {
		cases = append(cases, scripted(fmt.Sprintf("23.1.%d", len(cases)+1), inFraming,
			"A message announces "+l.name+" bytes: the top bit of the length is set",
			"The connection fails with 1002 or 1009.", Both, func(s *session) {
				s.opens()
				s.writes(append(s.header(0x82, form64, l.length), "hello"...))
				s.mustFail(failTime, frame.CloseProtocolError, frame.CloseMessageTooBig)
				s.serves()
			}))
	}
	cases = append(cases, scripted(fmt.Sprintf("23.1.%d", len(cases)+1), inLimits,
		"A fragment of 10 bytes, and one that announces 2^63-6 more: the sum overflows",
		"The connection fails, best with 1009, or waits for more.", Both, func(s *session) {
			s.misframes(append(s.encode(unfinished(binaryFrame("0123456789"))), s.header(0x80, form64, 1<<63-6)...))
		}))
	for _, f := range []struct {
		form   form
		length int
		name   string
		first  byte
	}{
		{form16, 5, "A message of 5 bytes, with a length of 16 bits", 0x81},
		{form16, 125, "A message of 125 bytes, with a length of 16 bits", 0x81},
		{form64, 5, "A message of 5 bytes, with a length of 64 bits", 0x81},
		{form64, 65535, "A message of 65535 bytes, with a length of 64 bits", 0x81},
		{form16, 0, "An empty message, with a length of 16 bits", 0x81},
		{form64, 0, "An empty message, with a length of 64 bits", 0x81},
		{form16, 5, "A ping of 5 bytes, with a length of 16 bits", 0x89},
		{form64, 5, "A ping of 5 bytes, with a length of 64 bits", 0x89},
	} {
		cases = append(cases, scripted(fmt.Sprintf("23.1.%d", len(cases)+1), inFraming, f.name+", not the shortest",
			"The connection fails with 1002; less strictly, the frame is taken for what it says.", Both, func(s *session) {
				s.opens()
				payload := strings.Repeat("a", f.length)
				s.writes(append(s.header(f.first, f.form, uint64(f.length)), payload...))
				switch fate, e := s.fate(replyTime); {
				case fate == fateWaits:
					s.failf("the peer neither fails nor answers")
				case fate == fateAnswers && string(e.data) != payload:
					s.failf("what came back is %v", e)
				case fate == fateAnswers:
					s.finish()
					s.verdict(NonStrict, "the frame is taken; better: the connection fails with 1002")
				case s.r.Remote.Sent && s.r.Remote.Code != frame.CloseProtocolError:
					s.r.Closing, s.r.Ending = WrongCode, fmt.Sprintf("the peer closed with %v", s.r.Remote)
				}
			}))
	}
	return cases
}

// misframes sends the header of a message that never ends and bytes that belong to
// it but look like frames: a ping and a message.
func (s *session) misframes(start []byte) {
	s.opens()
	b := append(start, "hello"...)
	b = append(b, s.header(0x89, form7, 4)...)
	b = append(b, "ping"...)
	b = append(b, s.header(0x81, form7, 4)...)
	b = append(b, "text"...)
	s.writes(b)
	fate, e := s.fate(500 * time.Millisecond)
	if fate == fateAnswers {
		s.failf("payload was taken for frames: %.100s", e.String())
	}
	s.tells(fate, e)
	if fate == fateWaits {
		s.ends()
	}
	s.serves()
}

// fragments are the cases 23.2: messages in many pieces.
func fragments() []*Case {
	// echoed sends a message in fragments, which a peer with a limit may refuse.
	echoed := func(n int, title string, message func(s *session) (wire []byte, whole string)) *Case {
		return scripted(fmt.Sprintf("23.2.%d", n), onFragments, title, "The message comes back; a peer may have a limit.", Both, func(s *session) {
			s.opens()
			wire, whole := message(s)
			s.writes(wire)
			for {
				fate, e := s.fate(replyTime)
				switch {
				case fate == fateAnswers && e.op == frame.OpPong:
					continue
				case fate == fateAnswers && string(e.data) == whole:
					s.finish()
				case fate == fateAnswers:
					s.failf("what came back is %.100s", e.String())
				case fate == fateCloses:
					s.tells(fate, e)
				default:
					s.failf("the peer neither answers nor fails the connection")
				}
				break
			}
			s.serves()
		})
	}
	pieces := func(n int, piece string) func(s *session) ([]byte, string) {
		return func(s *session) ([]byte, string) {
			b := s.encode(unfinished(textFrame(piece)))
			b = append(b, s.many(n-2, unfinished(contFrame(piece)))...)
			return append(b, s.encode(contFrame(piece))...), strings.Repeat(piece, n)
		}
	}
	return []*Case{
		echoed(1, "A message in 100 fragments of 1 byte", pieces(100, "a")),
		echoed(2, "A message in 10,000 fragments of 1 byte", pieces(10000, "a")),
		echoed(3, "A message in 500 fragments of 100 bytes", pieces(500, strings.Repeat("a", 100))),
		echoed(4, "An empty message in 3 fragments", pieces(3, "")),
		echoed(5, "A message in 100 fragments, all empty but the last one", func(s *session) ([]byte, string) {
			b := s.encode(unfinished(textFrame("")))
			b = append(b, s.many(98, unfinished(contFrame("")))...)
			return append(b, s.encode(contFrame("end"))...), "end"
		}),
		echoed(6, "A message in 100 fragments with a ping behind each", func(s *session) ([]byte, string) {
			b := s.encode(unfinished(textFrame("a")))
			one := append(s.encode(pingFrame("p")), s.encode(unfinished(contFrame("a")))...)
			b = append(b, bytes.Repeat(one, 98)...)
			return append(b, s.encode(contFrame("a"))...), strings.Repeat("a", 100)
		}),
		floodCase(7, "50,000 empty fragments, and no end", func(s *session) {
			s.writes(s.encode(unfinished(textFrame(""))))
			s.writes(s.many(50000, unfinished(contFrame(""))))
		}),
		floodCase(8, "200,000 fragments of 1 byte, and no end", func(s *session) {
			s.writes(s.encode(unfinished(textFrame(""))))
			for range 4 {
				s.writes(s.many(50000, unfinished(contFrame("a"))))
			}
		}),
		floodCase(9, "Fragments of 64 KiB up to 32 MiB, and no end", func(s *session) {
			s.writes(s.encode(unfinished(binaryFrame(""))))
			for range 8 {
				s.writes(s.many(64, unfinished(contFrame(make([]byte, 64<<10)))))
			}
		}),
	}
}

// floodCase sends a message without an end. The RFC sets no limits, so what the
// peer does is told and not judged, apart from its serving others.
func floodCase(n int, title string, flood func(s *session)) *Case {
	return scripted(fmt.Sprintf("23.2.%d", n), inLimits, title, "The connection fails, best with 1009 or 1008, or waits; others are served.", Both, func(s *session) {
		s.opens()
		flood(s)
		fate, e := s.fate(500 * time.Millisecond)
		if fate == fateAnswers {
			s.failf("what came back is %.100s", e.String())
		}
		s.serves()
		s.tells(fate, e)
		if fate == fateWaits {
			s.ends()
		}
	})
}

// announcements are the cases 23.4: payload that never comes.
func announcements() []*Case {
	const expectation = "The connection waits or ends; others are served."
	held := func(n int, title string, peers Peers, start func(s *session) []byte) *Case {
		return scripted(fmt.Sprintf("23.4.%d", n), inLimits, title, expectation, peers, func(s *session) {
			s.opens()
			s.writes(start(s))
			fate, e := s.fate(300 * time.Millisecond)
			if fate == fateAnswers {
				s.failf("what came back is %v", e)
			}
			s.serves()
			s.tells(fate, e)
			if fate == fateWaits {
				s.ends()
			}
		})
	}
	return []*Case{
		held(1, "One byte of a frame", Both, func(*session) []byte { return []byte{0x81} }),
		held(2, "The header of a message of 1000 bytes, and one of them", Both, func(s *session) []byte {
			return append(s.header(0x82, form16, 1000), 'a')
		}),
		held(3, "The header of a message of 1 MiB, and one byte of it", Both, func(s *session) []byte {
			return append(s.header(0x82, form64, 1<<20), 'a')
		}),
		held(4, "The header of a message of 1 GiB, and one byte of it", Both, func(s *session) []byte {
			return append(s.header(0x82, form64, 1<<30), 'a')
		}),
		held(5, "A message of 100,000 bytes but for the last one", Both, func(s *session) []byte {
			return append(s.header(0x82, form64, 100000), make([]byte, 99999)...)
		}),
		newServed("23.4.6", inLimits, "50 connections, each announces 1 GiB and sends a byte", func(s *session) {
			s.crowd(50, func(other *session) { other.writes(append(other.header(0x82, form64, 1<<30), 'a')) })
		}),
		newServed("23.4.7", inLimits, "50 connections, each announces 2^62 bytes and sends none", func(s *session) {
			s.crowd(50, func(other *session) { other.writes(other.header(0x82, form64, 1<<62)) })
		}),
	}
}

// crowd opens n more connections, which all do the same and are held until the
// server has served another one.
func (s *session) crowd(n int, do func(*session)) {
	for range n {
		other := s.another()
		defer other.end()
		if err := other.open(opening{}); err != nil {
			s.inform("the server takes no more than some connections: %v", err)
			break
		}
		do(other)
	}
	s.log(Remark, "%d connections are held", n)
	s.serves()
}
