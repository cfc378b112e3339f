package differential

import (
	"math/rand/v2"
	"testing"
)

// FuzzSessions gives sessions to all libraries as servers or as clients. We must do
// what the RFCs say; others do the same, or the table says what they do instead.
func FuzzSessions(f *testing.F) {
	for n := range uint64(64) {
		f.Add(random(n))
	}
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}

// The same with as many sessions as there is time for in a test.
func TestSessions(t *testing.T) {
	sessions := uint64(6000)
	if testing.Short() {
		sessions = 400
	}
	for n := range sessions {
		check(t, random(n))
		if t.Failed() {
			t.Fatalf("session %d", n)
		}
	}
}

// random returns the n-th of a fixed row of tapes.
func random(n uint64) []byte {
	r := rand.New(rand.NewPCG(6455, n))
	b := make([]byte, 10+r.IntN(120))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
