package inflate

import (
	"encoding/binary"
	"math/bits"
)

const (
	maxBits  = 15 // of a code (RFC 1951 §3.2.7)
	fastBits = 9  // of the codes that the first look finds

	maxSymbols = 288 // the fixed code has two that must not occur (§3.2.6)
)

// A symbol is what a code stands for: a number, and the length of its code.
type symbol uint16

// lengthBits are the bits of a symbol, its lowest, that have the length.
const lengthBits = 5

func (s symbol) number() uint { return uint(s) >> lengthBits }
func (s symbol) length() uint { return uint(s) % (1 << lengthBits) }

// noSymbol is what is no code. Its number is one that must not occur, among
// literals and lengths as well as among distances, and its length is longer than
// any: so it shows only when enough bits have come.
const noSymbol symbol = 0xFFF0

// A code is a Huffman code (RFC 1951 §3.2.2). Codes of up to fastBits bits are
// looked up; longer ones, which are rare by nature, are found by comparing with
// the last code of each length.
type code struct {
	mask   uint64                // of the bits to look up: as many as the longest code has, at most fastBits
	fast   [1 << fastBits]symbol // by these bits; 0 if it is none of the short codes
	limit  [maxBits + 1]uint32   // by length: 1 + the last code of it, shifted to the left of maxBits bits; 0 if there is none
	offset [maxBits + 1]int32    // by length: what to add to a code for its place in sorted
	sorted [maxSymbols]symbol    // the numbers of the symbols in the order of their codes
}

// init makes c the code whose symbols have these lengths, 0 for those that do not
// occur. It reports whether there is such a code: all sequences of bits must mean
// something. Two others are allowed, which encoders need: a code of one symbol,
// with one bit, and a code of none.
func (c *code) init(lengths []uint8) bool {
	var count [maxBits + 1]uint32
	countLengths(&count, lengths)
	clear(c.limit[:])
	var next [maxBits + 1]uint32 // the next code of each length
	var first, before uint32
	longest := 1
	for n := 1; n <= maxBits; n++ {
		first <<= 1
		next[n] = first
		c.offset[n] = int32(before) - int32(first)
		if count[n] == 0 {
			continue
		}
		first += count[n]
		before += count[n]
		if first > 1<<n {
			return false // more codes than there are
		}
		c.limit[n] = first << (maxBits - n)
		longest = n
	}
	if first != 1<<maxBits && before != 0 && (before != 1 || longest != 1) {
		return false // bits without a meaning
	}
	c.mask = 1<<min(longest, fastBits) - 1
	clear(c.fast[:c.mask+1])
	for i := 0; i < len(lengths); i++ {
		if len(lengths)-i >= 8 && binary.LittleEndian.Uint64(lengths[i:]) == 0 {
			i += 7
		} else if n := int(lengths[i]); n > 0 {
			c.add(symbol(i), n, next[n])
			next[n]++
		}
	}
	return true
}

// add adds a symbol with its code of n bits.
func (c *code) add(number symbol, n int, bit uint32) {
	c.sorted[int32(bit)+c.offset[n]] = number
	if n > fastBits {
		return
	}
	s := number<<lengthBits | symbol(n)
	for i := uint64(bits.Reverse16(uint16(bit)) >> (16 - n)); i <= c.mask; i += 1 << n {
		c.fast[i] = s
	}
}

// countLengths counts how often each length from 1 occurs. Blocks with few
// symbols are cheap to send, so long runs of zeros must be cheap to skip.
func countLengths(count *[maxBits + 1]uint32, lengths []uint8) {
	for len(lengths) >= 8 {
		if binary.LittleEndian.Uint64(lengths) != 0 {
			for _, n := range lengths[:8] {
				count[n&maxBits]++
			}
		}
		lengths = lengths[8:]
	}
	for _, n := range lengths {
		count[n&maxBits]++
	}
}

// find returns what the next bits are the code of, or noSymbol. It may look at
// bits that have not come yet, which are 0: that the symbol is not one yet shows in
// its length.
func (c *code) find(next uint64) symbol {
	if s := c.fast[next&c.mask]; s != 0 {
		return s
	}
	return c.findLong(next)
}

//go:noinline
func (c *code) findLong(next uint64) symbol {
	v := uint32(bits.Reverse16(uint16(next))) >> 1
	for n := fastBits + 1; n <= maxBits; n++ {
		if v < c.limit[n] {
			return c.sorted[int32(v>>(maxBits-n))+c.offset[n]]<<lengthBits | symbol(n)
		}
	}
	return noSymbol
}

// The fixed codes (RFC 1951 §3.2.6).
var fixedLiterals, fixedDistances = fixedCodes()

func fixedCodes() (literals, distances *code) {
	var lengths [maxSymbols]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	literals, distances = new(code), new(code)
	literals.init(lengths[:])
	for i := range 32 {
		lengths[i] = 5
	}
	distances.init(lengths[:32])
	return literals, distances
}
