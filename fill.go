package websockets

import (
	"errors"
	"io"
	"os"

	"github.com/go-websockets/websockets/internal/mask"
	"github.com/go-websockets/websockets/internal/pool"
)

// This file brings bytes from the transport to the reader, without a buffer while
// nothing comes.

// fill waits for more bytes.
func (r *reader) fill() error { return r.filled(r.readSome()) }

// filled handles what a read into space has brought.
func (r *reader) filled(n int, err error) error {
	if n > 0 {
		return r.got(n)
	}
	if err == nil {
		return nil
	}
	switch {
	case err == errWouldBlock:
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errInterrupted
	}
	if err == io.EOF {
		r.c.recvEOF()
	} else {
		r.c.end(err)
	}
	<-r.c.done // somebody else may be the one to end it
	return errEnded
}

// readSome reads into the space there is. A transport without raw access waits
// for the next frame with a few bytes, so that no buffer is held meanwhile.
func (r *reader) readSome() (int, error) {
	switch {
	case !r.raw.ok():
	case !r.raw.held.Load():
		return r.raw.read()
	case r.chair == byStandby:
		return r.raw.poll(r.nudge, r.c.done)
	default:
		return r.raw.attempt()
	}
	r.c.writer.kick()
	if between := !r.inFrame && r.emptyBuffer() && !r.stop.Load(); !between {
		p := r.space()
		r.note()
		return r.c.transport.Read(p)
	}
	r.release()
	r.note()
	n, err := r.c.transport.Read(r.rare.small[:])
	if n > 0 {
		copy(r.space(), r.rare.small[:n])
	}
	return n, err
}

// direct reports whether bytes are read straight into the message: enough are to
// come to fill more than the buffer.
func (r *reader) direct() bool {
	return r.inFrame && r.toMessage() && r.left >= int64(r.c.set.readBuffer) && r.emptyBuffer()
}

// toCaller reports whether bytes are read straight into the memory of who calls Read of
// a stream: if the frame has enough left to fill more than the buffer. A standby, to whom
// the stream does not belong, never does.
func (r *reader) toCaller() bool {
	return r.chair == byReceiver && r.stream != nil && len(r.stream.into)-r.stream.took >= minReadBuffer && r.inFrame && r.message.streamed && !r.message.coded &&
		r.left >= int64(r.c.set.readBuffer) && r.emptyBuffer()
}

func (r *reader) emptyBuffer() bool { return r.buf == nil || r.start == len(r.buf.B) }

// space returns where the next bytes go. It is never empty.
func (r *reader) space() []byte {
	if r.direct() {
		m := &r.message
		if len(m.data) == cap(m.data) {
			m.data = grow(m.data, 1, r.left-1, int(r.trusted))
		}
		p := m.data[len(m.data):cap(m.data)]
		return p[:min(int64(len(p)), r.left)]
	}
	if r.toCaller() {
		p := r.stream.into[r.stream.took:]
		return p[:min(int64(len(p)), r.left)]
	}
	if r.emptyBuffer() && (r.buf == nil || cap(r.buf.B) < r.readSize) {
		r.freeBuffer()
		r.buf = pool.Get(r.readSize)
	}
	b := r.buf.B
	if r.start == len(b) {
		b, r.start = b[:0], 0
	} else if cap(b)-len(b) < minReadBuffer/2 {
		b, r.start = b[:copy(b, b[r.start:])], 0
	}
	r.buf.B = b
	return b[len(b):cap(b)]
}

// release gives the buffer back if nothing in it is unread.
func (r *reader) release() {
	if r.emptyBuffer() {
		r.freeBuffer()
	}
}

// wouldBlock is called before a read waits: replies that were held back go out.
func (r *reader) wouldBlock() {
	r.note()
	r.c.writer.kick()
}

// got takes n bytes that were read into space.
func (r *reader) got(n int) error {
	var p []byte
	switch {
	case r.direct():
		m := &r.message
		at := len(m.data)
		m.data = m.data[:at+n]
		p = m.data[at:]
	case r.toCaller():
		p = r.stream.into[r.stream.took:][:n]
	default:
		r.buf.B = r.buf.B[:len(r.buf.B)+n]
		r.resize(n)
		return nil
	}
	r.left -= int64(n)
	if r.header.Masked {
		r.pos = mask.XOR(p, r.header.MaskingKey, r.pos)
	}
	if err := r.accept(p); err != nil {
		r.c.failRead(err)
	} else if r.message.streamed {
		r.stream.took += n
	}
	return nil
}

// resize has the next buffer fit what reads bring, if that is left to us.
func (r *reader) resize(n int) {
	switch least := r.c.set.readBuffer; {
	case len(r.buf.B) == cap(r.buf.B) && r.readSize < r.c.set.mostRead:
		r.readSize *= 2
	case n <= r.readSize/4 && r.readSize > least:
		r.readSize = max(r.readSize/2, least)
	}
}

// discard reads until the transport ends: the connection has failed, or has
// exchanged close frames.
func (r *reader) discard() error {
	r.keepPartial()
	r.message, r.wire, r.inFrame = incoming{}, nil, false
	for {
		if r.buf != nil {
			r.drained += int64(len(r.buf.B) - r.start)
			r.start = len(r.buf.B)
		}
		if r.drained > drainLimit {
			r.c.end(errDrained)
			return errEnded
		}
		if err := r.fill(); err != nil {
			return err
		}
	}
}

// errWouldBlock says that nothing is there to be read now.
var errWouldBlock = errors.New("nothing is there")

// A readTarget takes what a rawReader reads.
type readTarget interface {
	space() []byte // where the next bytes go
	release()      // called when nothing was read: memory may be given back
	wouldBlock()   // called before it waits
}
