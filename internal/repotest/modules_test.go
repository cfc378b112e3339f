package repotest

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
)

// rootRequires is all that the library may depend on.
var rootRequires = []string{"github.com/klauspost/compress"}

// notInWorkspace are modules that go.work leaves out: tools has no packages,
// only the versions of the programs that the checks run.
var notInWorkspace = []string{"tools"}

func modulesAreInOrder(r *repo) (complaints []string) {
	used := r.workspace()
	version := r.moduleOf(".").version
	for _, m := range r.modules {
		if m.dir == "." {
			for _, required := range m.requires {
				if !slices.Contains(rootRequires, required) {
					complaints = append(complaints, "the root module requires "+required)
				}
			}
			continue
		}
		name := path.Join(m.dir, "go.mod")
		if want := modulePath + "/" + m.dir; m.path != want {
			complaints = append(complaints, fmt.Sprintf("%s: the module is %s, not %s", name, m.path, want))
		}
		if majorMinor(m.version) != majorMinor(version) {
			complaints = append(complaints, fmt.Sprintf("%s: go %s, but the root has %s", name, m.version, version))
		}
		up := strings.TrimSuffix(strings.Repeat("../", 1+strings.Count(m.dir, "/")), "/")
		if slices.Contains(m.requires, modulePath) && m.replaces[modulePath] != up {
			complaints = append(complaints, fmt.Sprintf("%s: no replace of %s by %s", name, modulePath, up))
		}
		if !used[m.dir] && !slices.Contains(notInWorkspace, m.dir) {
			complaints = append(complaints, m.dir+": not in go.work")
		}
	}
	return complaints
}

// majorMinor cuts the patch level off a Go version.
func majorMinor(version string) string {
	parts := strings.Split(version, ".")
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// workspace returns the folders of the modules in go.work.
func (r *repo) workspace() map[string]bool {
	used := map[string]bool{}
	src, err := fs.ReadFile(r.fsys, "go.work")
	if err != nil {
		return used
	}
	for line := range strings.Lines(string(src)) {
		for word := range strings.FieldsSeq(line) {
			if word == "." || strings.HasPrefix(word, "./") {
				used[path.Clean(word)] = true
			}
		}
	}
	return used
}

// TestCoveredPackages: the packages whose tests must reach every statement are
// the pure ones.
func TestCoveredPackages(t *testing.T) {
	for _, line := range this(t).lines(".ci/run") {
		if list, ok := strings.CutPrefix(line, "pure="); ok {
			if got := strings.Fields(strings.Trim(list, `"`)); !slices.Equal(got, pure) {
				t.Errorf(".ci/run lists %q, imports_test.go lists %q", got, pure)
			}
			return
		}
	}
	t.Error(".ci/run has no line that begins with pure=")
}
