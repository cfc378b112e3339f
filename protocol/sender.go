package protocol

import (
	"fmt"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
)

// A Sender judges the order of the frames that go out (RFC 6455 §5.4), so that
// fragments of different messages never mix. Its zero value is ready to use.
type Sender struct {
	Claimed extension.Bits // the reserved bits that extensions have claimed

	open bool // a fragmented message has begun
}

// Open reports whether a fragmented message has begun and not ended.
func (s *Sender) Open() bool { return s.open }

// Header judges the header of the next frame to send in the given state. It
// fails, and nothing may be sent, if the state does not allow the frame, or its
// order or values are wrong.
func (s *Sender) Header(state State, h *frame.Header) error {
	switch {
	case h.Opcode == frame.OpClose:
		if _, _, err := state.Next(SendClose); err != nil {
			return err
		}
	case h.Opcode == frame.OpPong && state.CanPong():
	case !state.CanSend():
		return fmt.Errorf("%s frame cannot be sent in state %v", h.Opcode, state)
	}
	if err := check(h, s.Claimed); err != nil {
		return err
	}
	switch {
	case h.Opcode.IsControl():
		return nil
	case h.Opcode == frame.OpContinuation && !s.open:
		return violation(frame.CloseInternalError, "RFC 6455 §5.4", "continuation frame, but no message has begun")
	case h.Opcode != frame.OpContinuation && s.open:
		return violation(frame.CloseInternalError, "RFC 6455 §5.4", "%s frame inside a fragmented message", h.Opcode)
	}
	s.open = !h.FIN
	return nil
}
