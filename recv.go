package websockets

import (
	"context"
	"errors"
	"io"
	"iter"
)

// Recv returns the next message. If ctx ends first, Recv returns its error and
// nothing is lost, not even half a message: the next call goes on.
//
// Messages that came before the connection closed are returned first; after
// them Recv returns the *[CloseError], always the same one. While another
// goroutine receives it fails with [ErrConcurrentRecv].
func (c *Conn) Recv(ctx context.Context) (Message, error) {
	return c.RecvInto(ctx, nil)
}

// RecvInto is Recv that appends the message to buf, as append does, instead of
// allocating memory for it. The Data of the message is the result.
func (c *Conn) RecvInto(ctx context.Context, buf []byte) (Message, error) {
	r := &c.reader
	if r.seat.take(seatKept) {
		if m, ok := r.quick(buf); ok {
			return m, nil
		}
	} else if err := r.enterLocked(); err != nil {
		return Message{}, err
	}
	return r.receive(ctx, buf)
}

// Messages yields messages until the connection is closed. If it was closed
// normally, by codes 1000, 1001 or none at all (1005), the loop just ends; else
// the last pair holds the error, as it does when ctx ends.
func (c *Conn) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			m, err := c.Recv(ctx)
			if e, ok := errors.AsType[*CloseError](err); ok && e.normal() {
				return
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// normal reports whether the peer has closed the connection without complaint.
func (e *CloseError) normal() bool {
	switch e.Code {
	case CloseNormal, CloseGoingAway, CloseNoStatus:
		return e.handshaken()
	}
	return false
}

// Reader returns the next message as a stream: its Read returns what has
// arrived, and io.EOF at the end of the message. A text is checked as it
// arrives; only at io.EOF all of it is known to be UTF-8.
//
// ctx also bounds each Read. The next call that receives discards what was not
// read of the message. Reader fails as Recv does, and so does Read.
func (c *Conn) Reader(ctx context.Context) (MessageType, io.Reader, error) {
	r := &c.reader
	if err := r.enter(); err != nil {
		return 0, nil, err
	}
	defer r.exit()
	return r.receiveStream(ctx)
}

// enter admits one call that receives at a time.
func (r *reader) enter() error {
	if err := r.enterLocked(); err != nil {
		return err
	}
	r.mu.Unlock()
	return nil
}

// enterLocked is enter that keeps mu, unless it fails.
func (r *reader) enterLocked() error {
	r.mu.Lock()
	if r.reclaim() || r.receiving {
		r.mu.Unlock()
		return ErrConcurrentRecv
	}
	r.receiving = true
	return nil
}

func (r *reader) exit() {
	r.mu.Lock()
	r.receiving = false
	r.mu.Unlock()
}

// A need is what a call waits for.
type need uint8

const (
	needMessage need = iota // a whole message
	needBegin               // the first frame of a message
	needChunk               // a piece of the stream, or its end
)

// receive returns the next message, appended to buf. It is called with mu held, and
// gives mu back. At its end nobody is receiving any more.
func (r *reader) receive(ctx context.Context, buf []byte) (Message, error) {
	r.stream.abandon()
	for {
		if len(r.queue) > 0 {
			m := r.popMessage()
			r.receiving = false
			r.mu.Unlock()
			if buf != nil {
				m.Data = append(buf, m.Data...)
			}
			return m, nil
		}
		if err := r.mayRead(ctx); err != nil {
			r.keepPartial()
			r.came()
			r.receiving = false
			r.mu.Unlock()
			return Message{}, r.final(ctx, err)
		}
		if r.chair == byStandby {
			r.waitForChair(ctx)
			continue
		}
		r.sit(byReceiver)
		r.lend(buf)
		r.mu.Unlock()
		r.watch(ctx)
		err := r.read(needMessage, false)
		r.mu.Lock()
		if err == nil {
			m := r.takeMessage(buf)
			r.receiving = false
			if r.keep() {
				r.arm()
			} else {
				r.seat.free()
				r.leave()
			}
			r.mu.Unlock()
			return m, nil
		}
		r.leave()
	}
}

// mayRead says why nothing can be read: the transport or ctx has ended. Its
// caller holds mu.
func (r *reader) mayRead(ctx context.Context) error {
	if r.ended && (r.chair != vacant || !r.hasFrame()) {
		return errEnded
	}
	if ctx == r.c.ctx && !r.ended {
		return nil // it ends behind the transport
	}
	return ctx.Err()
}

// final makes an error for the caller of what mayRead said.
func (r *reader) final(ctx context.Context, err error) error {
	if err == errEnded {
		<-r.c.done // finish has been called, so this is soon
		return r.c.err
	}
	return contextError(ctx)
}

// waitForChair waits until the standby has got something or leaves. mu is held
// before and after, but not while it waits.
func (r *reader) waitForChair(ctx context.Context) {
	if r.wake == nil {
		r.wake = make(chan struct{}, 1)
	}
	r.wanted = true
	r.mu.Unlock()
	select {
	case <-r.wake:
	case <-ctx.Done():
	}
	r.mu.Lock()
	r.wanted = false
}

// popMessage takes the first message of the queue. Its caller holds mu.
func (r *reader) popMessage() Message {
	m := r.queue[0]
	r.queue[0] = Message{}
	if r.queue = r.queue[1:]; len(r.queue) == 0 {
		r.queue = nil
	}
	r.more.Store(len(r.queue) > 0 || r.chair == vacant && r.hasFrame())
	r.came()
	return m
}

// came notes that the application has been there without sitting down: the
// standby may go on, but later. Its caller holds mu.
func (r *reader) came() {
	if r.chair == vacant {
		r.sits++
		r.standIn()
	}
}

// lend has the message that begins next put together in the caller's memory.
func (r *reader) lend(buf []byte) {
	m := &r.message
	if m.begun || buf == nil {
		return
	}
	m.data, m.base, m.borrowed = buf, len(buf), true
}

// takeMessage returns the message that is whole, appended to buf.
func (r *reader) takeMessage(buf []byte) Message {
	m := &r.message
	whole := Message{Type: MessageType(m.opcode), Data: m.data}
	if !m.borrowed && buf != nil {
		whole.Data = append(buf, m.data...)
	}
	if whole.Data == nil {
		whole.Data = []byte{}
	}
	r.trusted = 0
	if !m.coded { // what became large by decompression has cost the peer nothing
		r.trusted = int32(min(m.size, mostTrusted))
	}
	r.message = incoming{}
	return whole
}
