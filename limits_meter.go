package websockets

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// A meter counts what comes in, for PeerLimits. It belongs to who sits in the
// reader's chair, but for last and seen. A connection has none until there is
// something to count: by default, the first ping.
type meter struct {
	limits *peerLimits
	start  time.Time

	messages, bytes, pings bucket
	payload                int64 // of the message so far, on the wire

	last atomic.Int64 // when a data frame last came, in nanoseconds after start
}

// A bucket holds tokens. What is kept is when it will be full, in nanoseconds
// after the meter's start: the tokens that are missing, as time.
type bucket int64

// take takes n tokens, and reports whether there were so many.
func (b *bucket) take(a *allowance, n int64, now int64) bool {
	if a.each == 0 {
		return true
	}
	cost := float64(n) * a.each
	if cost > a.room {
		return false
	}
	full := max(int64(*b), now) + int64(cost)
	if full-now > int64(a.room) {
		return false
	}
	*b = bucket(full)
	return true
}

// metered returns the connection's meter.
func (c *Conn) metered() *meter {
	r := &c.reader
	if r.meter == nil {
		r.meter = &meter{limits: c.set.peer, start: time.Now()}
	}
	return r.meter
}

func (m *meter) now() int64 { return int64(time.Since(m.start)) }

// data counts a data frame by its header, before any of its payload is taken.
func (m *meter) data(h *frame.Header) error {
	now := m.now()
	m.last.Store(now)
	if h.Opcode != frame.OpContinuation {
		m.payload = 0
		if !m.messages.take(&m.limits.messages, 1, now) {
			return &LimitError{LimitMessages, int64(m.limits.messages.perSecond)}
		}
	}
	m.payload += h.Length
	return m.count(h.Length, now)
}

// count counts bytes of payload.
func (m *meter) count(n, now int64) error {
	if !m.bytes.take(&m.limits.bytes, n, now) {
		return &LimitError{LimitBytes, int64(m.limits.bytes.perSecond)}
	}
	return nil
}

// end counts what a message has become longer by decompression.
func (m *meter) end(size int64) error {
	return m.count(max(size-m.payload, 0), m.now())
}

// countControl counts a control frame.
func (r *reader) countControl(h *frame.Header) error {
	if h.Opcode != frame.OpPing && !r.counted {
		return nil
	}
	m := r.c.metered()
	now := m.now()
	if h.Opcode == frame.OpPing && !m.pings.take(&m.limits.pings, 1, now) {
		return &LimitError{LimitPings, int64(m.limits.pings.perSecond)}
	}
	return m.count(h.Length, now)
}

// countFragment counts a frame that continues a message.
func (r *reader) countFragment() error {
	r.message.fragments++
	if most := r.c.set.peer.fragments; r.message.fragments > most {
		return &LimitError{LimitFragments, int64(most)}
	}
	return nil
}

// aging ends a connection whose time is over: one timer for each of its limits.
// It ends with the connection.
type aging struct {
	c   *Conn
	hit *LimitError // what has begun the closing handshake; the writer's mu guards it

	mu             sync.Mutex // guards stopped, and so that no timer is reset after it
	stopped        bool
	lifetime, idle *time.Timer // nil: no limit
}

// limit puts PeerLimits into force.
func (c *Conn) limit() {
	l := c.set.peer
	if l.messages.each > 0 || l.bytes.each > 0 || l.idle > 0 {
		c.metered()
		c.reader.counted = true
	}
	if l.lifetime == 0 && l.idle == 0 {
		return
	}
	a := &aging{c: c}
	c.aging = a
	a.mu.Lock()
	defer a.mu.Unlock()
	if l.lifetime > 0 {
		a.lifetime = time.AfterFunc(l.lifetime-upTo(l.lifetime/10), func() { a.c.closeFor(&LimitError{LimitLifetime, int64(l.lifetime)}) })
	}
	if l.idle > 0 {
		a.idle = time.AfterFunc(l.idle, a.checkIdle)
	}
}

// upTo returns a random time.
func upTo(most time.Duration) time.Duration {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it does not fail
	return time.Duration(binary.NativeEndian.Uint64(b[:]) % (uint64(most) + 1))
}

// checkIdle is called when the connection may have been idle for long enough.
func (a *aging) checkIdle() {
	r := &a.c.reader
	m, idle := r.meter, a.c.set.peer.idle
	r.mu.Lock()
	if r.full() { // what the peer has sent since may wait in the socket
		m.last.Store(m.now())
	}
	r.mu.Unlock()
	left := time.Duration(m.last.Load()-m.now()) + idle
	if left <= 0 {
		a.c.closeFor(&LimitError{LimitIdle, int64(idle)})
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.stopped {
		a.idle.Reset(left)
	}
}

// stop is called when the connection has ended.
func (a *aging) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	for _, t := range []*time.Timer{a.lifetime, a.idle} {
		if t != nil {
			t.Stop()
		}
	}
}

// handshaken reports whether the connection ended with a closing handshake, be it
// one that a limit on time began.
func (e *CloseError) handshaken() bool {
	if e.Err == nil {
		return true
	}
	limit, ok := e.Err.(*LimitError)
	return ok && limit.isTime()
}

// explain adds to what broke the connection, if anything, the limit that began its
// end. Its caller holds the writer's mu.
func (a *aging) explain(broke error) error {
	switch {
	case a.hit == nil:
		return broke
	case broke == nil:
		return a.hit
	}
	return fmt.Errorf("%w, and then: %w", a.hit, broke)
}
