//go:build !purego

package utf8stream

import (
	"testing"

	"github.com/go-websockets/websockets/internal/cpu"
)

var names = map[kernel]string{plain: "plain", ssse3: "SSSE3", avx2: "AVX2"}

// kernels returns what this processor has, the best one last.
func kernels() []way {
	ways := []way{use(plain)}
	if cpu.SSSE3 {
		ways = append(ways, use(ssse3))
	}
	if cpu.AVX2 {
		ways = append(ways, use(avx2))
	}
	return ways
}

func use(k kernel) way {
	return way{names[k], func(t testing.TB) {
		before := chosen
		chosen = k
		t.Cleanup(func() { chosen = before })
	}}
}

func current() string { return names[chosen] }

func TestBest(t *testing.T) {
	if best(false, true, true) != avx2 || best(false, true, false) != ssse3 ||
		best(false, false, false) != plain || best(true, true, true) != plain {
		t.Error("best does not go by what there is")
	}
}
