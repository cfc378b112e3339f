// Package utf8stream checks that a text which arrives in pieces is UTF-8.
//
// The pieces may cut a sequence of bytes anywhere: a fragment of a text message
// need not end between two characters (RFC 6455 §5.6). The verdict falls at the
// first byte after which nothing could make the text valid, be it in the middle
// of a character, so that an endpoint can fail the connection at once
// (RFC 6455 §8.1).
//
// On amd64 and arm64 the bulk of a text goes through vector instructions, chosen at
// the start of the program from what the processor has. They say how far the text
// is good; the code in this file judges what they leave: the characters that are
// cut by the borders of pieces, and where exactly an error is. The build tag purego
// leaves them out.
package utf8stream

import (
	"encoding/binary"
	"unicode/utf8"
)

// A Validator checks one text. The zero value is ready for the first byte. It
// is a single byte, so it may be copied to remember a place in the text, and
// works in one pass: bytes accepted are not looked at again.
type Validator struct {
	state state
}

// A state says which bytes may come next. The names are those of the lead bytes
// after which the second byte has a range of its own (RFC 3629 §4).
type state uint8

const (
	boundary state = iota // between two characters
	tail1                 // one continuation byte to come
	tail2                 // two
	tail3                 // three
	afterE0               // two: no overlong form of U+0000 to U+07FF
	afterED               // two: no surrogate
	afterF0               // three: no overlong form of U+0800 to U+FFFF
	afterF4               // three: nothing above U+10FFFF
	invalid               // for good
)

// inside tells, for each state inside a character, the range of the byte to come
// and the state behind it.
var inside = [...]struct {
	lo, hi byte
	next   state
}{
	tail1:   {0x80, 0xBF, boundary},
	tail2:   {0x80, 0xBF, tail1},
	tail3:   {0x80, 0xBF, tail2},
	afterE0: {0xA0, 0xBF, tail1},
	afterED: {0x80, 0x9F, tail1},
	afterF0: {0x90, 0xBF, tail2},
	afterF4: {0x80, 0x8F, tail2},
	invalid: {lo: 1, hi: 0, next: invalid}, // no byte at all
}

// Write checks the next piece of the text. It reports whether all bytes so far
// can be the beginning of valid UTF-8. Once false, it stays false until
// [Validator.Reset].
func (v *Validator) Write(p []byte) bool {
	v.Accept(p)
	return v.state != invalid
}

// Accept is [Validator.Write] with another result: how many bytes of p stand
// before the first impossible one. Less than len(p) means that the text is not
// UTF-8.
func (v *Validator) Accept(p []byte) int {
	// The end of the character that the last piece began.
	n := 0
	for v.state != boundary {
		if n == len(p) || !v.step(p[n]) {
			return n
		}
		n++
	}

	// A short text in ASCII: the usual message.
	if len(p)-n <= shortText && isASCII(p[n:]) {
		return len(p)
	}

	// All whole characters, by vectors or as fast as the standard library can.
	if end, ok := vector(p[n:]); ok {
		n += end - openTail(p[n:n+end])
	} else if end := len(p) - openTail(p[n:]); utf8.Valid(p[n:end]) {
		n = end
	}

	// The beginning of a last character. Or else the walk to the bad byte: it
	// happens once in the life of a validator, which is then invalid.
	for n < len(p) && v.step(p[n]) {
		n++
	}
	return n
}

// Complete reports whether the text is valid UTF-8 if it ends here.
func (v *Validator) Complete() bool { return v.state == boundary }

// Reset makes v ready for another text.
func (v *Validator) Reset() { v.state = boundary }

// Valid reports whether p is valid UTF-8: it is [utf8.Valid] with the speed of a
// [Validator].
func Valid(p []byte) bool {
	var v Validator
	return v.Write(p) && v.Complete()
}

// shortText is the length in bytes up to which [isASCII] comes first. For short
// texts it is much faster than the standard library, and up to about this length
// faster than vector instructions: see BenchmarkValid.
const shortText = 128

// isASCII reports whether all bytes of p are ASCII.
func isASCII(p []byte) bool {
	const highBits = 0x8080_8080_8080_8080
	if len(p) < 8 {
		for _, b := range p {
			if b >= utf8.RuneSelf {
				return false
			}
		}
		return true
	}
	le := binary.LittleEndian
	bits := le.Uint64(p[len(p)-8:]) // may overlap the last word below
	for len(p) >= 32 {
		if (le.Uint64(p)|le.Uint64(p[8:])|le.Uint64(p[16:])|le.Uint64(p[24:]))&highBits != 0 {
			return false
		}
		p = p[32:]
	}
	for len(p) >= 8 {
		bits |= le.Uint64(p)
		p = p[8:]
	}
	return bits&highBits == 0
}

// openTail returns the length of the character that p ends in the middle of, by
// its first byte alone, or 0 if it does not.
func openTail(p []byte) int {
	const leads = "\xFF\xC0\xE0\xF0" // the least lead of a character of more than 1, 2, 3 bytes
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		b := p[len(p)-n]
		if b >= leads[n] {
			return n
		}
		if utf8.RuneStart(b) {
			break
		}
	}
	return 0
}

// step takes the next byte, and reports whether it is possible.
func (v *Validator) step(b byte) bool {
	if v.state == boundary {
		v.state = lead(b)
	} else if s := inside[v.state]; s.lo <= b && b <= s.hi {
		v.state = s.next
	} else {
		v.state = invalid
	}
	return v.state != invalid
}

// lead returns the state after the first byte of a character.
func lead(b byte) state {
	switch {
	case b <= 0x7F:
		return boundary
	case b <= 0xC1: // a continuation byte, or the overlong form of an ASCII byte
		return invalid
	case b <= 0xDF:
		return tail1
	case b == 0xE0:
		return afterE0
	case b == 0xED:
		return afterED
	case b <= 0xEF:
		return tail2
	case b == 0xF0:
		return afterF0
	case b <= 0xF3:
		return tail3
	case b == 0xF4:
		return afterF4
	}
	return invalid // above U+10FFFF, or never in UTF-8
}
