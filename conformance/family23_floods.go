package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// floods are the cases 23.3: many frames at a time.
func floods() []*Case {
	of := func(n int, section, title, expectation string, run func(*session)) *Case {
		return scripted(fmt.Sprintf("23.3.%d", n), section, title, expectation, Both, run)
	}
	const (
		inPongs = "RFC 6455 §5.5.3"
		last    = "The last ping is answered, and others are served meanwhile; or the connection ends."
		work    = "A message comes back behind it."
	)
	return []*Case{
		of(1, inPongs, "20,000 pings of 125 bytes, without reading", last, func(s *session) {
			s.pingFlood(20000, strings.Repeat("p", 125))
		}),
		of(2, inPongs, "20,000 empty pings, without reading", last, func(s *session) { s.pingFlood(20000, "") }),
		of(3, inPongs, "1000 pings, each with a number", "They are answered in order, the last one in any case.", func(s *session) {
			s.numberedPings(1000)
		}),
		of(4, inPongs, "50,000 pongs that nobody asked for", work, func(s *session) {
			s.opens()
			s.writes(s.many(50000, pongFrame("hello")))
			s.stillEchoes()
		}),
		of(5, "RFC 6455 §5.6", "5000 empty messages", "They all come back.", func(s *session) { s.stream(5000, "") }),
		of(6, "RFC 6455 §5.6", "5000 messages of one byte, back to back", "They all come back.", func(s *session) { s.stream(5000, "a") }),
		of(7, "RFC 6455 §5.5.1", "1000 close frames", "One close frame comes back.", func(s *session) {
			s.opens()
			s.writes(s.many(1000, raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "")}))
			s.r.Local = codeOf(closePayload(frame.CloseNormal, ""))
			s.finished()
			s.serves()
		}),
		of(8, "RFC 6455 §5.5.1", "A close frame, then 1 MiB of messages", "The close frame is answered, and no message comes back.", func(s *session) {
			s.opens()
			s.writes(append(s.encode(raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "")}), s.many(100, binaryFrame(make([]byte, 10000)))...))
			s.r.Local = codeOf(closePayload(frame.CloseNormal, ""))
			e, err := s.next(replyTime)
			switch {
			case err != nil:
				s.r.Closing, s.r.Ending = Unclean, fmt.Sprintf("our close frame was not answered: %v", err)
			case e.op != frame.OpClose:
				s.failf("behind the close frame came %.100s", e.String())
			default:
				s.r.Clean = true
				s.drops()
			}
			s.serves()
		}),
		of(9, inLimits, "64 messages of 64 KiB, without reading for half a second", "They come back, and others are served meanwhile; or the connection ends.", func(s *session) {
			s.opens()
			message := make([]byte, 64<<10)
			s.writes(s.many(64, binaryFrame(message)))
			s.pause(500 * time.Millisecond)
			s.serves()
			s.allCome(64, event{op: frame.OpBinary, data: message})
		}),
		of(10, inPongs, "A pong for no ping, another one for an old ping, and two that are alike", work, func(s *session) {
			s.opens()
			s.writes(bytes.Join([][]byte{s.encode(pongFrame("nobody asked")), s.encode(pongFrame("")), s.many(2, pongFrame("twice")), s.encode(pongFrame(strings.Repeat("p", 125)))}, nil))
			s.stillEchoes()
		}),
	}
}

// stillEchoes judges a connection that must still work.
func (s *session) stillEchoes() {
	if err := s.echoes(helloWorld, replyTime); err != nil {
		s.failf("%v", err)
	}
	s.finish()
	s.serves()
}

// pingFlood sends pings and reads nothing meanwhile. A peer may answer only the
// latest ping (RFC 6455 §5.5.3), and it may end the connection.
func (s *session) pingFlood(n int, payload string) {
	s.opens()
	s.writes(s.many(n, pingFrame(payload)))
	s.pause(200 * time.Millisecond)
	s.serves()
	s.send(pingFrame("the last one"))
	pongs := 0
	for {
		e, err := s.next(replyTime)
		switch {
		case errors.Is(err, errQuiet) || s.ctx.Err() != nil:
			s.failf("the last ping has not been answered; %d pongs came", pongs)
		case err != nil || e.op == frame.OpClose:
			s.inform("the connection ended after %d pongs", pongs)
			return
		case e.op == frame.OpPong:
			pongs++
		}
		if string(e.data) == "the last one" {
			break
		}
	}
	s.r.fact("pongs", "%d for %d pings", pongs, n+1)
	s.finish()
}

// numberedPings judges the order of pongs.
func (s *session) numberedPings(n int) {
	s.opens()
	var b []byte
	for i := range n {
		b = append(b, s.encode(pingFrame(fmt.Sprint(i)))...)
	}
	s.writes(b)
	before, pongs := -1, 0
	for before < n-1 {
		e, err := s.next(replyTime)
		if err != nil {
			s.failf("after the pong %d: %v", before, err)
		}
		var number int
		if _, err := fmt.Sscan(string(e.data), &number); e.op != frame.OpPong || err != nil || number <= before {
			s.failf("behind the pong %d came %v", before, e)
		}
		before = number
		pongs++
	}
	s.r.fact("pongs", "%d for %d pings", pongs, n)
	s.finish()
}

// stream sends the same short message many times.
func (s *session) stream(n int, message string) {
	s.opens()
	s.writes(s.many(n, textFrame(message)))
	s.allCome(n, text(message))
}

// allCome waits for a message many times, then closes. A peer that does not read
// while it writes, and has a limit, may end the connection.
func (s *session) allCome(n int, want event) {
	for i := range n {
		e, err := s.next(replyTime)
		switch {
		case errors.Is(err, errQuiet) || s.ctx.Err() != nil:
			s.failf("only %d of %d messages came back", i, n)
		case err != nil || e.op == frame.OpClose:
			s.inform("the connection ended after %d of %d messages", i, n)
			return
		case !equal(e, want):
			s.failf("after %d messages came %.100s", i, e.String())
		}
	}
	s.finish()
}

// bombs are the cases 23.5: DEFLATE that costs more than it seems.
func bombs() []*Case {
	const open = "The connection fails, best with 1009, or the message comes back; others are served."
	of := func(n int, section, title, expectation string, run func(*session)) *Case {
		return scripted(fmt.Sprintf("23.5.%d", n), section, title, expectation, Both, func(s *session) {
			if s.compressed() {
				run(s)
			}
		})
	}
	bomb := func(n int, title string, payload func() []byte) *Case {
		return of(n, inLimits, title, open, func(s *session) {
			p := payload()
			s.deflated(frame.OpBinary, p)
			s.explodes(p)
		})
	}
	const inInflate, inFlags = "RFC 7692 §7.2.2", "RFC 7692 §6.1"
	return []*Case{
		bomb(1, "A message of 1 KiB that inflates to 1 MiB", func() []byte { return zeros(1) }),
		bomb(2, "A message of 16 KiB that inflates to 16 MiB", func() []byte { return zeros(16) }),
		bomb(3, "A message of 64 KiB that inflates to 63 MiB", func() []byte { return zeros(63) }),
		bomb(4, "256 KiB of empty stored blocks: they inflate to nothing", func() []byte { return emptyStored(256 << 10) }),
		bomb(5, "256 KiB of empty fixed blocks: they inflate to nothing", func() []byte { return emptyFixed(256 << 10) }),
		bomb(6, "256 KiB of empty dynamic blocks: they inflate to nothing", func() []byte { return emptyDynamic(256 << 10) }),
		bomb(7, "1 MiB of empty dynamic blocks: they inflate to nothing", func() []byte { return emptyDynamic(1 << 20) }),
		of(8, inInflate, "A compressed message that is no DEFLATE", "The connection fails.", func(s *session) {
			s.deflated(frame.OpBinary, []byte{0xFF, 0xFF, 0xFF, 0xFF})
			s.mustFail(failTime, frame.CloseProtocolError, frame.CloseInvalidPayload, frame.CloseInternalError, frame.ClosePolicyViolation)
			s.serves()
		}),
		of(9, inInflate, "A compressed message that refers to what never was", "The connection fails.", func(s *session) {
			s.deflated(frame.OpBinary, farReference())
			s.mustFail(failTime, frame.CloseProtocolError, frame.CloseInvalidPayload, frame.CloseInternalError, frame.ClosePolicyViolation)
			s.serves()
		}),
		of(10, inInflate, "A compressed message that is empty: one byte of zero", "It comes back.", func(s *session) {
			s.deflated(frame.OpText, []byte{0})
			if err := s.gets(text(""), replyTime); err != nil {
				s.failf("%v", err)
			}
			s.finish()
		}),
		of(11, inInflate, "A compressed message without any byte", "The connection fails, or an empty message comes back.", func(s *session) {
			s.deflated(frame.OpText, nil)
			f, e := s.fate(replyTime)
			if f == fateAnswers && len(e.data) > 0 {
				s.failf("what came back is %v", e)
			}
			s.tells(f, e)
			s.serves()
		}),
		of(12, inFlags, "RSV1 on a continuation frame", "The connection fails with 1002.", func(s *session) {
			p := s.codec.encode([]byte(helloWorld))
			s.send(raw{op: frame.OpText, rsv: 4, more: true, payload: p[:5]})
			s.send(raw{op: frame.OpContinuation, rsv: 4, payload: p[5:]})
			s.mustFail(failTime, frame.CloseProtocolError)
		}),
		of(13, inFlags, "RSV1 on a ping", "The connection fails with 1002.", func(s *session) {
			s.send(raw{op: frame.OpPing, rsv: 4, payload: []byte("hello")})
			s.mustFail(failTime, frame.CloseProtocolError)
		}),
		of(14, inFlags, "RSV1 on a close frame", "The connection fails with 1002.", func(s *session) {
			s.send(raw{op: frame.OpClose, rsv: 4, payload: closePayload(frame.CloseNormal, "")})
			s.mustFail(failTime, frame.CloseProtocolError)
		}),
		of(15, "RFC 7692 §5", "RSV2, which permessage-deflate does not use", "The connection fails with 1002.", func(s *session) {
			s.send(raw{op: frame.OpText, rsv: 2, payload: []byte("hello")})
			s.mustFail(failTime, frame.CloseProtocolError)
		}),
		of(16, "RFC 7692 §6.2", "A message that is not compressed, then one that is", "Both come back.", func(s *session) {
			if err := s.echoes(helloWorld, replyTime); err != nil {
				s.failf("%v", err)
			}
			if err := s.works(nil); err != nil {
				s.failf("%v", err)
			}
			s.finish()
		}),
		of(17, "RFC 6455 §8.1", "A compressed text that is not UTF-8", "The connection fails with 1007.", func(s *session) {
			s.deflated(frame.OpText, s.codec.encode([]byte("hello \xff\xfe")))
			s.mustFail(failTime, frame.CloseInvalidPayload)
		}),
		of(18, inInflate, "A compressed message in fragments of one byte", "It comes back.", func(s *session) {
			p := s.codec.encode([]byte(helloWorld))
			s.send(raw{op: frame.OpText, rsv: 4, more: true})
			for i := range p {
				s.send(raw{op: frame.OpContinuation, more: i < len(p)-1, payload: p[i : i+1]})
			}
			if err := s.gets(text(helloWorld), replyTime); err != nil {
				s.failf("%v", err)
			}
			s.finish()
		}),
	}
}

// explodes judges what came of a bomb.
func (s *session) explodes(payload []byte) {
	start := time.Now()
	s.serves()
	f, e := s.fate(2 * replyTime)
	s.r.fact("time", "%v for %d bytes", time.Since(start).Round(time.Millisecond), len(payload))
	switch {
	case f == fateWaits:
		s.failf("the peer neither fails the connection nor answers")
	case f == fateAnswers:
		s.inform("a message of %d bytes came back", len(e.data))
		s.ends()
	default:
		s.tells(f, e)
	}
	s.serves()
}

// farReference is DEFLATE whose first symbol copies from before the start.
func farReference() []byte {
	var w packer
	w.add(1<<1, 3)      // fixed Huffman codes
	w.add(0b1000000, 7) // the code 0000001, from its highest bit: copy 3 bytes
	w.add(0b11011, 5)   // the distance code 27
	w.add(0, 12)        // from 12289 bytes back
	w.add(0, 7)         // the end of the block
	w.add(0, 3)         // a stored block, whose length is taken away at the end
	return w.b
}
