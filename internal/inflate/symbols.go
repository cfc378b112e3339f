package inflate

import "encoding/binary"

const (
	endOfBlock = 256
	mostBits   = 48 // of a symbol with all that belongs to it
)

// A span is what a symbol stands for: a number, to which the bits behind the code
// are added.
type span struct {
	base  uint16
	extra uint8 // how many bits
}

// lengthSpans and distanceSpans are the tables of RFC 1951 §3.2.5. What has the
// base 0 must not occur.
var (
	lengthSpans = [32]span{
		{3, 0},
		{4, 0},
		{5, 0},
		{6, 0},
		{7, 0},
		{8, 0},
		{9, 0},
		{10, 0},
		{11, 1},
		{13, 1},
		{15, 1},
		{17, 1},
		{19, 2},
		{23, 2},
		{27, 2},
		{31, 2},
		{35, 3},
		{43, 3},
		{51, 3},
		{59, 3},
		{67, 4},
		{83, 4},
		{99, 4},
		{115, 4},
		{131, 5},
		{163, 5},
		{195, 5},
		{227, 5},
		{258, 0},
	}
	distanceSpans = [32]span{
		{1, 0},
		{2, 0},
		{3, 0},
		{4, 0},
		{5, 1},
		{7, 1},
		{9, 2},
		{13, 2},
		{17, 3},
		{25, 3},
		{33, 4},
		{49, 4},
		{65, 5},
		{97, 5},
		{129, 6},
		{193, 6},
		{257, 7},
		{385, 7},
		{513, 8},
		{769, 8},
		{1025, 9},
		{1537, 9},
		{2049, 10},
		{3073, 10},
		{4097, 11},
		{6145, 11},
		{8193, 12},
		{12289, 12},
		{16385, 13},
		{24577, 13},
	}
)

// symbols decodes what is compressed, up to the end of the block (RFC 1951
// §3.2.3). A symbol with all that belongs to it takes at most 48 bits; it is
// decoded once all of it has come. The bits are in variables meanwhile, for speed;
// above the n that count, there may be some that are still to be read too.
func (d *Decoder) symbols(in *input, out *output) (more bool, err error) {
	src, i, bits, n := in.src, in.i, d.bits, d.n
	literal := d.literal
loop:
	for {
		if n >= mostBits {
			// there is enough for a symbol
		} else if len(src)-i >= 8 {
			bits |= binary.LittleEndian.Uint64(src[i:]) << n
			i += int(63-n) >> 3
			n |= 56
		} else {
			for ; n < 56 && i < len(src); i++ {
				bits |= uint64(src[i]) << n
				n += 8
			}
		}
		s := literal.find(bits)
		used := s.length()
		switch {
		case used > n:
			break loop
		case s.number() < endOfBlock:
			if err = out.need(1); err != nil {
				break loop
			}
			out.b = append(out.b, byte(s.number()))
		case s.number() == endOfBlock:
			bits >>= used
			n -= used
			more = true
			break loop
		default:
			var m match
			if m, err = d.match(s.number(), bits>>used, n-used); err != nil || m.length == 0 {
				break loop
			}
			if err = out.copy(m, d.reach); err != nil {
				break loop
			}
			used += m.bits
		}
		bits >>= used
		n -= used
	}
	in.i, d.bits, d.n = i, bits&(1<<n-1), n
	if more {
		d.endBlock()
	}
	return more, err
}

// A match is a piece of what was put out before.
type match struct {
	length, distance int
	bits             uint // that it was behind the code of its length
}

// match decodes what follows the symbol of a length. The length of the result is
// 0 if not all of it is among the n bits that count.
func (d *Decoder) match(number uint, bits uint64, n uint) (match, error) {
	l := lengthSpans[(number-endOfBlock-1)%32]
	if l.base == 0 {
		return match{}, corrupt("bits that are no literal or length")
	}
	used := uint(l.extra)
	m := match{length: int(l.base) + int(bits&(1<<l.extra-1))}
	s := d.distance.find(bits >> used)
	if used += s.length(); used > n {
		return match{}, nil
	}
	far := distanceSpans[s.number()%32]
	if far.base == 0 {
		return match{}, corrupt("bits that are no distance")
	}
	m.distance = int(far.base) + int(bits>>used&(1<<far.extra-1))
	if m.bits = used + uint(far.extra); m.bits > n {
		return match{}, nil
	}
	return m, nil
}

// copy puts out a piece of what was put out before: of the window, of what was
// appended, or of both.
func (o *output) copy(m match, reach int) error {
	if err := o.need(m.length); err != nil {
		return err
	}
	at := len(o.b)
	end := at + m.length
	b := o.b[:end]
	back := m.distance - (at - o.start) // how far into the window
	if m.distance > reach || back > o.window.held {
		return corrupt("distance of %d bytes, with %d put out and a window of %d", m.distance, at-o.start+o.window.held, reach)
	}
	from := at - m.distance
	if back > 0 {
		n := min(back, m.length)
		o.window.copyTo(b[at:at+n], back)
		at += n
		from = o.start
	}
	for at < end { // what was copied may be what is to be copied
		at += copy(b[at:], b[from:at])
	}
	o.b = b
	return nil
}

// need makes room for n bytes. The memory is doubled each time, but does not
// exceed the limit.
func (o *output) need(n int) error {
	const least = 512
	if n > o.limit-len(o.b) {
		return ErrTooLong
	}
	if n <= cap(o.b)-len(o.b) {
		return nil
	}
	b := make([]byte, len(o.b), min(max(2*cap(o.b), len(o.b)+n, least), o.limit))
	copy(b, o.b)
	o.b = b
	return nil
}
