package inflate

// A Window holds the bytes that were put out last, for distances that reach back
// to them. It is a ring: adding to it costs what is added, however large it is.
// The zero value holds nothing and has room for nothing.
//
// Invariant: ring has a length that is a power of two, or none; the held bytes
// end before ring[next], and go on from the start of ring to its end.
type Window struct {
	ring []byte
	next int
	held int
}

// Held returns how many bytes w holds.
func (w *Window) Held() int { return w.held }

// Room returns how many bytes w can hold.
func (w *Window) Room() int { return len(w.ring) }

// Add adds p. Of all that was ever added w holds the end, as much as it has room
// for.
func (w *Window) Add(p []byte) {
	if len(w.ring) == 0 {
		return
	}
	w.held = min(w.held+len(p), len(w.ring))
	if len(p) > len(w.ring) {
		p = p[len(p)-len(w.ring):]
	}
	n := copy(w.ring[w.next:], p)
	copy(w.ring, p[n:])
	w.next = (w.next + len(p)) & (len(w.ring) - 1)
}

// Move makes ring the memory of w: its length must be a power of two, or zero.
// It takes over what w holds, as much as there is room for, and returns the
// memory that w had.
func (w *Window) Move(ring []byte) (old []byte) {
	old, held := w.ring, min(w.held, len(ring))
	w.copyTo(ring[:held], held)
	w.ring, w.held = ring, held
	if len(ring) == held {
		held = 0
	}
	w.next = held
	return old
}

// copyTo fills p with the bytes that begin back bytes before the end of what w
// holds. No more than back bytes are there.
func (w *Window) copyTo(p []byte, back int) {
	if len(p) == 0 {
		return
	}
	start := (w.next - back) & (len(w.ring) - 1)
	n := copy(p, w.ring[start:])
	copy(p[n:], w.ring)
}
