package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-websockets/websockets/conformance"
)

// WriteJUnit writes JUnit XML, as CI systems read it: a testsuite for each family
// of each agent, a testcase for each case. A failure has the reason and the wire
// log. Skipped are cases that were not run, and what the peer lacks and need not
// have. If strict, what is only non-strict is a failure.
func WriteJUnit(w io.Writer, r *conformance.Report, strict bool) error {
	var all junitSuites
	for _, a := range r.Agents {
		for _, g := range byFamily(a.Results) {
			suite := junitFamily(a, g, strict)
			all.Tests += suite.Tests
			all.Failures += suite.Failures
			all.Skipped += suite.Skipped
			all.Suites = append(all.Suites, suite)
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Errors    int         `xml:"errors,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr,omitempty"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
	}
	junitMessage struct {
		Message string `xml:"message,attr,omitempty"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

func junitFamily(a *conformance.Agent, g group, strict bool) junitSuite {
	name := fmt.Sprintf("%s: %s %s", plain(a.Name), g.Number, g.Title)
	s := junitSuite{Name: name, Tests: len(g.results), Timestamp: a.Started.UTC().Format("2006-01-02T15:04:05")}
	total := time.Duration(0)
	for _, r := range g.results {
		total += r.Duration
		c := junitCase{Name: r.Case.ID + " " + plain(r.Case.Title), Class: name, Time: seconds(r.Duration)}
		switch v := r.Verdict(); {
		case v == conformance.Missing:
			c.Skipped = &junitMessage{Message: "not run"}
			s.Skipped++
		case !r.Passed(strict):
			c.Failure = &junitMessage{Message: plain(why(r)), Type: v.String(), Text: junitDetails(r)}
			s.Failures++
		case v == conformance.Unimplemented:
			c.Skipped = &junitMessage{Message: "unimplemented: " + plain(why(r))}
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	s.Time = seconds(total)
	return s
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// junitDetails is what helps to find the fault.
func junitDetails(r *conformance.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nExpected: %s (%s)\n", plain(r.Case.Expectation), plain(r.Case.Section))
	for _, e := range r.Log {
		fmt.Fprintf(&b, "%9.3f ms  %s\n", float64(e.At.Microseconds())/1000, plain(e.Text))
	}
	return b.String()
}
