package frame

import (
	"encoding/binary"
	"fmt"
)

const (
	// MaxHeaderSize is the length in bytes of the longest header: two bytes, an
	// 8-byte payload length and a masking key.
	MaxHeaderSize = 14

	// MaxControlPayload is the longest payload in bytes of a control frame
	// (RFC 6455 §5.5).
	MaxControlPayload = 125
)

// A Header is everything of a frame but its payload (RFC 6455 §5.2).
type Header struct {
	FIN        bool // last fragment of the message
	RSV1       bool // reserved for extensions
	RSV2       bool
	RSV3       bool
	Opcode     Opcode
	Masked     bool
	MaskingKey [4]byte // zero unless Masked
	Length     int64   // payload length in bytes, never negative
}

// Bits of the first two header bytes.
const (
	bitFIN     = 0x80
	bitRSV1    = 0x40
	bitRSV2    = 0x20
	bitRSV3    = 0x10
	bitsOpcode = 0x0F
	bitMask    = 0x80
	bitsLength = 0x7F

	length16 = 126 // the payload length follows in 2 bytes
	length64 = 127 // the payload length follows in 8 bytes
)

// ParseHeader decodes the header at the start of b and returns it with its
// length n in bytes. If b holds less than a whole header, n is 0 and err nil:
// come back with more bytes.
//
// It fails with a *[ProtocolError] if the payload length is not encoded in the
// fewest bytes or has its top bit set (RFC 6455 §5.2). Whether the values are
// acceptable is for [Header.Check].
func ParseHeader(b []byte) (h Header, n int, err error) {
	n, err = h.Parse(b)
	return h, n, err
}

// Parse is [ParseHeader] into h, which stays as it was if n is 0.
//
// A processor is slow to copy what it has just written field by field. To parse
// into a variable that stays where it is, and to pass its address on, saves more
// time than parsing takes.
func (h *Header) Parse(b []byte) (n int, err error) {
	if len(b) < 2 {
		return 0, nil
	}
	b0, b1 := b[0], b[1]
	n = 2
	length := uint64(b1 & bitsLength)
	switch length {
	case length16:
		if len(b) < 4 {
			return 0, nil
		}
		n = 4
		length = uint64(binary.BigEndian.Uint16(b[2:]))
		if length < length16 {
			return 0, errLength(length, 16)
		}
	case length64:
		if len(b) < 10 {
			return 0, nil
		}
		n = 10
		length = binary.BigEndian.Uint64(b[2:])
		if length <= 0xFFFF || length>>63 != 0 {
			return 0, errLength(length, 64)
		}
	}
	var key [4]byte
	if b1&bitMask != 0 {
		if len(b) < n+4 {
			return 0, nil
		}
		key = [4]byte(b[n:])
		n += 4
	}
	h.FIN = b0&bitFIN != 0
	h.RSV1 = b0&bitRSV1 != 0
	h.RSV2 = b0&bitRSV2 != 0
	h.RSV3 = b0&bitRSV3 != 0
	h.Opcode = Opcode(b0 & bitsOpcode)
	h.Masked = b1&bitMask != 0
	h.MaskingKey = key
	h.Length = int64(length)
	return n, nil
}

func errLength(length uint64, bits int) error {
	reason := fmt.Sprintf("payload length %d in the %d-bit form is not minimal", length, bits)
	if length>>63 != 0 {
		reason = fmt.Sprintf("payload length %#x has its top bit set", length)
	}
	return &ProtocolError{Code: CloseProtocolError, Reason: reason, Section: "RFC 6455 §5.2"}
}

// AppendHeader appends the encoding of h to dst and returns it. It uses the
// shortest form of the payload length (RFC 6455 §5.2) and checks nothing: it can
// write what [Header.Check] refuses, for tests of a peer. Of the opcode it takes
// the four lowest bits.
func AppendHeader(dst []byte, h Header) []byte { return h.Append(dst) }

// Append is [AppendHeader] of a variable that stays where it is: see [Header.Parse].
func (h *Header) Append(dst []byte) []byte {
	b0 := byte(h.Opcode) & bitsOpcode
	if h.FIN {
		b0 |= bitFIN
	}
	if h.RSV1 {
		b0 |= bitRSV1
	}
	if h.RSV2 {
		b0 |= bitRSV2
	}
	if h.RSV3 {
		b0 |= bitRSV3
	}
	var b1 byte
	if h.Masked {
		b1 = bitMask
	}
	switch length := uint64(h.Length); { // a negative one gets the 64-bit form, where it cannot reach other fields
	case length < length16:
		dst = append(dst, b0, b1|byte(length))
	case length <= 0xFFFF:
		dst = append(dst, b0, b1|length16, byte(length>>8), byte(length))
	default:
		dst = append(dst, b0, b1|length64)
		dst = binary.BigEndian.AppendUint64(dst, length)
	}
	if h.Masked {
		dst = append(dst, h.MaskingKey[:]...)
	}
	return dst
}

// Size returns the length in bytes of h once encoded.
func (h Header) Size() int {
	n := 2
	switch length := uint64(h.Length); {
	case length > 0xFFFF:
		n = 10
	case length >= length16:
		n = 4
	}
	if h.Masked {
		n += 4
	}
	return n
}

// Check reports the first rule that h breaks as a *[ProtocolError] with 1002: a
// reserved bit is set, the opcode is reserved, a control frame is fragmented or
// longer than [MaxControlPayload], the length is negative. A receiver whose
// extensions define reserved bits clears these first. The rules on masking depend
// on the role and are not checked here.
func (h *Header) Check() error {
	// A short path for the usual frame.
	if !h.RSV1 && !h.RSV2 && !h.RSV3 && h.Opcode <= OpBinary && h.Length >= 0 {
		return nil
	}
	return h.checkRare()
}

func (h *Header) checkRare() error {
	switch {
	case h.RSV1 || h.RSV2 || h.RSV3:
		return broken("RFC 6455 §5.2", "reserved bit set in a %s frame without an extension that defines it: %s", h.Opcode, h.rsv())
	case !h.Opcode.IsKnown():
		return broken("RFC 6455 §5.2", "reserved opcode %#x", uint8(h.Opcode))
	case h.Length < 0:
		return broken("RFC 6455 §5.2", "negative payload length %d", h.Length)
	case !h.FIN: // all others that come here are control frames
		return broken("RFC 6455 §5.5", "fragmented control frame %s", h.Opcode)
	case h.Length > MaxControlPayload:
		return broken("RFC 6455 §5.5", "control frame %s with %d bytes of payload, the limit is %d", h.Opcode, h.Length, MaxControlPayload)
	}
	return nil
}

func (h *Header) clearRSV() { h.RSV1, h.RSV2, h.RSV3 = false, false, false }

func (h *Header) rsv() string {
	s := ""
	if h.RSV1 {
		s += " RSV1"
	}
	if h.RSV2 {
		s += " RSV2"
	}
	if h.RSV3 {
		s += " RSV3"
	}
	return s[1:]
}
