package websockets

import (
	"context"
	"fmt"
	"io"
)

// A stream is the message that Reader hands out piece by piece. reader.mu guards
// it, but for the last two fields: they belong to the call of Read that sits.
type stream struct {
	number uint64 // counts the streams, so that an old one is known as such
	active bool   // a message is being handed out
	done   bool   // all of it has come
	data   []byte // has come, but has not been read

	into []byte // the caller's memory; nil unless it sits
	took int    // bytes in it
}

// streamAhead is how many bytes of a stream are read ahead of the application.
const streamAhead = 64 << 10

var errOldReader = fmt.Errorf("%w: the next message has been asked for", ErrState)

// abandon gives up what was not read of the stream: its rest is dropped as it
// comes.
func (s *stream) abandon() {
	if s != nil && s.active {
		s.active, s.done, s.data = false, false, nil
	}
}

// waiting returns how many bytes have not been read.
func (s *stream) waiting() int {
	if s == nil {
		return 0
	}
	return len(s.data)
}

// openStream begins a stream with what has come of its message.
func (r *reader) openStream(ctx context.Context, data []byte, done bool) *messageReader {
	if r.stream == nil {
		r.stream = new(stream) // the first one
	}
	s := r.stream
	*s = stream{number: s.number + 1, active: true, done: done, data: data}
	return &messageReader{r: r, ctx: ctx, number: s.number}
}

// receiveStream waits until a message begins and makes it the stream.
func (r *reader) receiveStream(ctx context.Context) (MessageType, io.Reader, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stream.abandon()
	for {
		if len(r.queue) > 0 {
			m := r.popMessage()
			return m.Type, r.openStream(ctx, m.Data, true), nil
		}
		if r.chair != byStandby && r.message.begun && !r.message.streamed {
			m := &r.message
			stream := r.openStream(ctx, m.data, false)
			m.streamed, m.data = true, nil
			return MessageType(m.opcode), stream, nil
		}
		if err := r.mayRead(ctx); err != nil {
			r.came()
			r.mu.Unlock()
			err = r.final(ctx, err)
			r.mu.Lock()
			return 0, nil, err
		}
		r.readFor(ctx, needBegin, nil)
	}
}

// readFor sits down and reads for a call that looks at the outcome itself, or
// waits for the standby. What it needs of a stream may be read into p. mu is held
// before and after, but not meanwhile.
func (r *reader) readFor(ctx context.Context, n need, p []byte) {
	if r.chair == byStandby {
		if n == needBegin {
			r.unblock() // it may be in the middle of the very message
		}
		r.waitForChair(ctx)
		return
	}
	r.sit(byReceiver)
	r.mu.Unlock()
	r.watch(ctx)
	if n == needChunk {
		r.readInto(p)
	} else {
		_ = r.read(n, false) // the caller looks at what has changed
	}
	r.mu.Lock()
	r.leave()
}

// readInto waits for some of the stream, or its end, and takes more of the same frame
// as far as it has come and p has room.
func (r *reader) readInto(p []byte) {
	s := r.stream
	s.into, s.took = p, 0
	err := r.read(needChunk, false)
	for err == nil && s.took > 0 && s.took < len(p) && r.inFrame && r.left > 0 && r.raw.ok() {
		err = r.filled(r.raw.now())
		if err == nil && (r.left == 0 || !r.emptyBuffer()) {
			err = r.read(needChunk, false) // does not wait: something is there
		}
	}
	s.into = nil
}

// A messageReader reads one stream.
type messageReader struct {
	r      *reader
	ctx    context.Context
	number uint64
	err    error // io.EOF after the end
}

// Read implements io.Reader.
func (m *messageReader) Read(p []byte) (int, error) {
	if m.err != nil || len(p) == 0 {
		return 0, m.err
	}
	r := m.r
	if err := r.enter(); err != nil {
		return 0, err
	}
	defer r.exit()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stream
	for {
		switch {
		case !s.active || s.number != m.number:
			m.err = errOldReader
			return 0, m.err
		case len(s.data) > 0:
			n := copy(p, s.data)
			s.data = s.data[n:]
			r.came()
			return n, nil
		case s.done:
			s.active, s.done, s.data = false, false, nil
			m.err = io.EOF
			return 0, io.EOF
		}
		if err := r.mayRead(m.ctx); err != nil {
			r.came()
			r.mu.Unlock()
			err = r.final(m.ctx, err)
			r.mu.Lock()
			return 0, err
		}
		r.readFor(m.ctx, needChunk, p)
		if n := s.took; n > 0 {
			s.took = 0
			return n, nil
		}
	}
}
