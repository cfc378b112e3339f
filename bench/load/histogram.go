package load

import (
	"math/bits"
	"time"
)

// A Histogram counts durations, with an error of at most 1/16. Its zero value is
// empty.
type Histogram struct {
	counts [64 * 16]int64
	n      int64
	max    time.Duration
}

// Add counts d.
func (h *Histogram) Add(d time.Duration) {
	h.counts[slot(uint64(max(d, 0)))]++
	h.n++
	h.max = max(h.max, d)
}

// Reset empties the histogram.
func (h *Histogram) Reset() { *h = Histogram{} }

// Quantile returns the duration that a share q of all do not exceed, 0 if there
// are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := int64(q * float64(h.n))
	for i, n := range h.counts {
		if rank -= n; rank < 0 {
			return min(time.Duration(upper(i)), h.max)
		}
	}
	return h.max
}

// slot is the number of v's class: 16 to each power of two.
func slot(v uint64) int {
	if v < 16 {
		return int(v)
	}
	shift := bits.Len64(v) - 5
	return (shift+1)*16 + int(v>>shift)&15
}

// upper is the largest value of a class.
func upper(i int) uint64 {
	if i < 16 {
		return uint64(i)
	}
	shift := i/16 - 1
	return (uint64(16+i%16)+1)<<shift - 1
}
