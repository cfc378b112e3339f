package repotest

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"slices"
	"strings"
)

// house is the root module from the ground up. A package imports packages of
// lower storeys only.
var house = [][]string{
	{"internal/cpu", "internal/race"},
	{"internal/mask", "internal/utf8stream", "internal/inflate", "internal/pool", "internal/quote", "internal/txtar", "internal/forwarded", "internal/repotest"},
	{"frame", "httpheader", "internal/mutate", "internal/fuzz"},
	{"extension", "http11", "wsuri", "internal/mutate/cmd", "internal/fuzz/cmd"},
	{"protocol", "handshake", "deflate", "conformance"},
	{"conformance/report"},
	{"."},
	{"wstest", "auth"},
	{"examples", "trust"},
}

// pure are the packages that do no I/O, know no time and start nothing: what
// they do depends on their arguments alone.
var pure = []string{
	"internal/cpu", "internal/mask", "internal/utf8stream", "internal/inflate", "internal/forwarded",
	"frame", "httpheader", "wsuri", "extension", "http11",
	"protocol", "handshake",
}

// impure are the packages of the standard library that they, and what they
// import, do without. A trailing /... includes the packages below. net/url and
// net/netip are not among them: they parse and do nothing else.
var impure = []string{
	"context", "crypto/rand", "crypto/tls", "log/...", "math/rand/...", "net", "net/http/...",
	"os/...", "runtime/...", "sync/...", "syscall", "time",
}

// unsafeFiles are where package unsafe is worth its price. Each has a twin
// without it under the build tag purego.
var unsafeFiles = []string{"text_unsafe.go", "internal/mask/*"}

func matches(importPath, pattern string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return importPath == base || strings.HasPrefix(importPath, base+"/")
	}
	return importPath == pattern
}

func (r *repo) at1(dir string) *pkg {
	for _, p := range r.packages {
		if p.dir == dir {
			return p
		}
	}
	return nil
}

func purePackagesArePure(r *repo) (complaints []string) {
	for _, dir := range pure {
		if p := r.at1(dir); p != nil {
			complaints = append(complaints, r.impurities(p, dir, map[string]bool{})...)
		}
	}
	return complaints
}

// impurities looks at p and at what it imports of this module.
func (r *repo) impurities(p *pkg, origin string, seen map[string]bool) (complaints []string) {
	seen[p.dir] = true
	via := ""
	if p.dir != origin {
		via = origin + ": "
	}
	for _, f := range p.files {
		for _, imported := range f.imports() {
			if slices.ContainsFunc(impure, func(pattern string) bool { return matches(imported, pattern) }) {
				complaints = append(complaints, fmt.Sprintf("%s%s imports %s, but %s is pure", via, f.path, imported, origin))
			}
			dir, ok := local(imported)
			if next := r.at1(dir); ok && next != nil && !seen[dir] {
				complaints = append(complaints, r.impurities(next, origin, seen)...)
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if _, ok := n.(*ast.GoStmt); ok {
				complaints = append(complaints, fmt.Sprintf("%s%s: starts a goroutine, but %s is pure", via, r.at(n), origin))
			}
			return true
		})
	}
	return complaints
}

// storey returns where in the house a package is, or -1: its own place, or else
// that of the folder above it.
func storey(dir string) int {
	if own := slices.IndexFunc(house, func(dirs []string) bool { return slices.Contains(dirs, dir) }); own >= 0 {
		return own
	}
	return slices.IndexFunc(house, func(dirs []string) bool {
		return slices.ContainsFunc(dirs, func(d string) bool {
			return dir == d || d != "." && strings.HasPrefix(dir, d+"/")
		})
	})
}

func arrowsPointDown(r *repo) (complaints []string) {
	for _, p := range r.packages {
		nested := p.module.dir != "."
		if !nested && storey(p.dir) < 0 {
			complaints = append(complaints, p.dir+": no place in the house: see imports_test.go")
		}
		for _, f := range p.files {
			for _, imported := range f.imports() {
				dir, ok := local(imported)
				if !ok || r.inNested(imported) {
					continue
				}
				switch {
				case nested && strings.HasPrefix(dir, "internal/"):
					complaints = append(complaints, fmt.Sprintf("%s: another module must not import %s", f.path, dir))
				case !nested && storey(dir) >= storey(p.dir):
					complaints = append(complaints, fmt.Sprintf("%s: %s must not import %s", f.path, p.dir, dir))
				}
			}
		}
	}
	return complaints
}

// inNested reports whether an import path belongs to a nested module.
func (r *repo) inNested(importPath string) bool {
	return slices.ContainsFunc(r.modules, func(m *module) bool {
		return m.dir != "." && matches(importPath, m.path+"/...")
	})
}

// bannedImports: randomness comes from crypto/rand or as an argument, but for runs
// of package bench, which a seed repeats; parsers are written by hand, which is faster and bounded; unsafe is the exception.
func bannedImports(r *repo) (complaints []string) {
	for _, p := range r.packages {
		for _, f := range p.files {
			for _, imported := range f.imports() {
				switch {
				case matches(imported, "math/rand/...") && !strings.HasPrefix(f.path, "bench/"):
					complaints = append(complaints, f.path+" imports "+imported+": use crypto/rand")
				case imported == "regexp" && p.module.dir == "." && p.name != "main":
					complaints = append(complaints, f.path+" imports regexp: scan by hand")
				case imported == "unsafe" && !unsafeAllowed(f.path):
					complaints = append(complaints, f.path+" imports unsafe: see unsafeFiles in imports_test.go")
				case imported == "unsafe" && !excludesPurego(f):
					complaints = append(complaints, f.path+": no build tag !purego, but it imports unsafe")
				}
			}
		}
	}
	return complaints
}

func unsafeAllowed(name string) bool {
	return slices.ContainsFunc(unsafeFiles, func(pattern string) bool {
		dir, ok := strings.CutSuffix(pattern, "*")
		return name == pattern || ok && strings.HasPrefix(name, dir)
	})
}

// excludesPurego reports whether the build constraint of f keeps it out of a
// build with the tag purego.
func excludesPurego(f *file) bool {
	for line := range strings.Lines(string(f.src)) {
		line = strings.TrimSpace(line)
		if !constraint.IsGoBuild(line) {
			continue
		}
		expr, err := constraint.Parse(line)
		return err == nil && !expr.Eval(func(string) bool { return true })
	}
	return false
}
