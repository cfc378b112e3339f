package trust

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/deflate"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/httpheader"
	"github.com/go-websockets/websockets/internal/race"
	"github.com/go-websockets/websockets/wstest"
)

// mostMemory is what a connection that gets a bomb may allocate in all, garbage
// included: four times the limit on messages.
const mostMemory = 4 * websockets.DefaultMaxMessageSize

// receives runs an endpoint against bytes and returns how it ended, and how much
// was allocated. Nothing may be received.
func receives(t *testing.T, role websockets.Role, b []byte, exts ...extension.Extension) (*websockets.CloseError, int64) {
	t.Helper()
	c, p := endpoint(t, role, nil, exts...)
	sending := make(chan struct{})
	go func() {
		defer close(sending)
		_, _ = p.Write(b)
		_ = p.Close()
	}()
	var err error
	n := allocated(func() { _, err = c.Recv(context.Background()) })
	<-sending
	e, ok := errors.AsType[*websockets.CloseError](err)
	if !ok {
		t.Fatalf("received something, or %v", err)
	}
	return e, n
}

// held returns how much memory each of some connections holds that got b, and the
// code with which they failed: 0 if they wait for more.
func held(t *testing.T, role websockets.Role, b []byte) (each int64, code websockets.CloseCode) {
	t.Helper()
	const n = 8
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	var conns []*websockets.Conn
	receiving := make(chan error, n)
	for range n {
		c, p := endpoint(t, role, &websockets.Options{
			PingInterval: websockets.Off,
			CloseTimeout: time.Minute,
			PeerLimits:   websockets.PeerLimits{Fragments: websockets.NoLimit}, // memory is bounded without
		})
		conns = append(conns, c)
		go func() {
			m, err := c.Recv(context.Background())
			if err == nil {
				t.Errorf("received %d bytes", len(m.Data))
			}
			receiving <- err
		}()
		_, _ = p.Write(b)
	}
	each = (heap() - before) / n
	for _, c := range conns {
		_ = c.CloseNow()
		<-receiving
		code = sent(t, c)
	}
	return each, code
}

// Memory is taken for what has come, not for what is announced, in whatever pieces
// it comes.
func TestMemoryOfHostileMessages(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector takes memory of its own")
	}
	fragments := func(w wire, n int, p []byte) []byte {
		return append(w.frame(0x02, nil), bytes.Repeat(w.frame(0x00, p), n)...)
	}
	// What comes is followed by as much as the network holds, so that all of it has
	// been read when the last byte is written.
	for id, attack := range map[string]struct {
		bytes func(w wire) []byte
		code  websockets.CloseCode // 0: it is within the limits, and goes on for ever
	}{
		"CVE-2022-35922":  {func(w wire) []byte { return append(w.header(0x82, 64, 1<<30), make([]byte, 256<<10)...) }, 1009},
		"CVE-2026-54274":  {func(w wire) []byte { return append(w.header(0x82, 64, 1<<20), make([]byte, 1<<20-1)...) }, 0},
		"GHSA-8h6x":       {func(w wire) []byte { return append(w.header(0x82, 64, 1<<62), make([]byte, 256<<10)...) }, 1009},
		"CVE-2014-0193":   {func(w wire) []byte { return fragments(w, 1<<20+1<<18, []byte("a")) }, 1009},
		"CVE-2026-42786":  {func(w wire) []byte { return append(limitIn(w, 3), make([]byte, 256<<10)...) }, 1009},
		"CVE-2026-48779":  {func(w wire) []byte { return fragments(w, 1<<20, []byte("a")) }, 0},
		"CVE-2026-12151":  {func(w wire) []byte { return fragments(w, 1<<20, nil) }, 1008},
		"PYSEC-2021-12":   {func(w wire) []byte { return append(w.header(0x82, 64, 16<<20), make([]byte, 16<<20)...) }, 1009},
		"PYSEC-2026-4389": {func(w wire) []byte { return append(w.header(0x82, 64, 1<<20), make([]byte, 1<<20-1)...) }, 0},
	} {
		t.Run(id, func(t *testing.T) {
			for _, role := range roles {
				each, code := held(t, role, attack.bytes(wire{role == websockets.RoleServer}))
				if code != attack.code {
					t.Errorf("%v: failed with %v, want %v", role, code, attack.code)
				}
				most := int64(2*websockets.DefaultMaxMessageSize + 256<<10)
				if code != 0 {
					most = 256 << 10
				}
				if each > most {
					t.Errorf("%v: each connection holds %d bytes", role, each)
				}
			}
		})
	}
}

// An announced length alone takes nothing.
func TestAnnouncedLengths(t *testing.T) {
	for id, length := range map[string]uint64{"CVE-2022-35922": 1 << 30, "GHSA-8h6x": 1 << 62, "CVE-2026-54274": 1 << 20} {
		t.Run(id, func(t *testing.T) {
			for _, role := range roles {
				w := wire{role == websockets.RoleServer}
				if _, n := receives(t, role, append(w.header(0x82, 64, length), 'a')); n > 256<<10 {
					t.Errorf("%v: %d bytes were allocated", role, n)
				}
			}
		})
	}
}

// One byte at a time costs no more memory than all at once.
func TestMemoryOfTinyReads(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector takes memory of its own")
	}
	t.Run("PYSEC-2026-4389", func(t *testing.T) {
		a, b := wstest.Pipe()
		a.In().Split(1)
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, nil)
		defer c.CloseNow()
		const size = 256 << 10
		sending := make(chan struct{})
		go func() {
			defer close(sending)
			_, _ = b.Write(wire{true}.frame(0x82, make([]byte, size)))
		}()
		n := allocated(func() {
			if m, err := c.Recv(context.Background()); err != nil || len(m.Data) != size {
				t.Error(len(m.Data), err)
			}
		})
		<-sending
		if n > 10*size {
			t.Errorf("%d bytes were allocated for a message of %d", n, size)
		}
	})
}

// compression returns permessage-deflate as a connection in this role has it.
func compression(t *testing.T, role websockets.Role) extension.Extension {
	t.Helper()
	f := deflate.New(deflate.Options{})
	params, e, err := f.Negotiate(nil, nil)
	if role == websockets.RoleClient {
		e, err = f.Accept(params, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// zeros returns n bytes of zeros, compressed by the standard library.
func zeros(n int) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = w.Write(make([]byte, n))
	_ = w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xFF, 0xFF})
}

// emptyStored are n stored blocks without content (RFC 1951 §3.2.4), and emptyFixed
// are blocks with fixed codes, of ten bits each: eight of them take ten bytes.
func emptyStored(n int) []byte { return bytes.Repeat([]byte{0, 0, 0, 0xFF, 0xFF}, n) }

func emptyFixed(n int) []byte {
	var b []byte
	var bits, have uint64
	for range n {
		bits |= 0b010 << have // not final, fixed codes, then the end of the block: seven zeros
		for have += 10; have >= 8; have -= 8 {
			b = append(b, byte(bits))
			bits >>= 8
		}
	}
	return b
}

// What inflates without end ends at the limit; what inflates to nothing ends too.
func TestBombs(t *testing.T) {
	bomb := zeros(64 << 20)
	inPieces := func(w wire, size int) []byte {
		b := w.frame(0x42, nil)
		for p := bomb; len(p) > 0; p = p[min(size, len(p)):] {
			b = append(b, w.frame(0x00, p[:min(size, len(p))])...)
		}
		return append(b, w.frame(0x80, nil)...)
	}
	for id, attack := range map[string]struct {
		bytes func(w wire) []byte
		code  websockets.CloseCode
	}{
		"CVE-2018-1000518":   {func(w wire) []byte { return w.frame(0xC2, bomb) }, 1009},
		"CVE-2026-1526":      {func(w wire) []byte { return inPieces(w, 1) }, 1009},
		"CVE-2026-39804":     {func(w wire) []byte { return inPieces(w, 100) }, 1009},
		"zero yield, stored": {func(w wire) []byte { return w.frame(0xC2, emptyStored(200<<10)) }, 1008},
		"zero yield, fixed":  {func(w wire) []byte { return w.frame(0xC2, emptyFixed(400<<10)) }, 1008},
	} {
		t.Run(id, func(t *testing.T) {
			for _, role := range roles {
				e, n := receives(t, role, attack.bytes(wire{role == websockets.RoleServer}), compression(t, role))
				if e.Sent != attack.code {
					t.Errorf("%v: ended with %v", role, e)
				}
				if !race.Enabled && n > mostMemory {
					t.Errorf("%v: %d bytes were allocated", role, n)
				}
			}
		})
	}
}

// A message on the wire is one message for the program, whatever its DEFLATE
// stream says; and a fault ends the connection for good.
func TestMessagesDoNotRunIntoEachOther(t *testing.T) {
	stored := func(final byte, p string) []byte {
		b := []byte{final}
		b = binary.LittleEndian.AppendUint16(b, uint16(len(p)))
		b = binary.LittleEndian.AppendUint16(b, ^uint16(len(p)))
		return append(b, p...)
	}
	for id, attack := range map[string]struct {
		payload []byte
		got     string // "": the connection fails
	}{
		"behind a final block":  {append(stored(1, "one"), stored(0, "two")...), "onetwo"},
		"CVE-2026-87022":        {append(stored(0, "one"), 0), "one"},
		"garbage behind":        {append(stored(1, "one"), 0xFF, 0xFF), ""},
		"truncated":             {stored(0, "one")[:6], ""},
		"a marker too many":     {append(stored(0, "one"), 0, 0, 0, 0xFF, 0xFF, 0), "one"},
		"the empty buffer":      {[]byte{0}, "-"},
		"no byte at all":        {nil, "-"},
		"decoder after a fault": {[]byte{0x07}, ""},
	} {
		t.Run(id, func(t *testing.T) {
			for _, role := range roles {
				synctest.Test(t, func(t *testing.T) { runsInto(t, role, attack.payload, attack.got) })
			}
		})
	}
}

func runsInto(t *testing.T, role websockets.Role, payload []byte, want string) {
	c, p := endpoint(t, role, nil, compression(t, role))
	drain(p)
	w := wire{role == websockets.RoleServer}
	put(p, append(w.frame(0xC1, payload), w.frame(0x81, []byte("next"))...))
	m, err := c.Recv(t.Context())
	if want == "" {
		if err == nil {
			t.Fatalf("%v: received %q", role, m.Data)
		}
		if _, again := c.Recv(t.Context()); again != err {
			t.Errorf("%v: then %v", role, again)
		}
		return
	}
	if err != nil || m.String() != strings.Trim(want, "-") {
		t.Fatalf("%v: %q, %v", role, m.Data, err)
	}
	if m, err = c.Recv(t.Context()); err != nil || m.String() != "next" {
		t.Errorf("%v: then %q, %v", role, m.Data, err)
	}
}

// Reserved bits stand for compression on the first frame of a message only.
func TestReservedBitInsideAMessage(t *testing.T) {
	t.Run("Python 16", func(t *testing.T) {
		for _, role := range roles {
			w := wire{role == websockets.RoleServer}
			for _, first := range []byte{0x01, 0x41} {
				b := append(w.frame(first, nil), w.frame(0x40, nil)...)
				if e, _ := receives(t, role, b, compression(t, role)); e.Sent != 1002 {
					t.Errorf("%v, first %#x: ended with %v", role, first, e)
				}
			}
		}
	})
}

// A server's window bits out of range are an error of the handshake.
func TestWindowBitsOfAServer(t *testing.T) {
	for _, value := range []string{"0", "7", "16", "99", "-1", "08", "", "abc", "18446744073709551616"} {
		t.Run("CVE-2026-2229/"+value, func(t *testing.T) {
			for _, name := range []string{"server_max_window_bits", "client_max_window_bits"} {
				params := []httpheader.Param{{Name: name, Value: value, HasValue: true}}
				if _, err := deflate.New(deflate.Options{}).Accept(params, nil); !errors.Is(err, websockets.ErrNegotiation) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// Compressors and decompressors come back: many connections that fail in the
// middle of a message leave nothing behind.
func TestCompressionIsGivenBack(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector makes pools forget")
	}
	t.Run("CVE-2026-1605", func(t *testing.T) {
		w := wire{true}
		whole, half := w.frame(0xC2, zeros(1000)), w.frame(0x42, zeros(1000))
		wire := slices.Concat(whole, half, w.frame(0x83, nil))
		heap := func() int64 {
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		round := func() {
			for range 200 {
				a, b := wstest.Pipe()
				c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{Extensions: []extension.Extension{compression(t, websockets.RoleServer)}}, nil)
				_, _ = b.Write(wire)
				_ = b.Close()
				if _, err := c.Recv(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := c.Recv(t.Context()); err == nil {
					t.Error("half a message was received")
				}
				_ = c.CloseNow()
			}
		}
		round()
		before := heap()
		for range 10 {
			round()
		}
		// What ends a connection, and looks after it, may take a moment to notice.
		grown := heap() - before
		for deadline := time.Now().Add(10 * time.Second); grown > 1<<18 && time.Now().Before(deadline); grown = heap() - before {
			<-time.After(20 * time.Millisecond)
		}
		t.Logf("%d bytes are left of 2000 connections", grown)
		if grown > 1<<18 {
			t.Errorf("%d bytes are left", grown)
		}
	})
}
