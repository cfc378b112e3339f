package repotest

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

const maxLines = 400

// longFiles are the files that may be longer, with the reason.
var longFiles = map[string]string{}

func filesAreShort(r *repo) (complaints []string) {
	found := map[string]bool{}
	for _, p := range r.packages {
		for _, f := range p.all() {
			found[f.path] = f.lines > maxLines
			if f.lines > maxLines && longFiles[f.path] == "" {
				complaints = append(complaints, fmt.Sprintf("%s: %d lines, more than %d: split it where its subject splits, or say in longFiles why not", f.path, f.lines, maxLines))
			}
		}
	}
	for name := range longFiles {
		if !found[name] {
			complaints = append(complaints, name+" is listed in longFiles, but is not long")
		}
	}
	return complaints
}

// testsDoNotSleep: a sleep is either too long or too short. Inside the function
// given to synctest.Test the clock is a fake one, and sleeping is how it moves. A
// function that is only called there says in its comment that time is fake.
func testsDoNotSleep(r *repo) (complaints []string) {
	for _, p := range r.packages {
		for _, f := range p.tests {
			complaints = append(complaints, r.sleeps(f)...)
		}
	}
	for _, name := range r.scripts {
		for i, line := range r.lines(name) {
			if words := strings.Fields(line); slices.Contains(words, "sleep") && words[0] == "exec" {
				complaints = append(complaints, fmt.Sprintf("%s:%d: sleeps", name, i+1))
			}
		}
	}
	return complaints
}

func (r *repo) sleeps(f *file) (complaints []string) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if f, ok := n.(*ast.FuncDecl); ok && hasWord(f.Doc.Text(), "fake") {
			return false
		}
		switch {
		case !ok:
			return true
		case calls(call, "synctest", "Test"):
			return false
		case calls(call, "time", "Sleep"):
			complaints = append(complaints, r.at(call)+": sleeps: wait for what happens, or use testing/synctest")
		}
		return true
	})
	return complaints
}

// calls reports whether call is pkg.name(…).
func calls(call *ast.CallExpr, pkg, name string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == pkg
}
