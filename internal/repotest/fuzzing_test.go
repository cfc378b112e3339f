package repotest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/internal/fuzz"
)

// Each target is in the document, with what it asserts, and no other is.
func TestTargetsAreInTheDocument(t *testing.T) {
	root := filepath.Join("..", "..")
	targets, err := fuzz.Targets(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "reference", "fuzzing.md"))
	if err != nil {
		t.Fatal(err)
	}
	described, _, _ := strings.Cut(string(text), "<!--")
	missing := map[string]bool{}
	for _, target := range targets {
		missing[target.String()] = true
	}
	for line := range strings.Lines(described) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || !strings.Contains(cells[1], "Fuzz") {
			continue
		}
		name := strings.Trim(cells[1], " `")
		if !missing[name] {
			t.Errorf("there is no target %s, or it is there twice", name)
		}
		if strings.TrimSpace(cells[2]) == "" {
			t.Errorf("nothing is said of %s", name)
		}
		delete(missing, name)
	}
	for name := range missing {
		t.Errorf("%s is not in the document", name)
	}
}
