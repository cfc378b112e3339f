package conformance

import (
	"fmt"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// A Result is what came of a case with one peer.
type Result struct {
	Case  *Case
	Agent string // the peer's name

	Behavior Verdict // what the peer did with what it got
	Closing  Verdict // how the connection was closed
	Reason   string  // why Behavior is what it is, in a line; empty if it is OK
	Ending   string  // why Closing is what it is, in a line; empty if it is OK

	// Expected has what may come back: for each list a verdict and the events in
	// the notation of frame.Line. It is empty if the case judges in other ways.
	Expected []Expected
	Received []string // the events that came

	// ExpectedClose is how the connection should end. It is zero if the case judges
	// that in other ways.
	ExpectedClose ExpectedClose

	Started  time.Time     // before the opening handshake
	Duration time.Duration // from the open connection to its end

	Request  string // of the opening handshake, as it was on the wire
	Response string

	ClosedByPeer bool // the first close frame, or the end of the connection, was the peer's
	Violation    bool // the peer broke a rule, or did not close in time: so the case closed the connection
	DroppedByUs  bool // the case ended the TCP connection
	Overdue      Wait // what the peer has not done in time, if anything
	Clean        bool // close frames went both ways, in time
	Local        Code // of the close frame that was sent
	Remote       Code // of the peer's close frame

	Log   []Entry // what went over the wire, in order; long logs are cut in the middle
	Stats Stats

	// Facts are what a case has measured, such as the largest message that was
	// accepted, in the order in which they were found.
	Facts []Fact
}

// Passed reports whether the peer is not at fault. If strict, what is only
// non-strict is a fault too.
func (r *Result) Passed(strict bool) bool {
	v := r.Verdict()
	return v != Missing && !v.IsFailure() && !(strict && r.Behavior == NonStrict)
}

// Verdict is the worse of Behavior and Closing.
func (r *Result) Verdict() Verdict { return worse(r.Behavior, r.Closing) }

// An Expected is a list of events, and the verdict if exactly they come.
type Expected struct {
	Verdict Verdict
	Events  []string // in the notation of frame.Line
}

// An ExpectedClose tells how a connection should end.
type ExpectedClose struct {
	ByPeer bool              // the peer closes first, or drops the connection
	Codes  []frame.CloseCode // that the peer may close with; none at all is right, too
	Clean  bool              // close frames must go both ways
	Fatal  bool              // if this is not so, Behavior is Failed, too
}

// A Wait is something that a peer has to do in time.
type Wait uint8

// What a case waits for.
const (
	NoWait      Wait = iota
	OpeningWait      // the end of the opening handshake
	ClosingWait      // a close frame as an answer to ours
	DropWait         // the end of the TCP connection, behind the closing handshake
)

// String returns "none", "opening", "closing" or "drop".
func (w Wait) String() string {
	switch w {
	case NoWait:
		return "none"
	case OpeningWait:
		return "opening"
	case ClosingWait:
		return "closing"
	case DropWait:
		return "drop"
	}
	return "unknown"
}

// A Code is what a close frame holds.
type Code struct {
	Sent   bool // there was a close frame
	Code   frame.CloseCode
	Reason string
}

// String returns the close frame in the notation of frame.Line, or "none".
func (c Code) String() string {
	if !c.Sent {
		return "none"
	}
	var payload []byte
	if c.Code != frame.CloseNoStatus {
		payload = closePayload(c.Code, c.Reason)
	}
	return frame.Frame{FIN: true, Opcode: frame.OpClose, Payload: payload}.String()
}

// A Fact is something that a case has measured.
type Fact struct {
	Name  string // for example "largest message"
	Value string // with its unit
}

// An Entry is a line of the log.
type Entry struct {
	At   time.Duration // since the connection was opened
	Kind EntryKind
	Text string // a frame in the notation of frame.Line, from the peer's view; or a remark
}

// An EntryKind says what a line of the log is about.
type EntryKind uint8

// The kinds of entries.
const (
	SentFrame     EntryKind = iota // by the case: the peer receives it
	ReceivedFrame                  // from the peer
	SentBytes                      // by the case, and not a whole frame
	ReceivedBytes                  // from the peer, and not a frame
	Remark                         // what the case thinks, and what became of the connection
)

// Stats count what went over the wire.
type Stats struct {
	Reads                   map[int]int          // how many reads returned so many bytes
	Writes                  map[int]int          // how many writes sent so many bytes
	FramesIn                map[frame.Opcode]int // from the peer
	FramesOut               map[frame.Opcode]int
	MessagesIn, MessagesOut int

	// Bytes on the wire, in payloads of data frames, and of the messages in them:
	// the latter two differ by compression.
	WireIn, WireOut       int64
	PayloadIn, PayloadOut int64
	PlainIn, PlainOut     int64
	OpeningIn, OpeningOut int64 // bytes of the opening handshake, not in Wire
}

// fact notes a measurement, in place of an earlier one of the same name.
func (r *Result) fact(name, format string, args ...any) {
	value := fmt.Sprintf(format, args...)
	for i := range r.Facts {
		if r.Facts[i].Name == name {
			r.Facts[i].Value = value
			return
		}
	}
	r.Facts = append(r.Facts, Fact{name, value})
}
