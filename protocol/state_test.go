package protocol_test

import (
	"strings"
	"testing"

	. "github.com/go-websockets/websockets/protocol"
)

var (
	states = []State{Open, ClosingLocal, ClosingPeer, Failing, Handshaken, Closed}
	events = []Event{SendClose, RecvClose, Fail, End}
)

// The whole table, written as the sentences of RFC 6455 §1.4 and §7.
func TestTransitions(t *testing.T) {
	type step struct {
		state State
		event Event
	}
	type outcome struct {
		state  State
		action Action
	}
	legal := map[step]outcome{
		{Open, SendClose}:         {ClosingLocal, None},
		{Open, RecvClose}:         {ClosingPeer, Echo},
		{Open, Fail}:              {Failing, Announce},
		{Open, End}:               {Closed, None},
		{ClosingLocal, RecvClose}: {Handshaken, Finish},
		{ClosingLocal, Fail}:      {Failing, None},
		{ClosingLocal, End}:       {Closed, None},
		{ClosingPeer, SendClose}:  {Handshaken, Finish},
		{ClosingPeer, End}:        {Closed, None},
		{Failing, End}:            {Closed, None},
		{Handshaken, End}:         {Closed, None},
	}
	for _, s := range states {
		for _, e := range events {
			state, action, err := s.Next(e)
			want, ok := legal[step{s, e}]
			switch {
			case ok && (err != nil || state != want.state || action != want.action):
				t.Errorf("%v in %v: got %v, %v, %v, want %v", e, s, state, action, err, want)
			case !ok && (err == nil || state != s || action != None):
				t.Errorf("%v in %v: got %v, %v, %v, want an error and no change", e, s, state, action, err)
			}
		}
	}
}

func TestNextOutsideTheTable(t *testing.T) {
	if _, _, err := State(99).Next(End); err == nil || !strings.Contains(err.Error(), "State(99)") {
		t.Errorf("got %v", err)
	}
	if _, _, err := Open.Next(Event(99)); err == nil || !strings.Contains(err.Error(), "Event(99)") {
		t.Errorf("got %v", err)
	}
}

// Whatever happens, at most one close frame goes out, no message follows it, and
// the end of the transport ends it all.
func TestEveryHistory(t *testing.T) {
	var walk func(s State, closes, depth int)
	walk = func(s State, closes, depth int) {
		if closes > 1 {
			t.Fatalf("%d close frames on the way to %v", closes, s)
		}
		if closes == 1 && s.CanSend() {
			t.Fatalf("messages may follow our close frame in %v", s)
		}
		if depth == 0 {
			return
		}
		for _, e := range events {
			next, action, err := s.Next(e)
			if err != nil {
				continue
			}
			if next == s {
				t.Fatalf("%v in %v leads nowhere", e, s)
			}
			if e == End && next != Closed {
				t.Fatalf("the end in %v leads to %v", s, next)
			}
			n := closes
			if e == SendClose || action == Announce {
				n++
			}
			walk(next, n, depth-1)
		}
	}
	walk(Open, 0, 10)
}

func TestCanSendAndReceive(t *testing.T) {
	for _, s := range states {
		if got, want := s.CanSend(), s == Open; got != want {
			t.Errorf("CanSend in %v: %v", s, got)
		}
		if got, want := s.CanPong(), s == Open || s == ClosingLocal; got != want {
			t.Errorf("CanPong in %v: %v", s, got)
		}
		if got, want := s.CanReceive(), s == Open || s == ClosingLocal; got != want {
			t.Errorf("CanReceive in %v: %v", s, got)
		}
	}
}
