package frame

// A Frame is one WebSocket frame (RFC 6455 §5.2) as the two ends see it: masking
// and the encoding of the length are gone. A frame that is a message of its own
// has FIN set; the zero value is the middle fragment of a message.
type Frame struct {
	FIN     bool // last fragment of the message
	RSV1    bool // reserved for extensions
	RSV2    bool
	RSV3    bool
	Opcode  Opcode
	Payload []byte // not masked
}

// Header returns the header of f without masking.
func (f Frame) Header() Header {
	return Header{
		FIN:    f.FIN,
		RSV1:   f.RSV1,
		RSV2:   f.RSV2,
		RSV3:   f.RSV3,
		Opcode: f.Opcode,
		Length: int64(len(f.Payload)),
	}
}

// Check reports the first rule that f breaks as a *[ProtocolError], in the way of
// [Header.Check]. Payloads are not looked into: whether that of a close frame is
// right is for [ParseClose].
func (f Frame) Check() error {
	h := f.Header()
	return h.Check()
}

// String returns f in the notation of [Line], without a direction. A long
// payload is cut.
func (f Frame) String() string { return Line{Frame: f}.String() }

// An Encoder transforms a frame to send. It must not change f.Payload in place.
// The extensions of package extension are encoders.
type Encoder interface {
	Encode(f Frame) (Frame, error)
}

// A Decoder transforms a received frame, and clears the reserved bits to which it
// gives a meaning. If max is not negative and the result's payload would exceed
// max bytes, it fails with a *[PayloadTooBigError]. The extensions of package
// extension are decoders.
type Decoder interface {
	Decode(f Frame, max int64) (Frame, error)
}

// Data returns v, a text or bytes, as a payload. Bytes are not copied. Whether a
// text is UTF-8 is not checked.
func Data[T ~string | ~[]byte](v T) []byte { return []byte(v) }
