//go:build !purego

package utf8stream

import "testing"

var names = map[kernel]string{plain: "plain", neon: "NEON"}

// kernels returns what there is, the best one last.
func kernels() []way { return []way{use(plain), use(neon)} }

func use(k kernel) way {
	return way{names[k], func(t testing.TB) {
		before := chosen
		chosen = k
		t.Cleanup(func() { chosen = before })
	}}
}

func current() string { return names[chosen] }
