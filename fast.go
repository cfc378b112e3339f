package websockets

import (
	"sync/atomic"

	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/pool"
)

// This file has the ways of a small message in a crowd: BenchmarkLibrary measures
// them. What they do is what receive and add do; they leave out what cannot matter.

// A seat is the receiver's, when it is likely to come back at once: a whole frame
// is in the buffer, so that the next call of Recv need not wait and need not lock.
// Or it is the driver's, while its function is at work.
//
//	          ┌──────── quick ends ────────┐
//	          ▼                            │
//	free ─▶ kept ── next Recv: quick ─▶ taken ◀── f returns ── lent
//	 ▲        │ reclaim                    │                 │  ▲
//	 │        │             nothing left   │         reclaim │  └─ f is called
//	 └────────┴────────────────────────────┴─────────────────┘
//
// While it is not free, chair is byReceiver. While it is taken, a call of Recv, or
// the driver, is at work. Who sits in the chair, or has taken it, keeps or lends
// it; only holders of mu reclaim it. Who has taken it owns what who sits in the chair
// owns.
type seat struct{ state atomic.Uint32 }

const (
	seatFree uint32 = iota
	seatKept
	seatLent
	seatTaken
)

// take takes a seat that is kept or lent.
func (s *seat) take(from uint32) bool { return s.state.CompareAndSwap(from, seatTaken) }

// free is for who has taken it, or holds mu.
func (s *seat) free() { s.state.Store(seatFree) }

// keep leaves the chair with the receiver that has its message. It reports whether
// the receiver is done: if not, the receiver must leave the chair and free the seat,
// both with mu held. mu is held, or the seat is taken.
func (r *reader) keep() bool { return r.hasFrame() && r.giveSeat(seatKept, true) }

// lendSeat is keep for a driver: it comes back whether or not anything is in the
// buffer. It is armed: it has been when the driver was called back, or sat down
// again.
func (r *reader) lendSeat() bool { return r.giveSeat(seatLent, r.hasFrame()) }

func (r *reader) giveSeat(to uint32, more bool) bool {
	if r.more.Load() != more {
		r.more.Store(more)
	}
	r.seat.state.Store(to)
	// Who closes looks for a vacant chair after it has said so. Either it finds the
	// seat, or its word is found here.
	return !r.c.isClosing.Load() || !r.seat.take(to)
}

// reclaim makes the chair vacant if nobody is in the seat. It reports whether
// somebody is. Its caller holds mu.
func (r *reader) reclaim() (taken bool) {
	s := &r.seat.state
	if s.CompareAndSwap(seatKept, seatFree) || s.CompareAndSwap(seatLent, seatFree) {
		r.chair = vacant
		return false
	}
	return s.Load() == seatTaken
}

// noteUse tells the lookout that the seat was taken.
func (r *reader) noteUse() {
	if !r.used.Load() {
		r.used.Store(true)
	}
}

// quick is receive for what is in the buffer: the seat has been taken. If it does
// not end with a message, receive goes on where it stopped, with mu held.
func (r *reader) quick(buf []byte) (m Message, ok bool) {
	r.noteUse()
	r.lend(buf)
	for !r.stop.Load() {
		met, err := r.step(needMessage)
		if err != nil {
			r.stop.Store(true)
			r.c.failRead(err)
			break
		}
		if met == gotNothing {
			break
		}
		if met == gotNeed {
			m = r.takeMessage(buf)
			if r.keep() {
				return m, true
			}
			r.mu.Lock()
			r.seat.free()
			r.leave()
			r.mu.Unlock()
			return m, true
		}
	}
	r.mu.Lock()
	r.seat.free()
	r.chair, r.receiving = vacant, true
	return Message{}, false
}

// largeWrite is from how many bytes of payload on it is worth a system call more to
// save a copy.
const largeWrite = 32 << 10

// mayWriteLarge reports whether writeLarge is possible: nobody else writes, and nothing
// waits. Its caller holds mu.
func (w *writer) mayWriteLarge(payload []byte) bool {
	return len(payload) >= largeWrite && w.c.role == RoleServer && !w.c.debug && w.raw.ok() && w.flush == flushIdle
}

// writeLarge writes a frame past the buffers. It is called with mu held and gives it
// back.
func (w *writer) writeLarge(h *frame.Header, payload []byte) {
	size := h.Size() + len(payload)
	w.flush = flushActive
	w.waiting += size
	w.mu.Unlock()

	head := pool.Get(pageSize)
	head.B = h.Append(head.B)
	head.B = append(head.B, payload[:pageSize-len(head.B)]...) // so that no packet has the header alone
	rest := payload[pageSize-h.Size():]
	n, err := w.raw.write(head.B)
	if err == nil && n == len(head.B) {
		head.B = head.B[:0]
		n, err = w.raw.write(rest)
		rest = rest[n:]
	} else {
		head.B = head.B[:copy(head.B, head.B[n:])]
	}
	w.mu.Lock()
	w.waiting -= size - len(head.B) - len(rest)
	if err != nil {
		w.breakDown(err)
		w.mu.Unlock()
		w.c.writeFailed()
		return
	}
	if len(head.B)+len(rest) > 0 {
		// The transport is full, and the caller wants its payload back.
		left := pool.Get(len(head.B) + len(rest))
		left.B = append(append(left.B, head.B...), rest...)
		pool.Put(head)
		w.putBack(left, 0)
		w.handOver()
		w.mu.Unlock()
		return
	}
	w.roomAgain()
	pool.Put(head)
	w.write(true)
}

// pageSize is how much of a large message is copied.
const pageSize = 4 << 10

// addWhole is add for a message in one frame: that begin has returned says that it
// may be sent. Its caller holds mu.
func (w *writer) addWhole(m *Message) {
	h := frame.Header{FIN: true, Opcode: frame.Opcode(m.Type), Length: int64(len(m.Data))}
	w.append(&w.data, &h, m.Data)
}
