package load

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"

	"github.com/go-websockets/websockets/frame"
)

// A checker looks at what comes in on one connection.
type checker interface {
	// take returns how many messages end in p, and the pong that is owed, if any.
	take(p []byte) (messages int, pong []byte, err error)
}

const pingByte = 0x80 | byte(frame.OpPing)

// answer makes a pong of a ping (RFC 6455 §5.5.3), masked with a key of zeros.
func answer(payload []byte) []byte {
	return append([]byte{0x80 | byte(frame.OpPong), 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}

// exact wants the bytes that a server sends which frames each message once.
type exact struct {
	want *ring
	pos  int    // in want, where the next byte is
	next int    // the message that it belongs to
	ping []byte // as much as has come of one
}

func (e *exact) take(p []byte) (messages int, pong []byte, err error) {
	for len(p) > 0 {
		if len(e.ping) > 0 || p[0] == pingByte && e.pos == e.start() {
			e.ping = append(e.ping, p[0])
			p = p[1:]
			if len(e.ping) > 1 && len(e.ping) == 2+int(e.ping[1]) {
				pong = answer(e.ping[2:])
				e.ping = nil
			}
			continue
		}
		n := e.equal(p)
		e.pos += n
		p = p[n:]
		for e.next < len(e.want.ends) && e.pos >= e.want.ends[e.next] {
			e.next++
			messages++
		}
		if size := e.want.size(); e.pos >= size {
			e.pos -= size
			e.next -= e.want.n
		}
		if n > 0 {
			continue
		}
		if p[0] != pingByte || e.pos != e.start() {
			return messages, pong, e.differs(p)
		}
	}
	return messages, pong, nil
}

// equal returns how much of p is as wanted. It is all of it, unless something comes
// between messages, or is wrong.
func (e *exact) equal(p []byte) int {
	want := e.want.bytes[e.pos:]
	n := min(len(p), len(want))
	if bytes.Equal(p[:n], want[:n]) {
		return n
	}
	i := 0
	for p[i] == want[i] {
		i++
	}
	return i
}

// start is where the current message begins.
func (e *exact) start() int {
	if e.next == 0 {
		return 0
	}
	return e.want.ends[e.next-1]
}

func (e *exact) differs(got []byte) error {
	return fmt.Errorf("byte %d of message %d of the ring is %#x, not %#x", e.pos-e.start(), e.next, got[0], e.want.bytes[e.pos])
}

// parsed reads frames, for servers which cut or compress their replies.
type parsed struct {
	payloads [][]byte
	next     int // the message that comes
	at       int // how much of it has come, decompressed
	head     []byte
	left     int64 // of the payload of the current frame
	h        frame.Header
	inside   bool // a frame
	inflate  *inflater
	ping     []byte // the payload of one
	packed   bool   // the current message is compressed
	wire     int64  // bytes of payloads so far
}

func (d *parsed) take(p []byte) (messages int, pong []byte, err error) {
	for len(p) > 0 {
		if !d.inside {
			before := len(d.head)
			d.head = append(d.head, p[:min(len(p), frame.MaxHeaderSize-before)]...)
			h, n, err := frame.ParseHeader(d.head)
			if err != nil {
				return messages, pong, err
			}
			if n == 0 {
				return messages, pong, nil // all of p is in head: it is shorter than a header
			}
			p = p[n-before:]
			d.head = d.head[:0]
			d.h, d.left, d.inside = h, h.Length, true
			if h.RSV1 {
				d.packed = true
			}
		}
		n := int(min(d.left, int64(len(p))))
		if err := d.payload(p[:n]); err != nil {
			return messages, pong, err
		}
		p, d.left = p[n:], d.left-int64(n)
		if d.left > 0 {
			return messages, pong, nil
		}
		d.inside = false
		switch {
		case d.h.Opcode == frame.OpPing:
			pong, d.ping = answer(d.ping), nil
		case d.h.Opcode.IsControl():
		case d.h.FIN:
			if err := d.end(); err != nil {
				return messages, pong, err
			}
			messages++
		}
	}
	return messages, pong, nil
}

// payload checks a piece of a message.
func (d *parsed) payload(p []byte) error {
	switch {
	case d.h.Opcode == frame.OpClose:
		return fmt.Errorf("closed by the server: %q", p)
	case d.h.Opcode.IsControl():
		d.ping = append(d.ping, p...)
		return nil
	}
	d.wire += int64(len(p))
	if d.packed {
		if d.inflate != nil {
			d.inflate.input.Write(p)
		}
		return nil
	}
	return d.plain(p)
}

func (d *parsed) plain(p []byte) error {
	want := d.payloads[d.next]
	if d.at+len(p) > len(want) || !bytes.Equal(p, want[d.at:d.at+len(p)]) {
		return fmt.Errorf("message %d of the ring differs behind byte %d", d.next, d.at)
	}
	d.at += len(p)
	return nil
}

func (d *parsed) end() error {
	if d.packed && d.inflate != nil {
		p, err := d.inflate.message()
		if err != nil {
			return err
		}
		if err := d.plain(p); err != nil {
			return err
		}
	}
	if want := len(d.payloads[d.next]); d.at != want && (!d.packed || d.inflate != nil) {
		return fmt.Errorf("message %d of the ring has %d bytes, not %d", d.next, d.at, want)
	}
	d.next, d.at, d.packed = (d.next+1)%len(d.payloads), 0, false
	return nil
}

// An inflater undoes permessage-deflate. It always keeps the window: a peer
// without context takeover just does not refer to it.
type inflater struct {
	input  bytes.Buffer
	reader io.ReadCloser
	window []byte
}

const windowSize = 32 << 10

// message returns the message of which all has been written to input.
func (f *inflater) message() ([]byte, error) {
	f.input.WriteString("\x00\x00\xff\xff\x01\x00\x00\xff\xff") // and a final block, so that the reader ends
	if f.reader == nil {
		f.reader = flate.NewReaderDict(&f.input, f.window)
	} else if err := f.reader.(flate.Resetter).Reset(&f.input, f.window); err != nil {
		return nil, err
	}
	p, err := io.ReadAll(f.reader)
	f.window = append(f.window, p...)
	f.window = bytes.Clone(f.window[max(0, len(f.window)-windowSize):])
	f.input.Reset()
	return p, err
}
