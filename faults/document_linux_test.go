package faults

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
)

const document = "../docs/reference/faults.md"

// format makes a table for the terminal.
func format(results []*result) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "case\t\tfault\tseen")
	for _, r := range results {
		mark := "ok"
		if r.failed {
			mark = "FAIL"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.name(), mark, r.scenario.fault, r.seen)
	}
	_ = w.Flush()
	return b.String()
}

const preface = `# Faults

What a network, a peer, the system and the program itself can do to a connection,
what the library does then, and within which time. Every row is run over the
system's own sockets, by [the suite](../../faults/README.md), with the library as a
server and as a client, over TCP and over TLS where that makes a difference. This
page is written by ` + "`go test -run Faults -update`" + ` in ` + "`faults`" + `: the last two
columns are what was seen on that run, on two cores.

The settings of the suite are short: ` + "`PingInterval`, `PingTimeout` and `CloseTimeout`" + `
are a second each. So the bound of a keepalive is 3 s: both of them, and a second to
tell the peer why. Beyond each bound 1.5 s are granted, because the machine may be
busy. "At once" is 0.1 s. A code is the one of ` + "`CloseError`" + `, with the one that we
have sent behind it. After each case no goroutine and no file may be left.

| # | fault | how | what has to happen | seen: server | seen: client |
|---|---|---|---|---|---|
`

// writeDocument writes the page of all scenarios.
func writeDocument(t *testing.T, results []*result) {
	seen := map[string]map[string][]string{}
	for _, r := range results {
		byRole := seen[r.scenario.id]
		if byRole == nil {
			byRole = map[string][]string{}
			seen[r.scenario.id] = byRole
		}
		byRole[r.role] = append(byRole[r.role], r.scheme+": "+r.seen)
	}
	var b strings.Builder
	b.WriteString(preface)
	for i := range scenarios {
		s := &scenarios[i]
		if s.run == nil {
			fmt.Fprintf(&b, "%snot run: %s | |\n", row(s), s.open)
			continue
		}
		fmt.Fprintf(&b, "%s%s | %s |\n", row(s), cell(seen[s.id]["server"]), cell(seen[s.id]["client"]))
	}
	if err := os.WriteFile(document, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// row is what of a line of the table does not depend on the run.
func row(s *scenario) string {
	return fmt.Sprintf("| %s | %s | %s | %s | ", s.id, s.fault, s.inject, s.expect)
}

func cell(seen []string) string {
	if len(seen) == 0 {
		return "–"
	}
	return strings.ReplaceAll(strings.Join(seen, "<br>"), "|", `\|`)
}

// TestDocument finds that the page tells of the scenarios as they are.
func TestDocument(t *testing.T) {
	if *update {
		t.Skip("it is being written")
	}
	page, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(page), preface) {
		t.Errorf("%s begins otherwise: run go test -run Faults -update", document)
	}
	for i := range scenarios {
		if s := &scenarios[i]; !strings.Contains(string(page), "\n"+row(s)) {
			t.Errorf("%s has not this row: %s", document, row(s))
		}
	}
	if got := strings.Count(string(page), "\n| F"); got != len(scenarios) {
		t.Errorf("%s has %d rows, there are %d scenarios", document, got, len(scenarios))
	}
}
