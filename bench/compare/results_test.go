package compare

import (
	"math"
	"testing"

	"github.com/go-websockets/websockets/bench/servers"
)

func candidate(name string, f servers.Family, checks bool, costs ...float64) *CandidateResult {
	c := &CandidateResult{Name: name, Family: f, ChecksText: checks}
	for _, cost := range costs {
		s := Sample{Cost: cost}
		if cost < 0 {
			s = Sample{Failed: "it went away"}
		}
		c.Samples = append(c.Samples, s)
	}
	return c
}

func TestRatiosAreThoseWithinARound(t *testing.T) {
	a := candidate("a", servers.Ours, true, 2, 20, 2)
	b := candidate("b", servers.Rival, true, 1, 10, 1)
	if got := a.Ratio(b); got != 2 {
		t.Errorf("%v, although it is twice as much in each round", got)
	}
	failed := candidate("c", servers.Rival, true, -1, 5, -1)
	if got := a.Ratio(failed); got != 4 {
		t.Errorf("%v: rounds that failed do not count", got)
	}
	for _, none := range []*CandidateResult{nil, candidate("d", servers.Rival, true, -1)} {
		if got := a.Ratio(none); !math.IsNaN(got) {
			t.Errorf("%v, although there is nothing to compare with", got)
		}
	}
	if a.Best() != 2 || a.Median() != 2 || a.Worst() != 20 || failed.Failed() == "" || a.Failed() != "" {
		t.Errorf("best %v, median %v, worst %v, %q", a.Best(), a.Median(), a.Worst(), a.Failed())
	}
}

func TestTheBestRivalDoesAllThatIsAsked(t *testing.T) {
	w := &WorkResult{Text: true, Candidates: []*CandidateResult{
		candidate("raw", servers.Raw, false, 1), candidate("ours", servers.Ours, true, 2),
		candidate("careless", servers.Rival, false, 3), candidate("careful", servers.Rival, true, 4),
		candidate("slow", servers.Rival, true, 5), candidate("broken", servers.Rival, true, -1),
	}}
	if got := w.BestRival(); got.Name != "careful" {
		t.Errorf("for a text it is %s", got.Name)
	}
	w.Text = false
	if got := w.BestRival(); got.Name != "careless" {
		t.Errorf("else it is %s", got.Name)
	}
}
