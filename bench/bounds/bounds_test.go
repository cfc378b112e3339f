//go:build linux

package bounds

import (
	"bytes"
	"compress/flate"
	"io"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if Child() {
		return
	}
	os.Exit(m.Run())
}

// What should yield nothing is DEFLATE all the same, and yields nothing.
func TestEmptyBlocks(t *testing.T) {
	for name, b := range map[string][]byte{"dynamic": emptyDynamic(7), "fixed": emptyFixed(16), "stored": emptyStored(3)} {
		end := append(bytes.Clone(b), 1, 0, 0, 0xFF, 0xFF)
		if name == "dynamic" { // it does not end at a byte: 7 * 91 bits and 3 of the next block
			end = append(bytes.Clone(b), 0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF)
		}
		got, err := io.ReadAll(flate.NewReader(bytes.NewReader(end)))
		if len(got) > 0 || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Names tell scripts apart, and none is empty by mistake.
func TestScripts(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Scripts {
		if seen[s.Name] || strings.Contains(s.Name, "|") || find(s.Name) != s {
			t.Errorf("name %q", s.Name)
		}
		seen[s.Name] = true
		if len(s.bytes(wire{true})) == 0 && !s.Flood && s.Name != "mute" && s.Header == "" {
			t.Errorf("%s: sends nothing", s.Name)
		}
	}
}

// Each bound is noticed when it is exceeded.
func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		what string
		cost Cost
		want int
	}{
		{"all kept", Cost{Heap: 10_000, Retained: 9000, Most: 10_000, Wire: 10, CPU: 0.5}, 0},
		{"heap", Cost{Heap: 3 << 20, Retained: 3 << 20, Wire: 10}, 1},
		{"one connection", Cost{Most: 3 << 20, Wire: 10}, 1},
		{"unseen", Cost{Heap: 100_000, Wire: 10}, 1},
		{"before the handshake", Cost{Before: true, Heap: 100_000, Wire: 10}, 1},
		{"processor", Cost{Wire: 10, CPU: 1.3}, 1},
		{"goroutines", Cost{Left: 1}, 1},
	} {
		if tt.cost.judge(200); len(tt.cost.Faults) != tt.want {
			t.Errorf("%s: %q", tt.what, tt.cost.Faults)
		}
	}
	slow := &Cost{Calm: 0.001, Attacked: 0.004}
	if got := Faults([]*Cost{slow}, 3); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

// A few scripts on a few connections: the processes work together.
func TestRun(t *testing.T) {
	c := Config{Connections: 4, Windows: 1, Window: 1e8, Rate: 1 << 20, Scripts: []string{"mute", "bomb", "line without end"}}
	costs, err := Run(c, func(string, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(costs) != 5 {
		t.Fatalf("%d costs", len(costs))
	}
	for _, k := range costs {
		if open := k.Open; (k.Script == "mute") != (open == 4) {
			t.Errorf("%s, %s: %d are open", k.Script, k.Role, open)
		}
		if (k.Role == "server") != (k.Calm > 0) {
			t.Errorf("%+v", k)
		}
	}
	if s := Markdown(c, costs); strings.Count(s, "\n") != 7 {
		t.Error(s)
	}
}
