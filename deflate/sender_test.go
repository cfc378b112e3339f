package deflate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
)

// A witness follows a sender and checks each message with a reader of its own.
type witness struct {
	t        *testing.T
	bits     int
	takeover bool
	before   []byte // what went before, as far as it may be referred to

	farthest   int
	crossed    bool
	compressed int // messages
}

// saw checks the frames of one message against what was sent.
func (w *witness) saw(frames []frame.Frame, want []byte) {
	w.t.Helper()
	var data []byte
	for i, f := range frames {
		if f.RSV1 != (i == 0 && frames[0].RSV1) || f.RSV2 || f.RSV3 {
			w.t.Fatalf("frame %d: reserved bits %v", i, f)
		}
		if last := i == len(frames)-1; f.FIN != last || (f.Opcode == frame.OpContinuation) != (i > 0) {
			w.t.Fatalf("frame %d of %d: %v", i, len(frames), f)
		}
		if i < len(frames)-1 && f.RSV1 && !bytes.HasSuffix(f.Payload, tail) && frames[0].RSV1 {
			w.t.Fatalf("frame %d is not flushed: %v", i, f)
		}
		data = append(data, f.Payload...)
	}
	if !frames[0].RSV1 {
		if !bytes.Equal(data, want) {
			w.t.Fatalf("an uncompressed message of %d bytes, want %d", len(data), len(want))
		}
		return
	}
	w.compressed++
	c, err := check(append(data, tail...), w.before)
	if err != nil {
		w.t.Fatal(err)
	}
	if got := c.out[len(w.before):]; !bytes.Equal(got, want) {
		w.t.Fatalf("compressed to %d bytes, which say %d bytes; want %d", len(data), len(got), len(want))
	}
	if c.farthest > 1<<w.bits {
		w.t.Fatalf("a distance of %d bytes with a window of %d bits", c.farthest, w.bits)
	}
	if c.crosses && !w.takeover {
		w.t.Fatal("a reference to an earlier message, without context takeover")
	}
	w.farthest, w.crossed = max(w.farthest, c.farthest), w.crossed || c.crosses
	w.before = c.out
}

// conversation is what goes over a connection: all sizes and kinds of messages.
func conversation(r *rand.Rand) (list [][]byte) {
	for _, n := range []int{0, 1, 12, 13, 31, 33, 100, 127, 128, 129, 255, 256, 300, 1000, 1001, 5000} {
		list = append(list, text(r, n), text(r, 400), bytes.Repeat([]byte{'x'}, n), text(r, 400), noise(r, n), text(r, 200))
	}
	// Around the size of the library's blocks.
	for _, n := range []int{65_534, 65_535, 65_536, 65_535 + 127, 65_535 + 128} {
		list = append(list, bytes.Repeat(text(r, n/16), 17)[:n], text(r, 200))
	}
	return append(list, text(r, 140_000))
}

// For every window, what is sent says what was to be said, and refers to nothing
// beyond the window (PMD-043 to PMD-047).
func TestSenderKeepsToTheWindow(t *testing.T) {
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		for _, takeover := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d bits, takeover %t", bits, takeover), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(bits), 1))
				sends, receives := pair(t, Options{WindowBits: bits, DisableContextTakeover: !takeover, Threshold: -1})
				w := &witness{t: t, bits: bits, takeover: takeover}
				for _, m := range conversation(r) {
					f := encode(t, sends, message(m))
					w.saw([]frame.Frame{f}, m)
					if got, err := receives.Decode(f, -1); err != nil || !bytes.Equal(got.Payload, m) || got.RSV1 {
						t.Fatalf("the receiver: %d bytes of %d, %v", len(got.Payload), len(m), err)
					}
				}
				if w.farthest < 1<<bits*3/4 || w.crossed != takeover {
					t.Errorf("of a window of %d bits, %d bytes are used; across messages: %t", bits, w.farthest, w.crossed)
				}
			})
		}
	}
}

func TestLevels(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	list := conversation(r)[40:100]
	sizes := map[int]int{}
	for level := 0; level <= 9; level++ {
		sends, receives := pair(t, Options{WindowBits: 15, Level: level})
		w := &witness{t: t, bits: 15, takeover: true}
		for _, m := range list {
			f := encode(t, sends, message(m))
			w.saw([]frame.Frame{f}, m)
			if got, err := receives.Decode(f, -1); err != nil || !bytes.Equal(got.Payload, m) {
				t.Fatalf("level %d: %v", level, err)
			}
			sizes[level] += len(f.Payload)
		}
	}
	if sizes[9] >= sizes[1] {
		t.Errorf("level 9 makes %d bytes of what is %d with level 1", sizes[9], sizes[1])
	}
	// A smaller window has only one level.
	sends, _ := agree(t, Options{WindowBits: 15, Level: 9}, Options{PeerWindowBits: 9})
	w := &witness{t: t, bits: 9, takeover: true}
	for _, m := range list {
		w.saw([]frame.Frame{encode(t, sends, message(m))}, m)
	}
}

// Compressors are shared: what one connection sends must not show in another.
func TestSendersTakeTurns(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	type end struct {
		sends extension.PerMessage
		w     *witness
	}
	var ends []end
	for i := range 8 {
		sends, _ := pair(t, Options{WindowBits: 11, DisableContextTakeover: i == 3})
		ends = append(ends, end{sends, &witness{t: t, bits: 11, takeover: i != 3}})
	}
	for range 300 {
		e := ends[r.IntN(len(ends))]
		for range 1 + r.IntN(3) {
			m := text(r, r.IntN(3000))
			if r.IntN(5) == 0 {
				m = noise(r, r.IntN(3000))
			}
			e.w.saw([]frame.Frame{encode(t, e.sends, message(m))}, m)
		}
	}
}

// A message in fragments can be read as far as it was sent, and ends with an
// empty fragment as RFC 7692 §7.2.3.6 shows it.
func TestFragments(t *testing.T) {
	for _, takeover := range []bool{true, false} {
		r := rand.New(rand.NewPCG(3, 3))
		sends, receives := pair(t, Options{WindowBits: 10, DisableContextTakeover: !takeover})
		w := &witness{t: t, bits: 10, takeover: takeover}
		for range 20 {
			var parts [][]byte
			for range 1 + r.IntN(5) {
				parts = append(parts, text(r, r.IntN(4000)))
			}
			parts = append(parts, nil)
			var frames []frame.Frame
			var got []byte
			for i, p := range parts {
				f := encode(t, sends, frame.Frame{FIN: i == len(parts)-1, Opcode: opcode(i), Payload: p})
				frames = append(frames, f)
				d, err := receives.Decode(f, -1)
				if err != nil || !bytes.Equal(d.Payload, p) {
					t.Fatalf("fragment %d: %d bytes of %d, %v", i, len(d.Payload), len(p), err)
				}
				got = append(got, d.Payload...)
			}
			if last := frames[len(frames)-1]; frames[0].RSV1 && !bytes.Equal(last.Payload, []byte{0}) {
				t.Fatalf("the last fragment is %v", last)
			}
			w.saw(frames, got)
			m := text(r, 500)
			f := encode(t, sends, message(m))
			w.saw([]frame.Frame{f}, m)
			if d, err := receives.Decode(f, -1); err != nil || !bytes.Equal(d.Payload, m) {
				t.Fatalf("a message behind: %v", err)
			}
		}
		if w.compressed < 32 || w.crossed != takeover {
			t.Errorf("%d of 40 messages are compressed; references across messages: %t", w.compressed, w.crossed)
		}
	}
}

func opcode(i int) frame.Opcode {
	if i == 0 {
		return frame.OpText
	}
	return frame.OpContinuation
}

func TestThreshold(t *testing.T) {
	for _, tt := range []struct{ threshold, least int }{{0, 256}, {1, 1}, {-1, 1}, {1000, 1000}} {
		for _, n := range []int{0, 1, 255, 256, 999, 1000} {
			sends, _ := pair(t, Options{Threshold: tt.threshold})
			f := encode(t, sends, message(bytes.Repeat([]byte{'x'}, n)))
			// Under 33 bytes there is nothing to gain.
			if want := n >= tt.least && n > 32; f.RSV1 != want {
				t.Errorf("threshold %d: %d bytes are compressed: %t", tt.threshold, n, f.RSV1)
			}
			// The first fragment decides.
			first := encode(t, sends, frame.Frame{Opcode: frame.OpText, Payload: bytes.Repeat([]byte{'y'}, n)})
			rest := bytes.Repeat([]byte{'z'}, 2000)
			second := encode(t, sends, frame.Frame{FIN: true, Opcode: frame.OpContinuation, Payload: rest})
			if first.RSV1 != f.RSV1 || second.RSV1 || bytes.Equal(second.Payload, rest) == f.RSV1 {
				t.Errorf("threshold %d: a first fragment of %d bytes: %v, then %v", tt.threshold, n, first, second)
			}
		}
	}
}

// What gains less than a 16th is sent as it is, and is no part of what later
// messages refer to.
func TestIncompressible(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, n := range []int{256, 5000, 65_535, 65_536, 300_000} {
		sends, receives := pair(t, Options{WindowBits: 15})
		random := noise(r, n)
		words := text(r, 2000)
		for i, m := range [][]byte{words, random, random, words, random} {
			f := encode(t, sends, message(m))
			if want := i == 0 || i == 3; f.RSV1 != want {
				t.Fatalf("%d bytes, message %d is compressed: %t", n, i, f.RSV1)
			}
			if !f.RSV1 && &f.Payload[0] != &m[0] {
				t.Error("the payload was copied")
			}
			if got, err := receives.Decode(f, -1); err != nil || !bytes.Equal(got.Payload, m) {
				t.Fatalf("the receiver: %v", err)
			}
			if i == 3 && len(f.Payload) > 100 {
				t.Errorf("%d bytes for a repetition", len(f.Payload))
			}
		}
	}
	// A 16th is enough.
	sends, _ := pair(t, Options{})
	m := append(noise(r, 3000), make([]byte, 500)...)
	if f := encode(t, sends, message(m)); !f.RSV1 {
		t.Error("a gain of 11 percent is not worth it")
	}
	m = append(noise(r, 3000), make([]byte, 100)...)
	if f := encode(t, sends, message(m)); f.RSV1 {
		t.Error("a gain of 3 percent is worth it")
	}
}

// Without context takeover the size of a message tells nothing about others.
func TestSizesAreIndependent(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	m := text(r, 1000)
	alone, _ := pair(t, Options{DisableContextTakeover: true})
	want := encode(t, alone, message(m))
	sends, _ := pair(t, Options{DisableContextTakeover: true})
	for range 20 {
		encode(t, sends, message(text(r, r.IntN(2000))))
		encode(t, sends, message(m[:r.IntN(1000)]))
		if got := encode(t, sends, message(m)); !bytes.Equal(got.Payload, want.Payload) {
			t.Fatalf("%d bytes, want %d", len(got.Payload), len(want.Payload))
		}
	}
	// With it, it does.
	tells, _ := pair(t, Options{})
	encode(t, tells, message(m))
	if got := encode(t, tells, message(m)); len(got.Payload) > len(want.Payload)/2 {
		t.Errorf("a repetition takes %d bytes, the first %d", len(got.Payload), len(want.Payload))
	}
}

func TestControlFramesPass(t *testing.T) {
	sends, receives := pair(t, Options{Threshold: -1})
	for _, op := range []frame.Opcode{frame.OpClose, frame.OpPing, frame.OpPong} {
		f := frame.Frame{FIN: true, Opcode: op, Payload: bytes.Repeat([]byte{'x'}, 125)}
		if got := encode(t, sends, f); got.RSV1 || !bytes.Equal(got.Payload, f.Payload) {
			t.Errorf("%v becomes %v", f, got)
		}
		f.RSV1 = true // for others to refuse
		if got, err := receives.Decode(f, -1); err != nil || !got.RSV1 || !bytes.Equal(got.Payload, f.Payload) {
			t.Errorf("%v becomes %v, %v", f, got, err)
		}
	}
}

// What is sent is appended to the memory that is given.
func TestAppendEncode(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	sends, _ := pair(t, Options{})
	m := text(r, 1000)
	dst := append(make([]byte, 0, 2000), "before"...)
	f, err := sends.AppendEncode(dst, message(m))
	if err != nil || !f.RSV1 {
		t.Fatal(f, err)
	}
	if all := dst[:6+len(f.Payload)]; &all[6] != &f.Payload[0] || string(all[:6]) != "before" {
		t.Error("the result is elsewhere")
	}
}

// Extensions that compress alike say so.
func TestShared(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	shared := func(o Options) (any, extension.PerMessage) {
		e, _ := pair(t, o)
		return e.(extension.Sharer).Shared(), e
	}
	if v, _ := shared(Options{}); v != nil {
		t.Errorf("with context takeover: %v", v)
	}
	options := []Options{
		{DisableContextTakeover: true},
		{DisableContextTakeover: true, WindowBits: 9},
		{DisableContextTakeover: true, WindowBits: 15},
		{DisableContextTakeover: true, WindowBits: 15, Level: 9},
		{DisableContextTakeover: true, Threshold: 2000},
	}
	var seen []any
	for _, o := range options {
		v1, e1 := shared(o)
		v2, e2 := shared(o)
		if v1 == nil || v1 != v2 || slices.Contains(seen, v1) {
			t.Errorf("%+v: %v and %v, after %v", o, v1, v2, seen)
		}
		seen = append(seen, v1)
		encode(t, e1, message(text(r, 1000)))
		m := message(text(r, 1500))
		if a, b := encode(t, e1, m), encode(t, e2, m); !bytes.Equal(a.Payload, b.Payload) || a.RSV1 != b.RSV1 {
			t.Errorf("%+v: one makes %d bytes, the other %d", o, len(a.Payload), len(b.Payload))
		}
	}
}
