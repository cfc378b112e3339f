package mask

import (
	"bytes"
	"testing"

	"github.com/go-websockets/websockets/internal/race"
)

// A way is a kernel, or the code without any, and how a test gets it used until
// it ends.
type way struct {
	name   string
	choose func(testing.TB)
}

// margin is the least number of bytes on each side of a payload which must not
// change, and one more than the largest offset.
const margin = 64

var testKey = [4]byte{0x37, 0xFA, 0x21, 0x3D}

// A masker has what XOR and Copy should make of its source.
type masker struct {
	src       []byte
	dst, want []byte
}

func newMasker(size int) *masker {
	n := size + 3*margin
	return &masker{src: randomBytes(n), dst: make([]byte, n), want: make([]byte, n)}
}

// check masks n bytes from offset from to offset to behind the margin, and in
// place at offset from. The bytes around them must stay.
func (m *masker) check(t *testing.T, name string, n, pos, from, to int) {
	t.Helper()
	const around = 0xA5
	from, to = from+margin, to+margin
	window := func(b []byte, off int) []byte { return b[:off+n+margin] }
	payload := m.src[from : from+n]

	got, want := window(m.dst, to), window(m.want, to)
	for i := range got {
		got[i] = around
	}
	copy(want, got)
	wantNext := slow(m.want[to:to+n], payload, testKey, pos)
	if next := Copy(m.dst[to:], payload, testKey, pos); next != wantNext {
		t.Fatalf("%s: Copy of %d bytes at position %d: next = %d, want %d", name, n, pos, next, wantNext)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%s: Copy of %d bytes at position %d, from offset %d to %d, differs from the rule", name, n, pos, from, to)
	}

	masked := want[to : to+n]
	got = window(m.dst, from)
	copy(got, window(m.src, from))
	if next := XOR(m.dst[from:from+n], testKey, pos); next != wantNext {
		t.Fatalf("%s: XOR of %d bytes at position %d: next = %d, want %d", name, n, pos, next, wantNext)
	}
	if !bytes.Equal(got[from:from+n], masked) || !bytes.Equal(got[:from], m.src[:from]) || !bytes.Equal(got[from+n:], m.src[from+n:from+n+margin]) {
		t.Fatalf("%s: XOR of %d bytes at position %d, offset %d, differs from the rule", name, n, pos, from)
	}
}

// stride thins out the longest loops where the race detector makes them slow.
func stride(n int) int {
	if race.Enabled {
		return n
	}
	return 1
}

// Every length to 4,096, at every position in the key. The alignments change with
// the length, so that all come with all rests of a division by a vector's size.
func TestEveryLengthAgreesWithTheRule(t *testing.T) {
	for _, use := range kernels() {
		t.Run(use.name, func(t *testing.T) {
			use.choose(t)
			m := newMasker(4096)
			orig := bytes.Clone(m.src)
			for n := 0; n <= 4096; n += stride(7) {
				for pos := range 4 {
					m.check(t, use.name, n, pos, (n*5+pos)%margin, (n/margin+pos*17)%margin)
				}
			}
			if !bytes.Equal(m.src, orig) {
				t.Error("Copy changed its source")
			}
		})
	}
}

// Every alignment of the source with every one of the destination, at lengths
// around which the code takes another way.
func TestEveryAlignmentAgreesWithTheRule(t *testing.T) {
	for _, use := range kernels() {
		t.Run(use.name, func(t *testing.T) {
			use.choose(t)
			m := newMasker(300)
			for _, n := range []int{1, 5, 9, 17, 32, 33, 65, 97, 129, 161, 290} {
				for from := 0; from < margin; from += stride(7) {
					for to := range margin {
						m.check(t, use.name, n, (from+to)%4, from, to)
					}
				}
			}
		})
	}
}

// The one that tests do not switch is the best one, unless the race detector has
// to see what is read and written.
func TestTheBestKernelIsChosen(t *testing.T) {
	all := kernels()
	want := all[len(all)-1].name
	if race.Enabled {
		want = "plain"
	}
	if got := current(); got != want {
		t.Errorf("the program starts with %q, want %q", got, want)
	}
}
