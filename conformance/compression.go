package conformance

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"

	small "github.com/klauspost/compress/flate"

	"github.com/go-websockets/websockets/frame"
)

// A deflation compresses and decompresses messages (RFC 7692 §7.2). It is strict
// on what the peer sends: what refers to a context that must not be used, or to
// more than the window, is an error.
type deflation struct {
	out outflow
	in  inflow
}

// newDeflation returns what the terms of an answer mean to us.
func newDeflation(t terms, testing Peers) *deflation {
	bits := func(n int) int {
		if n == 0 {
			return 15 // RFC 7692 §7.1.2: without the parameter
		}
		return n
	}
	server, client := bits(t.serverBits), bits(t.clientBits)
	if testing == Servers {
		return &deflation{
			out: newOutflow(client, t.clientAlone),
			in:  inflow{bits: server, alone: t.serverAlone},
		}
	}
	return &deflation{
		out: newOutflow(server, t.serverAlone),
		in:  inflow{bits: client, alone: t.clientAlone},
	}
}

func (d *deflation) encode(p []byte) []byte          { return d.out.deflate(p) }
func (d *deflation) decode(p []byte) ([]byte, error) { return d.in.inflate(p) }

// An outflow compresses.
type outflow struct {
	alone bool // no context takeover
	b     *bytes.Buffer
	w     compressor
}

// A compressor is a flate.Writer of one of two packages.
type compressor interface {
	Write(p []byte) (int, error)
	Flush() error
	Reset(w io.Writer)
}

// newOutflow returns an outflow for a window of 8 to 15 bits. The standard library
// knows 15 bits only. Of 8 there is nothing that could be referred to: what is but
// coded suits any window.
func newOutflow(bits int, alone bool) outflow {
	o := outflow{alone: alone, b: &bytes.Buffer{}}
	switch bits { // the arguments are right, so there are no errors
	case 8:
		o.w, _ = flate.NewWriter(o.b, flate.HuffmanOnly)
	case 15:
		o.w, _ = flate.NewWriter(o.b, 6)
	default:
		o.w, _ = small.NewWriterWindow(o.b, 1<<bits)
	}
	return o
}

// emptyBlock is how compressed data ends that was flushed. It is not sent
// (RFC 7692 §7.2.1).
var emptyBlock = []byte{0x00, 0x00, 0xFF, 0xFF}

func (o *outflow) deflate(p []byte) []byte {
	o.b.Reset()
	if o.alone {
		o.w.Reset(o.b)
	}
	_, _ = o.w.Write(p) // a Buffer never fails
	_ = o.w.Flush()
	return bytes.Clone(bytes.TrimSuffix(o.b.Bytes(), emptyBlock))
}

// An inflow decompresses.
type inflow struct {
	bits    int
	alone   bool // no context takeover
	window  []byte
	r       io.ReadCloser
	longest int // distance so far
}

// final is an empty last block: a reader of DEFLATE ends there.
var final = []byte{0x01, 0x00, 0x00, 0xFF, 0xFF}

const sectionInflate = "RFC 7692 §7.2.2"

func (d *inflow) inflate(p []byte) ([]byte, error) {
	data := slices.Concat(p, emptyBlock, final)
	in := bytes.NewReader(data)
	var out []byte
	for more := true; more; more = in.Len() > 0 { // the peer may have last blocks too (RFC 7692 §7.2.3.4)
		var window []byte
		if !d.alone || len(out) > 0 {
			window = last(slices.Concat(d.window, last(out, 1<<15)), 1<<15)
		}
		if d.r == nil {
			d.r = flate.NewReaderDict(in, window)
		} else {
			_ = d.r.(flate.Resetter).Reset(in, window) // it never fails
		}
		part, err := io.ReadAll(io.LimitReader(d.r, maxPayload+1-int64(len(out))))
		out = append(out, part...)
		switch {
		case err != nil && d.alone:
			return nil, violation(frame.CloseInvalidPayload, sectionInflate, "a compressed message that cannot be read on its own: %v", err)
		case err != nil:
			return nil, violation(frame.CloseInvalidPayload, sectionInflate, "a compressed message that cannot be read: %v", err)
		case len(out) > maxPayload:
			return nil, violation(frame.CloseMessageTooBig, "RFC 6455 §7.4.1", "a message of more than %d bytes", maxPayload)
		}
	}
	if d.bits < 15 {
		d.longest = max(d.longest, longestDistance(data))
		if d.longest > 1<<d.bits {
			return nil, violation(frame.CloseInvalidPayload, "RFC 7692 §7.1.2", "a compressed message refers to %d bytes before; the window has %d", d.longest, 1<<d.bits)
		}
	}
	if !d.alone {
		d.window = last(append(d.window, last(out, 1<<15)...), 1<<15)
	}
	return out, nil
}

// last returns the last n bytes of p, or all if there are less.
func last(p []byte, n int) []byte { return p[max(0, len(p)-n):] }
