// Package pool lends byte buffers.
package pool

import (
	"math/bits"
	"sync"
)

// Buffers come in powers of two from 1<<minBits to 1<<maxBits bytes. Larger ones
// are rare and left to the garbage collector, which also empties the pools from
// time to time.
const (
	minBits = 9  // 512 B
	maxBits = 21 // 2 MiB: the largest message by default, with its header
)

var classes [maxBits - minBits + 1]sync.Pool

// A Buffer is a byte slice on loan. It is a pointer to a slice, so that lending
// allocates nothing.
type Buffer struct {
	B []byte
}

// Get lends a buffer with a capacity of at least size bytes and length 0. Its
// bytes are not zero.
func Get(size int) *Buffer {
	c := class(size)
	if c < 0 {
		return &Buffer{B: make([]byte, 0, size)}
	}
	if b, ok := classes[c].Get().(*Buffer); ok {
		return b
	}
	return &Buffer{B: make([]byte, 0, 1<<(c+minBits))}
}

// Put takes back a buffer, which must not be used any more. The slice may have
// been replaced by a larger one.
func Put(b *Buffer) {
	n := cap(b.B)
	if n < 1<<minBits || n > 1<<maxBits {
		return
	}
	b.B = b.B[:0]
	// A capacity between two classes serves the smaller one.
	classes[bits.Len(uint(n))-1-minBits].Put(b)
}

// class returns the class of the smallest buffers that hold size bytes, or -1 if
// there is none.
func class(size int) int {
	if size <= 1<<minBits {
		return 0
	}
	c := bits.Len(uint(size-1)) - minBits
	if c >= len(classes) {
		return -1
	}
	return c
}
