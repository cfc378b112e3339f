package frame

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

const (
	// shownBytes is how much of a payload the form for people shows: more than a
	// control frame can hold.
	shownBytes = 128

	// minRun is the least number of equal bytes that are written as one byte and
	// a count, and runCost what such an item takes of shownBytes.
	minRun  = 16
	runCost = 8
)

// AppendLine appends l in its notation to dst, without an end of line. It is the
// reverse of [ParseLine]. Equal bytes in a row become an item with a count.
func AppendLine(dst []byte, l Line) []byte { return l.append(dst, math.MaxInt) }

// String returns l in its notation. Of a long payload it has only the beginning,
// followed by "..." and the length of the whole payload, as in
//
//	> TEXT "Call me Ishmael. Some years" ...(1215243 bytes)
//
// Such a line is not for [ParseLine].
func (l Line) String() string { return string(l.append(nil, shownBytes)) }

// String returns h in the notation of [Line] with the length in place of the
// payload, as in "BINARY ...(65536 bytes) more". The word "masked" means here
// what it says.
func (h Header) String() string {
	dst := []byte(h.Opcode.String())
	if h.Length != 0 {
		dst = fmt.Appendf(dst, " ...(%d bytes)", h.Length)
	}
	m := ByRole
	if h.Masked {
		m = Masked
	}
	return string(appendFlags(dst, h, m))
}

func (l Line) append(dst []byte, limit int) []byte {
	if d := l.Direction.String(); d != "" {
		dst = append(dst, d...)
		dst = append(dst, ' ')
	}
	switch l.Kind {
	case EOFLine:
		return append(dst, "EOF"...)
	case RawLine:
		dst = append(dst, "RAW"...)
		return appendItems(dst, l.Raw, 0, byteItems, limit)
	}
	f := l.Frame
	dst = append(dst, f.Opcode.String()...)
	switch {
	case f.Opcode == OpText:
		dst = appendItems(dst, f.Payload, 0, textItems, limit)
	case f.Opcode == OpClose && len(f.Payload) >= 2:
		dst = fmt.Appendf(dst, " %04d", binary.BigEndian.Uint16(f.Payload))
		dst = appendItems(dst, f.Payload, 2, textItems, limit)
	default:
		dst = appendItems(dst, f.Payload, 0, readableItems, limit)
	}
	return appendFlags(dst, f.Header(), l.Masking)
}

func appendFlags(dst []byte, h Header, m Masking) []byte {
	if !h.FIN {
		dst = append(dst, " more"...)
	} else if h.Opcode == OpContinuation {
		dst = append(dst, " fin"...)
	}
	if h.RSV1 {
		dst = append(dst, " rsv1"...)
	}
	if h.RSV2 {
		dst = append(dst, " rsv2"...)
	}
	if h.RSV3 {
		dst = append(dst, " rsv3"...)
	}
	if m == Masked || m == Unmasked {
		dst = append(dst, ' ')
		dst = append(dst, m.String()...)
	}
	return dst
}

// An itemForm says how to write the items of a payload.
type itemForm uint8

const (
	readableItems itemForm = iota // each one as a text if it can be read, else as bytes
	textItems
	byteItems
)

// appendItems appends payload[from:] as items, each after a space. If limit bytes
// do not suffice, it stops there and tells how long the payload is.
func appendItems(dst, payload []byte, from int, form itemForm, limit int) []byte {
	p := payload[from:]
	for len(p) > 0 && limit > 0 {
		if n := runLength(p); n >= minRun {
			dst = appendItem(dst, p[:1], form)
			dst = append(dst, '*')
			dst = strconv.AppendInt(dst, int64(n), 10)
			p = p[n:]
			limit -= runCost
			continue
		}
		n := literalLength(p, limit)
		if n > limit {
			n = cutLength(p, limit)
			limit = n // this item is the last
		}
		if n > 0 {
			dst = appendItem(dst, p[:n], form)
		}
		p = p[n:]
		limit -= n
	}
	if len(p) > 0 {
		dst = fmt.Appendf(dst, " ...(%d bytes)", len(payload))
	}
	return dst
}

// runLength returns how many bytes at the start of p, which is not empty, are
// equal.
func runLength(p []byte) int {
	for i, b := range p {
		if b != p[0] {
			return i
		}
	}
	return len(p)
}

// literalLength returns how many bytes at the start of p, which is not empty and
// does not start with a run, stand before the next run. It does not look much
// further than limit.
func literalLength(p []byte, limit int) int {
	if len(p)-minRun > limit {
		p = p[:limit+minRun]
	}
	run := 1
	for i := 1; i < len(p); i++ {
		if p[i] != p[i-1] {
			run = 0
		}
		if run++; run == minRun {
			return i + 1 - minRun
		}
	}
	return len(p)
}

// cutLength returns limit, which is less than len(p), or up to three less if that
// spares a character from being cut.
func cutLength(p []byte, limit int) int {
	for n := limit; n >= 0 && n > limit-utf8.UTFMax; n-- {
		if utf8.RuneStart(p[n]) {
			return n
		}
	}
	return limit
}

func appendItem(dst, p []byte, form itemForm) []byte {
	if form == textItems || form == readableItems && isReadable(p) {
		dst = append(dst, ' ')
		return strconv.AppendQuote(dst, string(p))
	}
	const digits = "0123456789ABCDEF"
	for _, b := range p {
		dst = append(dst, ' ', digits[b>>4], digits[b&0xF])
	}
	return dst
}

// isReadable reports whether p is a text of printable characters, tabs and ends
// of lines.
func isReadable(p []byte) bool {
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		switch {
		case r == utf8.RuneError && n == 1:
			return false
		case r == '\t', r == '\n', r == '\r':
		case !strconv.IsPrint(r):
			return false
		}
		p = p[n:]
	}
	return true
}
