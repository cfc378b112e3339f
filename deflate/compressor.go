package deflate

import (
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/flate"
)

// A way is how messages are compressed. What two senders of the same way make of
// a message is the same, if nothing went before it.
type way struct {
	bits      int // of the window
	level     int // 0: that of small windows
	threshold int // bytes
}

// compressors are pools of *compressor: by level, and by the bits of the window.
var compressors [10][maxWindowBits + 1]sync.Pool

// streams numbers the streams, so that a compressor knows a sender again.
var streams atomic.Uint64

// A compressor serves one sender after the other. It starts anew for each, with
// the sender's window, unless it has served the same sender last: then it goes on,
// which saves half of the work.
type compressor struct {
	pool   *sync.Pool
	writer *flate.Writer // writes to out
	out    sink
	stream uint64 // that it can go on with; 0 if there is none
}

type sink struct{ b []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

func newCompressor(w way) *compressor {
	// The levels of the library are for windows of 15 bits.
	if w.bits < maxWindowBits {
		w.level = 0
	}
	pool := &compressors[w.level][w.bits]
	if c, ok := pool.Get().(*compressor); ok {
		return c
	}
	c := &compressor{pool: pool}
	if w.level == 0 {
		c.writer, _ = flate.NewWriterWindow(&c.out, 1<<w.bits)
	} else {
		c.writer, _ = flate.NewWriter(&c.out, w.level)
	}
	return c
}

// release puts c back into its pool.
func (c *compressor) release() {
	c.out = sink{}
	c.pool.Put(c)
}

// begin makes c go on with a stream, or starts anew with a window. It returns the
// number of the stream.
func (c *compressor) begin(stream uint64, window []byte) uint64 {
	if stream == 0 || stream != c.stream {
		c.writer.ResetDict(&c.out, window)
		c.stream = streams.Add(1)
	}
	return c.stream
}

const (
	// blockSize is how much the library takes before it puts anything out.
	blockSize = 65535

	// shortBlock is what the library compresses without looking for what comes
	// again. It forgets the window over it.
	shortBlock = 128

	// minGain is how much compression must gain: one byte of so many.
	minGain = 16
)

// compress appends to dst what p is compressed, flushed to the end of a byte. If
// worth is set it gives up as soon as too little is gained, and reports false.
func (c *compressor) compress(dst, p []byte, worth bool) (out []byte, ok bool) {
	c.out.b = dst
	gained := func(n int) bool { return len(c.out.b)-len(dst) <= n-n/minGain }
	for done := 0; done < len(p); {
		n := min(len(p)-done, blockSize)
		_, _ = c.writer.Write(p[done : done+n]) // a sink never fails
		if worth && !gained(done) {
			c.stream = 0
			return nil, false
		}
		done += n
	}
	_ = c.writer.Flush()
	if worth && !gained(len(p)+len(tail)) {
		c.stream = 0
		return nil, false
	}
	if len(p)%blockSize < shortBlock {
		c.stream = 0
	}
	return c.out.b, true
}
