package conformance_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/conformance"
)

var update = flag.Bool("update", false, "write the table of cases anew")

const tableFile = "../docs/reference/cases.md"

// The reference has a table of all cases. With -update it is written anew.
func TestTheTableOfCasesIsCurrent(t *testing.T) {
	want := table()
	if *update {
		if err := os.WriteFile(tableFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(tableFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/reference/cases.md is not current: go test ./conformance -run TestTheTableOfCases -update")
	}
}

// table returns the table in Markdown.
func table() string {
	var b strings.Builder
	b.WriteString("# Cases of the conformance suite\n\n" +
		"What `ws check` and package [conformance](../guides/conformance.md) run. An ID never changes its\n" +
		"meaning. The column *peers* tells whom a case can test. This page is written by\n" +
		"`go test ./conformance -run TestTheTableOfCases -update`.\n\n")
	cases := conformance.Cases()
	byFamily := map[string][]*conformance.Case{}
	for _, c := range cases {
		byFamily[c.Family()] = append(byFamily[c.Family()], c)
	}
	b.WriteString("| family | about | cases | for servers | for clients |\n|---|---|---|---|---|\n")
	row := func(number, title string, list []*conformance.Case) {
		servers, clients := 0, 0
		for _, c := range list {
			if c.Peers&conformance.Servers != 0 {
				servers++
			}
			if c.Peers&conformance.Clients != 0 {
				clients++
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d |\n", number, title, len(list), servers, clients)
	}
	for _, f := range conformance.Families() {
		row(f.Number, f.Title, byFamily[f.Number])
	}
	row("", "all", cases)
	for _, f := range conformance.Families() {
		fmt.Fprintf(&b, "\n## %s %s\n\n| id | what is sent | what a peer must do | section | peers |\n|---|---|---|---|---|\n", f.Number, f.Title)
		for _, c := range byFamily[f.Number] {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %v |\n", c.ID, markdown(c.Title), markdown(c.Expectation), c.Section, c.Peers)
		}
	}
	return b.String()
}

// markdown escapes what means something in a table.
var markdown = strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", `\<`, "[", `\[`, "]", `\]`).Replace
