package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-websockets/websockets/conformance"
)

// Merge joins reports, to see agents side by side. Results of an agent that is in
// several are joined, too; of two results of a case the later one counts, unless
// it is missing. The reports stay as they are.
func Merge(reports ...*conformance.Report) *conformance.Report {
	merged := &conformance.Report{}
	for _, r := range reports {
		for _, a := range r.Agents {
			i := slices.IndexFunc(merged.Agents, func(b *conformance.Agent) bool { return a.Name == b.Name && a.Peers == b.Peers })
			if i < 0 {
				both := *a
				both.Results = slices.Clone(a.Results)
				merged.Agents = append(merged.Agents, &both)
				continue
			}
			join(merged.Agents[i], a)
		}
	}
	return merged
}

func join(to, from *conformance.Agent) {
	to.URL, to.Started = from.URL, from.Started
	at := map[string]int{}
	for i, r := range to.Results {
		at[r.Case.ID] = i
	}
	for _, r := range from.Results {
		switch i, ok := at[r.Case.ID]; {
		case !ok:
			to.Results = append(to.Results, r)
		case r.Verdict() != conformance.Missing:
			to.Results[i] = r
		}
	}
	slices.SortStableFunc(to.Results, func(a, b *conformance.Result) int { return compareIDs(a.Case.ID, b.Case.ID) })
}

// compareIDs orders the IDs of cases number by number.
func compareIDs(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		n, _ := strconv.Atoi(x)
		m, _ := strconv.Atoi(y)
		return n - m
	})
}
