package pool

import "testing"

func TestGetHoldsSize(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 513, 4096, 4097, 65535, 65536, 65537, 1 << 20} {
		b := Get(size)
		if len(b.B) != 0 || cap(b.B) < size {
			t.Errorf("Get(%d): length %d, capacity %d", size, len(b.B), cap(b.B))
		}
		Put(b)
	}
}

func TestPutSortsByCapacity(t *testing.T) {
	// Whatever capacity comes back, a later Get must hold what it asked for.
	for n := range 70000 {
		if n%61 != 0 {
			continue
		}
		Put(&Buffer{B: make([]byte, n)})
	}
	for range 200 {
		for _, size := range []int{512, 1000, 5000, 40000, 65536} {
			if b := Get(size); len(b.B) != 0 || cap(b.B) < size {
				t.Fatalf("Get(%d): length %d, capacity %d", size, len(b.B), cap(b.B))
			}
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(1000, func() { Put(Get(4096)) }); n > 0.1 {
		t.Errorf("%v allocations for each loan", n)
	}
}
