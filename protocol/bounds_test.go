package protocol

import (
	"testing"

	"github.com/go-websockets/websockets/frame"
)

// The first value behind the last one is no state and no event.
func TestValuesBehindTheLast(t *testing.T) {
	if got := numStates.String(); got != "State(6)" {
		t.Errorf("got %q", got)
	}
	if got := numEvents.String(); got != "Event(4)" {
		t.Errorf("got %q", got)
	}
	for _, tt := range []struct {
		s State
		e Event
	}{{numStates, End}, {Open, numEvents}, {numStates, numEvents}} {
		if next, action, err := tt.s.Next(tt.e); next != tt.s || action != None || err == nil {
			t.Errorf("%v in %v: %v, %v, %v", tt.e, tt.s, next, action, err)
		}
	}
}

// As many empty fragments as are promised may follow one that is not empty, and not
// one more.
func TestEmptyFragmentsBehindOthers(t *testing.T) {
	if MaxEmptyFragments != 1024 {
		t.Errorf("MaxEmptyFragments is %d", MaxEmptyFragments)
	}
	r := Receiver{Limit: 100}
	for i, h := range []frame.Header{{Opcode: frame.OpText, Length: 1}, {Length: 0}, {Length: 1}} {
		if err := r.Header(&h); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
	for i := range MaxEmptyFragments {
		if err := r.Header(&frame.Header{}); err != nil {
			t.Fatalf("empty fragment %d: %v", i, err)
		}
	}
	if err := r.Header(&frame.Header{}); err == nil {
		t.Error("one more was taken")
	}
}
