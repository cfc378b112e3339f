package mask

import (
	"bytes"
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
	f.Add(randomBytes(1000), []byte{0x80, 0, 0xFF, 1}, 1, 333)
	f.Fuzz(func(t *testing.T, data, k []byte, pos, cut int) {
		var key [4]byte
		copy(key[:], k)
		pos &= 3
		cut = min(max(cut, 0), len(data))
		want := make([]byte, len(data))
		wantNext := slow(want, data, key, pos)
		orig := bytes.Clone(data)

		for _, use := range kernels() {
			use.choose(t)
			got := make([]byte, len(data))
			next := Copy(got[:cut], data[:cut], key, pos)
			next = Copy(got[cut:], data[cut:], key, next)
			if !bytes.Equal(got, want) || next != wantNext {
				t.Errorf("%s: Copy = %x, %d; want %x, %d", use.name, got, next, want, wantNext)
			}
			if !bytes.Equal(data, orig) {
				t.Errorf("%s: Copy changed its source", use.name)
			}
			if XOR(got, key, pos); !bytes.Equal(got, orig) {
				t.Errorf("%s: masking twice is not the identity", use.name)
			}
		}
	})
}
