package repotest

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// root is where the repository starts, seen from the folder of this package.
const root = "../.."

const modulePath = "github.com/go-websockets/websockets"

// A repo is the checkout, parsed once. Folders named testdata, and those whose
// names start with a dot or that git ignores, are no part of it.
type repo struct {
	fsys     fs.FS
	fset     *token.FileSet
	modules  []*module
	packages []*pkg
	markdown []string // paths, sorted
	scripts  []string // paths of txtar scripts below testdata, sorted
	broken   []string // complaints about files that cannot be parsed
}

// A module is one go.mod.
type module struct {
	dir      string // "." is the root
	path     string
	version  string   // of the go directive
	requires []string // module paths, without those marked indirect
	replaces map[string]string
}

// A pkg is the Go files of one folder.
type pkg struct {
	dir    string
	module *module
	name   string // without _test
	files  []*file
	tests  []*file
}

type file struct {
	path  string
	src   []byte
	ast   *ast.File
	lines int
}

// internal reports whether p cannot be imported from outside the repository.
func (p *pkg) internal() bool { return slices.Contains(strings.Split(p.dir, "/"), "internal") }

// public reports whether p is a part of the API.
func (p *pkg) public() bool {
	return p.module.dir == "." && !p.internal() && p.name != "main" && len(p.files) > 0 &&
		!strings.HasPrefix(p.dir, "examples/")
}

func (p *pkg) all() []*file { return slices.Concat(p.files, p.tests) }

// imports returns the paths that f imports.
func (f *file) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, p)
	}
	return paths
}

// local returns the folder in the root module of an import path.
func local(importPath string) (dir string, ok bool) {
	if importPath == modulePath {
		return ".", true
	}
	return strings.CutPrefix(importPath, modulePath+"/")
}

// load reads the repository in fsys.
func load(fsys fs.FS) (*repo, error) {
	r := &repo{fsys: fsys, fset: token.NewFileSet()}
	dirs := map[string]*pkg{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && outside(name):
			return fs.SkipDir
		case d.IsDir():
			return nil
		case inTestdata(name):
			if ext := path.Ext(name); ext == ".txtar" || ext == ".txt" {
				r.scripts = append(r.scripts, name)
			}
			return nil
		case path.Ext(name) == ".md":
			r.markdown = append(r.markdown, name)
		case path.Base(name) == "go.mod":
			return r.addModule(name)
		case path.Ext(name) == ".go":
			return r.addFile(dirs, name)
		}
		return nil
	})
	for _, p := range dirs {
		p.module = r.moduleOf(p.dir)
		r.packages = append(r.packages, p)
	}
	slices.SortFunc(r.packages, func(a, b *pkg) int { return strings.Compare(a.dir, b.dir) })
	return r, err
}

// outside reports whether a folder holds nothing of ours.
func outside(dir string) bool {
	base := path.Base(dir)
	return base == "node_modules" || base == "artifacts" || dir != "." && strings.HasPrefix(base, ".")
}

func inTestdata(name string) bool {
	return slices.Contains(strings.Split(path.Dir(name), "/"), "testdata")
}

func (r *repo) addModule(name string) error {
	src, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		return err
	}
	m := &module{dir: path.Dir(name), replaces: map[string]string{}}
	block := ""
	for line := range strings.Lines(string(src)) {
		line, comment, _ := strings.Cut(line, "//")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case words[0] == ")":
			block = ""
			continue
		case len(words) == 2 && words[1] == "(":
			block = words[0]
			continue
		case block != "":
			words = append([]string{block}, words...)
		}
		m.directive(words, strings.TrimSpace(comment))
	}
	r.modules = append(r.modules, m)
	return nil
}

func (m *module) directive(words []string, comment string) {
	switch words[0] {
	case "module":
		m.path = words[1]
	case "go":
		m.version = words[1]
	case "require":
		if comment != "indirect" {
			m.requires = append(m.requires, words[1])
		}
	case "replace":
		m.replaces[words[1]] = words[len(words)-1]
	}
}

func (r *repo) addFile(dirs map[string]*pkg, name string) error {
	src, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		return err
	}
	tree, err := parser.ParseFile(r.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		r.broken = append(r.broken, err.Error())
		return nil
	}
	f := &file{path: name, src: src, ast: tree, lines: bytes.Count(src, []byte("\n"))}
	dir := path.Dir(name)
	p := dirs[dir]
	if p == nil {
		p = &pkg{dir: dir}
		dirs[dir] = p
	}
	p.name = strings.TrimSuffix(tree.Name.Name, "_test")
	if strings.HasSuffix(name, "_test.go") {
		p.tests = append(p.tests, f)
	} else {
		p.files = append(p.files, f)
	}
	return nil
}

// moduleOf returns the module with the longest folder that has dir inside.
func (r *repo) moduleOf(dir string) *module {
	best := &module{dir: "."}
	for _, m := range r.modules {
		if m.dir == "." || dir == m.dir || strings.HasPrefix(dir, m.dir+"/") {
			if m.dir == "." && best.path == "" || len(m.dir) > len(best.dir) {
				best = m
			}
		}
	}
	return best
}

// filesParse: what does not parse cannot be looked at by the other rules.
func filesParse(r *repo) []string { return r.broken }

// at says where in the repository n is.
func (r *repo) at(n ast.Node) string {
	p := r.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// lines yields the numbered lines of a file.
func (r *repo) lines(name string) []string {
	src, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		return nil
	}
	var lines []string
	for s := bufio.NewScanner(bytes.NewReader(src)); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines
}

// this returns the repository that this package is in.
func this(t *testing.T) *repo {
	t.Helper()
	r, err := load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
