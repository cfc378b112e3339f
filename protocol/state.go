package protocol

import "fmt"

// A State is where a connection is in its life after the opening handshake.
//
//	          SendClose                      RecvClose
//	Open ───────────────────▶ ClosingLocal ─────────────┐
//	 │ RecvClose: Echo                                  ▼
//	 ├──────────────────────▶ ClosingPeer ──SendClose──▶ Handshaken: Finish
//	 │ Fail: Announce                                   │
//	 └──────────────────────▶ Failing                   │ End
//	                             │ End                  ▼
//	 any state ──────────────────┴───────End──────────▶ Closed
//
// The table below is this picture.
type State uint8

// The states of a connection.
const (
	Open         State = iota // both directions carry messages
	ClosingLocal              // our close frame is sent, the peer's is due
	ClosingPeer               // the peer's close frame came, we owe ours
	Failing                   // we failed the connection: what comes in is discarded
	Handshaken                // both close frames are exchanged, the transport ends next
	Closed                    // the transport has ended
	numStates
)

// String returns the state's name.
func (s State) String() string {
	if s >= numStates {
		return fmt.Sprintf("State(%d)", uint8(s))
	}
	return [numStates]string{"Open", "ClosingLocal", "ClosingPeer", "Failing", "Handshaken", "Closed"}[s]
}

// An Event changes the state of a connection.
type Event uint8

// The events.
const (
	SendClose Event = iota // a close frame goes out
	RecvClose              // a close frame came in
	Fail                   // the peer broke a rule, or does not answer (RFC 6455 §7.1.7)
	End                    // the transport ended, for whatever reason
	numEvents
)

// String returns the event's name.
func (e Event) String() string {
	if e >= numEvents {
		return fmt.Sprintf("Event(%d)", uint8(e))
	}
	return [numEvents]string{"SendClose", "RecvClose", "Fail", "End"}[e]
}

// An Action is what an event makes due.
type Action uint8

// The actions.
const (
	None     Action = iota
	Echo            // send a close frame that repeats the peer's (RFC 6455 §5.5.1)
	Announce        // send a close frame with the code of the failure (RFC 6455 §7.1.7)
	Finish          // end the transport: a server at once, a client once the server has (RFC 6455 §7.1.1)
)

type transition struct {
	next   State
	action Action
	legal  bool
}

var table = [numStates][numEvents]transition{
	Open: {
		SendClose: {ClosingLocal, None, true},
		RecvClose: {ClosingPeer, Echo, true},
		Fail:      {Failing, Announce, true},
		End:       {Closed, None, true},
	},
	ClosingLocal: {
		RecvClose: {Handshaken, Finish, true},
		Fail:      {Failing, None, true}, // only one close frame is ever sent
		End:       {Closed, None, true},
	},
	ClosingPeer: {
		SendClose: {Handshaken, Finish, true},
		End:       {Closed, None, true},
	},
	Failing:    {End: {Closed, None, true}},
	Handshaken: {End: {Closed, None, true}},
}

// Next returns the state after e and what is due then. It fails, and stays, if
// e cannot happen in s: a second close frame, or anything once Closed.
func (s State) Next(e Event) (State, Action, error) {
	if s < numStates && e < numEvents {
		if t := table[s][e]; t.legal {
			return t.next, t.action, nil
		}
	}
	return s, None, fmt.Errorf("%v is not possible in state %v", e, s)
}

// CanSend reports whether messages and pings may be sent in s (RFC 6455 §5.5.1,
// §6.1).
func (s State) CanSend() bool { return s == Open }

// CanPong reports whether a ping is answered in s: also after our close frame,
// until the peer's (RFC 6455 §5.5.2).
func (s State) CanPong() bool { return s.CanReceive() }

// CanReceive reports whether frames that come in in s are to be processed:
// until the peer's close frame, or our failure (RFC 6455 §1.4, §7.1.7).
func (s State) CanReceive() bool { return s == Open || s == ClosingLocal }
