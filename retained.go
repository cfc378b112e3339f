package websockets

import (
	"net/http"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/http11"
)

// Retained returns about how many bytes of memory the connection holds for what
// passes through it: to find the connections that cost most, and to see that they
// keep their bounds. They are
//
//   - messages that wait for a call that receives, and what a Reader is ahead by
//   - the message that is coming in, as far as it has come and is decompressed
//   - the read buffer, while something in it is unread
//   - frames that wait to be written, pongs and the close frame among them
//   - the windows of permessage-deflate, and what other extensions say they hold:
//     see [extension.Retainer]
//   - pings of the application that wait for their pong
//   - the headers of the opening handshake, for Request and Response
//
// It is the capacity of the buffers that counts, not how far they are filled. Not
// counted are what every connection has, which is less than 4 KiB; messages that the
// application has been given, and memory that is its own; goroutines and their
// stacks; the buffers of TLS, and those of the system. What is being read at this very
// moment is counted as it was when the connection last waited for its peer.
//
// Any goroutine may call it at any time. It costs about what it costs to send an
// empty message, and nothing is counted when it is not called. The sum of a server's
// connections is that of [Server.Conns].
func (c *Conn) Retained() int {
	return c.reader.retained() + c.writer.retained() + c.pings.retained() + c.opened.retained()
}

// note keeps for Retained what who sits holds: it is about to wait, and while it
// does nobody else may look.
func (r *reader) note() {
	if n := int64(r.holds()); n != r.noted.Load() {
		r.noted.Store(n)
	}
}

// retained is what the reader holds. Unless the chair is vacant, that is what who
// sits has noted.
func (r *reader) retained() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reclaim()
	n := int(r.noted.Load())
	if r.chair == vacant {
		n = r.holds()
	}
	n += cap(r.queue) * messageSize
	if r.stream != nil {
		n += cap(r.stream.data)
	}
	for _, m := range r.queue {
		n += cap(m.Data)
	}
	return n
}

// Sizes of what there may be many of, as they are on 64 bits, or a little more.
const (
	messageSize = 32
	pingSize    = 256 // with its channel
	headerSize  = 64  // of a name with a value: the strings' headers, and their place in a map
)

// holds is for who sits, or holds mu while the chair is vacant.
func (r *reader) holds() int {
	n := cap(r.wire)
	if r.rare != nil {
		n += cap(r.rare.shown)
	}
	if r.buf != nil {
		n += cap(r.buf.B)
	}
	// What is borrowed is the caller's, unless it is a driver's: then it may have outgrown
	// what the driver has lent.
	switch m := &r.message; {
	case !m.borrowed:
		n += cap(m.data)
	case r.chair == byReceiver && r.driver != nil:
		n += cap(m.data)
		if lent := r.driver.scratch; lent != nil && cap(lent.B) != cap(m.data) {
			n += cap(lent.B)
		}
	}
	if !r.c.extended {
		return n
	}
	for _, e := range r.c.opened.extensions {
		if x, ok := e.(extension.Retainer); ok {
			n += x.DecodeRetains()
		}
	}
	return n
}

// noteEncoders keeps for Retained what the extensions hold to encode. Its caller has
// the turn to encode, and holds mu.
func (w *writer) noteEncoders() {
	w.encoders = 0
	for _, e := range w.c.opened.extensions {
		if x, ok := e.(extension.Retainer); ok {
			w.encoders += x.EncodeRetains()
		}
	}
}

func (w *writer) retained() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.writing + w.encoders + cap(w.late)
	if w.data != nil {
		n += cap(w.data.B)
	}
	if w.control != nil {
		n += cap(w.control.B)
	}
	return n
}

func (ps *pings) retained() int {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return len(ps.waiting) * pingSize
}

// retained is what a peer's headers take.
func (o *opened) retained() int {
	n := 0
	if o.request != nil {
		n += len(o.request.RequestURI) + sizeOf(o.request.Header)
	}
	if o.response != nil {
		n += sizeOf(o.response.Header)
	}
	if o.head != nil {
		n += len(o.head.target) + sizeOfFields(&o.head.headers)
	}
	if o.headers != nil {
		n += sizeOfFields(o.headers)
	}
	return n
}

func sizeOfFields(h *http11.Headers) int {
	n := 0
	for name, value := range h.All() {
		n += len(name) + len(value) + headerSize
	}
	return n
}

func sizeOf(h http.Header) int {
	n := 0
	for name, values := range h {
		n += len(name)
		for _, v := range values {
			n += len(v) + headerSize
		}
	}
	return n
}
