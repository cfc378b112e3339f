package conformance

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// An exchange is a case of the classical kind: frames are sent, events come back,
// the connection is closed; and verdicts are found by comparing.
type exchange struct {
	opening  opening
	steps    []step
	expected []outcome // empty: event judges
	ending   ending

	// event, if set, is called for each message and pong, and judges by itself.
	event func(s *session, x *exchange, e event)

	kill time.Duration // after so long, or patience, the connection is closed with 1001; 0: never
	shut time.Duration // after so long, or patience, a close frame without a code is sent; 0: never
	late bool          // kill and shut count from the last step, not from the start

	// after has the last word on the result.
	after func(s *session)

	s     *session
	phase phase
	got   []event
	begun bool // the last step has been taken

	broken error // the rule that the peer has broken, if any
	until  [4]time.Time
}

// A step is something that an exchange does, or a wait.
type step struct {
	do   func(s *session, x *exchange)
	wait time.Duration // if not 0, only time passes
	tag  string        // of the event for the end of the wait
}

// An outcome is a verdict on a list of events.
type outcome struct {
	verdict Verdict
	events  []event
}

// An ending is how the connection should be closed.
type ending struct {
	byPeer bool // the peer closes first, or drops the connection
	codes  []frame.CloseCode
	clean  bool // the closing handshake must be completed
	hold   bool // the exchange does not close by itself once all events have come

	// fatal: if the wrong end closed, or with the wrong code, the behavior failed too.
	fatal bool
}

// The usual endings.
var (
	weClose       = ending{codes: []frame.CloseCode{frame.CloseNormal}, clean: true}
	protocolError = ending{byPeer: true, codes: []frame.CloseCode{frame.CloseProtocolError}}
	invalidData   = ending{byPeer: true, codes: []frame.CloseCode{frame.CloseInvalidPayload}, fatal: true}
)

// weSend is the ending of an exchange that sends its close frame as a step.
func weSend(clean bool, codes ...frame.CloseCode) ending {
	return ending{codes: codes, clean: clean, hold: true, fatal: true}
}

// A phase is where an exchange stands.
//
//	phaseOpen ──our close──▶ phaseClosing ──answer──▶ phaseClosed ──end of TCP──▶ phaseEnded
//	    └─────the peer's close, and our answer────────────▲
type phase uint8

const (
	phaseOpen    phase = iota
	phaseClosing       // our close frame waits for an answer
	phaseClosed        // close frames went both ways
	phaseEnded         // TCP is over
)

// The limits that an exchange waits for.
const (
	limitWait  = iota // the wait of a step
	limitKill         // exchange.kill
	limitShut         // exchange.shut
	limitClose        // the peer's part of the closing handshake
)

// patience is the least time that an exchange waits for a peer: machines that test
// have other things to do, too.
const patience = 3 * time.Second

// closingTime is how long a peer has to answer a close frame, and a server then to
// drop the connection.
const closingTime = 3 * time.Second

// play runs an exchange and sets the verdicts.
func (s *session) play(x *exchange) {
	x.s = s
	for _, o := range x.expected {
		e := Expected{Verdict: o.verdict, Events: []string{}}
		for _, event := range o.events {
			e.Events = append(e.Events, event.String())
		}
		s.r.Expected = append(s.r.Expected, e)
	}
	e := x.ending
	s.r.ExpectedClose = ExpectedClose{ByPeer: e.byPeer, Codes: e.codes, Clean: e.clean, Fatal: e.fatal}
	if err := s.open(x.opening); err != nil {
		s.verdict(Failed, "opening handshake: %v", err)
		s.r.Closing, s.r.Ending = Failed, "there was no connection"
		if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
			s.r.Overdue = OpeningWait
		}
	} else {
		x.run()
		s.r.Duration = time.Since(s.opened)
		x.judge()
	}
	if x.after != nil {
		x.after(s)
	}
}

// run is the loop of an exchange.
func (x *exchange) run() {
	if !x.late {
		x.arm()
	}
	x.advance()
	arrivals := x.s.arrivals
	for x.phase != phaseEnded {
		var timer <-chan time.Time
		which := x.nearest()
		if which >= 0 {
			timer = time.After(time.Until(x.until[which]))
		}
		select {
		case a, more := <-arrivals:
			if !more {
				arrivals = nil // what came last was no frame; the limits end the exchange
				continue
			}
			x.arrived(a)
		case <-timer:
			x.until[which] = time.Time{}
			x.expired(which)
		case <-x.s.ctx.Done():
			x.s.r.Ending = "the case took too long"
			x.drop(x.s.r.Ending)
		}
	}
}

// arm starts the limits of the whole exchange.
func (x *exchange) arm() {
	now := time.Now()
	if x.kill > 0 {
		x.until[limitKill] = now.Add(max(x.kill, patience))
	}
	if x.shut > 0 {
		x.until[limitShut] = now.Add(max(x.shut, patience))
	}
}

// nearest returns the limit that comes next, or -1.
func (x *exchange) nearest() int {
	best := -1
	for i, t := range x.until {
		if !t.IsZero() && (best < 0 || t.Before(x.until[best])) {
			best = i
		}
	}
	return best
}

// advance takes steps up to the next wait.
func (x *exchange) advance() {
	for len(x.steps) > 0 {
		step := x.steps[0]
		if step.wait > 0 {
			x.until[limitWait] = time.Now().Add(step.wait)
			return
		}
		x.steps = x.steps[1:]
		step.do(x.s, x)
	}
	if !x.begun && x.late {
		x.arm()
	}
	x.begun = true
	x.compare()
}

func (x *exchange) expired(limit int) {
	switch limit {
	case limitWait:
		if x.phase != phaseOpen {
			x.steps = nil
			return
		}
		if tag := x.steps[0].tag; tag != "" {
			x.got = append(x.got, timeout(tag))
			x.s.log(Remark, "%v", timeout(tag))
		}
		x.steps = x.steps[1:]
		x.advance()
	case limitKill:
		if x.phase == phaseOpen {
			x.s.log(Remark, "the peer has not closed in %v", max(x.kill, patience))
			x.s.r.Violation = true
			x.close(frame.CloseGoingAway, "Going Away")
		}
	case limitShut:
		if x.phase == phaseOpen {
			x.s.log(Remark, "nothing more came in %v", max(x.shut, patience))
			x.close(frame.CloseNoStatus, "")
		}
	case limitClose:
		if x.phase == phaseClosing {
			x.s.r.Overdue, x.s.r.Ending = ClosingWait, "no close frame answered ours"
		} else {
			x.s.r.Overdue, x.s.r.Ending = DropWait, "the server has not dropped the connection"
		}
		x.drop(x.s.r.Ending)
	}
}

// close sends a close frame. CloseNoStatus leaves its payload empty.
func (x *exchange) close(code frame.CloseCode, reason string) {
	var payload []byte
	if code != frame.CloseNoStatus {
		payload = closePayload(code, reason)
	}
	x.closeWith(payload)
}

// closeWith sends a close frame with any payload. Only the first one counts.
func (x *exchange) closeWith(payload []byte) {
	x.s.send(raw{op: frame.OpClose, payload: payload})
	if !x.s.r.Local.Sent {
		x.s.r.Local = codeOf(payload)
	}
	if x.phase == phaseOpen {
		x.phase = phaseClosing
		x.until[limitClose] = time.Now().Add(closingTime)
	}
}

// codeOf reads the payload of a close frame, right or wrong.
func codeOf(p []byte) Code {
	c := Code{Sent: true, Code: frame.CloseNoStatus}
	if len(p) >= 2 {
		c.Code = frame.CloseCode(uint16(p[0])<<8 | uint16(p[1]))
		c.Reason = string(p[2:])
	}
	return c
}

// drop ends the TCP connection.
func (x *exchange) drop(why string) {
	x.s.log(Remark, "dropped: %s", why)
	x.s.r.DroppedByUs = true
	x.phase = phaseEnded
	_ = x.s.conn.Close()
}

// arrived takes what the reader has seen.
func (x *exchange) arrived(a arrival) {
	if a.err != nil {
		if e, ok := errors.AsType[*frame.ProtocolError](a.err); ok {
			x.violated(e)
			return
		}
		x.ended(a.err)
		return
	}
	x.s.logFrame(ReceivedFrame, a.frame)
	if x.phase == phaseClosed {
		x.s.log(Remark, "a frame after the peer's close frame is ignored")
		return
	}
	e, whole, err := x.s.take(a.frame)
	switch {
	case err != nil:
		if a.frame.Opcode == frame.OpClose {
			x.s.r.Remote = codeOf(a.frame.Payload)
		}
		x.violated(err)
	case !whole:
	case e.op == frame.OpClose:
		x.closed(e.data)
	case e.op == frame.OpPing:
		if x.phase == phaseOpen {
			x.s.send(raw{op: frame.OpPong, payload: e.data})
		}
	default:
		x.record(e)
	}
}

// record takes a message or a pong.
func (x *exchange) record(e event) {
	if x.s.r.Violation && e.op != frame.OpPong {
		return
	}
	if x.event != nil {
		x.event(x.s, x, e)
		return
	}
	x.got = append(x.got, e)
	x.compare()
}

// compare closes the connection if all that may come has come, or if what has come
// is not right, whatever follows.
func (x *exchange) compare() {
	if x.event != nil || x.phase != phaseOpen || x.ending.hold {
		return
	}
	all, possible := true, false
	for _, o := range x.expected {
		all = all && slices.EqualFunc(o.events, x.got, equal)
		possible = possible || len(x.got) <= len(o.events) && slices.EqualFunc(o.events[:len(x.got)], x.got, equal)
	}
	switch {
	case !possible:
		x.s.log(Remark, "this cannot be right any more")
		x.steps = nil
		x.close(frame.CloseNormal, "")
	case all && x.begun && !x.ending.byPeer:
		x.close(frame.CloseNormal, "")
	}
}

// violated is called when the peer has broken a rule.
func (x *exchange) violated(err error) {
	x.broken = err
	x.s.r.Violation = true
	x.s.r.Ending = err.Error()
	if x.s.r.Reason == "" {
		x.s.r.Reason = err.Error()
	}
	x.s.log(Remark, "%v", err)
	e, ok := errors.AsType[*frame.ProtocolError](err)
	if !ok || x.phase != phaseOpen {
		x.drop("the peer broke a rule")
		return
	}
	x.close(e.Code, "")
}

// closed takes the peer's close frame.
func (x *exchange) closed(payload []byte) {
	x.s.r.Remote = codeOf(payload)
	if x.phase == phaseOpen {
		x.s.r.ClosedByPeer = true
		x.close(frame.CloseNormal, "")
	}
	x.s.r.Clean = true
	x.phase = phaseClosed
	x.until = [4]time.Time{limitClose: time.Now().Add(closingTime)}
	if x.s.testing == Clients { // it is the server who ends TCP (RFC 6455 §7.1.1)
		x.s.queue.finish()
		select {
		case <-x.s.queue.done:
		case <-time.After(closingTime):
		}
		x.phase = phaseEnded
		_ = x.s.conn.Close()
	}
}

// ended is called when TCP is over.
func (x *exchange) ended(err error) {
	if err == io.EOF {
		x.s.log(Remark, "the peer ended the connection")
	} else {
		x.s.log(Remark, "the connection broke: %v", err)
	}
	if x.phase == phaseOpen {
		x.s.r.ClosedByPeer = true
	}
	if x.phase == phaseClosing && x.s.r.Ending == "" {
		x.s.r.Ending = fmt.Sprintf("the connection ended without a close frame: %v", err)
	}
	x.phase = phaseEnded
}
