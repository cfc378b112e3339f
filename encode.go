package websockets

import (
	"context"
	"fmt"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/pool"
)

// This file is what extensions make of the frames that go out.

// encoded returns f as the extensions encode it, and the memory that it is in, to
// be freed when f has been added. It is called, and returns, with mu held; if it
// fails, it has given mu back. plain leaves out what may be left out of a message.
func (w *writer) encoded(ctx context.Context, f frame.Frame, plain bool) (frame.Frame, *pool.Buffer, error) {
	if !w.c.encodes(plain) {
		return f, nil, nil
	}
	// Extensions see the frames in their order, and their code, which may be slow
	// or the application's, must not run under our lock: so the turn is taken.
	had := w.turn
	w.turn = true
	w.mu.Unlock()
	f, memory, err := w.c.encode(f, plain)
	w.mu.Lock()
	w.noteEncoders()
	if !had || err != nil {
		w.release()
	}
	if err != nil {
		w.mu.Unlock()
		w.c.fail(CloseInternalError, err, w.c.set.closeTimeout)
		return f, nil, fmt.Errorf("websockets: %w", err)
	}
	if w.broken || !w.state.CanSend() {
		w.mu.Unlock()
		return f, nil, w.c.closedError(ctx)
	}
	return f, memory, nil
}

// encodes reports whether extensions have a say in a message.
func (c *Conn) encodes(plain bool) bool {
	return c.extended && (c.whole == nil || !plain)
}

// encode applies the extensions in their order (RFC 6455 §9.1). The result may be
// in memory from the pool.
func (c *Conn) encode(f frame.Frame, plain bool) (_ frame.Frame, memory *pool.Buffer, err error) {
	if c.whole != nil {
		const most = 64 << 10 // more grows as it is needed
		memory = pool.Get(min(len(f.Payload)+len(f.Payload)/16+64, most))
		if f, err = c.whole.AppendEncode(memory.B, f); err != nil {
			err = cannotEncode(c.whole, err)
		}
		return f, memory, err
	}
	for _, e := range c.opened.extensions {
		if _, ok := e.(extension.PerMessage); ok && plain {
			continue
		}
		if f, err = e.Encode(f); err != nil {
			return f, nil, cannotEncode(e, err)
		}
	}
	return f, nil, nil
}

func cannotEncode(e extension.Extension, err error) error {
	return fmt.Errorf("extension %q cannot encode a frame: %w", e.Name(), err)
}

// free gives back the memory of a frame, if there is any.
func free(memory *pool.Buffer) {
	if memory != nil {
		pool.Put(memory)
	}
}
