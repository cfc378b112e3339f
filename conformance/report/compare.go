package report

import "github.com/go-websockets/websockets/conformance"

// A Change is a case that got worse.
type Change struct {
	Before *conformance.Result // nil if the case was not run then
	Now    *conformance.Result
}

// Compare returns what got worse from one report to a later one, in the order of
// the later one. These are the steps down: OK and informational; non-strict;
// unimplemented; a failure. A case that was not run before counts if it is a
// failure now; one that has not been run now does not.
//
// Agents are compared by name. If each report has only one, it is these two.
func Compare(before, now *conformance.Report) (worse []Change) {
	for _, a := range now.Agents {
		old := map[string]*conformance.Result{}
		if b := counterpart(before, now, a); b != nil {
			for _, r := range b.Results {
				if r.Verdict() != conformance.Missing {
					old[r.Case.ID] = r
				}
			}
		}
		for _, r := range a.Results {
			b := old[r.Case.ID]
			switch {
			case r.Verdict() == conformance.Missing:
			case b == nil && r.Verdict().IsFailure(), b != nil && step(r) > step(b):
				worse = append(worse, Change{Before: b, Now: r})
			}
		}
	}
	return worse
}

// counterpart returns the agent of the earlier report that is a, or nil.
func counterpart(before, now *conformance.Report, a *conformance.Agent) *conformance.Agent {
	for _, b := range before.Agents {
		if b.Peers == a.Peers && (b.Name == a.Name || len(before.Agents) == 1 && len(now.Agents) == 1) {
			return b
		}
	}
	return nil
}

// step is how far down a result is.
func step(r *conformance.Result) int {
	switch v := r.Verdict(); {
	case v.IsFailure():
		return 3
	case v == conformance.Unimplemented:
		return 2
	case v == conformance.NonStrict:
		return 1
	}
	return 0
}
