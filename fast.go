package websockets

import (
	"sync/atomic"

	"github.com/go-websockets/websockets/frame"
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
// the driver, is at work. Only holders of mu, or who has taken it, keep or lend it;
// only holders of mu reclaim it. Who has taken it owns what who sits in the chair
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
// buffer.
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

// quick is receive for what is in the buffer: the seat has been taken. If it does
// not end with a message, receive goes on where it stopped, with mu held.
func (r *reader) quick(buf []byte) (m Message, ok bool) {
	r.used = true
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

// addWhole is add for a message in one frame: that begin has returned says that it
// may be sent. Its caller holds mu.
func (w *writer) addWhole(m *Message) {
	h := frame.Header{FIN: true, Opcode: frame.Opcode(m.Type), Length: int64(len(m.Data))}
	w.append(&w.data, &h, m.Data)
}
