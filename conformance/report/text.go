package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-websockets/websockets/conformance"
)

// WriteText writes a table for the terminal: for each agent the verdicts by
// family, and below it each failure with its reason. If strict, what is only
// non-strict is listed with the failures.
func WriteText(w io.Writer, r *conformance.Report, strict bool) error {
	var b bytes.Buffer
	for i, a := range r.Agents {
		if i > 0 {
			b.WriteString("\n")
		}
		writeTable(&b, a)
		writeFailures(&b, a, strict)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// columns are the heads of the table; the one for cases that were not run is there
// if there are such.
var columns = []string{"passed", "non-strict", "info", "unimpl.", "failed", "not run"}

func writeTable(b *bytes.Buffer, a *conformance.Agent) {
	title := plain(a.Name)
	if a.URL != "" && !strings.Contains(a.URL, a.Name) {
		title += "  " + plain(a.URL)
	}
	heads := columns
	all := Count(a.Results)
	if all.Missing == 0 {
		heads = heads[:len(heads)-1]
	}
	fmt.Fprintf(b, "%s\n\n%-30s", title, "")
	for _, head := range heads {
		b.WriteString("  " + head)
	}
	b.WriteString("\n")
	for _, g := range byFamily(a.Results) {
		writeCounts(b, fmt.Sprintf("%4s  %s", g.Number, g.Title), heads, Count(g.results))
	}
	writeCounts(b, "      all "+strconv.Itoa(all.Total()), heads, all)
}

func writeCounts(b *bytes.Buffer, title string, heads []string, c Counts) {
	fmt.Fprintf(b, "%-30s", title)
	for i, n := range []int{c.Passed, c.NonStrict, c.Informational, c.Unimplemented, c.Failed, c.Missing}[:len(heads)] {
		shown := "·"
		if n > 0 {
			shown = strconv.Itoa(n)
		}
		fmt.Fprintf(b, "  %*s", len(heads[i]), shown)
	}
	b.WriteString("\n")
}

func writeFailures(b *bytes.Buffer, a *conformance.Agent, strict bool) {
	for _, r := range Failures(a, strict) {
		fmt.Fprintf(b, "\n%-9s %s (%s)\n", r.Case.ID, plain(r.Case.Title), plain(r.Case.Section))
		fmt.Fprintf(b, "%-9s %v: %s\n", "", r.Verdict(), plain(why(r)))
	}
}

// plain makes text safe for a terminal: what is not printable is escaped as in a
// Go string literal.
func plain(s string) string { return escape(s, "") }

// escape escapes what is neither printable nor in keep.
func escape(s, keep string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsPrint(r), strings.ContainsRune(keep, r):
			b.WriteString(s[:n])
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
		s = s[n:]
	}
	return b.String()
}
