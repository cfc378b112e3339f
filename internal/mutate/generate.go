package mutate

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// A Mutant is a mutation made by rule.
type Mutant struct {
	File   string
	Line   int
	Text   string // the line, without the blanks around it
	Change string // what was changed, for example "< to <="
	Source string // the whole file
}

// Key is what identifies the mutant when lines move.
func (m Mutant) Key() string { return m.File + " | " + m.Text + " | " + m.Change }

// Generate returns a mutant of the file for each place to which a rule applies:
// conditions are negated; comparisons shifted by one and turned round; && and ||,
// + and -, << and >>, & and | swapped; integers made one larger; statements dropped;
// errors not returned. Some of them do not compile.
func Generate(file, src string) ([]Mutant, error) {
	g := &generator{file: file, src: src, fset: token.NewFileSet()}
	f, err := parser.ParseFile(g.fset, file, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.Inspect(f, g.visit)
	return slices.CompactFunc(g.all, func(a, b Mutant) bool { return a.Source == b.Source }), nil
}

type generator struct {
	file, src string
	fset      *token.FileSet
	all       []Mutant
	results   []*ast.FieldList // of the functions around the node
	open      []ast.Node
}

var swapped = map[token.Token][]token.Token{
	token.LSS:  {token.LEQ, token.GEQ},
	token.LEQ:  {token.LSS, token.GTR},
	token.GTR:  {token.GEQ, token.LEQ},
	token.GEQ:  {token.GTR, token.LSS},
	token.EQL:  {token.NEQ},
	token.NEQ:  {token.EQL},
	token.LAND: {token.LOR},
	token.LOR:  {token.LAND},
	token.ADD:  {token.SUB},
	token.SUB:  {token.ADD},
	token.MUL:  {token.QUO},
	token.SHL:  {token.SHR},
	token.SHR:  {token.SHL},
	token.AND:  {token.OR},
	token.OR:   {token.AND},
}

func (g *generator) visit(n ast.Node) bool {
	if n == nil {
		last := g.open[len(g.open)-1]
		g.open = g.open[:len(g.open)-1]
		switch last.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			g.results = g.results[:len(g.results)-1]
		}
		return true
	}
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.ArrayType, *ast.Field:
		return false
	case *ast.FuncDecl:
		g.results = append(g.results, n.Type.Results)
	case *ast.FuncLit:
		g.results = append(g.results, n.Type.Results)
	case *ast.IfStmt:
		g.negate(n.Cond)
	case *ast.ForStmt:
		g.negate(n.Cond)
	case *ast.SwitchStmt:
		g.cases(n)
	case *ast.BinaryExpr:
		for _, op := range swapped[n.Op] {
			g.replace(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), op.String(), fmt.Sprintf("%s to %s", n.Op, op))
		}
	case *ast.BasicLit:
		if v, err := strconv.ParseUint(n.Value, 0, 64); n.Kind == token.INT && err == nil {
			g.replace(n.Pos(), n.End(), strconv.FormatUint(v+1, 10), n.Value+" plus 1")
		}
	case *ast.ExprStmt, *ast.IncDecStmt:
		g.replace(n.Pos(), n.End(), "", "dropped")
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			g.replace(n.Pos(), n.End(), "", "dropped")
		}
	case *ast.ReturnStmt:
		g.noError(n)
	}
	g.open = append(g.open, n)
	return true
}

func (g *generator) text(n ast.Node) string {
	return g.src[g.fset.Position(n.Pos()).Offset:g.fset.Position(n.End()).Offset]
}

func (g *generator) negate(cond ast.Expr) {
	if cond != nil {
		g.replace(cond.Pos(), cond.End(), "!("+g.text(cond)+")", "negated")
	}
}

// cases negates the conditions of a switch without a tag.
func (g *generator) cases(n *ast.SwitchStmt) {
	if n.Tag != nil {
		return
	}
	for _, clause := range n.Body.List {
		for _, cond := range clause.(*ast.CaseClause).List {
			g.negate(cond)
		}
	}
}

// noError makes a return that ends with an error end with nil.
func (g *generator) noError(n *ast.ReturnStmt) {
	results := g.results[len(g.results)-1]
	if results == nil || len(n.Results) == 0 || len(results.List) == 0 {
		return
	}
	id, ok := results.List[len(results.List)-1].Type.(*ast.Ident)
	last := n.Results[len(n.Results)-1]
	if !ok || id.Name != "error" || g.text(last) == "nil" || len(n.Results) != results.NumFields() {
		return
	}
	g.replace(last.Pos(), last.End(), "nil", "no error")
}

func (g *generator) replace(from, to token.Pos, with, change string) {
	position, end := g.fset.Position(from), g.fset.Position(to).Offset
	source := g.src[:position.Offset] + with + g.src[end:]
	if _, err := format.Source([]byte(source)); err != nil {
		return
	}
	line := g.src[bytes.LastIndexByte([]byte(g.src[:position.Offset]), '\n')+1:]
	line, _, _ = strings.Cut(line, "\n")
	g.all = append(g.all, Mutant{File: g.file, Line: position.Line, Text: strings.TrimSpace(line), Change: change, Source: source})
}

// ParseEquivalents reads the list of mutants that do the same as the code: lines
// of the form "file | line | change | reason". It returns the reasons by [Mutant.Key].
func ParseEquivalents(text string) (map[string]string, error) {
	reasons := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		i := strings.LastIndex(line, " | ")
		if i < 0 || strings.Count(line, " | ") < 3 {
			return nil, fmt.Errorf("%q has not four parts", line)
		}
		reasons[line[:i]] = line[i+3:]
	}
	return reasons, nil
}
