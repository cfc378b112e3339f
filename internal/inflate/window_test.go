package inflate

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// all returns what w holds.
func all(w *Window) []byte {
	p := make([]byte, w.Held())
	w.copyTo(p, len(p))
	return p
}

// A Window holds the end of all that was added, whatever the pieces, and keeps it
// when it moves.
func TestWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		var w Window
		var added []byte
		for range 20 {
			if r.IntN(4) == 0 {
				room := 1 << r.IntN(8)
				if r.IntN(8) == 0 {
					room = 0
				}
				before := w.Room()
				added = added[len(added)-min(len(added), before):]
				if old := w.Move(make([]byte, room)); len(old) != before {
					t.Fatalf("got back %d bytes of %d", len(old), before)
				}
			}
			p := make([]byte, r.IntN(100))
			for i := range p {
				p[i] = byte(r.Uint32())
			}
			w.Add(p)
			added = append(added[len(added)-min(len(added), w.Room()):], p...)
			want := added[len(added)-min(len(added), w.Room()):]
			if got := all(&w); !bytes.Equal(got, want) {
				t.Fatalf("room for %d: holds %x, want %x", w.Room(), got, want)
			}
			if len(want) > 0 {
				back := 1 + r.IntN(len(want))
				p := make([]byte, r.IntN(back+1))
				w.copyTo(p, back)
				if from := len(want) - back; !bytes.Equal(p, want[from:from+len(p)]) {
					t.Fatalf("%d bytes from %d back: %x of %x", len(p), back, p, want)
				}
			}
		}
	}
}
