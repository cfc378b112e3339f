package repotest

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// packagesAreDocumented: each package says what it is, in one of its files. A
// folder with nothing but tests says it in a test file.
func packagesAreDocumented(r *repo) (complaints []string) {
	for _, p := range r.packages {
		files := p.files
		if len(files) == 0 {
			files = p.tests
		}
		doc := ""
		for _, f := range files {
			doc += f.ast.Doc.Text()
		}
		switch {
		case doc == "":
			complaints = append(complaints, p.dir+": no package comment")
		case p.name != "main" && !strings.HasPrefix(doc, "Package "+p.name+" "):
			complaints = append(complaints, fmt.Sprintf("%s: the package comment does not begin with %q", p.dir, "Package "+p.name))
		}
	}
	return complaints
}

// symbolsAreDocumented: each exported symbol of the public packages has a
// comment, and those of types and functions begin with the name. The methods
// Error and String explain themselves.
func symbolsAreDocumented(r *repo) (complaints []string) {
	for _, p := range r.packages {
		if !p.public() {
			continue
		}
		for _, f := range p.files {
			for _, decl := range f.ast.Decls {
				switch decl := decl.(type) {
				case *ast.FuncDecl:
					complaints = append(complaints, r.funcDoc(decl)...)
				case *ast.GenDecl:
					complaints = append(complaints, r.genDoc(decl)...)
				}
			}
		}
	}
	return complaints
}

func (r *repo) funcDoc(d *ast.FuncDecl) []string {
	if !d.Name.IsExported() {
		return nil
	}
	if d.Recv != nil && (!ast.IsExported(receiver(d)) || d.Name.Name == "Error" || d.Name.Name == "String") {
		return nil
	}
	return r.named(d, d.Name.Name, d.Doc.Text())
}

// receiver returns the name of the type that d is a method of.
func receiver(d *ast.FuncDecl) string {
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}

// named checks a comment that must begin with a name, which an article may precede.
func (r *repo) named(n ast.Node, name, doc string) []string {
	if doc == "" {
		return []string{fmt.Sprintf("%s: %s has no comment", r.at(n), name)}
	}
	for _, article := range []string{"", "A ", "An ", "The "} {
		rest, ok := strings.CutPrefix(doc, article+name)
		if next, _ := utf8.DecodeRuneInString(rest); ok && !unicode.IsLetter(next) && !unicode.IsDigit(next) {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: the comment of %s does not begin with its name", r.at(n), name)}
}

func (r *repo) genDoc(d *ast.GenDecl) (complaints []string) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if !spec.Name.IsExported() {
				continue
			}
			doc := spec.Doc.Text()
			if !d.Lparen.IsValid() {
				doc = d.Doc.Text()
			}
			complaints = append(complaints, r.named(spec, spec.Name.Name, doc)...)
			complaints = append(complaints, r.memberDocs(spec, doc)...)
		case *ast.ValueSpec:
			if d.Doc.Text()+spec.Doc.Text()+spec.Comment.Text() != "" {
				continue
			}
			for _, name := range spec.Names {
				if name.IsExported() {
					complaints = append(complaints, fmt.Sprintf("%s: %s has no comment", r.at(name), name.Name))
				}
			}
		}
	}
	return complaints
}

// memberDocs checks the fields of a struct and the methods of an interface. They
// need no comment if the type's own names them, or if their type is one of the
// package and so has one. The comment of a field covers those right below it,
// without a blank line between.
func (r *repo) memberDocs(spec *ast.TypeSpec, doc string) (complaints []string) {
	var fields *ast.FieldList
	switch t := spec.Type.(type) {
	case *ast.StructType:
		fields = t.Fields
	case *ast.InterfaceType:
		fields = t.Methods
		if fields.NumFields() == 1 {
			return nil // the comment of the type is about its only method
		}
	default:
		return nil
	}
	covered := token.NoPos // where the last field with a comment, or covered by one, ends
	for _, field := range fields.List {
		above := covered.IsValid() && r.fset.Position(field.Pos()).Line == r.fset.Position(covered).Line+1
		if field.Doc.Text()+field.Comment.Text() != "" || above {
			covered = field.End()
			continue
		}
		for _, name := range field.Names {
			if name.IsExported() && !ownType(field.Type) && !hasWord(doc, name.Name) {
				complaints = append(complaints, fmt.Sprintf("%s: %s.%s has no comment", r.at(name), spec.Name.Name, name.Name))
			}
		}
	}
	return complaints
}

// ownType reports whether t is an exported type of its package, or a pointer to one.
func ownType(t ast.Expr) bool {
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	id, ok := t.(*ast.Ident)
	return ok && id.IsExported()
}

func hasWord(text, word string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }), word)
}
