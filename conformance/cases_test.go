package conformance_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/conformance"
)

// classical are the families that the classical suite has, with their number of
// cases: 517 in all.
var classical = map[string]int{
	"1": 16, "2": 11, "3": 7, "4": 10, "5": 20, "6": 145, "7": 37, "9": 54, "10": 1, "12": 90, "13": 126,
}

func TestTheClassicalCasesAreComplete(t *testing.T) {
	count := map[string]int{}
	for _, c := range conformance.Cases() {
		if _, ok := classical[c.Family()]; !ok {
			continue
		}
		count[c.Family()]++
		if c.Peers != conformance.Both {
			t.Errorf("%s is for %v", c.ID, c.Peers)
		}
		if volume := slices.Contains([]string{"9", "12", "13"}, c.Family()); c.Volume != volume {
			t.Errorf("%s: Volume is %v", c.ID, c.Volume)
		}
	}
	if !maps.Equal(count, classical) {
		t.Errorf("there are %v, want %v", count, classical)
	}
}

func TestEachCaseSaysWhatItIsAbout(t *testing.T) {
	section := regexp.MustCompile(`^RFC \d{4} §\d`)
	seen := map[string]bool{}
	known := map[string]bool{}
	for _, f := range conformance.Families() {
		known[f.Number] = true
	}
	for _, c := range conformance.Cases() {
		if seen[c.ID] {
			t.Errorf("%s is there twice", c.ID)
		}
		seen[c.ID] = true
		if !known[c.Family()] {
			t.Errorf("%s is of no family", c.ID)
		}
		if c.Title == "" || strings.Contains(c.Title, "\n") || c.Expectation == "" || strings.Contains(c.Expectation, "\n") {
			t.Errorf("%s: title %q, expectation %q", c.ID, c.Title, c.Expectation)
		}
		if c.Family() < "25" && !section.MatchString(c.Section) {
			t.Errorf("%s: section %q", c.ID, c.Section)
		}
	}
}

func TestSelect(t *testing.T) {
	ids := func(patterns ...string) string {
		cases, err := conformance.Select(patterns...)
		if err != nil {
			return err.Error()
		}
		var list []string
		for _, c := range cases {
			list = append(list, c.ID)
		}
		return strings.Join(list, " ")
	}
	for patterns, want := range map[string]string{
		"10.*":              "10.1.1",
		"7.1.3 2.1 2.1":     "2.1 7.1.3",
		"1.1.* -*.3 -1.1.7": "1.1.1 1.1.2 1.1.4 1.1.5 1.1.6 1.1.8",
		"-* 5.20 5.9":       "5.9 5.20",
		"*.13.2":            "6.13.2 7.13.2",
		"no":                `conformance: no case matches "no"`,
		"1.1.1 -11.*":       `conformance: no case matches "11.*"`,
	} {
		if got := ids(strings.Fields(patterns)...); got != want {
			t.Errorf("%s: %s, want %s", patterns, got, want)
		}
	}
	if all, _ := conformance.Select(); len(all) != len(conformance.Cases()) {
		t.Errorf("without patterns there are %d cases", len(all))
	}
}
