package websockets

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// OnMessage makes a [Handler] of a function that is called for each message: see
// [Conn.OnMessage]. The handler returns at once, and the connection goes on.
func OnMessage(f func(ctx context.Context, conn *Conn, m Message) error) Handler {
	return func(ctx context.Context, conn *Conn) error { return conn.OnMessage(ctx, f, nil) }
}

// OnMessage has f called for each message from now on, one after the other, until
// the connection is closed or f returns an error. It returns at once. The Data of a
// message is valid only until f returns, and may be changed until then.
//
// It is for many connections: on Linux, one on a TCP or Unix socket that has been idle
// for about 100 ms has no goroutine, and so no stack. All that is said of [Conn.Receive]
// holds: f may block, which holds nothing but its own connection, and may send and
// close. f is called on goroutines of the library.
//
// What f returns ends the connection as what a [Handler] returns does, and so does a
// panic of f, but for nil, which goes on. The connection is closed with 1001 if ctx
// ends before it. A Handler that has called OnMessage may return nil, and the
// connection goes on, and so may an [http.Handler] that has it from Upgrade.
//
// end, unless it is nil, is called in the end, once: the connection is closed then, and
// f will not be called again. It gets what Receive would have returned.
// [Server.Shutdown] waits until it has returned.
//
// OnMessage fails with [ErrConcurrentRecv], and calls neither function, if somebody
// receives; and until the end other calls that receive do.
func (c *Conn) OnMessage(ctx context.Context, f func(ctx context.Context, conn *Conn, m Message) error, end func(conn *Conn, err error)) error {
	r := &c.reader
	if err := r.enter(); err != nil {
		return err
	}
	d := &driver{r: r, ctx: ctx, onMessage: f, onEnd: end}
	d.try = d.readable
	d.parks = r.raw.ok() && canPark
	if c.server != nil {
		c.server.live.hold()
	}
	d.begin()
	go d.attend()
	return nil
}

// isDetached reports whether OnMessage has been called, and is not over.
func (c *Conn) isDetached() bool {
	c.reader.mu.Lock()
	defer c.reader.mu.Unlock()
	return c.reader.driver != nil && c.reader.driver.onMessage != nil
}

// This is the life of a driver that OnMessage has made. It is parked while nothing
// comes: then it has no goroutine, and the poller waits for its socket. Elsewhere than
// on sockets of Linux it is never parked.
//
//	             nothing came for a while
//	 attended ───────────────────────────▶ parked (chair: byPoller)
//	 │      ▲                                │
//	 │      └────────────────────────────────┘
//	 │        something came, ctx ended, or the transport did
//	 ▼
//	over: the connection is closed
//
// Who takes it out of the chair, with mu held, sees to the next goroutine.

// attend drives a connection that is not parked, in a goroutine that has nothing else to
// do. It returns when the driver is parked, or when the connection is over and f has returned.
func (d *driver) attend() {
	err, stack := errGoexit, []byte(nil)
	defer func() {
		if v := recover(); v != nil {
			err, stack = fmt.Errorf("panic: %v", v), debug.Stack()
		}
		if err != errParked {
			d.finish(err, stack)
		}
	}()
	err = d.run()
	if e, ok := errors.AsType[*CloseError](err); ok && e.normal() {
		err = nil
	}
}

// errParked is what run returns when somebody else may have started another goroutine
// for the driver: it is not the caller's any more.
var errParked = errors.New("parked")

// finish ends the connection with what f has returned.
func (d *driver) finish(err error, stack []byte) {
	c, ctx, closing := d.r.c, d.ctx, err
	if ended := ctx.Err(); ended != nil && errors.Is(err, ended) && !isOver(c) {
		closing = &CloseError{Code: CloseGoingAway}
	}
	c.finish(ctx, closing, stack)
	d.end() // not before: a handler that returns only now must not close it by another code
	d.r.exit()
	d.spot.leave()
	if c.server != nil {
		defer c.server.live.release()
	}
	d.callEnd(err)
}

func (d *driver) callEnd(err error) {
	if d.onEnd == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			d.r.c.logHandler(fmt.Errorf("panic: %v", v), debug.Stack())
		}
	}()
	d.onEnd(d.r.c, err)
}

// seldom is how long a driver has been parked, at least, when it is parked again as soon
// as it has read what there is. One to which something comes sooner waits for more.
const seldom = 10 * time.Millisecond

// parkTime is a clock in one word.
func parkTime() time.Duration { return time.Since(parkEpoch) }

var parkEpoch = time.Now()

// mayPark reports whether the driver, which sits and has found nothing to read, can do
// without a goroutine. Its caller holds mu.
func (d *driver) mayPark() bool {
	r := d.r
	return d.parks && d.err == nil && d.ctx.Err() == nil && !r.ended && len(r.queue) == 0 && !r.hasFrame()
}

// sitParked leaves the chair to the poller. Its caller holds mu, and must call park next.
func (d *driver) sitParked() {
	r := d.r
	r.keepPartial()
	d.freeScratch()
	r.release()
	r.note()
	d.since = parkTime()
	r.chair = byPoller
}

// park has the poller wait for the socket. It reports whether it does: then somebody may
// have taken the driver over already.
func (d *driver) park() bool {
	err := d.spot.watch(d)
	if err == nil {
		return true
	}
	r := d.r
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.chair != byPoller {
		return true
	}
	r.chair = vacant
	d.parks = false
	return false
}

// leaveParked is called by the poller, which must call attend next if it returns true.
func (d *driver) leaveParked() bool {
	d.r.mu.Lock()
	defer d.r.mu.Unlock()
	if d.r.chair != byPoller {
		return false
	}
	d.r.chair = vacant
	d.seldom = parkTime()-d.since > seldom
	return true
}

// unpark has a driver that is parked attended again. Its caller holds mu.
func (r *reader) unpark() {
	if r.chair == byPoller {
		r.chair = vacant
		go r.driver.attend()
	}
}
