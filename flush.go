package websockets

import (
	"github.com/go-websockets/websockets/internal/pool"
)

// flushRounds is how often a sender writes what others have appended meanwhile,
// before it leaves that to the flusher goroutine.
const flushRounds = 4

// maxUsual bounds the memory that is taken for frames which may not come.
const maxUsual = 32 << 10

// runFlusher is the flusher goroutine. It ends when nothing waits or the
// transport is broken: every write is bounded by the end of the transport.
func (w *writer) runFlusher() {
	w.mu.Lock()
	if w.flush != flushScheduled {
		w.mu.Unlock() // somebody was faster
		return
	}
	w.flush = flushActive
	for !w.round(true) {
	}
}

// write flushes in the goroutine of a caller, who may block in the transport
// only if that is what the caller came for. What is left is for the flusher
// goroutine. It is called with mu held and the flush active, and gives mu back.
func (w *writer) write(mayBlock bool) {
	for range flushRounds {
		if w.round(mayBlock && !w.raw.ok()) {
			return
		}
	}
	w.handOver()
	w.mu.Unlock()
}

// handOver turns an active flush into a scheduled one. Its caller holds mu.
func (w *writer) handOver() {
	w.flush = flushScheduled
	go w.flushFn()
}

// round writes what waits now. It reports whether the caller's flush is over:
// nothing waits any more, the transport is broken, or somebody else goes on. It is
// called with mu held, which is given back when it is over, and not held while the
// transport is written.
func (w *writer) round(block bool) (over bool) {
	if w.late != nil && w.waiting < w.c.set.writeLimit && w.state.CanPong() {
		late := w.late
		w.late = nil
		w.appendPong(late)
	}
	from := &w.control
	if *from == nil {
		from = &w.data
	}
	taken := *from
	if taken == nil {
		return w.rest()
	}
	*from = nil
	w.writing = cap(taken.B)
	if from == &w.data {
		w.usual = min(len(taken.B), maxUsual)
	}
	w.mu.Unlock()

	n, err := w.writeTaken(taken.B, block)

	w.mu.Lock()
	w.waiting -= n
	w.writing = 0
	if err != nil {
		w.breakDown(err)
		w.mu.Unlock()
		pool.Put(taken)
		w.c.writeFailed()
		return true
	}
	if n < len(taken.B) {
		// The transport is full. The rest goes back to where it came from, in
		// front of everything, and before anything of the other buffer.
		w.putBack(taken, n)
		w.handOver()
		w.mu.Unlock()
		return true
	}
	pool.Put(taken)
	w.roomAgain()
	if w.control == nil && w.data == nil && w.late == nil {
		return w.rest()
	}
	return false
}

// rest ends a flush: nothing waits. It is called with mu held, and gives it back.
func (w *writer) rest() bool {
	w.flush = flushIdle
	closing := !w.state.CanSend()
	w.mu.Unlock()
	if closing {
		w.c.settle()
	}
	return true
}

// roomAgain lets those who wait for room go on, if there is enough. Its caller holds
// mu.
func (w *writer) roomAgain() {
	if w.full && w.waiting <= w.c.set.writeLimit/4 {
		w.full = false
		w.wake()
	}
}

// writeTaken writes b, all of it if it may block.
func (w *writer) writeTaken(b []byte, block bool) (n int, err error) {
	if w.raw.ok() {
		n, err = w.raw.write(b)
		if err != nil || n == len(b) || !block {
			return n, err
		}
	}
	m, err := w.c.transport.Write(b[n:])
	return n + m, err
}

// putBack returns what is left of taken after n bytes to the control buffer,
// which is written first: its first bytes may be the middle of a frame. Its
// caller holds mu.
func (w *writer) putBack(taken *pool.Buffer, n int) {
	taken.B = append(taken.B[:0], taken.B[n:]...)
	if w.control != nil {
		b := reserve(taken, len(w.control.B))
		taken.B = append(b, w.control.B...)
		pool.Put(w.control)
	}
	w.control = taken
}

// breakDown drops what waits: the transport takes no more bytes. Its caller
// holds mu.
func (w *writer) breakDown(err error) {
	w.broken = true
	w.flush = flushIdle
	if w.cause == nil {
		w.cause = err
	}
	w.drop()
	w.wake()
}

// drop gives the buffers back. Its caller holds mu.
func (w *writer) drop() {
	for _, b := range []**pool.Buffer{&w.control, &w.data} {
		if *b != nil {
			pool.Put(*b)
			*b = nil
		}
	}
	w.waiting = 0
}
