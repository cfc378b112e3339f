package mask

import (
	"bytes"
	"syscall"
	"testing"
)

// page returns a page of memory between two which fault when they are touched.
func page(t *testing.T) []byte {
	t.Helper()
	size := syscall.Getpagesize()
	all, err := syscall.Mmap(-1, 0, 3*size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(all) })
	for _, edge := range [][]byte{all[:size], all[2*size:]} {
		if err := syscall.Mprotect(edge, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return all[size : 2*size : 2*size]
}

// Not a byte outside is read or written: at both ends of a page that would end
// this program.
func TestNothingOutsideIsTouched(t *testing.T) {
	src, dst, same := page(t), page(t), page(t)
	copy(src, randomBytes(len(src)))
	if err := syscall.Mprotect(src, syscall.PROT_READ); err != nil {
		t.Fatal(err)
	}
	for _, use := range kernels() {
		t.Run(use.name, func(t *testing.T) {
			use.choose(t)
			want := make([]byte, 600)
			for n := range want {
				for _, at := range []int{0, len(src) - n} {
					s, d, b := src[at:at+n], dst[len(dst)-at-n:][:n], same[at:at+n]
					slow(want[:n], s, testKey, n)
					copy(b, s)
					Copy(d, s, testKey, n)
					XOR(b, testKey, n)
					if !bytes.Equal(d, want[:n]) || !bytes.Equal(b, want[:n]) {
						t.Fatalf("%d bytes at offset %d of a page differ from the rule", n, at)
					}
				}
			}
		})
	}
}
