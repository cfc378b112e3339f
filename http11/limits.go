package http11

import "math"

// Limits bound what is read of a message. For each of them 0 means the default
// and a negative number no limit.
type Limits struct {
	MaxLine        int // longest line in bytes, without its CRLF: 8 KiB
	MaxHeaders     int // number of headers: 128
	MaxHeaderBytes int // bytes of the whole message up to its body: 64 KiB
}

func (l Limits) withDefaults() Limits {
	return Limits{
		MaxLine:        limit(l.MaxLine, 8<<10),
		MaxHeaders:     limit(l.MaxHeaders, 128),
		MaxHeaderBytes: limit(l.MaxHeaderBytes, 64<<10),
	}
}

func limit(n, usual int) int {
	switch {
	case n == 0:
		return usual
	case n < 0:
		return math.MaxInt
	}
	return n
}
