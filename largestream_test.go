package websockets_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
)

// masked is a frame as a client sends it.
func masked(t *testing.T, f frame.Frame) []byte {
	t.Helper()
	h := f.Header()
	h.Masked, h.MaskingKey = true, [4]byte{1, 2, 3, 250}
	b := h.Append(nil)
	for i, c := range f.Payload {
		b = append(b, c^h.MaskingKey[i%4])
	}
	return b
}

// Large frames of a stream are read straight into the caller's memory. It makes no
// difference how much of it there is, where it is cut, what comes between, and that
// the caller gives up now and then.
func TestLargeStreamsArriveWhole(t *testing.T) {
	text := strings.Repeat("0123456789 grüße 世界 ", 40_000)
	for _, size := range []int{100, 511, 4096, 5000, 64 << 10, 1 << 20} {
		onTransports(t, func(t *testing.T, a, b net.Conn) {
			c := onServer(b, &websockets.Options{MaxMessageSize: 8 << 20})
			defer c.CloseNow()
			go func() {
				for _, cut := range []int{0, 3, 4095, 4096, 100_001, len(text) - 5000} {
					wire := masked(t, frame.Frame{Opcode: frame.OpText, Payload: []byte(text[:cut])})
					wire = append(wire, masked(t, frame.Frame{FIN: true, Opcode: frame.OpPing, Payload: []byte("x")})...)
					wire = append(wire, masked(t, frame.Frame{FIN: true, Opcode: frame.OpContinuation, Payload: []byte(text[cut:])})...)
					if _, err := a.Write(wire); err != nil {
						return
					}
				}
			}()
			go io.Copy(io.Discard, a)
			p := make([]byte, size)
			for range 6 {
				_, r, err := c.Reader(within(t))
				if err != nil {
					t.Fatal(err)
				}
				var got bytes.Buffer
				if _, err := io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{r}, p); err != nil || got.String() != text {
					t.Fatalf("%d bytes, %v", got.Len(), err)
				}
			}
		})
	}
}

// A Read that is given up while it waits for more of a frame loses nothing.
func TestLargeStreamGoesOn(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, nil)
		defer c.CloseNow()
		payload := bytes.Repeat([]byte("abcdefgh"), 8<<10)
		wire := masked(t, frame.Frame{FIN: true, Opcode: frame.OpBinary, Payload: payload})
		next := make(chan struct{})
		go func() {
			for len(wire) > 0 {
				n := min(len(wire), 10_007)
				if _, err := a.Write(wire[:n]); err != nil {
					return
				}
				wire = wire[n:]
				<-next
			}
		}()
		ctx, cancel := context.WithCancel(t.Context())
		_, r, err := c.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		p := make([]byte, 64<<10)
		for len(got) < 10_007-14 {
			n, err := r.Read(p)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p[:n]...)
		}
		time.AfterFunc(10*time.Millisecond, cancel)
		if n, err := r.Read(p); n > 0 || !errors.Is(err, context.Canceled) {
			t.Fatalf("%d bytes, %v", n, err)
		}
		close(next)
		// The rest of the message is dropped, and what comes behind it is not.
		go a.Write(masked(t, frame.Frame{FIN: true, Opcode: frame.OpText, Payload: []byte("next")}))
		if !bytes.HasPrefix(payload, got) {
			t.Error("what came first is not what was sent")
		}
	})
}

// Text that is not UTF-8 fails a stream that is read straight into the caller's memory,
// before its end.
func TestLargeStreamFails(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, nil)
		defer c.CloseNow()
		bad := bytes.Repeat([]byte("x"), 100_000)
		bad[50_000] = 0xFF
		wire := masked(t, frame.Frame{FIN: true, Opcode: frame.OpText, Payload: bad})
		go a.Write(wire[:60_000])
		go io.Copy(io.Discard, a)
		_, r, err := c.Reader(within(t))
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, struct{ io.Reader }{r})
		_ = a.Close()
		e, ok := errors.AsType[*websockets.CloseError](err)
		if !ok || e.Sent != websockets.CloseInvalidPayload || n > 50_000 {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
}

// Large writes go past the buffers, as fragments of one message.
func TestLargeFragmentsArriveWhole(t *testing.T) {
	onTransports(t, func(t *testing.T, a, b net.Conn) {
		c := onServer(b, nil)
		defer c.CloseNow()
		sizes := []int{100_000, 5, 64 << 10, 1 << 20, 3, 3 << 20}
		done := make(chan error, 1)
		go func() {
			w, err := c.Writer(within(t), websockets.BinaryMessage)
			for i, size := range sizes {
				if err == nil {
					p := bytes.Repeat([]byte{byte(i + 1)}, size)
					_, err = w.Write(p)
					clear(p)
				}
			}
			if err == nil {
				err = w.Close()
			}
			done <- err
		}()
		r := &slowly{r: a}
		for i, size := range append(sizes, 0) {
			f, err := frame.Read(r, frame.ReadOptions{MaxSize: -1})
			if err != nil {
				t.Fatal(err)
			}
			opcode := frame.OpContinuation
			if i == 0 {
				opcode = frame.OpBinary
			}
			if f.Opcode != opcode || f.FIN != (i == len(sizes)) || len(f.Payload) != size || len(bytes.Trim(f.Payload, string(rune(i+1)))) > 0 {
				t.Fatalf("frame %d: %v, FIN %v, %d bytes", i, f.Opcode, f.FIN, len(f.Payload))
			}
		}
		if err := wait(t, "Close", done); err != nil {
			t.Error(err)
		}
	})
}
