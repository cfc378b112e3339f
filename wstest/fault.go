package wstest

import "time"

// fault is what goes wrong in one direction. Its zero value is a stream without
// faults.
type fault struct {
	delay    time.Duration
	split    int  // most bytes of one read; 0: any number
	stalled  bool // nothing reaches the reading end for now
	dropping bool // nothing reaches the reading end, for ever
	cut      cut
	cutIn    int64 // bytes until the cut
}

// A cut is what happens when so many bytes have been written.
type cut uint8

const (
	noCut cut = iota
	cutReset
	cutDrop
)

// Delay lets what is written from now on arrive d after it was written, in
// order. Zero ends the delay.
func (s *Stream) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault.delay = max(d, 0)
}

// Split lets no Read return more than n bytes, as if each write were sent in
// segments of n bytes. Zero ends the fault.
func (s *Stream) Split(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault.split = max(n, 0)
}

// CutAfter resets the connection when n more bytes have been written: the reading
// end gets them and then ECONNRESET, the writing end gets ECONNRESET at once.
// With n = 0 this happens now.
func (s *Stream) CutAfter(n int64) { s.setCut(cutReset, n) }

// DropAfter lets everything vanish when n more bytes have been written, the end
// of the stream too. Neither end gets an error: writes go on and succeed, reads
// wait. With n = 0 this happens now. It lasts until Resume.
func (s *Stream) DropAfter(n int64) { s.setCut(cutDrop, n) }

func (s *Stream) setCut(c cut, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault.cut, s.fault.cutIn = c, n
	if n <= 0 {
		s.trip()
	}
}

// trip does what fault.cut says.
func (s *Stream) trip() {
	c := s.fault.cut
	s.fault.cut, s.fault.cutIn = noCut, 0
	switch c {
	case cutReset:
		s.reset()
		s.reverse.reset()
	case cutDrop:
		s.fault.dropping = true
		s.wake() // a write that waits for room goes on
	}
}

// Stall holds back what is not yet read, and the end of the stream. Writes go on
// until the window is full, and then wait. Resume ends it.
func (s *Stream) Stall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault.stalled = true
}

// Resume ends what Stall, CutAfter and DropAfter have begun or will begin. What
// was held back is delivered; what was dropped is lost.
func (s *Stream) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault.stalled, s.fault.dropping = false, false
	s.fault.cut, s.fault.cutIn = noCut, 0
	s.wake()
}

// Pending returns how many bytes are written and not yet read. Dropped bytes do
// not count.
func (s *Stream) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.buf) - s.r
}
