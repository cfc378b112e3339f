package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
)

// receiving makes a client's extension for what a server sends with these
// parameters.
func receiving(t testing.TB, answer string) extension.PerMessage {
	t.Helper()
	e, err := New(Options{}).Accept(paramsOf(t, answer), nil)
	if err != nil {
		t.Fatal(err)
	}
	return e.(extension.PerMessage)
}

// inPieces decodes a message that comes in pieces of n bytes.
func inPieces(e extension.PerMessage, data []byte, n int, max int64) (got []byte, err error) {
	for {
		n = min(n, len(data))
		last := n == len(data)
		budget := max
		if max >= 0 {
			budget -= int64(len(got))
		}
		if got, err = e.AppendDecode(got, bytes.Clone(data[:n]), last, budget); err != nil || last {
			return got, err
		}
		data = data[n:]
	}
}

func compressed(payload string) frame.Frame {
	return frame.Frame{FIN: true, RSV1: true, Opcode: frame.OpText, Payload: []byte(payload)}
}

// The examples of RFC 7692 §7.2.3, and more that a peer may send, one after the
// other on one connection: windows, blocks of all types, many blocks, final ones.
func TestReceiverExamples(t *testing.T) {
	examples := []struct{ name, data, want string }{
		{"one block", "\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello"},
		{"sharing the window", "\xf2\x00\x11\x00\x00", "Hello"},
		{"no compression", "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", "Hello"},
		{"final block", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello"},
		{"window across a final block", "\xf2\x00\x11\x00\x00", "Hello"},
		{"final block, nothing behind", "\xf3\x48\xcd\xc9\xc9\x07\x00", "Hello"},
		{"two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello"},
		{"empty", "\x00", ""},
		{"empty, another way", "\x02\x00", ""},
		{"empty, a final block", "\x03\x00\x00", ""},
		{"empty, no byte at all", "", ""},
		{"empty blocks", strings.Repeat("\x00\x00\x00\xff\xff", 100) + "\x00", ""},
		{"flushed twice", "\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff\x00\x00\x00\xff\xff\x00", "Hello"},
		{"flushed, but nothing behind", "\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff", "Hello"},
	}
	for n := 1; n <= 20; n++ {
		whole, e := receiving(t, ""), receiving(t, "")
		for _, tt := range examples {
			got, err := inPieces(e, []byte(tt.data), n, -1)
			if err != nil || string(got) != tt.want {
				t.Errorf("%s, in pieces of %d: %q, %v", tt.name, n, got, err)
			}
			f, err := whole.Decode(compressed(tt.data), -1)
			if err != nil || string(f.Payload) != tt.want || f.RSV1 || !f.FIN || f.Opcode != frame.OpText {
				t.Errorf("%s: %v, %v", tt.name, f, err)
			}
		}
	}
}

// A message may be cut into frames anywhere, and uncompressed messages may come
// in between.
func TestReceiverFragments(t *testing.T) {
	const data = "\xf2\x48\xcd\xc9\xc9\x07\x00"
	e := receiving(t, "")
	for i := 0; i <= len(data); i++ {
		for j := i; j <= len(data); j++ {
			var got string
			for k, part := range []string{data[:i], data[i:j], data[j:]} {
				f, err := e.Decode(frame.Frame{FIN: k == 2, RSV1: k == 0, Opcode: opcode(k), Payload: []byte(part)}, -1)
				if err != nil || f.RSV1 || f.FIN != (k == 2) || f.Opcode != opcode(k) {
					t.Fatalf("cut at %d and %d, fragment %d: %v, %v", i, j, k, f, err)
				}
				got += string(f.Payload)
			}
			if got != "Hello" {
				t.Fatalf("cut at %d and %d: %q", i, j, got)
			}
			for k, part := range []string{"pla", "", "in\x00"} {
				f, err := e.Decode(frame.Frame{FIN: k == 2, Opcode: opcode(k), Payload: []byte(part)}, 1)
				if err != nil || string(f.Payload) != part {
					t.Fatalf("an uncompressed fragment: %v, %v", f, err)
				}
			}
		}
	}
}

func wantProtocolError(t *testing.T, what string, err error, code frame.CloseCode, text string) {
	t.Helper()
	e, ok := errors.AsType[*frame.ProtocolError](err)
	if !ok || e.Code != code || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: %v, want %d with %q", what, err, code, text)
	}
}

// RSV1 stands on the first frame of a message only (RFC 7692 §6.1).
func TestReceiverRefusesRSV1(t *testing.T) {
	for _, first := range []frame.Frame{
		{Opcode: frame.OpText, Payload: []byte("plain")},
		{Opcode: frame.OpText, RSV1: true, Payload: []byte("\xf2\x48")},
	} {
		for _, fin := range []bool{true, false} {
			e := receiving(t, "")
			if _, err := e.Decode(first, -1); err != nil {
				t.Fatal(err)
			}
			_, err := e.Decode(frame.Frame{FIN: fin, RSV1: true, Opcode: frame.OpContinuation, Payload: []byte("\xcd\xc9\xc9\x07\x00")}, -1)
			wantProtocolError(t, "a continuation", err, frame.CloseProtocolError, "RSV1 on a frame that is not the first")
		}
	}
}

func TestReceiverRefusesWhatIsNotDeflate(t *testing.T) {
	const hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"
	for name, tt := range map[string]struct{ data, text string }{
		"reserved type":       {"\xff", "reserved type"},
		"garbage behind":      {hello + "\x00\x00\xff\xff" + "\xff", "reserved type"},
		"garbage behind end":  {"\xf3\x48\xcd\xc9\xc9\x07\x00" + "garbage", "inflate: "},
		"the end of a stream": {hello + "\x00\x00\xff", "stored block"},
		"cut in a block":      {"\xf2\x48\xcd", "ends inside a block"},
		"cut in a header":     {"\x00\x05", "inflate: "},
		"cut in stored bytes": {"\x00\xff\x00\x00\xff\x48\x65", "ends inside a block"},
		"cut in a code":       {"\x05\xc1", "inflate: "},
		"distance too far":    {"\xf2\x00\x11\x00\x00", "distance of 5"},
	} {
		for n := 1; n <= len(tt.data); n++ {
			_, err := inPieces(receiving(t, ""), []byte(tt.data), n, -1)
			wantProtocolError(t, name, err, frame.CloseProtocolError, tt.text)
		}
		_, err := receiving(t, "").Decode(compressed(tt.data), -1)
		wantProtocolError(t, name, err, frame.CloseProtocolError, tt.text)
	}
}

// With every window, a distance of its size is the last to be accepted, within a
// message and across.
func TestReceiverKeepsToTheWindow(t *testing.T) {
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		size := 1 << bits
		for _, distance := range []int{1, size - 1, size, min(size+1, 1<<15)} {
			before := noise(rand.New(rand.NewPCG(1, 1)), distance+10)
			filled, again := stored(before), reference(distance)
			want := slices.Concat(before, repetition(before, distance))
			check := func(what, params string, wantOK bool, messages ...string) {
				t.Helper()
				var got []byte
				var err error
				e := receiving(t, fmt.Sprintf("%sserver_max_window_bits=%d", params, bits))
				for _, m := range messages {
					var p []byte
					if p, err = inPieces(e, []byte(m), 1000, -1); err != nil {
						break
					}
					got = append(got, p...)
				}
				if ok := err == nil && bytes.Equal(got, want); ok != wantOK {
					t.Errorf("%d bits, a distance of %d %s: %d bytes, %v", bits, distance, what, len(got), err)
				}
			}
			check("within a message", "", distance <= size, filled+again)
			check("across messages", "", distance <= size, filled+"\x00", again)
			check("without context takeover", "server_no_context_takeover; ", distance <= size, filled+again)
			check("across messages without context takeover", "server_no_context_takeover; ", false, filled+"\x00", again)
		}
	}
}

// stored makes a block of p.
func stored(p []byte) string {
	n := len(p)
	return string([]byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)}) + string(p)
}

// reference makes a message of three bytes that are distance back.
func reference(distance int) string {
	var b []byte
	n := 0
	put := func(bits, value int) { // the lowest first
		for i := range bits {
			if n%8 == 0 {
				b = append(b, 0)
			}
			b[n/8] |= byte(value>>i&1) << (n % 8)
			n++
		}
	}
	put(3, 2)      // fixed codes
	put(7, 0b1<<6) // a length of 3
	symbol, base, extra := 0, 1, 0
	for distance >= base+1<<extra {
		base += 1 << extra
		symbol++
		extra = max(0, symbol/2-1)
	}
	for i := 4; i >= 0; i-- {
		put(1, symbol>>i)
	}
	put(extra, distance-base)
	put(7+3, 0) // the end, and the header of a stored block
	return string(b)
}

// repetition is what three bytes that are distance back are.
func repetition(p []byte, distance int) []byte {
	n := len(p)
	for range 3 {
		p = append(p, p[len(p)-distance])
	}
	return p[n:]
}

// The limit holds to the byte, and no memory is taken beyond it.
func TestReceiverLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, want := range [][]byte{text(r, 5000), bytes.Repeat([]byte{'x'}, 5000), noise(r, 5000)} {
		for _, data := range [][]byte{deflated(t, nil, want), deflated(t, want, want)} {
			primed := func() extension.PerMessage {
				e := receiving(t, "")
				if _, err := e.AppendDecode(nil, deflated(t, nil, want), true, -1); err != nil {
					t.Fatal(err)
				}
				return e
			}
			for _, n := range []int{1, 100, len(data)} {
				got, err := inPieces(primed(), data, n, int64(len(want)))
				if err != nil || !bytes.Equal(got, want) || cap(got) > len(want) {
					t.Errorf("pieces of %d: %d bytes, capacity %d, %v", n, len(got), cap(got), err)
				}
				for _, max := range []int{0, 1, 500, len(want) - 1} {
					got, err := inPieces(primed(), data, n, int64(max))
					if big, ok := errors.AsType[*frame.PayloadTooBigError](err); !ok || big.Size != big.Limit+1 {
						t.Errorf("pieces of %d, at most %d: %v", n, max, err)
					}
					if len(got) > max || cap(got) > max {
						t.Errorf("pieces of %d, at most %d: %d bytes, capacity %d", n, max, len(got), cap(got))
					}
				}
			}
			_, err := primed().Decode(compressed(string(data)), int64(len(want)-1))
			if big, ok := errors.AsType[*frame.PayloadTooBigError](err); !ok || big.Limit != int64(len(want)-1) {
				t.Errorf("Decode: %v", err)
			}
		}
	}
}

// deflated makes a message of p, which may refer to the window.
func deflated(t testing.TB, window, p []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriterDict(&b, 6, window)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.Write(p); err == nil {
		err = w.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), tail)
}

// A bomb is found when as much of it has come as makes it too big.
func TestReceiverReadsNoMoreOfABomb(t *testing.T) {
	const max = 1 << 20
	bomb := bytes.Repeat(append(deflated(t, nil, make([]byte, max)), tail...), 64)
	e := receiving(t, "")
	var got []byte
	var err error
	read := 0
	for err == nil {
		got, err = e.AppendDecode(got, bomb[read:read+100], false, int64(max-len(got)))
		read += 100
	}
	if _, ok := errors.AsType[*frame.PayloadTooBigError](err); !ok || read > 2000 || cap(got) > max {
		t.Errorf("after %d bytes of %d: %v, capacity %d", read, len(bomb), err, cap(got))
	}
}

// Blocks without content cost work, but no limit on the result ends them.
func TestReceiverRefusesWhatYieldsNothing(t *testing.T) {
	for name, block := range emptyBlocks {
		data := []byte(strings.Repeat(block, 1<<20/len(block)))
		for _, n := range []int{1, 4096, len(data)} {
			got, err := inPieces(receiving(t, ""), data, n, -1)
			wantProtocolError(t, name, err, frame.ClosePolicyViolation, "65536 bytes of compressed data that yield 0")
			if len(got) > 0 {
				t.Errorf("%s: %d bytes", name, len(got))
			}
		}
	}
	wasteful := []byte(strings.Repeat("\x01\x04\x00\xfb\xff1234", 1<<17)) // 9 bytes for 4 are not too many
	if got, err := inPieces(receiving(t, ""), wasteful, 4096, -1); err != nil || len(got) != 4<<17 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	// 64 KiB and four times the yield are allowed, to the byte.
	start := stored(make([]byte, 1000))
	for _, more := range []int{0, 1} {
		n := 64<<10 + 4*1000 - len(start) + more
		data := start + strings.Repeat("\x00\x00\x00\xff\xff", n)[:n-n%5] + strings.Repeat("\x03\x00", 5)[:n%5/2*2]
		data += "\x00"[:n%5%2]
		_, err := inPieces(receiving(t, ""), []byte(data), 999, -1)
		if len(data) != 64<<10+4000+more || (err == nil) != (more == 0) {
			t.Errorf("%d bytes for 1000: %v", len(data), err)
		}
	}
}

// Whatever is in a message, the next one begins where it begins on the wire.
func TestOneMessageIsOneMessage(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	e := receiving(t, "")
	var window []byte
	for i := range 100 {
		want := text(r, r.IntN(3000))
		data := slices.Clone(deflated(t, window, want))
		switch i % 4 {
		case 1: // the sender flushes twice
			data = append(append(data, tail...), 0)
		case 2: // a final block behind
			data = append(append(data, tail...), 1, 0, 0, 0xFF, 0xFF, 0)
		case 3: // a second stream behind a final block
			data = append(append(append(data, tail...), 3, 0), stored(want[:len(want)/2])...)
			data = append(data, 0)
			want = append(slices.Clone(want), want[:len(want)/2]...)
		}
		got, err := inPieces(e, data, 1+r.IntN(200), -1)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("message %d: %d bytes, want %d; %v", i, len(got), len(want), err)
		}
		window = append(window, want...)
		window = window[max(0, len(window)-1<<15):]
	}
}

// A new message begins anew whatever became of the last one, which can only be
// when nobody looks at the order of frames.
func TestDecodeBeginsAnew(t *testing.T) {
	e := receiving(t, "")
	for _, data := range []string{"\xf2\x48", "\xff"} {
		_, _ = e.Decode(frame.Frame{RSV1: true, Opcode: frame.OpText, Payload: []byte(data)}, -1)
		got, err := e.Decode(compressed("\xf2\x48\xcd\xc9\xc9\x07\x00"), -1)
		if err != nil || string(got.Payload) != "Hello" {
			t.Errorf("behind %q: %v, %v", data, got, err)
		}
	}
}
