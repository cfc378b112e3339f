package repotest

import (
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"github.com/go-websockets/websockets/internal/mutate"
)

// TestMutationsFit: each vulnerability in SECURITY.md for which there are tests has
// a change of the code which one of these tests notices, and the changes fit the code
// as it is now. That the tests do notice is for "make mutate-trust".
func TestMutationsFit(t *testing.T) {
	r := this(t)
	for _, complaint := range r.mutationsFit("trust/mutations.txt", "SECURITY.md") {
		t.Error(complaint)
	}
}

func (r *repo) mutationsFit(table, document string) (complaints []string) {
	read := func(name string) (string, error) {
		src, err := fs.ReadFile(r.fsys, name)
		return string(src), err
	}
	text, err := read(table)
	if err != nil {
		return []string{err.Error()}
	}
	mutations, err := mutate.Parse(text)
	if err != nil {
		return []string{table + ": " + err.Error()}
	}
	noticing := map[string][]string{}
	for _, m := range mutations {
		if _, err := m.Apply(read); err != nil {
			complaints = append(complaints, table+": "+err.Error())
		}
		for _, row := range m.Rows {
			noticing[row] = append(noticing[row], m.Tests...)
		}
	}
	for _, l := range ledgers {
		if l.document == document {
			complaints = append(complaints, r.rowsAreBroken(l, table, noticing)...)
		}
	}
	return complaints
}

// rowsAreBroken complains of rows with tests none of which has a change to notice.
func (r *repo) rowsAreBroken(l ledger, table string, noticing map[string][]string) (complaints []string) {
	rows, _ := r.ledgerRows(l)
	for _, row := range rows {
		if row.state() != "covered" {
			continue
		}
		number := row.numbers[0]
		found := slices.ContainsFunc(codeSpan.FindAllStringSubmatch(row.proof(), -1), func(span []string) bool {
			return slices.Contains(noticing[number], span[1])
		})
		if !found {
			complaints = append(complaints, fmt.Sprintf("%s: no change for %s which one of its tests notices", table, number))
		}
	}
	return complaints
}
