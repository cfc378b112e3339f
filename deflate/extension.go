package deflate

import (
	"math"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/inflate"
)

// permessage is the extension on one connection: a sender and a receiver that
// share nothing.
type permessage struct {
	sender   sender
	receiver receiver
}

var (
	_ extension.PerMessage = (*permessage)(nil)
	_ extension.Sharer     = (*permessage)(nil)
	_ extension.Retainer   = (*permessage)(nil)
)

func newExtension(o Options, own, peer direction) *permessage {
	return &permessage{
		sender: sender{
			way:      way{bits: own.bits, level: o.Level, threshold: o.threshold()},
			takeover: own.takeover,
		},
		receiver: receiver{direction: peer},
	}
}

func (*permessage) Name() string             { return Name }
func (*permessage) Reserved() extension.Bits { return extension.RSV1 }

// Shared returns what tells how a message is compressed, if nothing else does.
func (e *permessage) Shared() any {
	if e.sender.takeover {
		return nil
	}
	return e.sender.way
}

func (e *permessage) EncodeRetains() int {
	if e.sender.window == nil {
		return 0
	}
	return cap(e.sender.window.B)
}

func (e *permessage) DecodeRetains() int {
	n := 0
	if e.receiver.decoder != nil {
		n += inflate.DecoderSize
	}
	if e.receiver.memory != nil {
		n += cap(e.receiver.memory.B)
	}
	return n
}

func (e *permessage) Encode(f frame.Frame) (frame.Frame, error) { return e.AppendEncode(nil, f) }

func (e *permessage) AppendEncode(dst []byte, f frame.Frame) (frame.Frame, error) {
	if f.Opcode.IsControl() {
		return f, nil // RFC 7692 §6.1
	}
	return e.sender.encode(dst, f), nil
}

func (e *permessage) Decode(f frame.Frame, max int64) (frame.Frame, error) {
	if f.Opcode.IsControl() {
		return f, nil
	}
	r := &e.receiver
	switch {
	case f.Opcode != frame.OpContinuation:
		r.end()
		r.compressed = f.RSV1
	case f.RSV1:
		return f, &frame.ProtocolError{
			Code: frame.CloseProtocolError, Reason: "RSV1 on a frame that is not the first of a message", Section: "RFC 7692 §6.1",
		}
	}
	if !r.compressed {
		return f, nil
	}
	var err error
	f.RSV1 = false
	f.Payload, err = e.AppendDecode(nil, f.Payload, f.FIN, max)
	return f, err
}

func (e *permessage) AppendDecode(dst, piece []byte, last bool, max int64) ([]byte, error) {
	limit := math.MaxInt
	if max >= 0 && max < int64(limit-len(dst)) {
		limit = len(dst) + int(max)
	}
	return e.receiver.decode(dst, piece, last, limit)
}
