package trust

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/race"
	"github.com/go-websockets/websockets/protocol"
	"github.com/go-websockets/websockets/wstest"
)

// Here whole spaces of input are tried out. Two more are elsewhere: every scalar of
// Unicode at every split in internal/utf8stream, and every alignment of masks in
// internal/mask.

// lengths are what may follow the first two bytes of a header, for each form of the
// length: values at the edges, right and wrong.
var lengths = map[byte][]uint64{
	126: {0, 125, 126, 127, 1<<16 - 1},
	127: {0, 125, 126, 1<<16 - 1, 1 << 16, 1 << 31, 1<<32 + 5, 1<<63 - 1, 1 << 63, 1<<64 - 1},
}

// verdict is what RFC 6455 says of a header, written down once more: 0 if it may be,
// or the close code. begun tells whether a message has begun, limit how long it may
// be.
func verdict(b0, b1 byte, length uint64, server, begun bool, limit uint64) int {
	fin, reserved, opcode := b0 >= 0x80, b0>>4&7, b0&0x0F
	form := b1 & 0x7F
	switch {
	case form == 126 && length < 126, form == 127 && length < 1<<16, length >= 1<<63:
		return 1002 // §5.2: the fewest bytes, and the top bit is 0
	case (b1 >= 0x80) != server:
		return 1002 // §5.1: clients mask, servers do not
	case reserved != 0:
		return 1002 // §5.2: nothing was negotiated
	case opcode >= 3 && opcode <= 7, opcode >= 0xB:
		return 1002 // §5.2: reserved
	case opcode >= 8 && (!fin || length > 125):
		return 1002 // §5.5
	case opcode >= 8:
		return 0
	case (opcode == 0) != begun:
		return 1002 // §5.4
	case length > limit:
		return 1009
	}
	return 0
}

// forEachHeader calls f with the first two bytes of all headers, and a length.
func forEachHeader(f func(b0, b1 byte, length uint64, wire []byte)) {
	for first := range 1 << 16 {
		b0, b1 := byte(first>>8), byte(first)
		values := lengths[b1&0x7F]
		if values == nil {
			values = []uint64{uint64(b1 & 0x7F)}
		}
		for _, length := range values {
			wire := []byte{b0, b1}
			switch b1 & 0x7F {
			case 126:
				wire = binary.BigEndian.AppendUint16(wire, uint16(length))
			case 127:
				wire = binary.BigEndian.AppendUint64(wire, length)
			}
			if b1 >= 0x80 {
				wire = append(wire, key[:]...)
			}
			f(b0, b1, length, wire)
		}
	}
}

// TestEveryHeader: all pairs of first bytes, in both roles, inside a message and
// outside of one.
func TestEveryHeader(t *testing.T) {
	const limit = 1 << 20
	for _, server := range []bool{true, false} {
		for _, begun := range []bool{false, true} {
			forEachHeader(func(b0, b1 byte, length uint64, wire []byte) {
				want := verdict(b0, b1, length, server, begun, limit)
				if got := judged(t, wire, server, begun, limit); got != want {
					t.Errorf("% x, server %t, message begun %t: %d, want %d", wire, server, begun, got, want)
				}
			})
		}
	}
}

// judged is what packages frame and protocol say of a header.
func judged(t *testing.T, wire []byte, server, begun bool, limit int64) int {
	r := protocol.Receiver{Masked: server, Limit: limit}
	if begun {
		if err := r.Header(&frame.Header{Opcode: frame.OpText, Masked: server}); err != nil {
			t.Fatal(err)
		}
	}
	h, n, err := frame.ParseHeader(wire)
	if err == nil && n != len(wire) {
		t.Errorf("% x: %d bytes were parsed", wire, n)
	}
	if err == nil {
		err = r.Header(&h)
	}
	if e, ok := errors.AsType[*frame.ProtocolError](err); ok {
		return int(e.Code)
	}
	if _, ok := errors.AsType[*frame.PayloadTooBigError](err); ok {
		return 1009
	}
	if err != nil {
		t.Errorf("% x: %v", wire, err)
	}
	return 0
}

// TestHeadersOnConnections: all first bytes with second bytes at the edges, on the
// wire.
func TestHeadersOnConnections(t *testing.T) {
	for _, role := range roles {
		server := role == websockets.RoleServer
		forEachHeader(func(b0, b1 byte, length uint64, header []byte) {
			switch n := b1 & 0x7F; {
			case n > 1 && n < 125, n == 127 && length != 1<<16 && length != 1<<63-1 && length != 1<<63:
				return
			case race.Enabled && b0%8 != 0:
				return
			}
			want := verdict(b0, b1, length, server, false, websockets.DefaultMaxMessageSize)
			synctest.Test(t, func(t *testing.T) {
				c, p := endpoint(t, role, nil)
				drain(p)
				_, _ = p.Write(header)
				go func() { _, _ = c.Recv(t.Context()) }()
				synctest.Wait()
				if got := c.State(); (got != websockets.StateOpen) != (want != 0) && !(b0 == 0x88 && length == 0) {
					t.Errorf("%v: % x: state %v, want a close with %d", role, header, got, want)
				}
				_ = p.Close()
				if got := sent(t, c); int(got) != want && b0 != 0x88 {
					t.Errorf("%v: % x: closed with %v, want %d", role, header, got, want)
				}
			})
		})
	}
}

// mayBeSent are the close codes that may be on the wire: those of RFC 6455 §7.4 and
// the registry of IANA.
func mayBeSent(code int) bool {
	switch code {
	case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
		return true
	}
	return code >= 3000 && code < 5000
}

// TestEveryCloseCode: all codes that come in, and all that go out, on connections.
func TestEveryCloseCode(t *testing.T) {
	step := 1
	if race.Enabled {
		step = 61
	}
	for code := 0; code < 1<<16; code += step {
		role := roles[code%2]
		w := wire{role == websockets.RoleServer}
		a, b := wstest.Pipe()
		c := websockets.NewConn(a, role, websockets.Handshake{}, &websockets.Options{PingInterval: websockets.Off})
		_, _ = b.Write(w.frame(0x88, binary.BigEndian.AppendUint16(nil, uint16(code))))
		_ = b.CloseWrite()
		_, err := c.Recv(t.Context())
		e, ok := errors.AsType[*websockets.CloseError](err)
		switch {
		case !ok:
			t.Fatalf("code %d: %v", code, err)
		case mayBeSent(code) && (int(e.Code) != code || int(e.Sent) != code):
			t.Fatalf("code %d: %v", code, err)
		case !mayBeSent(code) && (e.Code != 1006 || e.Sent != 1002):
			t.Fatalf("code %d: %v", code, err)
		}
		_ = b.Close()
	}
}

func TestEveryCloseCodeOut(t *testing.T) {
	refusing, _ := endpoint(t, websockets.RoleServer, nil)
	for code := range 1 << 16 {
		switch {
		case !mayBeSent(code):
			if code != 1005 && refusing.CloseWith(websockets.CloseCode(code), "") == nil {
				t.Fatalf("close with %d", code)
			}
		case race.Enabled && code%61 != 0:
		default:
			synctest.Test(t, func(t *testing.T) {
				c, p := endpoint(t, websockets.RoleServer, nil)
				go func() { _ = c.CloseWith(websockets.CloseCode(code), "") }()
				var wire [4]byte
				if _, err := p.Conn().Read(wire[:]); err != nil || wire != [4]byte{0x88, 2, byte(code >> 8), byte(code)} {
					t.Errorf("code %d: sent % x, %v", code, wire, err)
				}
			})
		}
	}
	if refusing.State() != websockets.StateOpen {
		t.Errorf("state %v after codes that may not be sent", refusing.State())
	}
}

// TestEveryScalar: all scalars of Unicode in text messages whose fragments cut them
// in all ways.
func TestEveryScalar(t *testing.T) {
	var all []byte
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if r == 0xD800 {
			r = 0xE000
		}
		all = utf8.AppendRune(all, r)
	}
	for size := 1; size <= 4; size++ {
		if race.Enabled && size != 3 {
			continue
		}
		c, p := endpoint(t, websockets.RoleServer, &websockets.Options{MaxMessageSize: websockets.NoLimit, PingInterval: websockets.Off})
		w := wire{true}
		b := w.frame(0x01, nil)
		for rest := all; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			b = append(b, w.frame(0x00, rest[:min(size, len(rest))])...)
		}
		put(p, append(b, w.frame(0x80, nil)...))
		if m, err := c.Recv(t.Context()); err != nil || !bytes.Equal(m.Data, all) {
			t.Errorf("in pieces of %d: %d bytes, %v", size, len(m.Data), err)
		}
		_ = c.CloseNow()
	}
}
