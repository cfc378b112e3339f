package extension

import "github.com/go-websockets/websockets/frame"

// A PerMessage is an Extension that transforms messages rather than frames, as
// those of RFC 7692 do:
//
//   - A message is transformed as a whole or not at all. That it is shows in
//     the reserved bits of its first frame; on others they are not set.
//   - What a message means does not depend on where its frames end.
//
// When it is the only extension of a connection, the connection works with the
// two methods of this interface in place of Encode and Decode. So nothing needs
// to be kept for a message that has come by half, and what it gets is written
// where the message is. Messages that are not transformed do not pass through it,
// and a message of the application can be left out of it.
type PerMessage interface {
	Extension

	// AppendEncode is Encode with memory for its result: the result's payload is
	// f.Payload, or what was appended to dst.
	AppendEncode(dst []byte, f frame.Frame) (frame.Frame, error)

	// AppendDecode appends to dst what the next piece of a transformed message
	// means, as much as can be told, and returns the extended slice. What was in
	// dst before is no concern of it. last is set for the last piece of a message,
	// which may be empty; the piece behind it begins another message. At most max
	// bytes are appended, if max is not negative: else AppendDecode fails with a
	// *[frame.PayloadTooBigError], as soon as it can tell. Other errors are those
	// of Decode; besides an error it returns what could be told before. It may change
	// piece but not keep it.
	AppendDecode(dst, piece []byte, last bool, max int64) ([]byte, error)
}

// A PerFrame is an Extension to which single frames matter: it needs their ends
// where they were, or says with a reserved bit something of one frame and not of a
// message. An extension that may put what it gets into other frames cannot stand
// behind it, where it would come between its two ends: permessage-deflate is not
// agreed on there (RFC 7692 §5).
type PerFrame interface {
	Extension

	// PerFrame does nothing: that it is there says it.
	PerFrame()
}

// A Retainer is an Extension that holds memory for its connection, and can tell how
// much: package websockets adds it up in Conn.Retained.
type Retainer interface {
	Extension

	// EncodeRetains returns how many bytes are held from one call of Encode to the
	// next. It is called as Encode is, behind each call of it.
	EncodeRetains() int

	// DecodeRetains is the same for Decode. It is called often, and should be fast.
	DecodeRetains() int
}

// A Sharer is an Extension that may encode a message in the same way for many
// connections, so that it needs to do that only once for a message to all.
type Sharer interface {
	Extension

	// Shared returns a value that can be compared. Extensions that return the same
	// one, but nil, encode any whole message in the same way: what they encode does
	// not depend on what went before, nor does what they encode later, and their
	// Encode may be called at any time for this.
	Shared() any
}
