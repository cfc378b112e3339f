//go:build linux

package soak

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
)

// Markdown is the report as text with tables.
func (r *Results) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Soak\n\n%s\n\n", strings.Join(append(r.about(), howTo), "\n\n"))
	fmt.Fprintf(&b, "## Verdict\n\n%s\n\n", r.verdict())
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "- %s\n", f)
	}
	if len(r.Faults) > 0 {
		b.WriteString("\n")
	}
	table(&b, "Books", []string{"what", "count"}, r.bookRows())
	table(&b, "What must not grow", []string{"what", "mean", "grown over the second half", "standard error", "bound"}, r.slopeRows())
	table(&b, "At the end", []string{"what", "server", "client"}, r.endRows())
	table(&b, "Hostile clients", []string{"what", "connections"}, counts(r.Client.Last.Hostile))
	table(&b, "How the server ended or refused connections that failed", []string{"what", "count"}, counts(r.Server.Last.Hostile))
	return strings.TrimSpace(b.String()) + "\n"
}

const howTo = "`make soak` runs it again; `go run ./bench/cmd/soak -help` tells what can be chosen. The checks have two minutes of it. [Plots](soak.html) show how memory, goroutines, files and messages went."

func table(b *strings.Builder, title string, head []string, rows [][]string) {
	fmt.Fprintf(b, "## %s\n\n| %s |\n|%s\n", title, strings.Join(head, " | "), "---|"+strings.Repeat("---:|", len(head)-1))
	for _, row := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
	b.WriteString("\n")
}

func (r *Results) about() []string {
	race := ""
	if r.Race {
		race = ", with the race detector"
	}
	list := []string{
		fmt.Sprintf("%d connections for %v between a server and its clients, each in a process of its own; %d a second end and are replaced, "+
			"%d messages a second go each way, and %d hostile clients come and go beside them. Three quarters of the connections compress.",
			r.Connections, r.Duration, r.Churn, r.Messages, r.Hostile),
		fmt.Sprintf("%s, on %s%s, seed %d. Opening all took %.1f s, the whole run %.0f s.", r.Started.Format("2 January 2006 15:04 UTC"), r.Machine, race, r.Seed, r.Ramp, r.Took),
		"Every message has a number and a checksum. What came twice, out of order or damaged is found when it comes; what is lost " +
			"when both sides compare their books at the end of a connection: on those that ended with a closing handshake, each message whose Send returned nil must have come.",
	}
	if r.Note != "" {
		list = append(list, r.Note)
	}
	return list
}

func (r *Results) verdict() string {
	if len(r.Faults) == 0 {
		return "Nothing lost, doubled, damaged or out of order; nothing grew; nothing is left."
	}
	return fmt.Sprintf("**%d faults** (five of a kind are kept at most):", len(r.Faults))
}

func (r *Results) bookRows() [][]string {
	b := r.Books
	return [][]string{
		{"connections that ended", number(float64(b.Connections)) + " (" + strings.Join(b.ends(), ", ") + ")"},
		{"messages whose Send returned nil", number(float64(b.Sent))},
		{"messages received", number(float64(b.Received))},
		{"sent on connections with a closing handshake", number(float64(b.Settled))},
		{"lost of these", number(float64(b.Lost))},
		{"connections that broke", number(float64(b.Broken))},
		{"pings of the application that were answered", number(float64(r.Server.Last.Pings + r.Client.Last.Pings))},
	}
}

func (r *Results) slopeRows() (rows [][]string) {
	for _, s := range r.Slopes {
		rows = append(rows, []string{s.What, number(s.Mean), number(s.Grown), number(s.Error), number(s.Bound)})
	}
	return rows
}

func (r *Results) endRows() [][]string {
	s, c := r.Server.Last, r.Client.Last
	return [][]string{
		{"goroutines before the first connection", fmt.Sprint(s.Before), fmt.Sprint(c.Before)},
		{"goroutines behind the last", fmt.Sprint(s.Goroutines), fmt.Sprint(c.Goroutines)},
		{"seconds that Shutdown of the busy server took", fmt.Sprintf("%.1f", s.Shutdown), ""},
	}
}

func counts(m map[string]int64) (rows [][]string) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		rows = append(rows, []string{name, number(float64(m[name]))})
	}
	return rows
}

// number writes a whole number with marks for thousands.
func number(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

//go:embed page.tmpl
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// Page is the report as a page with plots, which needs no other file.
func (r *Results) Page() ([]byte, error) {
	type part struct {
		Title string
		Head  []string
		Rows  [][]string
	}
	var b bytes.Buffer
	err := page.Execute(&b, struct {
		*Results
		About   []string
		Verdict string
		Plots   []plot
		Parts   []part
	}{r, r.about(), strings.ReplaceAll(r.verdict(), "*", ""), r.plots(), []part{
		{"Books", []string{"what", "count"}, r.bookRows()},
		{"What must not grow", []string{"what", "mean", "grown over the second half", "standard error", "bound"}, r.slopeRows()},
		{"At the end", []string{"what", "server", "client"}, r.endRows()},
		{"Hostile clients", []string{"what", "connections"}, counts(r.Client.Last.Hostile)},
		{"What the server made of them", []string{"what", "count"}, counts(r.Server.Last.Hostile)},
	}})
	return b.Bytes(), err
}
