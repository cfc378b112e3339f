// Package mutate breaks the code on purpose, to see whether the tests notice. A
// mutation is a small change: by hand, from a table (see [Parse]), or made by rule
// (see [Generate]). The checkout is never touched: the compiler gets the changed
// files as an overlay.
package mutate

import (
	"fmt"
	"strings"

	"github.com/go-websockets/websockets/internal/txtar"
)

// A Mutation is one change of the code.
type Mutation struct {
	Rows  []string // the numbers in the ledger that it stands for
	Edits []Edit
	Tests []string // which must fail then, as in the ledgers: folder.TestName/subtest
}

// An Edit puts lines in the place of others.
type Edit struct {
	File    string   // path from the root of the repository
	Find    []string // consecutive lines of the file, without the blanks around them
	Replace []string
}

// Parse reads a table of mutations: an archive of package txtar. The name of an
// entry has the rows and a file, as in "V-001, V-002: frame/header.go". Its lines
// begin with
//
//   - what is to be found, once in the file
//   - what is put in its place, if anything
//     @  another file, for the lines that follow
//     !  a test that must fail
//     #  a remark
//
// A line to be found behind others begins another edit unless it is right behind
// another line to be found.
func Parse(text string) ([]Mutation, error) {
	var all []Mutation
	for _, entry := range txtar.Parse(text).Files {
		rows, file, ok := strings.Cut(entry.Name, ": ")
		m := Mutation{Rows: strings.Split(rows, ", ")}
		before := ""
		for line := range strings.Lines(entry.Text) {
			sign, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			rest = strings.TrimSpace(rest)
			if sign == "-" && before != "-" {
				m.Edits = append(m.Edits, Edit{File: file})
			}
			last := len(m.Edits) - 1
			switch {
			case sign == "-":
				m.Edits[last].Find = append(m.Edits[last].Find, rest)
			case sign == "+" && last >= 0:
				m.Edits[last].Replace = append(m.Edits[last].Replace, rest)
			case sign == "@":
				file = rest
			case sign == "!":
				m.Tests = append(m.Tests, rest)
			case sign != "#" && sign != "":
				return nil, fmt.Errorf("%s: what is %q?", entry.Name, line)
			}
			before = sign
		}
		if !ok || len(m.Edits) == 0 || len(m.Tests) == 0 {
			return nil, fmt.Errorf("%s: rows, a file, lines to find and a test are needed", entry.Name)
		}
		all = append(all, m)
	}
	return all, nil
}

// Apply returns the changed files. It fails unless the lines to find are there
// once.
func (m Mutation) Apply(read func(file string) (string, error)) (map[string]string, error) {
	changed := map[string]string{}
	for _, e := range m.Edits {
		src, ok := changed[e.File]
		if !ok {
			var err error
			if src, err = read(e.File); err != nil {
				return nil, err
			}
		}
		src, err := e.apply(src)
		if err != nil {
			return nil, err
		}
		changed[e.File] = src
	}
	return changed, nil
}

func (e Edit) apply(src string) (string, error) {
	lines := strings.Split(src, "\n")
	at, found := 0, 0
	for i := range lines {
		if e.isAt(lines, i) {
			at, found = i, found+1
		}
	}
	if found != 1 {
		return "", fmt.Errorf("%s: %q is there %d times, not once", e.File, strings.Join(e.Find, "; "), found)
	}
	changed := append(lines[:at:at], e.Replace...)
	return strings.Join(append(changed, lines[at+len(e.Find):]...), "\n"), nil
}

func (e Edit) isAt(lines []string, i int) bool {
	if i+len(e.Find) > len(lines) {
		return false
	}
	for j, want := range e.Find {
		if strings.TrimSpace(lines[i+j]) != want {
			return false
		}
	}
	return true
}
