package cpu

import "testing"

// What is fetched early is not changed, and nothing that cannot be fetched does harm.
func TestPrefetchChangesNothing(t *testing.T) {
	p := new([3]uint64)
	*p = [3]uint64{1, 2, 3}
	Prefetch(p, 1, 1)
	Prefetch(p, 1<<20, 1<<20) // far behind the heap and the stack
	Prefetch(p, 0, 0)
	Prefetch(nil, 1, 1)
	if *p != [3]uint64{1, 2, 3} {
		t.Errorf("it is %v now", *p)
	}
	if n := testing.AllocsPerRun(100, func() { Prefetch(p, 9, 16) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
