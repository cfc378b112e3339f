package conformance

import (
	"bytes"
	"fmt"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// roundTrips is an exchange of messages, one after the other, each of which must
// come back before the next one is sent.
type roundTrips struct {
	op   frame.Opcode
	size int // of the largest message, in bytes

	// fullCount is how many messages there are if Suite.Full is set, and else count.
	count, fullCount int

	next     func() []byte // the next message
	fragment int           // bytes in a frame; 0: one frame
	chop     int           // bytes in a write; 0: as it suits

	opening opening
	// ready, if set, is called once the connection is open. If it returns false there
	// are no messages.
	ready func(s *session) bool
	note  *string // if it is not empty at the end, the peer is less than strict

	sent  []byte
	done  int
	since time.Time
	worst time.Duration
	begun time.Time
}

// bigMessage is up to which size a peer should take any message. That it refuses
// larger ones with 1009 is its right (RFC 6455 §7.4.1).
const bigMessage = 64 << 10

// play runs the exchange.
func (t *roundTrips) play(s *session) {
	if s.suite.Full {
		t.count = t.fullCount
	}
	s.play(&exchange{
		opening: t.opening,
		steps:   []step{{do: t.start}},
		event:   t.arrived,
		ending:  weClose,
		shut:    tripTime(t.size),
		after:   t.judge,
	})
}

// tripTime is how long the way there and back of a message may take.
func tripTime(size int) time.Duration {
	return 10*time.Second + time.Duration(size>>18)*time.Second
}

func (t *roundTrips) start(s *session, x *exchange) {
	if t.ready != nil && !t.ready(s) {
		x.close(frame.CloseNormal, "")
		return
	}
	t.begun = time.Now()
	t.send(s)
}

func (t *roundTrips) send(s *session) {
	t.sent = t.next()
	t.since = time.Now()
	s.message(t.op, t.sent, t.fragment, t.chop)
}

// arrived compares what came with what was sent.
func (t *roundTrips) arrived(s *session, x *exchange, e event) {
	if x.phase != phaseOpen || t.sent == nil || e.op == frame.OpPong {
		return
	}
	switch {
	case e.op != t.op:
		s.verdict(Failed, "message %d was %s and came back as %s", t.done+1, name(t.op), name(e.op))
	case len(e.data) != len(t.sent):
		s.verdict(Failed, "message %d had %d bytes and came back with %d", t.done+1, len(t.sent), len(e.data))
	case !bytes.Equal(e.data, t.sent):
		s.verdict(Failed, "message %d came back with another byte %d", t.done+1, firstDifference(e.data, t.sent))
	default:
		t.done++
		t.worst = max(t.worst, time.Since(t.since))
		if t.done < t.count {
			x.until[limitShut] = time.Now().Add(x.shut)
			t.send(s)
			return
		}
		s.r.Behavior = OK
	}
	x.close(frame.CloseNormal, "")
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// judge has the last word.
func (t *roundTrips) judge(s *session) {
	r := s.r
	if t.begun.IsZero() {
		return // there was no connection, or nothing to be done with it
	}
	if t.done > 0 {
		r.fact("messages", "%d of up to %d bytes came back, the slowest in %v", t.done, t.size, t.worst.Round(10*time.Microsecond))
	}
	if s.codec != nil && r.Stats.PlainOut > 0 && r.Stats.PlainIn > 0 {
		r.fact("compression", "%.1f %% to the peer, %.1f %% back",
			100*float64(r.Stats.PayloadOut)/float64(r.Stats.PlainOut), 100*float64(r.Stats.PayloadIn)/float64(r.Stats.PlainIn))
	}
	switch {
	case r.Behavior == Missing && r.ClosedByPeer && r.Remote.Code == frame.CloseMessageTooBig && len(t.sent) > bigMessage:
		r.fact("refused message", "%d bytes", len(t.sent))
		s.inform("messages of %d bytes are refused with 1009", len(t.sent))
	case r.Behavior == Missing:
		why := fmt.Sprintf("%d of %d messages came back", t.done, t.count)
		if r.Reason != "" {
			why += ": " + r.Reason
		}
		s.verdict(Failed, "%s", why)
	case r.Behavior == OK && t.note != nil && *t.note != "":
		s.verdict(NonStrict, "%s", *t.note)
	}
}

// volume makes a case of messages that go there and back. They are made anew for
// each run.
func volume(id, section, title, expectation string, make func() *roundTrips) *Case {
	return &Case{
		ID: id, Section: section, Title: title, Expectation: expectation,
		Peers: Both, Volume: true,
		bound: 2*time.Minute + tripTime(make().size),
		run:   func(s *session) { make().play(s) },
	}
}

// times is how often a message of a size is sent, if it is 1000 times in full: often
// enough for contexts to be taken over, and not for minutes if a peer is far away.
func times(size int) int { return min(max((1<<20)/max(size, 1), 10), 200) }
