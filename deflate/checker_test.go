package deflate

import "fmt"

// A checker reads DEFLATE data bit by bit, as RFC 1951 describes it and with no
// thought of speed. It shares no code with what it checks, and sees how far back
// each reference goes.
type checker struct {
	in     []byte
	bit    int
	before int    // bytes of out that were there at the start of the message
	out    []byte // with what went before

	farthest int  // distance
	crosses  bool // some reference reaches to before the start of the message
}

// check reads blocks up to the end of data. before is what went before, and out
// what comes behind it.
func check(data, before []byte) (c *checker, err error) {
	c = &checker{in: data, before: len(before), out: append([]byte(nil), before...)}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("after %d of %d bytes: %v", c.bit/8, len(data), v)
		}
	}()
	for c.bit < 8*len(data) {
		if final := c.bits(1); c.block() && final == 1 {
			c.align()
		}
	}
	return c, nil
}

func (c *checker) bits(n int) int {
	v := 0
	for i := range n {
		v |= int(c.in[c.bit/8]>>(c.bit%8)&1) << i
		c.bit++
	}
	return v
}

func (c *checker) align() { c.bit = (c.bit + 7) / 8 * 8 }

func (c *checker) block() bool {
	switch c.bits(2) {
	case 0:
		c.align()
		n := c.bits(16)
		if c.bits(16) != n^0xFFFF {
			panic("the length of a stored block does not match")
		}
		for range n {
			c.out = append(c.out, byte(c.bits(8)))
		}
	case 1:
		var literals, distances []int
		for i := range 288 {
			literals = append(literals, map[bool]int{i < 144: 8, i >= 144 && i < 256: 9, i >= 256 && i < 280: 7, i >= 280: 8}[true])
		}
		for range 32 {
			distances = append(distances, 5)
		}
		c.compressed(codeOf(literals), codeOf(distances))
	case 2:
		c.compressed(c.codes())
	default:
		panic("reserved type")
	}
	return true
}

// A code is a Huffman code: how many codes there are of each length, and what
// they stand for, in order.
type code struct {
	count   [16]int
	symbols []int
}

func codeOf(lengths []int) (h code) {
	for n := 1; n <= 15; n++ {
		for symbol, length := range lengths {
			if length == n {
				h.count[n]++
				h.symbols = append(h.symbols, symbol)
			}
		}
	}
	return h
}

// symbol reads a code. Of each length the codes are consecutive numbers, which go
// on where those of the length before have stopped.
func (c *checker) symbol(h code) int {
	value, first, before := 0, 0, 0
	for n := 1; n <= 15; n++ {
		value = value<<1 | c.bits(1)
		first <<= 1
		if value-first < h.count[n] {
			return h.symbols[before+value-first]
		}
		first += h.count[n]
		before += h.count[n]
	}
	panic("bits that are no code")
}

func (c *checker) codes() (literals, distances code) {
	nl, nd, n := 257+c.bits(5), 1+c.bits(5), 4+c.bits(4)
	lengths := make([]int, 19)
	for _, i := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:n] {
		lengths[i] = c.bits(3)
	}
	h := codeOf(lengths)
	var all []int
	for len(all) < nl+nd {
		times, length := 1, c.symbol(h)
		switch length {
		case 16:
			times, length = 3+c.bits(2), all[len(all)-1]
		case 17:
			times, length = 3+c.bits(3), 0
		case 18:
			times, length = 11+c.bits(7), 0
		}
		for range times {
			all = append(all, length)
		}
	}
	return codeOf(all[:nl]), codeOf(all[nl : nl+nd])
}

func (c *checker) compressed(literals, distances code) {
	for {
		s := c.symbol(literals)
		if s == 256 {
			return
		}
		if s < 256 {
			c.out = append(c.out, byte(s))
			continue
		}
		length := 258
		if s != 285 {
			length = c.span(s-257, 3, 4)
		}
		c.copy(length, c.span(c.symbol(distances), 1, 2))
	}
}

// span is what a symbol with its extra bits stands for: the first 2*group symbols
// are consecutive numbers, and then each group of symbols has one bit more.
func (c *checker) span(symbol, first, group int) int {
	extra := max(0, symbol/group-1)
	base := first + symbol
	if extra > 0 {
		base = first + (symbol%group+group)<<extra
	}
	return base + c.bits(extra)
}

func (c *checker) copy(length, distance int) {
	from := len(c.out) - distance
	c.farthest = max(c.farthest, distance)
	c.crosses = c.crosses || from < c.before
	for i := range length {
		c.out = append(c.out, c.out[from+i])
	}
}
