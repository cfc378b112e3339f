package repotest

import (
	"io/fs"
	"path"
	"strings"
	"testing"
)

// TestFromPython: the guide for those who come from Python shows the programs in
// examples/python as they are, all of them and no other, and the names of the
// library that it gives are there.
func TestFromPython(t *testing.T) {
	const guide, programs = "docs/guides/from-python.md", "examples/python"
	r := this(t)
	shown := map[string]bool{}
	text := strings.Join(r.lines(guide), "\n")
	for _, part := range strings.Split(text, "\n```")[1:] {
		if language, code, _ := strings.Cut(part, "\n"); language != "" {
			shown[code+"\n"] = false
		}
	}
	err := fs.WalkDir(r.fsys, programs, func(name string, d fs.DirEntry, err error) error {
		ext := path.Ext(name)
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") || ext != ".go" && ext != ".py" {
			return err
		}
		code, err := fs.ReadFile(r.fsys, name)
		if err != nil {
			return err
		}
		if _, ok := shown[string(code)]; !ok {
			t.Errorf("%s does not show %s as it is", guide, name)
		}
		shown[string(code)] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for code, found := range shown {
		if !found {
			t.Errorf("%s shows a program that is not in %s:\n%s", guide, programs, code)
		}
	}
	r.prose(guide, func(number int, line string) {
		cells := tableCells(line)
		if len(cells) != 2 {
			return
		}
		for _, span := range codeSpan.FindAllStringSubmatch(cells[1], -1) {
			if problem := r.missingName(span[1]); problem != "" {
				t.Errorf("%s:%d: `%s` %s", guide, number, span[1], problem)
			}
		}
	})
}
