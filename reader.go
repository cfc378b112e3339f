package websockets

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/pool"
	"github.com/go-websockets/websockets/internal/utf8stream"
	"github.com/go-websockets/websockets/protocol"
)

// A reader has a chair, and whoever sits in it reads from the transport.
//
//	                 ┌── receiver: a call of Recv, in the caller's goroutine
//	transport ──▶ chair
//	                 ├── standby: a goroutine, when nobody has sat for a while
//	                 └── poller: it waits for many, see onmessage.go
//
// The receiver sits until it has its message. The standby handles control frames
// and queues messages until a receiver wants the chair, the queue is full or the
// transport ends. All that is half done lies with the reader and not with who
// sits: so one may go on where another has stopped, at any byte. A call of Receive
// is a receiver that stays (see driver), and a receiver may keep its seat (see seat).
// That of OnMessage leaves the chair to the poller while nothing comes: it reads nothing,
// but sees when there is something to read, or the end.
//
// Invariants:
//   - mu guards the fields from wake to unwatch, from chair to queue, and all of stream;
//     drained and meter, and those from buf on, belong to who sits, or to who holds mu
//     while the chair is vacant.
//   - buf.B[start:] is unread. buf is nil when nothing is, except while who sits
//     reads: an idle connection holds no buffer.
//   - Behind the bytes of data frames, which are taken at once, what is unread is
//     less than a header and the payload of a control frame: minReadBuffer
//     always has room for more.
type reader struct {
	wake    chan struct{} // tells a receiver to look again; nil before the first
	nudge   chan struct{} // makes the standby leave while a driver waits for it
	watched <-chan struct{}
	unwatch func() bool

	drained int64  // bytes discarded
	meter   *meter // nil before there is something to count

	raw  rawReader
	c    *Conn
	stop atomic.Bool // frames are not to be processed any more
	more atomic.Bool // the application is elsewhere, and the next frame is in buf

	mu          sync.Mutex
	chair       chair
	receiving   bool        // a call that receives is going on
	wanted      bool        // a receiver waits for the standby
	interrupted bool        // the transport's read deadline is in the past
	ending      bool        // the transport is about to end
	ended       bool        // the transport has ended
	called      bool        // the driver is being called back
	unconfirmed bool        // the driver's wait is to be interrupted if it takes long
	parked      bool        // nobody has read for a while, since wasParked last looked
	armed       bool        // the lookout will pass by
	fresh       bool        // it has not yet
	used        atomic.Bool // somebody has sat in the seat since
	seat        seat
	sits        uint64    // how often somebody has sat
	seen        uint64    // sits when the lookout passed by
	post        *post     // where the lookout finds this reader
	driver      *driver   // a call of Receive, if one is going on
	stream      *stream   // the message that Reader hands out; nil before the first
	queue       []Message // read ahead of Recv

	buf      *pool.Buffer
	start    int
	readSize int // of the next buffer
	rare     *rare
	inFrame  bool
	counted  bool         // the meter counts data frames
	trusted  int32        // how many bytes the last message had, but not more than mostTrusted
	header   frame.Header // of the frame that is being read, or the last one
	left     int64        // bytes of its payload that are still to come
	pos      int          // position in the masking key
	noted    atomic.Int64 // for Retained: what who sits held when it began to wait
	rules    protocol.Receiver
	message  incoming
	wire     []byte
}

// rare is what most readers do without.
type rare struct {
	small [64]byte // where a transport without raw access delivers the first bytes
	shown []byte   // of a frame, for the log
}

// A chair is vacant or taken.
type chair uint8

const (
	vacant chair = iota
	byReceiver
	byStandby
	byPoller // for a driver that is parked
)

// An incoming message is being put together.
type incoming struct {
	begun     bool
	opcode    frame.Opcode
	coded     bool                 // its payload is what extensions make of what comes
	streamed  bool                 // its payload goes to the stream, not to data
	borrowed  bool                 // data is the caller's memory: only while the receiver sits
	text      utf8stream.Validator // of a text message
	size      int64                // bytes so far, as extensions decode them
	fragments int                  // frames so far
	data      []byte               // what has come, behind base bytes of the caller
	base      int
}

const (
	// minReadBuffer holds the longest control frame, and more.
	minReadBuffer = 512

	// standbyAfter is how often the lookout looks whether somebody has sat since.
	// So nobody has for one to two times as long when the standby takes over.
	standbyAfter = 50 * time.Millisecond

	// drainLimit is how many bytes are discarded after the connection has failed,
	// so that the peer gets to read why.
	drainLimit = 64 << 20
)

func (r *reader) init(c *Conn, claimed extension.Bits, buffered []byte) {
	r.c = c
	r.readSize = c.set.readBuffer
	r.post = &post{lookout: c.set.lookout}
	if r.post.lookout == nil {
		r.post.lookout = new(lookout)
	}
	r.post.reader.Store(r)
	if r.raw.init(c.transport, r); !r.raw.ok() || c.debug {
		r.rare = new(rare)
	}
	r.rules = protocol.Receiver{
		Masked:  c.role == RoleServer,
		Claimed: claimed,
		Limit:   c.set.maxMessage,
	}
	if len(buffered) > 0 {
		r.buf = pool.Get(max(len(buffered), c.set.readBuffer))
		r.buf.B = append(r.buf.B, buffered...)
	}
}

// sit takes the vacant chair. Its caller holds mu.
func (r *reader) sit(who chair) {
	r.chair = who
	r.sits++
	if r.interrupted {
		r.interrupted = false
		_ = r.c.transport.SetReadDeadline(time.Time{})
	}
}

// leave vacates the chair. Its caller holds mu.
func (r *reader) leave() {
	r.chair = vacant
	r.keepPartial()
	more := r.hasFrame()
	if !more && r.ended {
		r.drop()
	} else {
		r.release()
	}
	r.more.Store(more)
	r.standIn()
}

// standIn sees to it that somebody reads in time, now that nobody sits. Its
// caller holds mu.
func (r *reader) standIn() {
	switch {
	case r.wanted:
		r.signal()
	case r.ended:
	case r.c.isClosing.Load():
		r.startStandby() // reading is what the closing handshake waits for
	default:
		r.arm()
	}
}

// pause is leave for a driver that will sit again soon: it keeps the buffer. Its
// caller holds mu.
func (r *reader) pause() {
	r.seat.free()
	r.chair = vacant
	r.more.Store(r.hasFrame())
	r.standIn()
}

// sitAgain takes the chair after a pause, from the standby if need be. Its caller
// holds mu.
func (r *reader) sitAgain() {
	for r.chair == byStandby {
		select {
		case r.nudge <- struct{}{}:
		default: // it has not taken the last one yet
		}
		r.waitForChair(context.Background())
	}
	r.raw.drained = false // the standby may have sat, and left something in the socket
	r.sit(byReceiver)
	r.arm() // for the next call
}

// rest is leave for a connection where nobody has sat yet.
func (r *reader) rest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leave()
}

// keepPartial moves an unfinished message out of its caller's memory.
func (r *reader) keepPartial() {
	m := &r.message
	if !m.borrowed {
		return
	}
	m.borrowed = false
	m.data = append([]byte(nil), m.data[m.base:]...)
	m.base = 0
}

func (r *reader) freeBuffer() {
	if r.buf != nil {
		pool.Put(r.buf)
		r.buf, r.start = nil, 0
	}
}

// drop gives memory back once nothing more can come of it.
func (r *reader) drop() {
	r.freeBuffer()
	r.message, r.wire, r.inFrame = incoming{}, nil, false
}

// hasFrame reports whether a whole frame is unread.
func (r *reader) hasFrame() bool {
	if r.buf == nil || r.inFrame {
		return false
	}
	h, n, err := frame.ParseHeader(r.buf.B[r.start:])
	return err == nil && n > 0 && h.Length <= int64(len(r.buf.B)-r.start-n)
}

// signal tells the receiver that waits to look again. Its caller holds mu.
func (r *reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// watch has the receiver interrupted when ctx ends. Watching costs, so it goes
// on from call to call as long as they bring the same context.
func (r *reader) watch(ctx context.Context) {
	if !r.c.mayEnd(ctx) {
		return // the end of the transport ends it, and the read too
	}
	done := ctx.Done()
	r.mu.Lock()
	defer r.mu.Unlock()
	if done == r.watched || r.ended {
		return
	}
	if r.unwatch != nil {
		r.unwatch()
	}
	r.watched = done
	r.unwatch = context.AfterFunc(ctx, r.interrupt)
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// interrupt makes the receiver look at its context.
func (r *reader) interrupt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.chair == byReceiver {
		r.unblock()
	}
	r.unpark()
}

// unblock makes who sits leave the transport, and so the chair. Its caller holds
// mu.
func (r *reader) unblock() {
	if !r.interrupted && !r.ended {
		r.interrupted = true
		_ = r.c.transport.SetReadDeadline(longAgo)
	}
}

// beginEnd tells the reader that the transport is about to end, and reports whether
// a driver is inside the runtime's wait: closing the transport would wait for it.
func (r *reader) beginEnd() (held bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ending = true
	return r.raw.held.Load()
}

// finish ends the reader: the transport has ended.
func (r *reader) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.post.reader.Store(nil)
	r.reclaim()
	r.unpark()
	if r.unwatch != nil {
		r.unwatch()
		r.unwatch, r.watched = nil, nil
	}
	if r.chair == vacant && !r.hasFrame() {
		r.drop()
	}
	if r.wanted {
		r.signal()
	}
}
