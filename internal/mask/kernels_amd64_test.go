//go:build !purego

package mask

import (
	"testing"

	"github.com/go-websockets/websockets/internal/cpu"
)

var names = map[kernel]string{plain: "plain", sse2: "SSE2", avx2: "AVX2"}

// kernels returns what this processor has, the best one last.
func kernels() []way {
	ways := []way{use(plain), use(sse2)}
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
	if best(false, true) != avx2 || best(false, false) != sse2 || best(true, true) != plain {
		t.Error("best does not go by what there is")
	}
}
