package repotest

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// This file looks for what the ledgers name: tests, code and the API.

// splitTest returns the folder of a test's package, and what follows it.
func splitTest(name string) (dir, rest string) {
	i := max(strings.LastIndex(name, "."), 0)
	if dir = name[:i]; dir == "websockets" {
		dir = "."
	}
	return dir, strings.TrimPrefix(name[i:], ".")
}

// missingTest says why a name stands for no test that runs, or "".
func (r *repo) missingTest(name string) string {
	dir, fn := splitTest(name)
	fn, subtest, hasSubtest := strings.Cut(fn, "/")
	p := r.at1(dir)
	if p == nil || !isProof.MatchString(fn) {
		return "does not exist"
	}
	decl := p.testFunc(fn)
	switch {
	case decl == nil:
		return "does not exist"
	case strings.HasPrefix(fn, "Example") && !r.hasOutput(p, decl):
		return "does not run: it has no output"
	case hasSubtest && !r.hasSubtest(p, subtest):
		return "has no subtest of that name"
	}
	if why := p.skips(decl, map[string]bool{}); why != "" {
		return "is skipped in " + why
	}
	return ""
}

var isProof = regexp.MustCompile(`^(Test|Fuzz|Example)([A-Z_]|$)`)

// testFunc returns a function of the tests of p that Linux builds.
func (p *pkg) testFunc(name string) *ast.FuncDecl {
	for _, f := range p.tests {
		if !buildsOnLinux(f) {
			continue
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == name && fn.Body != nil {
				return fn
			}
		}
	}
	return nil
}

func buildsOnLinux(f *file) bool {
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			if !constraint.IsGoBuild(c.Text) {
				continue
			}
			x, err := constraint.Parse(c.Text)
			return err == nil && x.Eval(func(tag string) bool { return tag == "linux" || tag == "unix" || tag == "amd64" })
		}
	}
	return true
}

// hasOutput reports whether an example runs: it does if it says what it prints.
func (r *repo) hasOutput(p *pkg, fn *ast.FuncDecl) bool {
	for _, f := range p.tests {
		for _, group := range f.ast.Comments {
			text := strings.ToLower(group.Text())
			if group.Pos() > fn.Pos() && group.End() < fn.End() &&
				(strings.HasPrefix(text, "output:") || strings.HasPrefix(text, "unordered output:")) {
				return true
			}
		}
	}
	return false
}

// hasSubtest reports whether the tests of p have a string, or a file below
// testdata, of the name of a subtest.
func (r *repo) hasSubtest(p *pkg, subtest string) bool {
	subtest = subtest[strings.LastIndex(subtest, "/")+1:]
	for _, name := range r.scripts {
		if strings.HasPrefix(name, strings.TrimPrefix(p.dir+"/testdata/", "./")) && strings.TrimSuffix(path.Base(name), path.Ext(name)) == subtest {
			return true
		}
	}
	found := false
	for _, f := range p.tests {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				if s, err := strconv.Unquote(lit.Value); err == nil && strings.ReplaceAll(s, " ", "_") == subtest {
					found = true
				}
			}
			return !found
		})
	}
	return found
}

// skips says where a test may be skipped, itself or by a function that it calls,
// or "". It may be under the race detector, and on other systems than Linux; and
// in package interop where a peer is missing, which is a failure in CI.
func (p *pkg) skips(fn *ast.FuncDecl, seen map[string]bool) (where string) {
	if seen[fn.Name.Name] {
		return ""
	}
	seen[fn.Name.Name] = true
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			if mayBeFalse(n.Cond) {
				return false
			}
		case *ast.CallExpr:
			name := calledName(n)
			if slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, name) {
				where = fn.Name.Name
			} else if other := p.testFunc(name); other != nil && where == "" {
				where = p.skips(other, seen)
			}
		}
		return where == ""
	})
	return where
}

// mayBeFalse reports whether a condition is one under which tests may be skipped.
func mayBeFalse(cond ast.Expr) bool {
	switch c := cond.(type) {
	case *ast.SelectorExpr:
		x, ok := c.X.(*ast.Ident)
		return ok && x.Name == "race" && c.Sel.Name == "Enabled"
	case *ast.BinaryExpr:
		x, isSelector := c.X.(*ast.SelectorExpr)
		y, isLiteral := c.Y.(*ast.BasicLit)
		return isSelector && isLiteral && c.Op.String() == "!=" && x.Sel.Name == "GOOS" && y.Value == `"linux"`
	}
	return false
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// missingSymbol says why "file.go:Symbol" or "file.go" is nothing, or "".
func (r *repo) missingSymbol(name string) string {
	name, symbol, hasSymbol := strings.Cut(name, ":")
	if _, err := fs.Stat(r.fsys, name); err != nil {
		return "is in no file"
	}
	if p := r.at1(path.Dir(name)); hasSymbol && p != nil {
		for _, f := range p.all() {
			if f.path == name && slices.Contains(declared(f.ast), symbol) {
				return ""
			}
		}
	}
	if hasSymbol {
		return fmt.Sprintf("is wrong: the file declares no %s", symbol)
	}
	return ""
}

// declared returns the names that a file declares at its top, methods with their
// types.
func declared(f *ast.File) (names []string) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				t := d.Recv.List[0].Type
				if star, ok := t.(*ast.StarExpr); ok {
					t = star.X
				}
				if id, ok := t.(*ast.Ident); ok {
					name = id.Name + "." + name
				}
			}
			names = append(names, name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, id := range s.Names {
						names = append(names, id.Name)
					}
				}
			}
		}
	}
	return names
}

// goName are names that could be of our API: Conn.Recv, frame.Read.
var goName = regexp.MustCompile(`^(?:([a-z0-9]+)\.)?([A-Z]\w*(?:\.[A-Z]\w*)?)$`)

// apiLine are the lines of the golden file that have a name at their end.
var apiLine = regexp.MustCompile(`^pkg (\S+), (?:(?:func|const|var|type) (\w+)|method \(\*?(\w+)(?:\[.*?\])?\) (\w+))(?:.*?(?:struct|interface), (\w+))?`)

// missingName says that a name looks like one of our API and is none.
func (r *repo) missingName(name string) string {
	m := goName.FindStringSubmatch(name)
	if m == nil {
		return ""
	}
	dir := m[1]
	if dir == "" {
		dir = "websockets"
	}
	known := false
	for _, line := range r.lines("api/websockets.txt") {
		a := apiLine.FindStringSubmatch(line)
		if a == nil || path.Base(a[1]) != dir {
			continue
		}
		known = true
		if slices.Contains([]string{a[2], a[3] + "." + a[4], a[2] + "." + a[5]}, m[2]) {
			return ""
		}
	}
	if !known {
		return "" // a name of the standard library
	}
	return "is not in the API"
}
