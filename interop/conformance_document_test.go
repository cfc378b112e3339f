package interop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/conformance/report"
)

const documentHead = `# Conformance, side by side

What ` + "`ws check`" + ` says of some libraries for Go, ours among them. The
[guide](../guides/conformance.md) tells how to run it, and what the verdicts mean. This
page is written by ` + "`go test -run Conformance -update`" + ` in ` + "`interop`" + `, which
fails when a verdict changes. Of the families 9, 12 and 13 it runs a part, for the time;
the families from 22 on look at the time, and are left out here.

Each library is used as its documentation recommends, with compression where that is a
setting, and a limit of 64 MiB on messages. Gorilla leaves it to the program to check
texts, so its echo does. Gobwas leaves compression to the program, and has none here.
`

const documentTable = `
Each cell has how many cases did not fail, of how many. What was non-strict,
informational or unimplemented did not.
`

// conformanceDocument is docs/reference/conformance.md. It has no numbers that change
// from run to run.
func conformanceDocument(t *testing.T, all *conformance.Report) string {
	var b strings.Builder
	b.WriteString(documentHead + "\n| library | version |\n|---|---|\n")
	for _, l := range goLibraries {
		if l.version != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", l.name, l.version)
		}
	}
	b.WriteString(documentTable)
	for _, kind := range []conformance.Peers{conformance.Servers, conformance.Clients} {
		writeDocumentTable(&b, kind, all)
	}
	for _, a := range all.Agents {
		failures := report.Failures(a, false)
		if len(failures) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## What %s fails as a %s\n\n| cases | why |\n|---|---|\n", a.Name, kindOf(a))
		for _, f := range faults {
			if f.agent != a.Name || f.peers&a.Peers == 0 {
				continue
			}
			var ids []string
			failures = deleteMatching(failures, f.cases, &ids)
			if len(ids) > 0 {
				fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(ids, ", "), f.why)
			}
		}
		for _, r := range failures {
			t.Errorf("nothing explains why %s fails %s as a %s: %s; %s", a.Name, r.Case.ID, kindOf(a), r.Reason, r.Ending)
		}
	}
	return b.String()
}

func writeDocumentTable(b *strings.Builder, kind conformance.Peers, all *conformance.Report) {
	var agents []*conformance.Agent
	for _, a := range all.Agents {
		if a.Peers == kind {
			agents = append(agents, a)
		}
	}
	fmt.Fprintf(b, "\n## As %s\n\n| family |", kind)
	for _, a := range agents {
		b.WriteString(" " + a.Name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(agents)) + "\n")
	for _, f := range conformance.Families() {
		row, found := fmt.Sprintf("| %s %s |", f.Number, f.Title), false
		for _, a := range agents {
			var own []*conformance.Result
			for _, r := range a.Results {
				if r.Case.Family() == f.Number {
					own = append(own, r)
				}
			}
			c := report.Count(own)
			found = found || c.Total() > 0
			mark := ""
			if c.Failed > 0 {
				mark = "**"
			}
			row += fmt.Sprintf(" %s%d of %d%s |", mark, c.Total()-c.Failed, c.Total(), mark)
		}
		if found {
			b.WriteString(row + "\n")
		}
	}
}

// deleteMatching takes the results out whose IDs match one of the patterns, and adds
// the IDs to ids.
func deleteMatching(list []*conformance.Result, patterns []string, ids *[]string) (rest []*conformance.Result) {
	for _, r := range list {
		matched := false
		for _, p := range patterns {
			prefix, star := strings.CutSuffix(p, "*")
			matched = matched || r.Case.ID == p || star && strings.HasPrefix(r.Case.ID, prefix)
		}
		if matched {
			*ids = append(*ids, r.Case.ID)
		} else {
			rest = append(rest, r)
		}
	}
	return rest
}

// A fault explains why a library fails some cases.
type fault struct {
	agent string
	peers conformance.Peers
	cases []string // IDs; the last character may be *, for any text
	why   string
}
