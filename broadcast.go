package websockets

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/pool"
)

// Broadcast sends m to many connections without waiting for any: one that is not
// open, or has WriteLimit bytes waiting, or is sending a message in fragments,
// is skipped. The error joins one for each that was skipped and is nil if there
// was none; [SkippedError] has the connection.
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
		w.commit(soon)
		return nil
	}
	f, memory, err := w.encoded(context.Background(), b.message.frame(), plain)
	if err != nil {
		return err
	}
	w.add(&f)
	w.commit(soon)
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
	if !c.encodes(plain) || len(c.hs.Extensions) > 1 {
		return nil
	}
	if s, ok := c.hs.Extensions[0].(extension.Sharer); ok {
		return s.Shared()
	}
	return nil
}
