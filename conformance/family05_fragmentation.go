package conformance

import (
	"fmt"
	"slices"
	"time"
)

// fragmentation is family 5.
func fragmentation() (cases []*Case) {
	const (
		section = "RFC 6455 §5.4"
		f1, f2  = "fragment1", "fragment2"
		ping    = "ping payload"
		alone   = "non-continuation payload"
		whole   = "The message comes back."
		fails   = "The connection fails with 1002."
	)
	add := func(title, expectation string, x exchange) {
		cases = append(cases, classic(fmt.Sprintf("5.%d", len(cases)+1), section, title, expectation, func() *exchange {
			fresh := x
			return &fresh
		}))
	}
	bad := func(title string, expected []outcome, frames ...raw) {
		add(title, fails, exchange{steps: sends(frames...), expected: expected, ending: protocolError, kill: time.Second})
	}
	// inThreeWays adds a case that is sent plainly, frame by frame and byte by byte.
	inThreeWays := func(title string, makeCase func(string, ...raw), frames ...raw) {
		makeCase(title, slices.Clone(frames)...)
		makeCase(title+", each frame on its own", apart(slices.Clone(frames)...)...)
		makeCase(title+", byte by byte", chopped(1, slices.Clone(frames)...)...)
	}
	good := func(events ...event) func(string, ...raw) {
		return func(title string, frames ...raw) {
			add(title, whole, exchange{steps: sends(frames...), expected: one(events...), ending: weClose, shut: time.Second})
		}
	}
	nothing := func(title string, frames ...raw) { bad(title, one(), frames...) }

	bad("A ping in two fragments", one(), unfinished(pingFrame(f1)), contFrame(f2))
	bad("A pong in two fragments", one(), unfinished(pongFrame(f1)), contFrame(f2))
	inThreeWays("A text message in two fragments", good(text(f1+f2)), unfinished(textFrame(f1)), contFrame(f2))
	inThreeWays("A text message in two fragments with a ping between", good(pong(ping), text(f1+f2)),
		unfinished(textFrame(f1)), pingFrame(ping), contFrame(f2))
	inThreeWays("A continuation without a message, with FIN, then a text message", nothing, contFrame(alone), textFrame(hello))
	inThreeWays("A continuation without a message, without FIN, then a text message", nothing, unfinished(contFrame(alone)), textFrame(hello))
	bad("A text message in two fragments, a continuation without FIN, a text message", orNothing(text(f1+f2)),
		unfinished(textFrame(f1)), contFrame(f2), unfinished(contFrame("fragment3")), textFrame("fragment4"))
	for _, start := range []raw{unfinished(contFrame(f1)), contFrame(f1)} {
		bad("Twice: a continuation without a message, then a text message in two fragments", one(),
			start, unfinished(textFrame(f2)), contFrame("fragment3"),
			start, unfinished(textFrame(f2)), contFrame("fragment3"))
	}
	cases[15].Title += ", the continuation without FIN"
	cases[16].Title += ", the continuation with FIN"
	bad("A text message of two text frames", one(), unfinished(textFrame(f1)), textFrame(f2))
	for i, deliver := range []func(...raw) []raw{plainly, apart} {
		first := deliver(unfinished(textFrame(f1)), unfinished(contFrame(f2)), pingFrame("pongme 1!"))
		rest := deliver(unfinished(contFrame("fragment3")), unfinished(contFrame("fragment4")), pingFrame("pongme 2!"), contFrame("fragment5"))
		title := "A text message in five fragments with two pings, and a pause of a second"
		add(title+[]string{"", ", each frame on its own"}[i], "The pongs come in order, and then the message.", exchange{
			steps:    slices.Concat(sends(first...), []step{{wait: time.Second}}, sends(rest...)),
			expected: one(pong("pongme 1!"), pong("pongme 2!"), text("fragment1fragment2fragment3fragment4fragment5")),
			ending:   weClose,
			shut:     time.Second,
			late:     true,
		})
	}
	return cases
}

// plainly has frames written as it suits.
func plainly(frames ...raw) []raw { return frames }
