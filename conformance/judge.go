package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-websockets/websockets/frame"
)

// judge finds the verdicts of an exchange that is over.
func (x *exchange) judge() {
	for _, e := range x.got {
		x.s.r.Received = append(x.s.r.Received, e.String())
	}
	if len(x.expected) > 0 {
		x.judgeBehavior()
	}
	x.judgeClosing()
}

func (x *exchange) judgeBehavior() {
	r := x.s.r
	for _, o := range x.expected {
		if slices.EqualFunc(o.events, x.got, equal) {
			r.Behavior, r.Reason = o.verdict, ""
			if o.verdict != OK {
				r.Reason = fmt.Sprintf("%s; better: %s", list(x.got), list(x.expected[0].events))
			}
			return
		}
	}
	why := fmt.Sprintf("expected %s; got %s", list(x.expected[0].events), list(x.got))
	if r.Reason != "" {
		why = r.Reason + "; " + why
	}
	r.Behavior, r.Reason = Failed, why
}

func list(events []event) string {
	if len(events) == 0 {
		return "nothing"
	}
	var names []string
	for _, e := range events {
		names = append(names, e.String())
	}
	return strings.Join(names, ", ")
}

func (x *exchange) judgeClosing() {
	r := x.s.r
	switch e := x.ending; {
	case x.broken != nil:
		x.badEnding(Failed, "the peer broke a rule")
	case r.ClosedByPeer && !e.byPeer:
		x.badEnding(Failed, "the peer closed first, with %v", r.Remote)
	case !r.ClosedByPeer && e.byPeer:
		x.badEnding(Failed, "the peer did not close the connection")
	case e.clean && !r.Clean:
		r.Closing = Unclean
		if r.Ending == "" {
			r.Ending = "the closing handshake was not completed"
		}
	case r.Remote.Sent && r.Remote.Code != frame.CloseNoStatus && !slices.Contains(e.codes, r.Remote.Code):
		x.badEnding(WrongCode, "the peer closed with %v, not with %v", r.Remote.Code, e.codes)
	case x.s.testing == Servers && r.DroppedByUs:
		r.Closing = NotDropped
	default:
		r.Closing, r.Ending = OK, ""
	}
}

func (x *exchange) badEnding(v Verdict, format string, args ...any) {
	r := x.s.r
	why := fmt.Sprintf(format, args...)
	if r.Ending != "" {
		why += ": " + r.Ending
	}
	r.Closing, r.Ending = v, why
	if x.ending.fatal {
		r.Behavior = Failed
		if r.Reason == "" {
			r.Reason = why
		}
	}
}
