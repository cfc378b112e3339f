package conformance

import (
	"bytes"
	"fmt"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// classic makes a case of the classical families. The exchange is made anew for
// each run.
func classic(id, section, title, expectation string, make func() *exchange) *Case {
	return &Case{
		ID: id, Section: section, Title: title, Expectation: expectation,
		Peers: Both, bound: boundOf(make()), run: func(s *session) { s.play(make()) },
	}
}

// boundOf returns a time that no run of an exchange exceeds.
func boundOf(x *exchange) time.Duration {
	bound := 2*openingTime + max(x.kill, x.shut, patience) + 4*closingTime
	for _, step := range x.steps {
		bound += step.wait
	}
	return bound
}

// sends makes steps of frames.
func sends(frames ...raw) (steps []step) {
	for _, f := range frames {
		steps = append(steps, step{do: func(s *session, _ *exchange) { s.send(f) }})
	}
	return steps
}

// one is the outcome if exactly these events come.
func one(events ...event) []outcome { return []outcome{{OK, events}} }

// orNothing is the outcome of one, or less strictly that nothing comes.
func orNothing(events ...event) []outcome { return []outcome{{OK, events}, {NonStrict, nil}} }

// Frames as the cases write them.
func textFrame[T ~string | ~[]byte](p T) raw { return raw{op: frame.OpText, payload: []byte(p)} }

func binaryFrame[T ~string | ~[]byte](p T) raw { return raw{op: frame.OpBinary, payload: []byte(p)} }

func contFrame[T ~string | ~[]byte](p T) raw {
	return raw{op: frame.OpContinuation, payload: []byte(p)}
}
func pingFrame[T ~string | ~[]byte](p T) raw { return raw{op: frame.OpPing, payload: []byte(p)} }
func pongFrame[T ~string | ~[]byte](p T) raw { return raw{op: frame.OpPong, payload: []byte(p)} }

// unfinished is f without FIN.
func unfinished(f raw) raw {
	f.more = true
	return f
}

// chopped has frames written n bytes at a time.
func chopped(n int, frames ...raw) []raw {
	for i := range frames {
		frames[i].chop = n
	}
	return frames
}

// apart has frames written each on its own.
func apart(frames ...raw) []raw {
	for i := range frames {
		frames[i].alone = true
	}
	return frames
}

// framing is family 1: whole messages of every length class.
func framing() (cases []*Case) {
	for kind, op := range []frame.Opcode{frame.OpText, frame.OpBinary} {
		for i, size := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
			chop, how := 0, ""
			if i == 7 {
				chop, how = 997, ", written 997 bytes at a time"
			}
			letter := []byte{'*', 0xFE}[kind]
			kill := time.Second
			if size > 128 {
				kill = 10 * time.Second
			}
			cases = append(cases, classic(fmt.Sprintf("1.%d.%d", kind+1, i+1), "RFC 6455 §5.2",
				fmt.Sprintf("A %v message of %d bytes%s", name(op), size, how),
				"The message comes back.",
				func() *exchange {
					p := bytes.Repeat([]byte{letter}, size)
					return &exchange{
						steps:    sends(raw{op: op, payload: p, chop: chop}),
						expected: one(event{op: op, data: p}),
						ending:   weClose,
						kill:     kill,
					}
				}))
		}
	}
	return cases
}

// name returns the name of a type of message for people.
func name(op frame.Opcode) string {
	if op == frame.OpText {
		return "text"
	}
	return "binary"
}
