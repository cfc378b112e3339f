package wstest

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A Stream is one direction of a connection in memory: what one end writes and
// the other reads. Its methods cause faults; see fault.go.
//
// buf[r:] is written and not yet read. Offsets count from the beginning of the
// stream; each mark says when the bytes up to some offset arrive:
//
//	0 ───────── taken ──────── arrived ──────── put
//	 was read     │ may be read   │ on its way   │
//	              └────────── buf[r:] ───────────┘
type Stream struct {
	// mu is the lock of both directions of the connection, because a reset
	// changes both in one step. It is held for moments only; waiting is done on
	// the two conditions, so that synctest sees it.
	mu       *sync.Mutex
	readable sync.Cond
	writable sync.Cond
	reverse  *Stream // the other direction

	buf                 []byte
	r                   int
	taken, arrived, put int64
	lost                int64  // bytes discarded, not counted in put
	marks               []mark // in order; none arrives before those in front of it

	window  int   // most bytes in buf[r:]; 0: a write waits until it is read
	writing bool  // a write is going on, others wait for their turn
	wclosed bool  // the writing end is closed
	rclosed bool  // the reading end is closed
	shut    bool  // the writing end has sent the end of the stream
	ended   bool  // the end of the stream has arrived, behind byte put
	gone    bool  // the writing end knows that the reading end is closed
	broken  error // the connection is reset: for writes at once, for reads behind byte put

	rlimit, wlimit deadline
	fault          fault
	stats          streamStats
}

// A mark says when bytes arrive that are delayed.
type mark struct {
	at  time.Time
	end int64 // offset behind the last of them
	eof bool  // the end of the stream arrives with them
}

type streamStats struct {
	reads, writes         int
	readBytes, writeBytes int64
}

func newStream(mu *sync.Mutex, window int) *Stream {
	s := &Stream{mu: mu, window: window}
	s.readable.L, s.writable.L = mu, mu
	return s
}

// wake lets all who wait look again.
func (s *Stream) wake() {
	s.readable.Broadcast()
	s.writable.Broadcast()
}

func (s *Stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.reads++
	for {
		s.arrive()
		switch {
		case s.rclosed:
			return 0, net.ErrClosed
		case len(p) == 0:
			return 0, nil
		case s.rlimit.passed:
			return 0, os.ErrDeadlineExceeded
		case s.fault.stalled: // nothing comes in, not even an end
		case s.taken < s.arrived:
			return s.take(p), nil
		case s.taken == s.put && s.broken != nil:
			return 0, s.broken
		case s.taken == s.put && s.ended:
			return 0, io.EOF
		}
		s.readable.Wait()
	}
}

// take moves bytes that may be read to p.
func (s *Stream) take(p []byte) int {
	n := int(min(int64(len(p)), s.arrived-s.taken))
	if s.fault.split > 0 {
		n = min(n, s.fault.split)
	}
	copy(p, s.buf[s.r:s.r+n])
	s.r += n
	s.taken += int64(n)
	s.stats.readBytes += int64(n)
	if s.r == len(s.buf) {
		s.buf, s.r = reuse(s.buf), 0
	}
	s.writable.Broadcast()
	return n
}

// reuse returns an empty buffer. A big one is left to the garbage collector, so
// that an idle connection costs little.
func reuse(b []byte) []byte {
	if cap(b) > 4<<10 {
		return nil
	}
	return b[:0]
}

func (s *Stream) write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.writes++
	for s.writing && s.writeError() == nil {
		s.writable.Wait()
	}
	if err := s.writeError(); err != nil {
		return 0, err
	}
	s.writing = true
	defer func() {
		s.writing = false
		s.writable.Broadcast()
	}()
	lost := s.lost
	for {
		for k := -1; n < len(p) && k != 0; n += k {
			k = s.accept(p[n:])
		}
		if n == len(p) && (s.window > 0 || s.taken == s.put && s.lost == lost) {
			return n, nil
		}
		if err := s.writeError(); err != nil {
			if s.window == 0 && s.broken == nil { // what was not read was not written
				s.discard()
				n -= int(s.lost - lost)
			}
			return n, err
		}
		s.writable.Wait()
	}
}

// writeError returns the reason why nothing can be written, if there is one.
func (s *Stream) writeError() error {
	switch {
	case s.wclosed:
		return net.ErrClosed
	case s.wlimit.passed:
		return os.ErrDeadlineExceeded
	case s.broken != nil:
		return s.broken
	case s.shut, s.gone:
		return os.NewSyscallError("write", syscall.EPIPE)
	}
	return nil
}

// accept takes as many bytes of p as there is room for, and says how many.
func (s *Stream) accept(p []byte) int {
	if s.writeError() != nil {
		return 0
	}
	room := len(p)
	if s.window > 0 && !s.fault.dropping {
		room = s.window - (len(s.buf) - s.r)
	}
	cut, rest := s.fault.cut, s.fault.cutIn
	if cut != noCut {
		room = int(min(int64(room), rest))
	}
	n := min(len(p), room)
	if !s.fault.dropping {
		s.store(p[:n])
	}
	s.stats.writeBytes += int64(n)
	if cut != noCut {
		if s.fault.cutIn -= int64(n); s.fault.cutIn == 0 {
			s.trip()
		}
	}
	return n
}

// store appends p to what is on its way.
func (s *Stream) store(p []byte) {
	if len(p) == 0 {
		return
	}
	if s.r > 0 && len(s.buf)+len(p) > cap(s.buf) {
		s.buf = s.buf[:copy(s.buf, s.buf[s.r:])]
		s.r = 0
	}
	s.buf = append(s.buf, p...)
	s.put += int64(len(p))
	s.send(false)
}

// send sets the time of arrival of all bytes up to put, and of the end of the
// stream.
func (s *Stream) send(eof bool) {
	if s.fault.delay == 0 && len(s.marks) == 0 {
		s.arrived, s.ended = s.put, s.ended || eof
		s.readable.Broadcast()
		return
	}
	s.marks = append(s.marks, mark{at: time.Now().Add(s.fault.delay), end: s.put, eof: eof})
	time.AfterFunc(s.fault.delay, func() {
		s.mu.Lock()
		s.readable.Broadcast()
		s.mu.Unlock()
	})
}

// arrive lets in what is due. Nothing overtakes what was sent before.
func (s *Stream) arrive() {
	for len(s.marks) > 0 && !time.Now().Before(s.marks[0].at) {
		s.arrived, s.ended = s.marks[0].end, s.ended || s.marks[0].eof
		s.marks = s.marks[1:]
	}
}

// end sends the end of the stream. Nothing can be written any more.
func (s *Stream) end() {
	if !s.shut && !s.fault.dropping {
		s.send(true)
	}
	s.shut = true
	s.wake()
}

// discard drops what is on its way.
func (s *Stream) discard() {
	s.lost += s.put - s.taken
	s.buf, s.r, s.marks = nil, 0, nil
	s.put, s.arrived = s.taken, s.taken
}

// reset breaks the stream for both ends.
func (s *Stream) reset() {
	if s.broken == nil {
		s.broken = syscall.ECONNRESET
	}
	s.wake()
}

// A deadline is one that can be moved at any time.
type deadline struct {
	passed bool
	timer  *time.Timer
}

// set moves the deadline to t; the zero time means none. Who waits on wait is
// woken when it passes. The lock of wait is held.
func (d *deadline) set(t time.Time, wait *sync.Cond) {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.passed = false
	left := time.Until(t)
	switch {
	case t.IsZero():
	case left <= 0:
		d.passed = true
	default:
		var timer *time.Timer
		timer = time.AfterFunc(left, func() {
			wait.L.Lock()
			defer wait.L.Unlock()
			if d.timer == timer { // it has not been moved meanwhile
				d.passed = true
				wait.Broadcast()
			}
		})
		d.timer = timer
	}
	wait.Broadcast()
}
