package websockets

import (
	"errors"
	"math"
	"slices"

	"github.com/go-websockets/websockets/frame"
)

// This file is what extensions make of the payload that comes in. Most of them
// decode whole frames, which are put together first. One for messages, if it is
// alone, gets the bytes as they come.

// takeCoded takes a piece of a data frame's payload.
func (r *reader) takeCoded(p []byte) error {
	if r.c.whole != nil {
		return r.decodePiece(p, r.left == 0 && r.header.FIN)
	}
	r.wire = append(r.wire, p...)
	return nil
}

// endCoded is called when all of a data frame's payload has been taken.
func (r *reader) endCoded() error {
	if r.c.whole == nil {
		return r.decodeFrame()
	}
	if r.header.FIN && r.header.Length == 0 {
		return r.decodePiece(nil, true)
	}
	return nil
}

// decodePiece decodes a piece of a message to where the message is put together.
func (r *reader) decodePiece(p []byte, last bool) error {
	m := &r.message
	var dst []byte
	if !m.streamed {
		dst = m.data
	}
	at := len(dst)
	dst, err := r.c.whole.AppendDecode(dst, p, last, r.budget())
	if err != nil {
		err = r.undecodable(err)
	}
	// What comes before a fault may have one of its own, and it is the one that
	// counts, in however many pieces the bytes have come.
	if fault := r.accept(dst[at:]); fault != nil {
		err = fault
	}
	switch {
	case err != nil:
		return err
	case m.streamed:
		r.toStream(dst)
	default:
		m.data = dst
	}
	return nil
}

// decodeFrame decodes the frame that is in wire.
func (r *reader) decodeFrame() error {
	f, err := r.decode(frameOf(r.header, r.wire))
	if err != nil {
		return r.undecodable(err)
	}
	if cap(r.wire) > streamAhead {
		r.wire = nil
	} else {
		r.wire = r.wire[:0]
	}
	if err := r.accept(f.Payload); err != nil {
		return err
	}
	if r.message.streamed {
		r.toStream(f.Payload)
	} else {
		r.message.data = append(r.message.data, f.Payload...)
	}
	return nil
}

// decode applies the extensions to a data frame in the reverse of their order (RFC
// 6455 §9.1).
func (r *reader) decode(f frame.Frame) (frame.Frame, error) {
	most := r.budget()
	for i, e := range slices.Backward(r.c.opened.extensions) {
		limit := most
		if i > 0 && most >= 0 {
			// What another one is to decode yet may be a little longer than the message:
			// by as much as package protocol allows on the wire.
			limit += min(most/256+1024, math.MaxInt64-most)
		}
		var err error
		if f, err = e.Decode(f, limit); err != nil {
			return f, err
		}
	}
	if err := f.Check(); err != nil {
		return f, err // a reserved bit that no extension has cleared
	}
	if size := int64(len(f.Payload)); most >= 0 && size > most {
		return f, &PayloadTooBigError{Size: size, Limit: most}
	}
	return f, nil
}

// budget is how many bytes the message may still grow by; negative: any number.
func (r *reader) budget() int64 {
	if r.rules.Limit < 0 {
		return -1
	}
	return r.rules.Limit - r.message.size
}

// undecodable is the error for a message that cannot be decoded: a limit is that of
// the connection, and not what is left of it.
func (r *reader) undecodable(err error) error {
	if e, ok := errors.AsType[*PayloadTooBigError](err); ok {
		return &PayloadTooBigError{Size: r.message.size + e.Size, Limit: r.rules.Limit}
	}
	return err
}
