package protocol

import (
	"fmt"
	"math"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
)

// MaxEmptyFragments is how many fragments without payload may follow one
// another in a message. RFC 6455 sets no limit, but a peer that sends more costs
// work and never reaches a limit on bytes: it is refused with 1008.
const MaxEmptyFragments = 1024

// A Receiver judges the frames that come in: their order (RFC 6455 §5.4),
// masking (§5.1), reserved bits (§5.2) and the size of messages. Its zero value
// is a client's, without extensions and with a limit of zero bytes.
//
// Call Header for each header, then Control with the whole payload if it was a
// control frame. After an error the connection must fail: the Receiver is of no
// use any more.
type Receiver struct {
	Masked  bool           // the peer must mask: set on servers, unset on clients
	Claimed extension.Bits // the reserved bits that extensions have claimed
	Limit   int64          // bytes of one message, fragments together; negative: none

	open   bool  // a fragmented message has begun
	marked bool  // a frame of the message has a reserved bit set
	empty  int   // fragments without payload in a row
	size   int64 // bytes of the message so far
}

// Header judges the header of the next frame. It fails with a
// *[frame.ProtocolError] or, when the message would exceed Limit, with a
// *[frame.PayloadTooBigError]: before any byte of the payload is read.
func (r *Receiver) Header(h *frame.Header) error {
	if h.Masked != r.Masked {
		return r.errMasking(h)
	}
	if err := check(h, r.Claimed); err != nil {
		return err
	}
	if h.Opcode.IsControl() {
		return nil // may stand between fragments (RFC 6455 §5.4)
	}
	return r.data(h)
}

// check is h.Check with the claimed reserved bits allowed on data frames. On
// control frames no extension known to us gives them a meaning.
func check(h *frame.Header, claimed extension.Bits) error {
	if claimed != 0 && (h.RSV1 || h.RSV2 || h.RSV3) && !h.Opcode.IsControl() {
		allowed := *h
		h = &allowed
		h.RSV1 = h.RSV1 && claimed&extension.RSV1 == 0
		h.RSV2 = h.RSV2 && claimed&extension.RSV2 == 0
		h.RSV3 = h.RSV3 && claimed&extension.RSV3 == 0
	}
	return h.Check()
}

// data judges the header of a data frame (RFC 6455 §5.4).
func (r *Receiver) data(h *frame.Header) error {
	switch {
	case h.Opcode == frame.OpContinuation && !r.open:
		return violation(frame.CloseProtocolError, "RFC 6455 §5.4", "continuation frame, but no message has begun")
	case h.Opcode != frame.OpContinuation && r.open:
		return violation(frame.CloseProtocolError, "RFC 6455 §5.4", "%s frame inside a fragmented message", h.Opcode)
	case h.Opcode != frame.OpContinuation:
		r.size, r.empty, r.marked = 0, 0, false
	}
	r.marked = r.marked || h.RSV1 || h.RSV2 || h.RSV3
	// Both are non-negative, so the subtraction cannot overflow where the sum could.
	if limit := r.wireLimit(); h.Length > limit-r.size {
		return &frame.PayloadTooBigError{Size: saturate(r.size, h.Length), Limit: r.Limit}
	}
	r.size += h.Length
	r.open = !h.FIN
	if h.Length > 0 {
		r.empty = 0
	} else if r.empty++; r.open && r.empty > MaxEmptyFragments {
		return violation(frame.ClosePolicyViolation, "limit of this implementation",
			"more than %d empty fragments in a row", MaxEmptyFragments)
	}
	return nil
}

// wireLimit is Limit for what is on the wire. An extension, which marks its frames
// by a reserved bit, may make a message that is within the limit a little longer,
// as DEFLATE does with what cannot be compressed; its Decode enforces the limit
// itself.
func (r *Receiver) wireLimit() int64 {
	switch {
	case r.Limit < 0:
		return math.MaxInt64
	case r.marked:
		return saturate(r.Limit, r.Limit/256+1024)
	}
	return r.Limit
}

// saturate adds two sizes, which must not be negative.
func saturate(a, b int64) int64 {
	if b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + b
}

// A ReplyKind says what a control frame calls for.
type ReplyKind uint8

// The kinds of replies.
const (
	SendPong  ReplyKind = iota // a ping: answer with a pong of the same payload (RFC 6455 §5.5.2)
	MatchPong                  // a pong: see which ping it answers (RFC 6455 §5.5.3)
	BeginEnd                   // a close frame: the event RecvClose (RFC 6455 §5.5.1)
)

// A Reply is what a control frame calls for.
type Reply struct {
	Kind   ReplyKind
	Code   frame.CloseCode // of a close frame; CloseNoStatus if it has none
	Reason string          // of a close frame
}

// Control judges the payload of a control frame whose header passed, unmasked
// and whole, and says what is owed. It fails with a *[frame.ProtocolError] if
// the payload of a close frame is malformed.
func (r *Receiver) Control(h frame.Header, payload []byte) (Reply, error) {
	switch h.Opcode {
	case frame.OpPing:
		return Reply{Kind: SendPong}, nil
	case frame.OpPong:
		return Reply{Kind: MatchPong}, nil
	}
	code, reason, err := frame.ParseClose(payload)
	return Reply{Kind: BeginEnd, Code: code, Reason: reason}, err
}

func (r *Receiver) errMasking(h *frame.Header) error {
	if r.Masked {
		return violation(frame.CloseProtocolError, "RFC 6455 §5.1", "%s frame of a client is not masked", h.Opcode)
	}
	return violation(frame.CloseProtocolError, "RFC 6455 §5.1", "%s frame of a server is masked", h.Opcode)
}

func violation(code frame.CloseCode, section, format string, args ...any) error {
	return &frame.ProtocolError{Code: code, Reason: fmt.Sprintf(format, args...), Section: section}
}
