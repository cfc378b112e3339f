package interop

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGuides compares the configurations in the guides with those that the other
// tests run.
func TestGuides(t *testing.T) {
	t.Parallel()
	for _, p := range proxies {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			guide, err := os.ReadFile(filepath.Join("..", "docs", "guides", p.guide))
			if err != nil {
				t.Fatal(err)
			}
			config, err := os.ReadFile(filepath.Join("testdata", "proxies", p.config))
			if err != nil {
				t.Fatal(err)
			}
			blocks := codeBlocks(string(guide), strings.ToLower(p.name))
			tested := []string{string(config), p.tls.instead + "\n", p.unix.instead + "\n"}
			if !slices.Equal(blocks, tested) {
				t.Errorf("%s shows\n%q\nbut the tests run\n%q", p.guide, blocks, tested)
			}
			for _, v := range []variant{p.tls, p.unix} {
				if line := "`" + strings.TrimSpace(v.line) + "`"; !strings.Contains(string(guide), line) {
					t.Errorf("%s does not name %s, which a variant replaces", p.guide, line)
				}
			}
		})
	}
}

// codeBlocks returns what the fenced blocks of a language in a Markdown text
// contain.
func codeBlocks(text, language string) []string {
	var blocks []string
	for part := range strings.SplitSeq(text, "```"+language+"\n") {
		blocks = append(blocks, strings.SplitN(part, "```", 2)[0])
	}
	return blocks[1:]
}
