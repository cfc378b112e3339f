package websockets

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/mask"
	"github.com/go-websockets/websockets/internal/pool"
	"github.com/go-websockets/websockets/protocol"
)

// A writer frames, masks and writes. Whoever sends appends a frame to one of two
// buffers; one of them, the flusher, writes for all (group commit).
//
//	Send ─▶ data ────┐
//	                 ├─▶ taken by the flusher ─▶ transport
//	pong ─▶ control ─┘   control first: between frames, never inside one
//
// Invariants, under mu:
//   - data and control hold whole frames, but control may begin with the rest of
//     one that the transport took only a part of. They are nil when empty, so that
//     an idle connection holds no buffer.
//   - waiting counts the bytes in data, in control and taken but not yet written.
//   - full is set when a sender finds waiting at WriteLimit, and holds until a quarter
//     of it is left: nobody who comes later overtakes those who wait for room.
//   - flush is Idle only if nothing waits, or the transport is broken. While a
//     receiver that has more to do holds replies back, it is Scheduled.
//   - turn is taken while a message is sent in fragments or is being encoded by an
//     extension: other messages wait, control frames do not.
type writer struct {
	c   *Conn
	raw rawWriter // writes without blocking, where the transport can

	mu        sync.Mutex
	state     protocol.State
	sender    protocol.Sender
	flush     flushState
	full      bool
	turn      bool
	broken    bool        // the transport does not take bytes any more
	peerEnded bool        // the peer has ended its half of the transport
	heldBack  atomic.Bool // something was, since kick looked
	waiting   int
	writing   int // capacity of what is taken
	usual     int // bytes of data in the last write, but not more than maxUsual
	data      *pool.Buffer
	control   *pool.Buffer
	late      []byte        // the payload of the latest ping whose pong found no room
	encoders  int           // what the extensions hold to encode, as they last said
	cause     error         // why the connection failed or broke, nil if it did not
	room      chan struct{} // closed, and nil again, when somebody who waits should look again
	flushFn   func()        // runs the flusher: stored, so that `go` allocates nothing

	sent       CloseCode // of our close frame; 0 before
	peerCode   CloseCode // of the peer's close frame; 0 before
	peerReason string
	closeTimer *time.Timer // ends the transport CloseTimeout after the first close frame
}

// A flushState says who writes.
type flushState uint8

const (
	flushIdle      flushState = iota // nobody, and nobody is needed
	flushScheduled                   // a goroutine is started to, unless somebody is faster
	flushActive                      // somebody does
)

func (w *writer) init(c *Conn, claimed extension.Bits) {
	w.c = c
	w.sender.Claimed = claimed
	w.raw.init(c.transport)
	w.flushFn = w.runFlusher
}

// An urgency says when what was appended must be written.
type urgency uint8

const (
	now     urgency = iota // before the call returns, as far as the transport takes it without ado
	soon                   // by a flusher goroutine: the caller must not block in the transport
	batched                // with what a receiver is about to add, but no later than a scheduler turn
)

// A queueing says what a frame waits for, besides room.
type queueing uint8

const (
	newMessage queueing = iota // until no other message is being sent
	between                    // for nothing: a ping or a pong
	ownMessage                 // for nothing: another frame of the message that has the turn
)

// begin waits until a frame may be appended, and returns with mu held. It fails,
// without mu, if ctx ends first or the connection is not open.
func (w *writer) begin(ctx context.Context, q queueing) error {
	w.mu.Lock()
	for {
		if w.broken || !w.state.CanSend() {
			w.mu.Unlock()
			return w.c.closedError(ctx)
		}
		if q != ownMessage && w.c.mayEnd(ctx) && ctx.Err() != nil {
			w.mu.Unlock()
			return contextError(ctx)
		}
		w.full = w.full || w.waiting >= w.c.set.writeLimit
		if !w.full && (q != newMessage || !w.turn) {
			return nil
		}
		if w.room == nil {
			w.room = make(chan struct{})
		}
		room := w.room
		w.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return contextError(ctx)
		}
		w.mu.Lock()
	}
}

// wake lets all who wait in begin look again. Its caller holds mu.
func (w *writer) wake() {
	if w.room != nil {
		close(w.room)
		w.room = nil
	}
}

// add appends a frame behind all others. Its caller holds mu and has seen that
// the state allows it.
func (w *writer) add(f *frame.Frame) {
	h := w.header(f)
	w.append(&w.data, &h, f.Payload)
}

// header returns the header of a frame that goes out next.
func (w *writer) header(f *frame.Frame) frame.Header {
	h := f.Header()
	if err := w.sender.Header(w.state, &h); err != nil {
		panic("websockets: bug: " + err.Error())
	}
	return h
}

// append encodes a frame at the end of *to, masked if this is a client. The payload
// is copied: it stays as it is, and may be reused at once.
func (w *writer) append(to **pool.Buffer, h *frame.Header, payload []byte) {
	if w.c.role == RoleClient {
		h.Masked, h.MaskingKey = true, newMaskingKey() // RFC 6455 §5.3: a fresh one for each frame
	}
	size := h.Size() + len(payload)
	if *to == nil {
		most := size
		if to == &w.data {
			most = max(size, w.usual)
		}
		*to = pool.Get(most)
	}
	b := reserve(*to, size)
	b = h.Append(b)
	if h.Masked {
		n := len(b)
		b = b[:n+len(payload)]
		mask.Copy(b[n:], payload, h.MaskingKey, 0)
	} else {
		b = append(b, payload...)
	}
	(*to).B = b
	w.waiting += size
	if w.c.debug {
		w.c.logFrame(frame.Sent, *h, payload)
	}
}

// reserve returns b's bytes with a capacity for size more.
func reserve(b *pool.Buffer, size int) []byte {
	if cap(b.B)-len(b.B) >= size {
		return b.B
	}
	larger := pool.Get(max(len(b.B)+size, 2*len(b.B)))
	larger.B = append(larger.B, b.B...)
	// The Buffer stays and changes its slice: the old slice goes back in the other.
	b.B, larger.B = larger.B, b.B
	pool.Put(larger)
	return b.B
}

// commit sees to it that what was appended is written, and gives mu back.
func (w *writer) commit(u urgency) {
	if w.flush == flushActive || w.broken {
		w.mu.Unlock() // the flusher takes it along
		return
	}
	mayWait := u == batched && w.waiting < w.c.set.writeLimit
	mustNotBlock := u != now && !w.raw.ok()
	if mayWait || mustNotBlock {
		w.schedule()
		w.mu.Unlock()
		return
	}
	w.flush = flushActive
	w.write(u == now)
}

// schedule starts a goroutine to flush, if there is none. Its caller holds mu.
func (w *writer) schedule() {
	if w.flush == flushIdle {
		w.flush = flushScheduled
		w.heldBack.Store(true)
		go w.flushFn()
	}
}

// kick flushes what was held back, without blocking.
func (w *writer) kick() {
	if !w.heldBack.Load() {
		return
	}
	w.mu.Lock()
	w.heldBack.Store(false)
	if w.flush == flushActive || w.waiting == 0 || w.broken {
		w.mu.Unlock()
		return
	}
	w.commit(soon)
}

// pong answers a ping (RFC 6455 §5.5.2). It never blocks: a peer that does not
// read its pongs gets only the latest, once there is room (§5.5.3 allows that).
func (w *writer) pong(payload []byte, u urgency) {
	w.mu.Lock()
	if w.broken || !w.state.CanPong() {
		w.mu.Unlock()
		return
	}
	if w.waiting >= w.c.set.writeLimit {
		w.late = append(w.late[:0], payload...)
		if w.late == nil {
			w.late = []byte{} // an empty payload waits too
		}
		w.mu.Unlock()
		return
	}
	w.appendPong(payload)
	w.commit(u)
}

func (w *writer) appendPong(payload []byte) {
	w.append(&w.control, &frame.Header{FIN: true, Opcode: frame.OpPong, Length: int64(len(payload))}, payload)
}

// release gives the turn back. Its caller holds mu.
func (w *writer) release() {
	w.turn = false
	w.wake()
}
