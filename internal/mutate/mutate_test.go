package mutate

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const code = `package p

func f(n int) error {
	if n < 10 && n != 3 {
		return errSmall
	}
	total += n
	return nil
}
`

func readCode(file string) (string, error) {
	if file != "p.go" && file != "q.go" {
		return "", errors.New("no such file")
	}
	return code, nil
}

func TestParseAndApply(t *testing.T) {
	all, err := Parse(`What it is about.
-- V-001, V-002: p.go --
- if n < 10 && n != 3 {
- return errSmall
+ if n < 10 {
+ return nil
- total += n
@ q.go
- total += n
+ total -= n
# a remark
! p.TestF/a_b
! q.TestG
`)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	m := all[0]
	if !slices.Equal(m.Rows, []string{"V-001", "V-002"}) || !slices.Equal(m.Tests, []string{"p.TestF/a_b", "q.TestG"}) || len(m.Edits) != 3 {
		t.Errorf("got %+v", m)
	}
	changed, err := m.Apply(readCode)
	if err != nil {
		t.Fatal(err)
	}
	if want := "package p\n\nfunc f(n int) error {\nif n < 10 {\nreturn nil\n\t}\n\treturn nil\n}\n"; changed["p.go"] != want {
		t.Errorf("p.go is %q, want %q", changed["p.go"], want)
	}
	if want := strings.Replace(code, "\ttotal +=", "total -=", 1); changed["q.go"] != want {
		t.Errorf("q.go is %q, want %q", changed["q.go"], want)
	}
}

func TestMistakesInTables(t *testing.T) {
	for name, text := range map[string]string{
		"no rows":    "-- p.go --\n- a\n! T\n",
		"no edit":    "-- V-001: p.go --\n! T\n",
		"no test":    "-- V-001: p.go --\n- a\n",
		"other line": "-- V-001: p.go --\n- a\n! T\n? what\n",
		"add first":  "-- V-001: p.go --\n+ a\n! T\n",
	} {
		if all, err := Parse(text); err == nil {
			t.Errorf("%s: %+v", name, all)
		}
	}
	for name, e := range map[string]Edit{
		"not there":    {File: "p.go", Find: []string{"total -= n"}},
		"twice":        {File: "p.go", Find: []string{"}"}},
		"no such file": {File: "r.go", Find: []string{"total += n"}},
	} {
		if changed, err := (Mutation{Edits: []Edit{e}}).Apply(readCode); err == nil {
			t.Errorf("%s: %q", name, changed)
		}
	}
}

func TestGenerate(t *testing.T) {
	all, err := Generate("p.go", code)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, m.Change)
		if m.Source == code || m.Key() != "p.go | "+m.Text+" | "+m.Change || !strings.Contains(code, m.Text) || m.Line < 4 {
			t.Errorf("got %+v", m)
		}
	}
	want := []string{
		"negated", "&& to ||", "< to <=", "< to >=", "10 plus 1", "!= to ==", "3 plus 1", "no error", "dropped",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := Generate("p.go", "package"); err == nil {
		t.Error("what is no Go was taken")
	}
}

func TestParseEquivalents(t *testing.T) {
	got, err := ParseEquivalents("# why\n\np.go | if a || b { | a to b | it is the same\n")
	if err != nil || len(got) != 1 || got["p.go | if a || b { | a to b"] != "it is the same" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := ParseEquivalents("p.go | if a | it is the same\n"); err == nil {
		t.Error("a line of three parts was taken")
	}
}
