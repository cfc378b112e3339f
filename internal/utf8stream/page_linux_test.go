package utf8stream

import (
	"math/rand/v2"
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

// Not a byte outside is read: at both ends of a page that would end this program.
func TestNothingOutsideIsRead(t *testing.T) {
	mem := page(t)
	r := rand.New(rand.NewPCG(7, 8))
	eachKernel(t, func(t *testing.T) {
		for n := range 400 {
			for _, p := range [][]byte{mem[:n], mem[len(mem)-n:]} {
				copy(p, randomText(r, n))
				check(t, p)
				clear(p)
				check(t, p)
			}
		}
	})
}
