package report

import (
	"github.com/go-websockets/websockets/conformance"
)

// Counts are how many cases ended with each verdict. All that is a failure counts
// as Failed.
type Counts struct {
	Passed        int // conformance.OK
	NonStrict     int
	Informational int
	Unimplemented int
	Failed        int
	Missing       int // not run
}

// Count counts results by the worse of their two verdicts.
func Count(results []*conformance.Result) Counts {
	var c Counts
	for _, r := range results {
		switch v := r.Verdict(); {
		case v == conformance.Missing:
			c.Missing++
		case v == conformance.OK:
			c.Passed++
		case v == conformance.NonStrict:
			c.NonStrict++
		case v == conformance.Informational:
			c.Informational++
		case v == conformance.Unimplemented:
			c.Unimplemented++
		default:
			c.Failed++
		}
	}
	return c
}

// Total is the sum of all.
func (c Counts) Total() int {
	return c.Passed + c.NonStrict + c.Informational + c.Unimplemented + c.Failed + c.Missing
}

// Failures returns the results that count against the peer, in their order. If
// strict, those that are only non-strict do, too. Cases that were not run do not.
func Failures(a *conformance.Agent, strict bool) (list []*conformance.Result) {
	for _, r := range a.Results {
		if r.Verdict() != conformance.Missing && !r.Passed(strict) {
			list = append(list, r)
		}
	}
	return list
}

// why is the reason for a verdict, in a line.
func why(r *conformance.Result) string {
	switch {
	case r.Reason == "" || r.Reason == r.Ending:
		return r.Ending
	case r.Ending == "":
		return r.Reason
	}
	return r.Reason + "; " + r.Ending
}

// A group are the results of one family.
type group struct {
	conformance.Family
	results []*conformance.Result
}

// byFamily groups results; families without any are left out.
func byFamily(results []*conformance.Result) (groups []group) {
	of := map[string][]*conformance.Result{}
	for _, r := range results {
		f := r.Case.Family()
		of[f] = append(of[f], r)
	}
	for _, f := range conformance.Families() {
		if list := of[f.Number]; list != nil {
			groups = append(groups, group{f, list})
		}
	}
	return groups
}
