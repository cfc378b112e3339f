package websockets

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/pool"
)

// Broadcast sends m to many connections without waiting for any: one that is not
// open, or has WriteLimit bytes waiting, or is sending a message in fragments,
// is skipped. The error joins one for each that was skipped and is nil if there
// was none; [SkippedError] has the connection.
//
// The messages go out right after Broadcast, or with those of the next one if that
// follows at once: many small broadcasts take one write for each connection. conns
// should not take its time.
//
// A message that is compressed is so once for all connections that compress
// alike, which are those without context takeover for what they send; and once
// for each other one, since that depends on what went before. So set
// DisableContextTakeover in Deflate, on the connections, or DisableCompression, in
// m, for broadcasts to many.
func Broadcast(conns iter.Seq[*Conn], m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	b := broadcast{message: m}
	defer b.free()
	defer b.flush()
	var errs []error
	for c := range conns {
		if err := b.offer(c); err != nil {
			errs = append(errs, &SkippedError{Conn: c, Err: err})
		}
	}
	return errors.Join(errs...)
}

// A SkippedError says which connection [Broadcast] could not send to, and why.
type SkippedError struct {
	Conn *Conn
	Err  error // ErrBusy, ErrState or the connection's *CloseError
}

func (e *SkippedError) Error() string {
	return fmt.Sprintf("%v: %v", e.Conn.RemoteAddr(), e.Err)
}

// Unwrap returns Err.
func (e *SkippedError) Unwrap() error { return e.Err }

// A broadcast is a message on its way to many connections.
type broadcast struct {
	message Message
	shared  map[any]frame.Frame // as it is for connections that encode alike, by what Shared returns
	memory  []*pool.Buffer      // that they are in
	turn    *turn               // to be flushed; nil: none
}

// A turn is writers that one goroutine flushes, one after the other.
type turn struct{ writers []*writer }

// turnSize is how many they are at most.
const turnSize = 256

var turns = sync.Pool{New: func() any { return &turn{writers: make([]*writer, 0, turnSize)} }}

// commit sees to it that what was appended is written, and gives mu back. Whoever
// writes in the meantime takes it along, and so does the next broadcast.
func (b *broadcast) commit(w *writer) {
	switch {
	case w.flush != flushIdle || w.broken:
	case !w.raw.ok():
		w.schedule() // it might wait
	default:
		w.flush = flushScheduled
		if b.turn == nil {
			b.turn = turns.Get().(*turn)
		}
		b.turn.writers = append(b.turn.writers, w)
	}
	w.mu.Unlock()
	if b.turn != nil && len(b.turn.writers) == turnSize {
		b.flush()
	}
}

// flush starts the goroutine for a turn.
func (b *broadcast) flush() {
	if b.turn != nil {
		go b.turn.run()
		b.turn = nil
	}
}

// run does not wait: for a transport that is full there will be a goroutine of its
// own.
func (t *turn) run() {
	for _, w := range t.writers {
		w.mu.Lock()
		if w.flush != flushScheduled {
			w.mu.Unlock() // somebody was faster
			continue
		}
		w.flush = flushActive
		w.write(false)
	}
	clear(t.writers)
	t.writers = t.writers[:0]
	turns.Put(t)
}

// offer is Send that does not wait.
func (b *broadcast) offer(c *Conn) error {
	w := &c.writer
	w.mu.Lock()
	switch {
	case w.broken || !w.state.CanSend():
		w.mu.Unlock()
		if err := c.Err(); err != nil {
			return err
		}
		return ErrState
	case w.turn || w.waiting >= c.set.writeLimit:
		w.mu.Unlock()
		return ErrBusy
	}
	plain := b.message.DisableCompression
	key := c.shared(plain)
	if f, ok := b.shared[key]; ok {
		w.add(&f)
		b.commit(w)
		return nil
	}
	f, memory, err := w.encoded(context.Background(), b.message.frame(), plain)
	if err != nil {
		return err
	}
	w.add(&f)
	b.commit(w)
	if key == nil {
		free(memory)
	} else {
		b.share(key, f, memory)
	}
	return nil
}

// share keeps a frame for other connections.
func (b *broadcast) share(key any, f frame.Frame, memory *pool.Buffer) {
	if b.shared == nil {
		b.shared = map[any]frame.Frame{}
	}
	b.shared[key] = f
	b.memory = append(b.memory, memory)
}

func (b *broadcast) free() {
	for _, memory := range b.memory {
		free(memory)
	}
}

// shared returns what connections have in common that encode alike, or nil.
func (c *Conn) shared(plain bool) any {
	if !c.encodes(plain) || len(c.opened.extensions) > 1 {
		return nil
	}
	if s, ok := c.opened.extensions[0].(extension.Sharer); ok {
		return s.Shared()
	}
	return nil
}
