package conformance

// longestDistance returns how far back DEFLATE data (RFC 1951) refers at most. Up
// to where the data is wrong, if it is.
func longestDistance(p []byte) int {
	w := &walker{p: p}
	for w.bit < 8*len(p) && !w.bad {
		w.block()
	}
	return w.longest
}

// A walker goes through DEFLATE data without making anything of it.
type walker struct {
	p       []byte
	bit     int // where it is
	bad     bool
	longest int
}

// take returns the next n bits, at most 16.
func (w *walker) take(n int) int {
	if w.bit+n > 8*len(w.p) {
		w.bad = true
		return 0
	}
	v := 0
	for i := range n {
		v |= int(w.p[(w.bit+i)>>3]>>((w.bit+i)&7)&1) << i
	}
	w.bit += n
	return v
}

func (w *walker) align() { w.bit = (w.bit + 7) &^ 7 }

func (w *walker) block() {
	isFinal := w.take(1) == 1
	switch w.take(2) {
	case 0:
		w.align()
		n := w.take(16)
		w.take(16) // its complement
		w.bit += 8 * n
	case 1:
		w.codes(fixedLiterals, fixedDistances)
	case 2:
		w.codes(w.dynamic())
	default:
		w.bad = true
	}
	if isFinal {
		w.align()
	}
}

// codes goes through the codes of a block.
func (w *walker) codes(literals, distances *prefixCode) {
	for !w.bad {
		symbol := w.symbol(literals)
		switch {
		case symbol < 256:
			continue
		case symbol == 256:
			return
		case symbol > 285:
			w.bad = true
			return
		}
		w.take(extraLengthBits(symbol))
		code := w.symbol(distances)
		if w.bad || code > 29 {
			w.bad = true
			return
		}
		distance := code + 1
		if code >= 4 {
			extra := code/2 - 1
			distance = (2+code&1)<<extra + 1 + w.take(extra)
		}
		if !w.bad {
			w.longest = max(w.longest, distance)
		}
	}
}

func extraLengthBits(symbol int) int {
	if symbol < 265 || symbol == 285 {
		return 0
	}
	return (symbol - 261) / 4
}

var lengthOrder = [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the codes of a block that brings its own (RFC 1951 §3.2.7).
func (w *walker) dynamic() (literals, distances *prefixCode) {
	nl, nd, nc := w.take(5)+257, w.take(5)+1, w.take(4)+4
	var lengths [19]byte
	for _, i := range lengthOrder[:nc] {
		lengths[i] = byte(w.take(3))
	}
	code := newPrefixCode(lengths[:])
	var list []byte
	for len(list) < nl+nd && !w.bad {
		symbol, repeat, value := w.symbol(code), 1, byte(0)
		switch symbol {
		case 16:
			repeat = 3 + w.take(2)
			if len(list) == 0 {
				w.bad = true
				break
			}
			value = list[len(list)-1]
		case 17:
			repeat = 3 + w.take(3)
		case 18:
			repeat = 11 + w.take(7)
		default:
			value = byte(symbol)
		}
		for range repeat {
			list = append(list, value)
		}
	}
	if len(list) != nl+nd {
		w.bad = true
		return &prefixCode{}, &prefixCode{}
	}
	return newPrefixCode(list[:nl]), newPrefixCode(list[nl:])
}

// A prefixCode is a canonical Huffman code: how many codes each length has, and
// the symbols in the order of their codes.
type prefixCode struct {
	count   [16]int
	symbols []int
}

func newPrefixCode(lengths []byte) *prefixCode {
	c := &prefixCode{}
	for n := 1; n < 16; n++ {
		for symbol, length := range lengths {
			if int(length) == n {
				c.count[n]++
				c.symbols = append(c.symbols, symbol)
			}
		}
	}
	return c
}

// symbol reads a symbol: the codes of each length follow those of the lengths
// before.
func (w *walker) symbol(c *prefixCode) int {
	code, first, index := 0, 0, 0
	for n := 1; n < 16 && !w.bad; n++ {
		code = code<<1 | w.take(1)
		if code-first < c.count[n] {
			return c.symbols[index+code-first]
		}
		index += c.count[n]
		first = (first + c.count[n]) << 1
	}
	w.bad = true
	return 0
}

// The codes of RFC 1951 §3.2.6.
var fixedLiterals, fixedDistances = func() (*prefixCode, *prefixCode) {
	var l [288]byte
	for i := range l {
		l[i] = 8
		switch {
		case i >= 144 && i < 256:
			l[i] = 9
		case i >= 256 && i < 280:
			l[i] = 7
		}
	}
	var d [30]byte
	for i := range d {
		d[i] = 5
	}
	return newPrefixCode(l[:]), newPrefixCode(d[:])
}()
