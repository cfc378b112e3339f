package websockets_test

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
)

// A treadmill is a transport that brings the same frames again and again, and takes whatever
// is written: what is left is the work of the library itself.
type treadmill struct {
	net.Conn
	frames []byte
	rest   []byte
}

func (e *treadmill) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = e.frames
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func (e *treadmill) Write(p []byte) (int, error)      { return len(p), nil }
func (e *treadmill) SetReadDeadline(time.Time) error  { return nil }
func (e *treadmill) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkLibrary is what a message costs on its way in, or in and out again,
// without the system.
func BenchmarkLibrary(b *testing.B) {
	for _, size := range []int{16, 64, 512, 16 << 10, 1 << 20} {
		f := frame.Frame{FIN: true, Opcode: frame.OpBinary, Payload: make([]byte, size)}
		one, err := f.Append(nil, frame.WriteOptions{Masked: true, MaskingKey: [4]byte{1, 2, 3, 4}})
		if err != nil {
			b.Fatal(err)
		}
		frames := bytes.Repeat(one, 1+4096/len(one))
		run := func(name string, loop func(b *testing.B, c *websockets.Conn)) {
			b.Run(name+"/"+strconv.Itoa(size), func(b *testing.B) {
				a, _ := net.Pipe()
				c := onServer(&treadmill{Conn: a, frames: frames}, &websockets.Options{PingInterval: websockets.Off})
				defer c.CloseNow()
				b.SetBytes(int64(size))
				b.ReportAllocs()
				loop(b, c)
			})
		}
		run("in", func(b *testing.B, c *websockets.Conn) {
			ctx := context.Background()
			var buf []byte
			for b.Loop() {
				m, err := c.RecvInto(ctx, buf[:0])
				if err != nil {
					b.Fatal(err)
				}
				buf = m.Data
			}
		})
		run("echo", func(b *testing.B, c *websockets.Conn) {
			ctx := context.Background()
			var buf []byte
			for b.Loop() {
				m, err := c.RecvInto(ctx, buf[:0])
				if err == nil {
					err = c.Send(ctx, m)
				}
				if err != nil {
					b.Fatal(err)
				}
				buf = m.Data
			}
		})
	}
}
