package conformance

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// sendsClose makes a step of a close frame.
func sendsClose(payload []byte) []step {
	return []step{{do: func(_ *session, x *exchange) { x.closeWith(payload) }}}
}

// closing is family 7.
func closing() (cases []*Case) {
	const (
		done    = "RFC 6455 §5.5.1"
		answers = "The close frame is answered, and nothing else comes."
		refuses = "The connection fails with 1002."
	)
	normal := closePayload(frame.CloseNormal, "")
	add := func(id, section, title, expectation string, end ending, parts ...[]step) {
		cases = append(cases, classic(id, section, title, expectation, func() *exchange {
			x := &exchange{expected: one(), ending: end, kill: time.Second}
			for _, steps := range parts {
				x.steps = append(x.steps, steps...)
			}
			return x
		}))
	}
	clean := weSend(true, frame.CloseNormal)
	refused := weSend(false, frame.CloseProtocolError)

	cases = append(cases, classic("7.1.1", done, "A text message, and a close frame once it came back", "The message comes back, and the close frame is answered.",
		func() *exchange {
			end := weSend(true, frame.CloseNormal)
			end.hold = false
			return &exchange{steps: sends(textFrame(helloWorld)), expected: one(text(helloWorld)), ending: end, kill: time.Second}
		}))
	add("7.1.2", done, "Two close frames", answers, clean, sendsClose(normal), sends(raw{op: frame.OpClose}))
	add("7.1.3", done, "A close frame, then a ping", answers, clean, sendsClose(normal), sends(pingFrame("")))
	add("7.1.4", done, "A close frame, then a text message", answers, clean, sendsClose(normal), sends(textFrame(helloWorld)))
	add("7.1.5", done, "A close frame between two fragments of a message", answers, clean,
		sends(unfinished(textFrame("fragment1"))), sendsClose(normal), sends(contFrame("fragment2")))
	cases = append(cases, closeBehindData())

	add("7.3.1", done, "A close frame without payload", answers, clean, sendsClose(nil))
	add("7.3.2", done, "A close frame with one byte of payload", refuses, refused, sendsClose([]byte("a")))
	add("7.3.3", done, "A close frame with a code", answers, clean, sendsClose(normal))
	add("7.3.4", done, "A close frame with a code and a reason", answers, clean, sendsClose(closePayload(frame.CloseNormal, helloWorld)))
	add("7.3.5", done, "A close frame with a reason of 123 bytes", answers, clean, sendsClose(closePayload(frame.CloseNormal, strings.Repeat("*", 123))))
	add("7.3.6", "RFC 6455 §5.5", "A close frame with a reason of 124 bytes", refuses, refused, sendsClose(closePayload(frame.CloseNormal, strings.Repeat("*", 124))))
	add("7.5.1", "RFC 6455 §8.1", "A close frame with a reason that is not UTF-8", "The connection fails with 1007 or 1002.",
		weSend(false, frame.CloseProtocolError, frame.CloseInvalidPayload),
		sendsClose(closePayload(frame.CloseNormal, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited")))
	for i, code := range []frame.CloseCode{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		add(fmt.Sprintf("7.7.%d", i+1), "RFC 6455 §7.4", fmt.Sprintf("A close frame with the code %d", code),
			"The close frame is answered with the same code, or with 1000.",
			weSend(true, frame.CloseNormal, code), sendsClose(closePayload(code, "")))
	}
	for i, code := range []frame.CloseCode{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		add(fmt.Sprintf("7.9.%d", i+1), "RFC 6455 §7.4", fmt.Sprintf("A close frame with the code %d, which must not be sent", code),
			refuses, refused, sendsClose(closePayload(code, "")))
	}
	for i, code := range []frame.CloseCode{5000, 65535} {
		cases = append(cases, classic(fmt.Sprintf("7.13.%d", i+1), "RFC 6455 §7.4.2", fmt.Sprintf("A close frame with the code %d, of which the RFC says nothing", code),
			"Anything that ends the connection.", func() *exchange {
				return &exchange{
					steps: sendsClose(closePayload(code, "")), expected: one(),
					ending: weSend(false, frame.CloseNormal, frame.CloseProtocolError, code), kill: time.Second,
					after: func(s *session) { s.inform("the close frame was answered with %v", s.r.Remote) },
				}
			}))
	}
	return cases
}

// closeBehindData is case 7.1.6.
func closeBehindData() *Case {
	return classic("7.1.6", "RFC 6455 §5.5.1", "A text message of 256 KiB, a short one, a close frame and a ping, back to back",
		"Anything: whether messages ahead of a close frame come back is left to the peer.",
		func() *exchange {
			x := &exchange{
				expected: []outcome{{OK, []event{text(helloWorld)}}, {NonStrict, nil}},
				ending:   weSend(true, frame.CloseNormal), kill: time.Second,
			}
			long := bytes.Repeat([]byte("BAsd7&jh23"), 26215)[:262144]
			x.steps = append(sends(textFrame(long), textFrame(helloWorld)), sendsClose(closePayload(frame.CloseNormal, ""))...)
			x.steps = append(x.steps, sends(pingFrame(""))...)
			x.after = func(s *session) {
				size := 0
				for _, e := range x.got {
					size += len(e.data)
				}
				s.inform("%d messages came back, %d bytes in all", len(x.got), size)
			}
			return x
		})
}

// inform has both verdicts be Informational.
func (s *session) inform(format string, args ...any) {
	s.verdict(Informational, format, args...)
	s.r.Closing, s.r.Ending = Informational, ""
}
