package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/go-websockets/websockets/bench/compare"
	"github.com/go-websockets/websockets/bench/servers"
)

// Markdown writes the tables.
func Markdown(r *compare.Results) string {
	var b strings.Builder
	b.WriteString(about(r))
	b.WriteString("\n### In short\n\n")
	summary(&b, r)
	for _, w := range r.Works {
		fmt.Fprintf(&b, "\n### %s\n\n", title(w))
		table(&b, w)
	}
	if len(r.Scale) > 0 {
		b.WriteString("\n### Scale\n\n")
		scaleTable(&b, r)
	}
	return b.String()
}

// about says where and how it was measured.
func about(r *compare.Results) string {
	var list []string
	for path, version := range r.Versions {
		list = append(list, path+" "+version)
	}
	slices.Sort(list)
	return fmt.Sprintf("Measured on %s, in %v: %s, %d cores, shared with other work; %s; %s. Each turn took %v behind %v of warm-up, in %d rounds.\n\nCompared: %s.\n",
		r.Started.Format("2 January 2006"), r.Took, r.Machine.Processor, r.Machine.Cores, r.Machine.System, r.Machine.Go,
		r.Times.Measure, r.Times.Warm, r.Rounds, strings.Join(list, ", "))
}

func title(w *compare.WorkResult) string {
	return strings.ToUpper(w.Title[:1]) + w.Title[1:]
}

// summary has a line for each work: we, plain TCP, the best of the others.
func summary(b *strings.Builder, r *compare.Results) {
	b.WriteString("| work | unit | raw TCP | our best | best Go rival | ours to raw | ours to it | best in other languages |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|\n")
	for _, w := range r.Works {
		ours, raw, rival := OurBest(w), w.Find("raw"), w.BestRival()
		if ours == nil {
			continue
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", w.Title, w.Unit,
			cost(raw), named(ours), named(rival), times(ours.Ratio(raw)), times(ours.Ratio(rival)), named(cheapest(w, servers.Other)))
	}
}

// OurBest is the way to use the library that cost least, nil if none was tried.
func OurBest(w *compare.WorkResult) *compare.CandidateResult { return cheapest(w, servers.Ours) }

func cheapest(w *compare.WorkResult, f servers.Family) (best *compare.CandidateResult) {
	for _, c := range w.Candidates {
		if c.Family == f && !math.IsNaN(c.Best()) && (best == nil || c.Best() < best.Best()) {
			best = c
		}
	}
	return best
}

func cost(c *compare.CandidateResult) string {
	if c == nil || math.IsNaN(c.Best()) {
		return "–"
	}
	return figure(c.Best())
}

func named(c *compare.CandidateResult) string {
	if c == nil {
		return "–"
	}
	return fmt.Sprintf("%s (%s)", cost(c), c.Name)
}

func times(ratio float64) string {
	if math.IsNaN(ratio) {
		return "–"
	}
	return fmt.Sprintf("%.2f×", ratio)
}

// figure writes v with about three digits.
func figure(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v >= 1000:
		return fmt.Sprintf("%.0f", v)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// Ranked returns the candidates, the cheapest first and those that failed last.
func Ranked(w *compare.WorkResult) []*compare.CandidateResult {
	return slices.SortedStableFunc(slices.Values(w.Candidates), func(a, b *compare.CandidateResult) int {
		x, y := a.Best(), b.Best()
		switch {
		case math.IsNaN(x) && math.IsNaN(y):
			return 0
		case math.IsNaN(x) || x > y:
			return 1
		case math.IsNaN(y) || x < y:
			return -1
		}
		return 0
	})
}

func table(b *strings.Builder, w *compare.WorkResult) {
	raw, rival := w.Find("raw"), w.BestRival()
	columns := extraColumns(w)
	fmt.Fprintf(b, "| candidate | best, %s | median | range | to raw | to best Go rival |", w.Unit)
	for _, c := range columns {
		fmt.Fprintf(b, " %s |", c.name)
	}
	b.WriteString("\n|---|---|---|---|---|---|" + strings.Repeat("---|", len(columns)) + "\n")
	for _, c := range Ranked(w) {
		if reason := c.Failed(); reason != "" && math.IsNaN(c.Best()) {
			fmt.Fprintf(b, "| %s | failed: %s | | | | |%s\n", c.Name, strings.ReplaceAll(reason, "|", "/"), strings.Repeat(" |", len(columns)))
			continue
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s–%s | %s | %s |", label(w, c), figure(c.Best()), figure(c.Median()),
			figure(c.Best()), figure(c.Worst()), times(c.Ratio(raw)), times(c.Ratio(rival)))
		for _, column := range columns {
			fmt.Fprintf(b, " %s |", column.of(c.Fastest()))
		}
		b.WriteString("\n")
	}
}

// label marks who does less than asked.
func label(w *compare.WorkResult, c *compare.CandidateResult) string {
	switch {
	case c.Family == servers.Ours:
		return "**" + c.Name + "**"
	case w.Text && c.Family != servers.Raw && !c.ChecksText:
		return c.Name + " (does not check UTF-8)"
	}
	return c.Name
}

// A column is one that only some works have.
type column struct {
	name string
	of   func(s compare.Sample) string
}

func extraColumns(w *compare.WorkResult) (list []column) {
	has := func(f func(s compare.Sample) float64) bool {
		return slices.ContainsFunc(w.Candidates, func(c *compare.CandidateResult) bool { return f(c.Fastest()) > 0 })
	}
	for _, c := range []struct {
		name string
		f    func(s compare.Sample) float64
		text func(v float64) string
	}{
		{"a second", func(s compare.Sample) float64 { return s.Rate }, thousandsOf},
		{"p50, µs", func(s compare.Sample) float64 { return s.P50 }, thousandsOf},
		{"p99, µs", func(s compare.Sample) float64 { return s.P99 }, thousandsOf},
		{"ratio", func(s compare.Sample) float64 { return s.Ratio }, figure},
		{"bytes of RAM", func(s compare.Sample) float64 { return s.Resident }, figure},
	} {
		if has(c.f) {
			list = append(list, column{c.name, func(s compare.Sample) string { return c.text(c.f(s)) }})
		}
	}
	if has(func(s compare.Sample) float64 { return s.Rate }) {
		list = append(list, column{"allocations", func(s compare.Sample) string {
			if s.Allocs < 0 {
				return "–"
			}
			return fmt.Sprintf("%.2f", s.Allocs)
		}})
	}
	return list
}

// thousandsOf rounds a rate to three digits and writes it with commas.
func thousandsOf(v float64) string {
	if v >= 1000 {
		unit := math.Pow(10, math.Floor(math.Log10(v))-2)
		v = math.Round(v/unit) * unit
	}
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func scaleTable(b *strings.Builder, r *compare.Results) {
	b.WriteString("At most 64 messages are in flight, over all connections in turn; 8 for each process where there are several.\n\n")
	b.WriteString("| candidate | connections | server processes | µs/message | a second | p50, ms | p99, ms | bytes/connection | of RAM | longest pause, ms |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, s := range r.Scale {
		if s.Churn {
			continue
		}
		fmt.Fprintf(b, "| %s | %s | %d |", s.Candidate, thousandsOf(float64(s.Connections)), s.Processes)
		if s.Failed != "" {
			fmt.Fprintf(b, " failed: %s | | | | | | |\n", s.Failed)
			continue
		}
		fmt.Fprintf(b, " %s | %s | %s | %s | %s | %s | %s |\n", figure(s.Cost), thousandsOf(s.Rate),
			figure(s.P50/1000), figure(s.P99/1000), figure(s.Memory), figure(s.Resident), figure(s.PauseMax/1000))
	}
	fmt.Fprintf(b, "\nThe same while others come and go, at most %d a second. What they cost is in the figures for messages.\n\n", compare.ChurnRate)
	b.WriteString("| candidate | connections | come and go | µs/message | a second | p50, ms | p99, ms | longest pause, ms |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|\n")
	for _, s := range r.Scale {
		switch {
		case !s.Churn:
		case s.Failed != "":
			fmt.Fprintf(b, "| %s | %s | failed: %s | | | | | |\n", s.Candidate, thousandsOf(float64(s.Connections)), s.Failed)
		default:
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", s.Candidate, thousandsOf(float64(s.Connections)), thousandsOf(s.Opened),
				figure(s.Cost), thousandsOf(s.Rate), figure(s.P50/1000), figure(s.P99/1000), figure(s.PauseMax/1000))
		}
	}
}
