package wstest

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
)

// A scriptLine is a line for a [Peer]: a frame, with what the notation cannot say.
type scriptLine struct {
	text        string // the line without its direction
	line        frame.Line
	length      *length // the length to announce, if not that of the payload
	payloadOnly bool    // more payload of the frame before
	more        bool    // "...": any more payload
}

// A length is what a header says of the payload, right or wrong.
type length struct {
	value uint64
	bits  int // of its encoding: 16, 64, or 0 for the shortest
}

// parseScript parses one line. What [frame.ParseLine] does not know it takes out
// first.
func parseScript(line string) (scriptLine, error) {
	s := scriptLine{text: strings.TrimSpace(line)}
	if strings.HasPrefix(s.text, "<") || strings.HasPrefix(s.text, ">") {
		s.text = strings.TrimSpace(s.text[1:])
	}
	var known []string
	for _, word := range words(line) {
		switch {
		case word == "...":
			s.more = true
		case word == "PAYLOAD":
			s.payloadOnly = true
			known = append(known, "RAW")
		case strings.HasPrefix(word, "length"):
			l, err := parseLength(word)
			if err != nil {
				return s, fmt.Errorf("line %q: %w", line, err)
			}
			s.length = l
		default:
			known = append(known, word)
		}
	}
	var err error
	s.line, err = frame.ParseLine(strings.Join(known, " "))
	switch {
	case err != nil:
		return s, fmt.Errorf("line %q: %w", line, err)
	case s.length != nil && s.line.Kind != frame.FrameLine:
		return s, fmt.Errorf("line %q: only a frame has a length", line)
	}
	return s, nil
}

// parseLength parses "length=5", "length16=5" or "length64=0x5".
func parseLength(word string) (*length, error) {
	bits, value, ok := strings.Cut(strings.TrimPrefix(word, "length"), "=")
	var l length
	switch bits {
	case "":
	case "16":
		l.bits = 16
	case "64":
		l.bits = 64
	default:
		ok = false
	}
	var err error
	l.value, err = strconv.ParseUint(value, 0, 64)
	if !ok || err != nil || l.bits == 16 && l.value > 0xFFFF {
		return nil, fmt.Errorf("bad length %q", word)
	}
	return &l, nil
}

// words splits a line at its blanks, except those in a quoted text, up to a
// comment. A text that has no end is left to frame.ParseLine.
func words(line string) []string {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			return words
		}
		n := 0
		if quoted, err := strconv.QuotedPrefix(line); err == nil && line[0] == '"' {
			n = len(quoted)
		}
		end := len(line)
		if blank := strings.IndexAny(line[n:], " \t\r\n"); blank >= 0 {
			end = n + blank
		}
		words = append(words, line[:end])
		line = line[end:]
	}
}

// append appends what s looks like on the wire, and remembers the frame for more
// payload.
func (p *Peer) append(dst []byte, s scriptLine) []byte {
	switch {
	case s.payloadOnly:
		return p.appendPayload(dst, s.line.Raw)
	case s.line.Kind == frame.RawLine:
		return append(dst, s.line.Raw...)
	}
	f := s.line.Frame
	p.masked = p.role == websockets.RoleClient
	switch s.line.Masking {
	case frame.Masked:
		p.masked = true
	case frame.Unmasked:
		p.masked = false
	}
	p.position = 0
	h := f.Header()
	if s.length == nil {
		h.Masked, h.MaskingKey = p.masked, p.MaskingKey
		dst = frame.AppendHeader(dst, h)
	} else {
		dst = p.appendOddHeader(dst, h, *s.length)
	}
	return p.appendPayload(dst, f.Payload)
}

// appendOddHeader appends a header whose length may be wrong or not minimal.
func (p *Peer) appendOddHeader(dst []byte, h frame.Header, l length) []byte {
	const bitMask, length16, length64 = 0x80, 126, 127
	h.Length = 0
	first := len(dst)
	dst = frame.AppendHeader(dst, h)
	second := first + 1
	switch {
	case l.bits == 0 && l.value < length16:
		dst[second] = byte(l.value)
	case l.bits == 16, l.bits == 0 && l.value <= 0xFFFF:
		dst[second] = length16
		dst = binary.BigEndian.AppendUint16(dst, uint16(l.value))
	default:
		dst[second] = length64
		dst = binary.BigEndian.AppendUint64(dst, l.value)
	}
	if p.masked {
		dst[second] |= bitMask
		dst = append(dst, p.MaskingKey[:]...)
	}
	return dst
}

func (p *Peer) appendPayload(dst, payload []byte) []byte {
	for _, b := range payload {
		if p.masked {
			b ^= p.MaskingKey[p.position%4]
		}
		dst = append(dst, b)
		p.position++
	}
	return dst
}

// matches reports whether got is what s expects.
func (s scriptLine) matches(got frame.Line) bool {
	want := s.line
	want.Direction = got.Direction
	if n := len(want.Frame.Payload); s.more && n <= len(got.Frame.Payload) {
		got.Frame.Payload = got.Frame.Payload[:n]
	}
	return string(frame.AppendLine(nil, want)) == string(frame.AppendLine(nil, got))
}
