package mask

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// slow is the rule of RFC 6455 §5.3 word for word.
func slow(dst, src []byte, key [4]byte, pos int) int {
	for i, b := range src {
		dst[i] = b ^ key[(pos+i)%4]
	}
	return (pos + len(src)) % 4
}

func randomBytes(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// Every length that mixes the unrolled, the word and the byte loop, at every
// position in the key and every alignment in memory; the bytes on both sides
// must not change.
func TestXORAndCopyAgreeWithTheRule(t *testing.T) {
	key := [4]byte{0x37, 0xFA, 0x21, 0x3D}
	data := randomBytes(320)
	want := make([]byte, len(data))
	got := make([]byte, len(data))
	orig := bytes.Clone(data)
	for n := 0; n <= 300; n++ {
		for pos := range 4 {
			for off := range 8 {
				copy(want, data)
				wantNext := slow(want[off:off+n], want[off:off+n], key, pos)

				copy(got, data)
				if next := XOR(got[off:off+n], key, pos); next != wantNext {
					t.Fatalf("XOR of %d bytes at position %d: next = %d, want %d", n, pos, next, wantNext)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("XOR of %d bytes at position %d, offset %d differs from the rule", n, pos, off)
				}

				copy(got, data)
				// The source has another alignment than the destination.
				src := data[7-off : 7-off+n]
				slow(want[off:off+n], src, key, pos)
				if next := Copy(got[off:], src, key, pos); next != wantNext {
					t.Fatalf("Copy of %d bytes at position %d: next = %d, want %d", n, pos, next, wantNext)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("Copy of %d bytes at position %d, offset %d differs from the rule", n, pos, off)
				}
			}
		}
	}
	if !bytes.Equal(data, orig) {
		t.Error("Copy changed its source")
	}
}

// RFC 6455 §5.7: a masked "Hello".
func TestXORExampleOfTheRFC(t *testing.T) {
	b := []byte{0x7F, 0x9F, 0x4D, 0x51, 0x58}
	if next := XOR(b, [4]byte{0x37, 0xFA, 0x21, 0x3D}, 0); string(b) != "Hello" || next != 1 {
		t.Errorf("XOR = %q, next position %d; want \"Hello\", 1", b, next)
	}
}

func TestXORInPiecesEqualsXORAtOnce(t *testing.T) {
	key := [4]byte{1, 2, 3, 4}
	data := randomBytes(200)
	want := bytes.Clone(data)
	XOR(want, key, 0)
	for cut1 := 0; cut1 <= len(data); cut1++ {
		for cut2 := cut1; cut2 <= len(data); cut2 += 7 {
			got := bytes.Clone(data)
			pos := XOR(got[:cut1], key, 0)
			pos = XOR(got[cut1:cut2], key, pos)
			if pos = XOR(got[cut2:], key, pos); pos != len(data)%4 {
				t.Fatalf("cut at %d and %d: last position %d, want %d", cut1, cut2, pos, len(data)%4)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("cut at %d and %d: the pieces differ from the whole", cut1, cut2)
			}
		}
	}
}

func TestPositionCountsModuloFour(t *testing.T) {
	key := [4]byte{1, 2, 3, 4}
	const maxInt = int(^uint(0) >> 1)
	for pos := range 4 {
		a, b := randomBytes(13), randomBytes(13)
		XOR(a, key, pos)
		if next := XOR(b, key, maxInt-3+pos); next != (pos+13)%4 {
			t.Errorf("position %d: next = %d, want %d", maxInt-3+pos, next, (pos+13)%4)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("position %d and %d give different bytes", pos, maxInt-3+pos)
		}
	}
}

func TestCopyToAShortDestinationPanics(t *testing.T) {
	dst := make([]byte, 8)[:7:7]
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
		if !bytes.Equal(dst, make([]byte, 7)) {
			t.Error("bytes were written before the panic")
		}
	}()
	Copy(dst, make([]byte, 8), [4]byte{1, 1, 1, 1}, 0)
}

func FuzzXOR(f *testing.F) {
	f.Add([]byte("Hello"), []byte{0x37, 0xFA, 0x21, 0x3D}, 0, 2)
	f.Add(make([]byte, 200), []byte{1, 2, 3, 4}, 3, 65)
	f.Fuzz(func(t *testing.T, data, k []byte, pos, cut int) {
		var key [4]byte
		copy(key[:], k)
		pos &= 3
		cut = min(max(cut, 0), len(data))
		want := make([]byte, len(data))
		wantNext := slow(want, data, key, pos)
		orig := bytes.Clone(data)

		got := make([]byte, len(data))
		next := Copy(got[:cut], data[:cut], key, pos)
		next = Copy(got[cut:], data[cut:], key, next)
		if !bytes.Equal(got, want) || next != wantNext {
			t.Errorf("Copy = %x, %d; want %x, %d", got, next, want, wantNext)
		}
		if !bytes.Equal(data, orig) {
			t.Error("Copy changed its source")
		}
		if XOR(got, key, pos); !bytes.Equal(got, orig) {
			t.Error("masking twice is not the identity")
		}
	})
}

var sizes = []int{16, 125, 1 << 10, 4 << 10, 64 << 10}

func BenchmarkXOR(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			buf := make([]byte, size)
			key := [4]byte{1, 2, 3, 4}
			b.SetBytes(int64(size))
			for b.Loop() {
				XOR(buf, key, 0)
			}
		})
	}
}

func BenchmarkCopy(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			dst, src := make([]byte, size), make([]byte, size)
			key := [4]byte{1, 2, 3, 4}
			b.SetBytes(int64(size))
			for b.Loop() {
				Copy(dst, src, key, 0)
			}
		})
	}
}
