package repotest

import (
	"flag"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/constant"
	"go/importer"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden file of the API")

const apiFile = root + "/api/websockets.txt"

// TestAPI compares the exported API with the golden file, so that each change
// of it is a line in a review. make api rewrites the file.
func TestAPI(t *testing.T) {
	got := exportedAPI(t, this(t), "linux", "amd64")
	if *update {
		if err := os.WriteFile(apiFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(apiFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("the exported API is not that of %s: if the change is meant, run make api\n%s", apiFile, diffLines(string(want), got))
	}
}

// TestAPIHasNoVariants: a build tag must not change what a program can use.
func TestAPIHasNoVariants(t *testing.T) {
	r := this(t)
	want := exportedAPI(t, r, "linux", "amd64")
	if got := exportedAPI(t, r, "linux", "amd64", "purego"); got != want {
		t.Errorf("with the tag purego the API is another one:\n%s", diffLines(want, got))
	}
}

// TestAPINames keeps out the words of other trades: the RFC's are the project's.
func TestAPINames(t *testing.T) {
	api := exportedAPI(t, this(t), "linux", "amd64")
	for line := range strings.Lines(api) {
		for _, word := range []string{"OpCode", "SubProtocol", "StatusCode", "Packet", "Websocket", "Util", "Helper"} {
			if strings.Contains(line, word) && !slices.Contains(apiExceptions, strings.TrimSpace(line)) {
				t.Errorf("%q is not a word of RFC 6455 or Go: %s", word, line)
			}
		}
	}
}

// apiExceptions are lines of the API that may use such a word.
var apiExceptions []string

// exportedAPI lists the exported API of all public packages, a line for each
// symbol, field and method, sorted. Parameters have no names there: these are no
// part of an API.
func exportedAPI(t *testing.T, r *repo, tags ...string) string {
	t.Helper()
	imp := &apiImporter{r: r, tags: tags, others: importer.ForCompiler(r.fset, "gc", openExport), done: map[string]*types.Package{}}
	var lines []string
	for _, p := range r.packages {
		if !p.public() {
			continue
		}
		checked, err := imp.Import(importPath(p))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, packageAPI(checked)...)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func importPath(p *pkg) string {
	if p.dir == "." {
		return modulePath
	}
	return modulePath + "/" + p.dir
}

// An apiImporter type-checks packages of this module from their declarations,
// and takes all others from the compiler.
type apiImporter struct {
	r      *repo
	tags   []string
	others types.Importer
	done   map[string]*types.Package
}

// exports are the files in which the compiler says what a package exports, by
// import path, of all that the packages of this module import.
var exports = sync.OnceValues(func() (map[string]string, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[name] = file
	}
	return files, err
})

func openExport(importPath string) (io.ReadCloser, error) {
	files, err := exports()
	if err != nil {
		return nil, err
	}
	return os.Open(files[importPath])
}

func (i *apiImporter) Import(name string) (*types.Package, error) {
	dir, ok := local(name)
	if !ok {
		return i.others.Import(name)
	}
	if p := i.done[name]; p != nil {
		return p, nil
	}
	p := i.r.at1(dir)
	if p == nil {
		return nil, fmt.Errorf("no package in %s", dir)
	}
	var files []*ast.File
	for _, f := range p.files {
		if i.built(f) {
			files = append(files, f.ast)
		}
	}
	config := types.Config{Importer: i, IgnoreFuncBodies: true}
	checked, err := config.Check(name, i.r.fset, files, nil)
	i.done[name] = checked
	return checked, err
}

// built reports whether f is part of a build with the tags of i.
func (i *apiImporter) built(f *file) bool {
	base := strings.TrimSuffix(f.path, ".go")
	for _, other := range []string{"_windows", "_darwin", "_js", "_wasm", "_js_wasm", "_386", "_arm64", "_plan9"} {
		if strings.HasSuffix(base, other) {
			return false
		}
	}
	for line := range strings.Lines(string(f.src)) {
		line = strings.TrimSpace(line)
		if !constraint.IsGoBuild(line) {
			continue
		}
		expr, err := constraint.Parse(line)
		return err != nil || expr.Eval(func(tag string) bool {
			return tag == "unix" || strings.HasPrefix(tag, "go1.") || slices.Contains(i.tags, tag)
		})
	}
	return true
}

// packageAPI lists the exported symbols of p.
func packageAPI(p *types.Package) (lines []string) {
	w := &apiWriter{pkg: p}
	for _, name := range p.Scope().Names() {
		if obj := p.Scope().Lookup(name); obj.Exported() {
			w.object(obj)
		}
	}
	return w.lines
}

type apiWriter struct {
	pkg   *types.Package
	lines []string
}

func (w *apiWriter) line(format string, args ...any) {
	w.lines = append(w.lines, "pkg "+w.pkg.Name()+", "+fmt.Sprintf(format, args...))
}

func (w *apiWriter) object(obj types.Object) {
	switch obj := obj.(type) {
	case *types.Const:
		value := obj.Val().ExactString()
		if obj.Val().Kind() == constant.Float {
			value = obj.Val().String()
		}
		w.line("const %s %s = %s", obj.Name(), w.typ(obj.Type()), value)
	case *types.Var:
		w.line("var %s %s", obj.Name(), w.typ(obj.Type()))
	case *types.Func:
		w.line("func %s%s", obj.Name(), w.signature(obj.Signature()))
	case *types.TypeName:
		w.typeName(obj)
	}
}

func (w *apiWriter) typeName(obj *types.TypeName) {
	if alias, ok := obj.Type().(*types.Alias); ok {
		w.line("type %s = %s", obj.Name(), w.typ(alias.Rhs()))
		return
	}
	named := obj.Type().(*types.Named)
	name := obj.Name() + w.typeParams(named.TypeParams())
	switch t := named.Underlying().(type) {
	case *types.Struct:
		w.line("type %s struct", name)
		for f := range t.Fields() {
			switch {
			case f.Exported() && f.Embedded():
				w.line("type %s struct, embedded %s", name, w.typ(f.Type()))
			case f.Exported():
				w.line("type %s struct, %s %s", name, f.Name(), w.typ(f.Type()))
			}
		}
	case *types.Interface:
		w.line("type %s interface", name)
		for m := range t.Methods() {
			w.line("type %s interface, %s%s", name, m.Name(), w.signature(m.Signature()))
		}
	default:
		w.line("type %s %s", name, w.typ(t))
	}
	for m := range named.Methods() {
		if !m.Exported() {
			continue
		}
		star := ""
		if _, ok := m.Signature().Recv().Type().(*types.Pointer); ok {
			star = "*"
		}
		w.line("method (%s%s) %s%s", star, obj.Name(), m.Name(), w.signature(m.Signature()))
	}
}

// typ writes a type; one of the same package stands without its package.
func (w *apiWriter) typ(t types.Type) string {
	if s, ok := t.(*types.Signature); ok {
		return "func" + w.signature(s)
	}
	return types.TypeString(t, func(p *types.Package) string {
		if p == w.pkg {
			return ""
		}
		return p.Name()
	})
}

func (w *apiWriter) signature(s *types.Signature) string {
	params := w.tuple(s.Params())
	if s.Variadic() {
		last := len(params) - 1
		params[last] = "..." + strings.TrimPrefix(params[last], "[]")
	}
	results := strings.Join(w.tuple(s.Results()), ", ")
	switch s.Results().Len() {
	case 0:
	case 1:
		results = " " + results
	default:
		results = " (" + results + ")"
	}
	return w.typeParams(s.TypeParams()) + "(" + strings.Join(params, ", ") + ")" + results
}

func (w *apiWriter) tuple(t *types.Tuple) (list []string) {
	for v := range t.Variables() {
		list = append(list, w.typ(v.Type()))
	}
	return list
}

func (w *apiWriter) typeParams(list *types.TypeParamList) string {
	if list.Len() == 0 {
		return ""
	}
	var params []string
	for p := range list.TypeParams() {
		params = append(params, p.Obj().Name()+" "+w.typ(p.Constraint()))
	}
	return "[" + strings.Join(params, ", ") + "]"
}

// diffLines lists the lines that only one of two sorted texts has.
func diffLines(old, now string) string {
	before, after := strings.Split(old, "\n"), strings.Split(now, "\n")
	var b strings.Builder
	for _, line := range before {
		if !slices.Contains(after, line) {
			fmt.Fprintln(&b, "-", line)
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			fmt.Fprintln(&b, "+", line)
		}
	}
	return b.String()
}
