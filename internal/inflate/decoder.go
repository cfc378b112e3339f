// Package inflate decompresses DEFLATE data (RFC 1951) that comes in pieces, as
// the messages of permessage-deflate do (RFC 7692).
//
// Inflaters that read from a stream cannot stop where the bytes end and go on
// when more have come. This one can, at any bit: so a message needs no buffer for
// what is compressed, and what exceeds a limit is found before it has come. It
// writes where the result is to be, keeps to the agreed window, and takes 5 KiB.
package inflate

import (
	"errors"
	"fmt"
)

// ErrTooLong is the error of [Decoder.Append] when the result would be longer
// than the limit.
var ErrTooLong = errors.New("inflate: more than the limit")

// A CorruptError says why the data is not DEFLATE.
type CorruptError string

func (e CorruptError) Error() string { return "inflate: " + string(e) }

func corrupt(format string, args ...any) error { return CorruptError(fmt.Sprintf(format, args...)) }

// A Decoder inflates one stream of blocks. Blocks behind the one that says it is
// the final one, from the next byte boundary on, belong to it too (RFC 7692
// §7.2.3.4). The zero value is ready for the first block of a stream with a
// window of no bytes; after an error it must be reset.
//
// Invariant: bits holds unread bits, the next one lowest; all above them are 0
// between two calls.
type Decoder struct {
	reach int // the farthest distance allowed
	bits  uint64
	n     uint // number of bits
	state state
	final bool // the block says that it is the final one

	left int // bytes of a stored block, or code lengths, that are still to come

	// The header of a dynamic block (RFC 1951 §3.2.7).
	literals, distances, lengthCodes int // how many
	lengths                          [maxLiterals + maxDistances]uint8

	// The codes of the block: of the fixed ones, or of those below.
	literal, distance *code
	own               [2]code
}

// DecoderSize is how many bytes a Decoder takes, or a little more.
const DecoderSize = 4 << 10

const (
	maxLiterals  = 286
	maxDistances = 30
)

// A state is what comes next.
type state uint8

const (
	blockHeader state = iota
	storedHeader
	storedBytes
	dynamicHeader // how many codes
	codeLengths   // of the code for code lengths
	symbolLengths // of the codes for the data
	symbols
)

// Reset makes d ready for a stream whose distances are at most reach bytes.
func (d *Decoder) Reset(reach int) {
	d.reach, d.bits, d.n, d.state = reach, 0, 0, blockHeader
}

// AtBoundary reports whether d is between two blocks, at the end of a byte.
func (d *Decoder) AtBoundary() bool { return d.state == blockHeader && d.n == 0 }

// Append inflates src, all of it, and appends the result to dst. What was
// appended before is dst[start:], preceded by what window holds; distances reach
// no farther. dst grows to at most limit bytes: if that is not enough, Append
// fails with [ErrTooLong], and with a [CorruptError] if src is not DEFLATE.
func (d *Decoder) Append(dst []byte, start int, window *Window, src []byte, limit int) ([]byte, error) {
	in := input{src: src}
	out := output{b: dst, start: start, window: window, limit: limit}
	for {
		more, err := d.step(&in, &out)
		if err != nil || !more {
			return out.b, err
		}
	}
}

// An input is what has come.
type input struct {
	src []byte
	i   int // src[i:] is unread, and not in the bits either
}

// An output is what has been put out.
type output struct {
	b      []byte
	start  int
	window *Window
	limit  int
}

// step goes on until the next state. It reports whether there is more to do with
// what has come.
func (d *Decoder) step(in *input, out *output) (more bool, err error) {
	switch d.state {
	case blockHeader:
		return d.blockHeader(in)
	case storedHeader:
		return d.storedHeader(in)
	case storedBytes:
		return d.storedBytes(in, out)
	case dynamicHeader:
		return d.dynamicHeader(in)
	case codeLengths:
		return d.codeLengths(in)
	case symbolLengths:
		return d.symbolLengths(in)
	default:
		return d.symbols(in, out)
	}
}

// have reads until there are n bits, at most 48, and reports whether there are.
func (d *Decoder) have(in *input, n uint) bool {
	for d.n < n {
		if in.i == len(in.src) {
			return false
		}
		d.bits |= uint64(in.src[in.i]) << d.n
		d.n += 8
		in.i++
	}
	return true
}

// take returns the next n bits, which must be there.
func (d *Decoder) take(n uint) int {
	v := int(d.bits & (1<<n - 1))
	d.drop(n)
	return v
}

func (d *Decoder) drop(n uint) {
	d.bits >>= n
	d.n -= n
}

// endBlock goes on behind a block.
func (d *Decoder) endBlock() {
	d.state = blockHeader
	if d.final {
		d.drop(d.n & 7) // the next block starts with a byte (RFC 7692 §7.2.1)
	}
}
