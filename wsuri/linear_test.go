package wsuri

import (
	"runtime"
	"strings"
	"testing"
)

// The work on hostile URIs grows in proportion to their length.
func TestHostileURIsTakeLinearMemory(t *testing.T) {
	hostile := map[string]func(n int) string{
		"colons":      func(n int) string { return "ws://" + strings.Repeat(":", n) },
		"ats":         func(n int) string { return "ws://" + strings.Repeat("@", n) },
		"brackets":    func(n int) string { return "ws://" + strings.Repeat("[", n) },
		"zones":       func(n int) string { return "ws://[::1" + strings.Repeat("%25", n/3) + "]" },
		"labels":      func(n int) string { return "ws://" + strings.Repeat("a.", n/2) },
		"password":    func(n int) string { return "ws://u:" + strings.Repeat("%40", n/3) + "@h/" },
		"path":        func(n int) string { return "ws://h/" + strings.Repeat("é", n/2) },
		"questions":   func(n int) string { return "ws://h/" + strings.Repeat("?", n) },
		"socket path": func(n int) string { return "ws+unix:///" + strings.Repeat("%2f", n/3) },
	}
	for name, build := range hostile {
		once, twice := build(32<<10), build(64<<10)
		if a, b := allocated(once), allocated(twice); b > 3*a+4096 {
			t.Errorf("%s: %d bytes for 32 KiB, %d for 64 KiB", name, a, b)
		}
	}
}

// allocated returns how many bytes it takes to parse s and to write it again,
// the least of a few runs because the runtime allocates too.
func allocated(s string) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if u, err := Parse(s); err == nil {
			_ = u.String()
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}
