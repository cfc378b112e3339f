package websockets

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// A Ping waits for its pong. It may be dropped.
type Ping struct {
	reader  *reader
	payload string
	sent    time.Time
	done    chan struct{}
	latency time.Duration // set before done is closed, with err
	err     error
}

// Done returns a channel that is closed when the pong came or the connection
// ended.
func (p *Ping) Done() <-chan struct{} { return p.done }

// Wait waits for the pong and returns the round-trip time. It fails with the
// *[CloseError] if the connection ends first, or with ctx's error; another Wait
// may follow then.
func (p *Ping) Wait(ctx context.Context) (time.Duration, error) {
	select {
	case <-p.done:
		return p.latency, p.err
	default:
	}
	p.reader.ensure()
	select {
	case <-p.done:
		return p.latency, p.err
	case <-ctx.Done():
		return 0, contextError(ctx)
	}
}

// pings are the pings that wait for their pong, in the order they were sent.
type pings struct {
	mu      sync.Mutex
	waiting []*Ping
	ended   error // set once the connection has ended

	// The keepalive's own ping: nil unless it waits for its pong.
	alive *Ping
}

// Ping sends a ping behind all messages that were sent before (RFC 6455 §5.5.2).
// Its pong proves that the peer has received them. The payload is at most 125
// bytes; nil means four random ones.
//
// A pong answers its ping and all earlier ones. It counts when it is read: at once
// while somebody receives or is in Wait, else within 100 ms, unless MaxQueue
// messages are waiting.
//
// Ping blocks as Send does, and fails with [ErrPingInFlight] if a ping with the
// same payload waits for its pong.
func (c *Conn) Ping(ctx context.Context, payload []byte) (*Ping, error) {
	if len(payload) > frame.MaxControlPayload {
		return nil, errControlSize("ping", payload)
	}
	w := &c.writer
	if err := w.begin(ctx, between); err != nil {
		return nil, err
	}
	p, err := c.pings.add(&c.reader, payload)
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	w.add(&frame.Frame{FIN: true, Opcode: frame.OpPing, Payload: []byte(p.payload)})
	w.commit(c.urgency(ctx))
	return p, nil
}

// Pong sends a pong that nobody has asked for: a heartbeat in one direction
// (RFC 6455 §5.5.3). Pings are answered without it. The payload is at most 125
// bytes. Pong blocks as Send does.
func (c *Conn) Pong(ctx context.Context, payload []byte) error {
	if len(payload) > frame.MaxControlPayload {
		return errControlSize("pong", payload)
	}
	w := &c.writer
	if err := w.begin(ctx, between); err != nil {
		return err
	}
	w.add(&frame.Frame{FIN: true, Opcode: frame.OpPong, Payload: payload})
	w.commit(c.urgency(ctx))
	return nil
}

func errControlSize(what string, payload []byte) error {
	return fmt.Errorf("websockets: %s with %d bytes of payload, the limit is %d (RFC 6455 §5.5)",
		what, len(payload), frame.MaxControlPayload)
}

// add registers a ping. nil as its payload means random bytes.
func (ps *pings) add(r *reader, payload []byte) (*Ping, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := &Ping{reader: r, payload: string(payload), sent: time.Now(), done: make(chan struct{})}
	for payload == nil {
		var random [4]byte
		_, _ = rand.Read(random[:])
		if p.payload = string(random[:]); ps.find(random[:]) < 0 {
			break
		}
	}
	if ps.find([]byte(p.payload)) >= 0 {
		return nil, ErrPingInFlight
	}
	if ps.ended != nil {
		return nil, ps.ended
	}
	ps.waiting = append(ps.waiting, p)
	return p, nil
}

// find returns the place of the ping with this payload, or -1.
func (ps *pings) find(payload []byte) int {
	for i, p := range ps.waiting {
		if p.payload == string(payload) {
			return i
		}
	}
	return -1
}

// match ends the ping that a pong answers, and all before it: a peer need only
// answer the latest (RFC 6455 §5.5.3). A pong that answers none is ignored. It
// sets the connection's latency, and reports whether the keepalive's ping is
// among those that ended.
func (ps *pings) match(payload []byte, latency *atomic.Int64) (alive bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	i := ps.find(payload)
	if i < 0 {
		return false
	}
	now := time.Now()
	latency.Store(int64(now.Sub(ps.waiting[i].sent)))
	for _, p := range ps.waiting[:i+1] {
		p.latency = now.Sub(p.sent)
		if p == ps.alive {
			ps.alive, alive = nil, true
		}
		close(p.done)
	}
	ps.waiting = slices.Delete(ps.waiting, 0, i+1)
	return alive
}

// fail ends all pings: the connection has ended.
func (ps *pings) fail(err error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.ended = err
	for _, p := range ps.waiting {
		p.err = err
		close(p.done)
	}
	ps.waiting = nil
}

// gotPong takes a pong.
func (c *Conn) gotPong(payload []byte) {
	if c.pings.match(payload, &c.latency) {
		c.keepalive.Reset(c.set.pingInterval)
	}
}

// keepaliveGrace is how long a peer that did not answer a ping may take to read
// why the connection ends.
const keepaliveGrace = time.Second

// tick is called when a ping of the keepalive is due, and when the pong of the
// last one is overdue.
func (c *Conn) tick() {
	ps := &c.pings
	ps.mu.Lock()
	overdue := ps.alive != nil
	ps.mu.Unlock()
	switch {
	case c.State() != StateOpen:
	case !overdue, c.set.pingTimeout == 0:
		c.sendKeepalive()
	case c.reader.wasParked():
		// Nobody read, for the application had MaxQueue messages to fetch: the pong
		// may be there. The peer is not to blame.
		c.keepalive.Reset(c.set.pingTimeout)
	default:
		c.fail(CloseInternalError, ErrPingTimeout, min(keepaliveGrace, orForever(c.set.closeTimeout)))
	}
}

func (c *Conn) sendKeepalive() {
	w := &c.writer
	w.mu.Lock()
	if w.broken || !w.state.CanSend() {
		w.mu.Unlock()
		return
	}
	p, err := c.pings.addAlive(&c.reader)
	if err != nil {
		w.mu.Unlock()
		return
	}
	next := c.set.pingTimeout
	if next == 0 {
		next = c.set.pingInterval
	}
	c.keepalive.Reset(next) // before the ping is out: its pong resets it again
	// Not behind WriteLimit: what waits there is what the pong has to prove alive.
	w.append(&w.data, &frame.Header{FIN: true, Opcode: frame.OpPing, Length: int64(len(p.payload))}, []byte(p.payload))
	w.commit(soon)
}

// addAlive registers a ping of the keepalive. It takes the place of one before it
// that was not answered, which happens only without a timeout.
func (ps *pings) addAlive(r *reader) (*Ping, error) {
	p, err := ps.add(r, nil)
	if err != nil {
		return nil, err
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if i := slices.Index(ps.waiting, ps.alive); i >= 0 {
		ps.waiting = slices.Delete(ps.waiting, i, i+1)
	}
	ps.alive = p
	return p, nil
}

// orForever reads a timeout of 0 as none.
func orForever(d time.Duration) time.Duration {
	if d == 0 {
		return 1<<63 - 1
	}
	return d
}
