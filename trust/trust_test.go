package trust

import (
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/wstest"
)

func TestMain(m *testing.M) { wstest.Main(m) }

var roles = []websockets.Role{websockets.RoleServer, websockets.RoleClient}

func other(role websockets.Role) websockets.Role {
	if role == websockets.RoleServer {
		return websockets.RoleClient
	}
	return websockets.RoleServer
}

// play gives a test a connection in each role, with its hostile peer, in a bubble
// whose time is fake.
func play(t *testing.T, opts *websockets.Options, test func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire)) {
	t.Helper()
	for _, role := range roles {
		t.Run(role.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := endpoint(t, role, opts)
				test(t, c, p, wire{masked: role == websockets.RoleServer})
			})
		})
	}
}

// endpoint returns a connection and the peer that plays its other end.
func endpoint(t *testing.T, role websockets.Role, opts *websockets.Options, exts ...extension.Extension) (*websockets.Conn, *wstest.Peer) {
	t.Helper()
	a, b := wstest.Pipe()
	c := websockets.NewConn(a, role, websockets.Handshake{Extensions: exts}, opts)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c, wstest.NewPeer(t, b, other(role))
}

func quiet() websockets.Options {
	return websockets.Options{Logger: slog.New(slog.DiscardHandler)}
}

// A wire writes frames byte by byte, right or wrong: it is written from RFC 6455
// §5.2 and shares nothing with package frame.
type wire struct{ masked bool }

var key = [4]byte{0x37, 0xFA, 0x21, 0x3D}

// header returns a header whose length has the form 7, 16 or 64.
func (w wire) header(first byte, form int, length uint64) []byte {
	b := []byte{first, 0}
	switch form {
	case 7:
		b[1] = byte(length)
	case 16:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(length))
	case 64:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, length)
	}
	if w.masked {
		b[1] |= 0x80
		b = append(b, key[:]...)
	}
	return b
}

// frame returns a whole frame, with the shortest form of the length.
func (w wire) frame(first byte, payload []byte) []byte {
	form := 64
	switch n := len(payload); {
	case n < 126:
		form = 7
	case n < 1<<16:
		form = 16
	}
	b := w.header(first, form, uint64(len(payload)))
	return append(b, w.payload(payload)...)
}

func (w wire) payload(p []byte) []byte {
	p = slices.Clone(p)
	for i := range p {
		if w.masked {
			p[i] ^= key[i%4]
		}
	}
	return p
}

// sent returns the code of the close frame that an endpoint must have sent.
func sent(t *testing.T, c *websockets.Conn) websockets.CloseCode {
	t.Helper()
	<-c.Done()
	e, ok := errors.AsType[*websockets.CloseError](c.Err())
	if !ok {
		t.Fatalf("ended with %v", c.Err())
	}
	return e.Sent
}

// put writes all of b while the other end may stop to read.
func put(p *wstest.Peer, b []byte) {
	conn := p.Conn()
	go func() { _, _ = conn.Write(b) }()
}

// drain reads what an endpoint sends until its end.
func drain(p *wstest.Peer) {
	go func() { _, _ = io.Copy(io.Discard, p.Conn()) }()
}

// allocated returns how many bytes are allocated while do runs.
func allocated(do func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// pass lets fake time pass.
func pass(d time.Duration) { <-time.After(d) }
