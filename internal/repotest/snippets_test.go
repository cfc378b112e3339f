package repotest

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSnippetsCompile builds the Go code of the documents: the blocks fenced
// with ```go. A block is a whole file, or declarations, or statements. The
// latter two get the imports they need, and statements may use the names of
// scope without declaring them.
func TestSnippetsCompile(t *testing.T) {
	r := this(t)
	dir := t.TempDir()
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), fmt.Sprintf(
		"module snippets\n\ngo %s\n\nrequire %s v0.0.0\n\nreplace %s => %s\n",
		r.moduleOf(".").version, modulePath, modulePath, absolute))
	if sum, err := os.ReadFile(root + "/go.sum"); err == nil {
		write(t, filepath.Join(dir, "go.sum"), string(sum))
	}
	count := 0
	for _, name := range r.markdown {
		for _, s := range r.snippets(name) {
			count++
			source, err := s.file()
			if err != nil {
				t.Errorf("%s:%d: %v", name, s.line, err)
				continue
			}
			sub := filepath.Join(dir, fmt.Sprintf("s%03d", count))
			if err := os.Mkdir(sub, 0o777); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(sub, s.base()), source)
		}
	}
	if count == 0 {
		t.Fatal("the documents have no Go code: are they read?")
	}
	// A return at the end of some statements is fine in a document.
	cmd := exec.Command("go", "vet", "-mod=mod", "-unreachable=false", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the Go code of the documents does not compile: %v\n%s", err, out)
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A snippet is a block of Go code in a document.
type snippet struct {
	document string
	line     int // of its first line of code
	code     string
}

// snippets returns the blocks of Go code in a Markdown file.
func (r *repo) snippets(name string) (list []snippet) {
	var open *snippet
	for i, line := range r.lines(name) {
		fence := strings.TrimSpace(line)
		switch {
		case open == nil && fence == "```go":
			open = &snippet{document: name, line: i + 2}
		case open != nil && fence == "```":
			list = append(list, *open)
			open = nil
		case open != nil:
			open.code += line + "\n"
		}
	}
	return list
}

// scope are the names that statements in a document may use as they are.
const scope = "ctx context.Context, conn *websockets.Conn, srv *websockets.Server, handler websockets.Handler, " +
	"w http.ResponseWriter, r *http.Request, t *testing.T"

// file makes a file of s that compiles on its own. Errors of the compiler name
// the document and its line.
func (s snippet) file() (string, error) {
	at := fmt.Sprintf("//line %s:%d\n", s.document, s.line)
	if _, err := parser.ParseFile(token.NewFileSet(), "", s.code, parser.PackageClauseOnly); err == nil {
		if err := s.isFormatted(s.code); err != nil {
			return "", err
		}
		return at + s.code, nil
	}
	if err := s.isFormatted(s.code); err != nil {
		return "", err
	}
	body := at + s.code
	tree, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+s.code, 0)
	if err != nil {
		if body, tree, err = s.statements(at); err != nil {
			return "", err
		}
	}
	return "package p\n\n" + importsOf(tree) + "\n" + body, nil
}

// statements puts s into a function. Names that it declares and leaves unused are
// fine in a document.
func (s snippet) statements(at string) (body string, tree *ast.File, err error) {
	begin := "func _(" + scope + ") error {\n{\n" + at + s.code + "\n"
	if tree, err = parser.ParseFile(token.NewFileSet(), "", "package p\n"+begin+"}\nreturn nil\n}\n", 0); err != nil {
		return "", nil, err
	}
	block := tree.Decls[0].(*ast.FuncDecl).Body.List[0].(*ast.BlockStmt)
	for _, stmt := range block.List {
		if define, ok := stmt.(*ast.AssignStmt); ok && define.Tok == token.DEFINE {
			for _, name := range define.Lhs {
				if id := name.(*ast.Ident); id.Name != "_" {
					begin += "_ = " + id.Name + "\n"
				}
			}
		}
	}
	return begin + "}\nreturn nil\n}\n", tree, nil
}

// isFormatted asks for gofmt's form, which is defined for parts of files too.
func (s snippet) isFormatted(code string) error {
	formatted, err := format.Source([]byte(code))
	if err == nil && string(formatted) != code {
		return fmt.Errorf("not formatted by gofmt, want:\n%s", formatted)
	}
	return err
}

// base names the file, so that tests in documents are vetted as tests.
func (s snippet) base() string {
	if strings.Contains(s.code, "func Test") {
		return "s_test.go"
	}
	return "s.go"
}

// known are the packages that the documents use.
var known = []string{
	"context", "crypto/tls", "embed", "encoding/binary", "encoding/json", "errors", "fmt", "hash/crc32", "io", "io/fs", "log", "log/slog", "net", "net/http",
	"os", "os/signal", "strconv", "strings", "sync", "testing", "testing/synctest", "time",
	modulePath, modulePath + "/deflate", modulePath + "/examples/extension/checksum", modulePath + "/extension",
	modulePath + "/auth", modulePath + "/frame", modulePath + "/handshake", modulePath + "/http11",
	modulePath + "/conformance", modulePath + "/httpheader", modulePath + "/wstest", modulePath + "/wsuri",
}

// importsOf returns import declarations for the packages that a file uses.
func importsOf(f *ast.File) string {
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				used[id.Name] = true
			}
		}
		return true
	})
	var b strings.Builder
	for _, path := range slices.Sorted(slices.Values(known)) {
		if used[path[strings.LastIndex(path, "/")+1:]] {
			fmt.Fprintf(&b, "import %q\n", path)
		}
	}
	return b.String()
}
