package websockets

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/go-websockets/websockets/internal/pool"
)

// Receive calls f for each message, one after the other, until the connection is
// closed or f returns an error. The Data of a message is valid only until f
// returns, and may be changed until then.
//
// It is for servers of many messages: on a TCP or Unix socket it takes one system
// call less for each than Recv, and no memory. Elsewhere, as on TLS, it is Recv in
// a loop. All that is said of Recv holds while f runs: pings are answered, and
// messages are read ahead up to MaxQueue. Only control frames may have to wait, for
// 200 ms at most, while f takes long. f may send, and may close the connection, but
// calls that receive fail with [ErrConcurrentRecv].
//
// Receive returns the error of f, or that of ctx if it ends first, or nil if the
// connection was closed normally, by codes 1000, 1001 or none at all (1005); else
// the *[CloseError]. After an error of f or of ctx the connection is as open as
// before, and nothing is lost.
func (c *Conn) Receive(ctx context.Context, f func(m Message) error) error {
	r := &c.reader
	if err := r.enter(); err != nil {
		return err
	}
	defer r.exit()
	d := &driver{r: r, ctx: ctx, f: f}
	d.try = d.readable
	defer d.end()
	d.begin()
	err := d.run()
	if e, ok := errors.AsType[*CloseError](err); ok && e.normal() {
		return nil
	}
	return err
}

// A driver is a call of Receive or of OnMessage. On a socket it makes a single call of the
// runtime, which waits and calls back whenever there is something to read:
//
//	run ──▶ RawConn.Read ──▶ readable ──▶ read, step ──▶ f
//	             ▲  waits        │ nothing more to read
//	             └───────────────┘
//
// A read that brings less than it has room for has emptied the socket, and what
// comes next is a new event: so there is no need to read again to learn that
// nothing is there. Only the end of what the peer sends may have come together with
// the bytes before it, without an event of its own. That is looked for standbyAfter
// later.
//
// While f runs the chair is vacant, and a standby may sit down if that takes long.
// But it cannot wait in RawConn.Read, where the driver is: it looks again from time
// to time.
type driver struct {
	r   *reader
	ctx context.Context
	f   func(Message) error
	try func(fd uintptr) bool // readable, stored, so that nothing is allocated

	scratch *pool.Buffer // for messages; nil while nothing comes
	last    int64        // how long the last message was
	err     error        // of f

	// Of OnMessage:
	onMessage func(ctx context.Context, conn *Conn, m Message) error // in place of f
	onEnd     func(conn *Conn, err error)

	parks   bool          // when nothing comes
	seldom  bool          // things come so seldom that it is parked at once
	nothing bool          // it was called back, there is nothing more, and it is seldom
	since   time.Duration // when it was parked last, on the clock of parkTime
	spot    spot          // in the poller
}

// The memory for messages, to begin with: what a header announces, but not more
// than it may be trusted with, or than the last message had.
const (
	leastScratch = 4 << 10
	mostScratch  = 64 << 10
)

func (d *driver) begin() {
	r := d.r
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream.abandon()
	r.driver = d
}

func (d *driver) run() error {
	r := d.r
	r.mu.Lock()
	for d.err == nil {
		if len(r.queue) > 0 {
			m := r.popMessage()
			r.mu.Unlock()
			d.err = d.hand(m)
			r.mu.Lock()
			continue
		}
		if err := r.mayRead(d.ctx); err != nil {
			r.came()
			r.mu.Unlock()
			return r.final(d.ctx, err)
		}
		if r.chair == byStandby {
			r.waitForChair(d.ctx)
			continue
		}
		r.sit(byReceiver)
		if r.raw.ok() && !r.ending {
			d.drive()
			if r.chair != byPoller {
				continue
			}
			r.mu.Unlock()
			if d.park() {
				return errParked
			}
			r.mu.Lock()
		} else {
			d.receiveOne()
		}
	}
	r.mu.Unlock()
	return d.err
}

// receiveOne receives a message in the way of Recv. It is called with mu held and
// the chair taken, and gives the chair back.
func (d *driver) receiveOne() {
	r := d.r
	r.mu.Unlock()
	r.watch(d.ctx)
	err := r.read(needMessage, false)
	r.mu.Lock()
	if err != nil {
		r.leave()
		return
	}
	m := d.takeMessage()
	r.leave()
	r.mu.Unlock()
	d.err = d.hand(m)
	d.freeScratch()
	r.mu.Lock()
}

// drive has readable called until it says that it is over, or until the wait for
// the socket is interrupted or fails. It is called with mu held and the chair taken,
// and gives the chair back.
func (d *driver) drive() {
	r := d.r
	d.nothing = false
	r.raw.held.Store(true)
	r.mu.Unlock()
	r.watch(d.ctx)
	err := d.wait()
	interrupted := errors.Is(err, os.ErrDeadlineExceeded)
	if err != nil && !interrupted {
		r.c.end(err)
		<-r.c.done
	}
	r.mu.Lock()
	r.called, r.unconfirmed = false, false // from here on it is not the driver who waits
	if (interrupted || d.nothing) && d.mayPark() {
		d.sitParked()
	} else {
		r.leave()
	}
}

// wait is RawConn.Read with what must be undone, also if f panics: then somebody
// else is to read on.
func (d *driver) wait() (err error) {
	r := d.r
	returned := false
	defer func() {
		r.raw.held.Store(false)
		if !returned {
			r.mu.Lock()
			r.called, r.unconfirmed = false, false
			r.reclaim()
			if r.chair == byReceiver { // it was an extension that did: nothing more can be decoded
				r.stop.Store(true)
				r.seat.free()
				r.leave()
			} else {
				r.standIn()
			}
			r.mu.Unlock()
		}
	}()
	err = r.raw.wait(d.try)
	returned = true
	return err
}

// readable reads what there is and has f called for each message. It reports
// whether the driver should return from the runtime's wait.
func (d *driver) readable(fd uintptr) (over bool) {
	r := d.r
	r.raw.begin(fd)
	r.mu.Lock()
	r.called = true
	r.arm() // for a call of f that takes long
	r.mu.Unlock()
	for {
		switch err := r.read(needMessage, false); err {
		case nil:
			if d.deliver() {
				continue
			}
			over = true
		case errWouldBlock:
			over = d.idle()
		default:
			over = true // run sees why
		}
		r.seat.free()
		return over
	}
}

// idle gives memory back before the wait, and reports whether to be parked instead. It has
// the wait interrupted, some time later, if the end of what the peer sends may have been
// missed, or the driver could be parked.
func (d *driver) idle() (over bool) {
	r := d.r
	d.nothing = d.seldom && !r.message.begun
	if !r.message.begun {
		d.freeScratch()
	}
	r.mu.Lock()
	r.called = false
	r.unconfirmed = !d.nothing && (r.raw.drained || d.parks)
	if r.unconfirmed {
		r.arm()
	}
	r.mu.Unlock()
	return d.nothing
}

// deliver calls f with the message that is whole, and with those that the standby
// has read meanwhile. It reports whether to go on, and sits again in any case.
func (d *driver) deliver() bool {
	r := d.r
	m := d.takeMessage()
	if r.lendSeat() {
		d.err = d.hand(m)
		if r.seat.take(seatLent) {
			r.noteUse()
			return d.err == nil && d.ctx.Err() == nil
		}
		r.mu.Lock()
	} else {
		r.mu.Lock()
		d.call(m)
	}
	for {
		r.sitAgain()
		over := d.err != nil || d.ctx.Err() != nil || r.ended
		if over || len(r.queue) == 0 {
			r.mu.Unlock()
			return !over
		}
		d.call(r.popMessage())
	}
}

// call calls f without mu and without the chair.
func (d *driver) call(m Message) {
	r := d.r
	r.pause()
	r.mu.Unlock()
	d.err = d.hand(m)
	r.mu.Lock()
}

func (d *driver) hand(m Message) error {
	if d.f != nil {
		return d.f(m)
	}
	return d.onMessage(d.ctx, d.r.c, m)
}

// memory returns where the message is put together that begins with a frame of size
// bytes.
func (d *driver) memory(size int64) []byte {
	n := int(min(max(size, leastScratch), max(mostScratch, d.last)))
	if d.scratch != nil && cap(d.scratch.B) < n {
		d.freeScratch()
	}
	if d.scratch == nil {
		d.scratch = pool.Get(n)
	}
	return d.scratch.B[:0]
}

// takeMessage takes the message that is whole. If it has outgrown the scratch
// memory, it becomes that.
func (d *driver) takeMessage() Message {
	if d.r.message.borrowed {
		d.scratch.B = d.r.message.data[:0]
		d.last = int64(len(d.r.message.data))
	}
	return d.r.takeMessage(nil)
}

// end is called when Receive returns, or f panics.
func (d *driver) end() {
	d.r.mu.Lock()
	d.r.driver = nil
	d.r.mu.Unlock()
	d.freeScratch()
}

func (d *driver) freeScratch() {
	if d.scratch != nil {
		pool.Put(d.scratch)
		d.scratch = nil
	}
}
