package conformance

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// pings is family 2.
func pings() (cases []*Case) {
	const section = "RFC 6455 §5.5.2"
	add := func(title string, shut time.Duration, events []event, frames ...raw) {
		cases = append(cases, classic(fmt.Sprintf("2.%d", len(cases)+1), section, title,
			"Each ping is answered with a pong of the same payload.",
			func() *exchange {
				return &exchange{steps: sends(frames...), expected: one(events...), ending: weClose, shut: shut}
			}))
	}
	add("A ping without payload", time.Second, []event{pong("")}, pingFrame(""))
	add("A ping with text", time.Second, []event{pong(hello)}, pingFrame(hello))
	const bits = "\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF"
	add("A ping with bytes that are not text", time.Second, []event{pong(bits)}, pingFrame(bits))
	most := strings.Repeat("\xFE", 125)
	add("A ping of 125 bytes", time.Second, []event{pong(most)}, pingFrame(most))
	cases = append(cases, classic("2.5", "RFC 6455 §5.5", "A ping of 126 bytes", "The connection fails with 1002.", func() *exchange {
		return &exchange{steps: sends(pingFrame(most + "\xFE")), expected: one(), ending: protocolError, kill: time.Second}
	}))
	add("A ping of 125 bytes, byte by byte", 2*time.Second, []event{pong(most)}, chopped(1, pingFrame(most))...)
	for _, payload := range []string{"", "unsolicited pong payload"} {
		cases = append(cases, classic(fmt.Sprintf("2.%d", len(cases)+1), "RFC 6455 §5.5.3",
			fmt.Sprintf("A pong nobody asked for, with the payload %q", payload),
			"Nothing comes back, and the connection can be closed.",
			func() *exchange {
				return &exchange{steps: sends(pongFrame(payload)), expected: one(), ending: weClose, shut: time.Second}
			}))
	}
	add("A pong nobody asked for, then a ping", time.Second, []event{pong("ping payload")},
		pongFrame("unsolicited pong payload"), pingFrame("ping payload"))
	var ten []raw
	var answers []event
	for i := range 10 {
		payload := fmt.Sprintf("payload-%d", i)
		ten = append(ten, pingFrame(payload))
		answers = append(answers, pong(payload))
	}
	add("Ten pings", 3*time.Second, answers, ten...)
	add("Ten pings, byte by byte", 3*time.Second, answers, chopped(1, append([]raw(nil), ten...)...)...)
	return cases
}

// Texts that the classical cases send.
const (
	hello      = "Hello, world!"
	helloWorld = "Hello World!"
	notText    = "\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF"
)

// reservedBits is family 3.
func reservedBits() (cases []*Case) {
	add := func(title string, expected []outcome, frames ...raw) {
		cases = append(cases, classic(fmt.Sprintf("3.%d", len(cases)+1), "RFC 6455 §5.2", title,
			"The connection fails with 1002.",
			func() *exchange {
				return &exchange{steps: sends(frames...), expected: expected, ending: protocolError, kill: time.Second}
			}))
	}
	reserved := func(f raw, rsv byte) raw {
		f.rsv = rsv
		return f
	}
	add("A text message with RSV3", one(), reserved(textFrame(hello), 1))
	behind := func(rsv byte) []raw {
		return []raw{textFrame(hello), reserved(textFrame(hello), rsv), pingFrame("")}
	}
	add("A text message, one with RSV2, a ping", orNothing(text(hello)), behind(2)...)
	add("A text message, one with RSV2 and RSV3, a ping, each on its own", orNothing(text(hello)), apart(behind(3)...)...)
	add("A text message, one with RSV1, a ping, byte by byte", orNothing(text(hello)), chopped(1, behind(4)...)...)
	add("A binary message with RSV1 and RSV3", one(), reserved(binaryFrame(notText), 5))
	add("A binary message with RSV1 and RSV2", one(), reserved(binaryFrame(hello), 6))
	add("A close frame with all reserved bits", one(), raw{op: frame.OpClose, rsv: 7})
	return cases
}

// opcodes is family 4.
func opcodes() (cases []*Case) {
	for kind, first := range []frame.Opcode{3, 11} {
		what := []string{"data", "control"}[kind]
		for i := range 5 {
			op := first + frame.Opcode(i)
			payload := []string{"", "reserved opcode payload", "", hello, hello}[i]
			frames := []raw{{op: op, payload: []byte(payload)}}
			title, expected := fmt.Sprintf("A %s frame with the reserved opcode %d", what, op), one()
			if i >= 2 {
				frames = []raw{textFrame(hello), frames[0], pingFrame("")}
				title, expected = fmt.Sprintf("A text message, a %s frame with the reserved opcode %d, a ping", what, op), orNothing(text(hello))
			}
			if i == 4 {
				frames, title = chopped(1, frames...), title+", byte by byte"
			}
			cases = append(cases, classic(fmt.Sprintf("4.%d.%d", kind+1, i+1), "RFC 6455 §5.2", title,
				"The connection fails with 1002.",
				func() *exchange {
					return &exchange{steps: sends(frames...), expected: expected, ending: protocolError, kill: time.Second}
				}))
		}
	}
	return cases
}
