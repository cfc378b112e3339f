package websockets

import (
	"context"
	"iter"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// A phase is where a server is in its life. It only grows.
type phase uint8

const (
	phaseServing  phase = iota
	phaseStopping       // Shutdown: nothing new, closing handshakes are going on
	phaseClosed         // Close: nothing new, everything is dropped
)

// A registry holds what a server must end before it has stopped.
//
//	listeners  each has an accept loop, counted in busy
//	pending    opening handshakes on the server's own listeners; the deadlines of
//	           their transports belong to who holds mu
//	conns      connections from their opening handshake to their end
//	busy       goroutines which end when the above does: accept loops, sessions
//	           (from accept or ServeHTTP until the handler has returned)
//	handlers   how many of the sessions are in the handler
//
// From phaseStopping on, nothing is added but connections whose opening
// handshake was almost done, so that idle, once closed, stays true.
type registry struct {
	mu        sync.Mutex
	phase     phase
	listeners []*net.Listener // pointers, because a listener may not be comparable
	pending   map[*serverHandshake]struct{}
	conns     map[*Conn]*client // with whom they count for, or nil
	places    places
	busy      int
	handlers  int
	idle      chan struct{} // closed when the server is not serving, busy is 0 and conns is empty

	told atomic.Int32 // clients that are being told that there are too many

	ctx    context.Context // ends when the server stops
	cancel context.CancelCauseFunc
}

func (r *registry) init(limits ConnLimits) {
	r.places.limits = limits.resolve()
	r.pending = make(map[*serverHandshake]struct{})
	r.conns = make(map[*Conn]*client)
	r.idle = make(chan struct{})
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
}

// begin counts one more goroutine, if the server is serving.
func (r *registry) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.phase != phaseServing {
		return false
	}
	r.busy++
	return true
}

// end is the end of a goroutine that begin counted.
func (r *registry) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy--
	r.checkIdle()
}

func (r *registry) checkIdle() {
	if r.phase == phaseServing || r.busy > 0 || len(r.conns) > 0 {
		return
	}
	select {
	case <-r.idle:
	default:
		close(r.idle)
	}
}

func (r *registry) serving() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.phase == phaseServing
}

// addListener counts an accept loop, if the server is serving.
func (r *registry) addListener(ln *net.Listener) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.phase != phaseServing {
		return false
	}
	r.busy++
	r.listeners = append(r.listeners, ln)
	return true
}

func (r *registry) removeListener(ln *net.Listener) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listeners = slices.DeleteFunc(r.listeners, func(l *net.Listener) bool { return l == ln })
	r.busy--
	r.checkIdle()
}

// addPending notes an opening handshake that begins, if the server is serving, so
// that the end of the server interrupts it. Its deadline is set under the lock:
// else it might undo the interruption.
func (r *registry) addPending(h *serverHandshake) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.phase != phaseServing {
		return false
	}
	r.pending[h] = struct{}{}
	_ = h.raw.SetDeadline(h.deadline)
	return true
}

// extendPending gives an opening handshake more time, for the answer.
func (r *registry) extendPending(h *serverHandshake, deadline time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = h.raw.SetDeadline(deadline)
}

// removePending notes the end of an opening handshake, and takes its deadlines
// away. It may be called again.
func (r *registry) removePending(h *serverHandshake) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, found := r.pending[h]; found {
		delete(r.pending, h)
		_ = h.raw.SetDeadline(time.Time{})
	}
}

// addConn notes a connection, which takes over the place of its opening handshake,
// and ends it if the server does not serve any more.
func (r *registry) addConn(c *Conn, held *place) {
	r.mu.Lock()
	r.places.pending--
	held.held = false
	select {
	case <-c.Done(): // removeConn has been here
		r.places.free(held.client)
	default:
		r.conns[c] = held.client
	}
	p := r.phase
	r.mu.Unlock()
	p.end(c)
}

// end ends a connection as the phase of the server asks for.
func (p phase) end(c *Conn) {
	switch p {
	case phaseStopping:
		c.sendClose(CloseGoingAway, goingAway) // does not block
	case phaseClosed:
		_ = c.CloseNow()
	}
}

// goingAway is the payload of the close frame that Shutdown sends.
var goingAway, _ = frame.AppendClose(nil, CloseGoingAway, "")

// removeConn notes that a connection has ended.
func (r *registry) removeConn(c *Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if client, found := r.conns[c]; found {
		delete(r.conns, c)
		r.places.free(client)
	}
	r.checkIdle()
}

// counts returns how many connections there are, and how many opening handshakes.
func (r *registry) counts() (open, pending int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns), r.places.pending
}

// countHandler adds n to the number of handlers that run.
func (r *registry) countHandler(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handlers += n
}

// hold counts what goes on for a connection after its handler has returned, as if that
// had not.
func (r *registry) hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy++
	r.handlers++
}

// release is the end of what hold counted.
func (r *registry) release() {
	r.countHandler(-1)
	r.end()
}

func (r *registry) running() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.handlers
}

// stop enters a phase and ends what that phase ends.
func (r *registry) stop(p phase) {
	r.mu.Lock()
	if r.phase >= p {
		r.mu.Unlock()
		return
	}
	r.phase = p
	listeners := r.listeners
	r.listeners = nil
	pending := slices.Collect(maps.Keys(r.pending))
	conns := slices.Collect(maps.Keys(r.conns))
	if p == phaseStopping {
		for _, h := range pending {
			_ = h.raw.SetReadDeadline(past) // whoever reads the request goes on and answers with 503
		}
		pending = nil
	}
	r.checkIdle()
	r.mu.Unlock()

	r.cancel(http.ErrServerClosed)
	for _, ln := range listeners {
		_ = (*ln).Close()
	}
	for _, h := range pending {
		_ = h.raw.Close()
	}
	for _, c := range conns {
		p.end(c)
	}
}

// addrs returns the addresses of the listeners, nil if there are none.
func (r *registry) addrs() []net.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	var addrs []net.Addr
	for _, ln := range r.listeners {
		addrs = append(addrs, (*ln).Addr())
	}
	return addrs
}

func (r *registry) all() iter.Seq[*Conn] {
	return func(yield func(*Conn) bool) {
		r.mu.Lock()
		conns := slices.Collect(maps.Keys(r.conns))
		r.mu.Unlock()
		for _, c := range conns {
			if !yield(c) {
				return
			}
		}
	}
}

// past is a deadline that interrupts whoever reads or writes.
var past = time.Unix(1, 0)
