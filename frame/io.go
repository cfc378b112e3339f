package frame

import (
	"errors"
	"io"
	"math"
	"slices"

	"github.com/go-websockets/websockets/internal/mask"
)

// DefaultMaxSize is the limit on a payload in bytes that [Read] applies when
// [ReadOptions] sets none: 1 MiB.
const DefaultMaxSize = 1 << 20

// firstAlloc is the most memory in bytes taken for a payload before any of it has
// arrived. A peer that announces more than it sends costs no more than this.
const firstAlloc = 64 << 10

// ReadOptions tell [Read] what to expect.
type ReadOptions struct {
	// Masked says whether the frame must be masked: true on a server, which reads
	// from a client, false on a client (RFC 6455 §5.1).
	Masked bool

	// MaxSize is the limit on the payload in bytes, before and after decoding.
	// Zero means DefaultMaxSize; negative means no limit.
	MaxSize int64

	// Extensions decode the frame, the last one first. They may define reserved
	// bits but no opcodes.
	Extensions []Decoder
}

// WriteOptions tell [Frame.Append] and [Frame.Write] how to send.
type WriteOptions struct {
	// Masked says whether to mask the frame: true on a client, false on a server
	// (RFC 6455 §5.1).
	Masked bool

	// MaskingKey is the key if Masked is set. Each frame takes a new one from a
	// strong source of randomness (RFC 6455 §5.3).
	MaskingKey [4]byte

	// Extensions encode the frame, the first one first.
	Extensions []Encoder
}

// Read reads one frame from r, and no byte more. It reads in small steps: give it
// a buffered reader.
//
// It fails with [io.EOF] if r ends before the frame and [io.ErrUnexpectedEOF] if
// r ends inside, with a *[PayloadTooBigError] before it reads any payload if the
// announced length exceeds the limit, with a *[ProtocolError] if the frame breaks
// a rule, and with the errors of r and of the extensions. After an error other
// than io.EOF, r stands anywhere: nothing more can be read from it.
func Read(r io.Reader, o ReadOptions) (Frame, error) {
	h, err := readHeader(r)
	if err != nil {
		return Frame{}, err
	}
	limit := o.MaxSize
	if limit == 0 {
		limit = DefaultMaxSize
	}
	if err := checkReceived(h, o.Masked, len(o.Extensions) > 0, limit); err != nil {
		return Frame{}, err
	}
	f := Frame{FIN: h.FIN, RSV1: h.RSV1, RSV2: h.RSV2, RSV3: h.RSV3, Opcode: h.Opcode}
	if f.Payload, err = readPayload(r, int(h.Length)); err != nil {
		return Frame{}, err
	}
	if h.Masked {
		mask.XOR(f.Payload, h.MaskingKey, 0)
	}
	for _, e := range slices.Backward(o.Extensions) {
		if f, err = e.Decode(f, limit); err != nil {
			return Frame{}, err
		}
	}
	if limit >= 0 && int64(len(f.Payload)) > limit {
		return Frame{}, &PayloadTooBigError{Size: int64(len(f.Payload)), Limit: limit}
	}
	if err := f.Check(); err != nil {
		return Frame{}, err
	}
	return f, nil
}

// readHeader reads a header: its two first bytes, then what they announce.
func readHeader(r io.Reader) (Header, error) {
	var b [MaxHeaderSize]byte
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return Header{}, err
	}
	size := 2
	switch b[1] & bitsLength {
	case length16:
		size += 2
	case length64:
		size += 8
	}
	if b[1]&bitMask != 0 {
		size += 4
	}
	if _, err := io.ReadFull(r, b[2:size]); err != nil {
		return Header{}, inside(err)
	}
	h, _, err := ParseHeader(b[:size])
	return h, err
}

// checkReceived checks all that the header alone can tell, before anything is
// allocated for the payload.
func checkReceived(h Header, masked, extended bool, limit int64) error {
	if h.Masked != masked {
		return errMasking(h)
	}
	if extended { // the check after decoding looks at the reserved bits
		h.clearRSV()
	}
	if err := h.Check(); err != nil {
		return err
	}
	if limit < 0 || limit > math.MaxInt {
		limit = math.MaxInt // no slice is longer
	}
	if h.Length > limit {
		return &PayloadTooBigError{Size: h.Length, Limit: limit}
	}
	return nil
}

func errMasking(h Header) error {
	if h.Masked {
		return broken("RFC 6455 §5.1", "masked %s frame from a server", h.Opcode)
	}
	return broken("RFC 6455 §5.1", "unmasked %s frame from a client", h.Opcode)
}

// readPayload reads n bytes. Memory grows with what has arrived, not with what
// was announced.
func readPayload(r io.Reader, n int) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	p := make([]byte, 0, min(n, firstAlloc))
	for {
		got := len(p)
		p = p[:cap(p)]
		if _, err := io.ReadFull(r, p[got:]); err != nil {
			return nil, inside(err)
		}
		if len(p) == n {
			return p, nil
		}
		more := make([]byte, len(p), len(p)+min(len(p), n-len(p)))
		copy(more, p)
		p = more
	}
}

// inside turns the end of the stream into one in the midst of a frame.
func inside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Append checks f and appends its encoding to dst: transformed by the extensions
// and masked if so asked. It fails, and appends nothing, with the *[ProtocolError]
// of [Frame.Check] or the error of an extension. It never changes f.Payload.
//
// The extensions set reserved bits, not the caller: f has none.
func (f Frame) Append(dst []byte, o WriteOptions) ([]byte, error) {
	if err := f.Check(); err != nil {
		return dst, err
	}
	for _, e := range o.Extensions {
		var err error
		if f, err = e.Encode(f); err != nil {
			return dst, err
		}
	}
	h := f.Header()
	h.clearRSV() // these bits are the extensions' to set
	if err := h.Check(); err != nil {
		return dst, err
	}
	h = f.Header()
	h.Masked, h.MaskingKey = o.Masked, o.MaskingKey
	dst = slices.Grow(dst, h.Size()+len(f.Payload))
	dst = AppendHeader(dst, h)
	if !h.Masked {
		return append(dst, f.Payload...), nil
	}
	n := len(dst)
	dst = dst[:n+len(f.Payload)]
	mask.Copy(dst[n:], f.Payload, h.MaskingKey, 0)
	return dst, nil
}

// Write writes f to w in a single call, encoded as by [Frame.Append]. If that
// fails, nothing is written.
func (f Frame) Write(w io.Writer, o WriteOptions) error {
	b, err := f.Append(nil, o)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
