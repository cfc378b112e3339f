package report

import (
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets/bench/compare"
	"github.com/go-websockets/websockets/bench/servers"
)

func results() *compare.Results {
	sample := func(cost float64) []compare.Sample {
		return []compare.Sample{{Cost: cost, Rate: 123456, P99: 1500, Allocs: 1}, {Cost: 1.5 * cost}}
	}
	return &compare.Results{
		Started: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Rounds: 2,
		Machine:  compare.Machine{Processor: "a processor <4>", Cores: 2},
		Versions: map[string]string{"example.com/other": "v1.2.3"},
		Works: []*compare.WorkResult{{
			Name: "texts", Title: "texts, long", Unit: compare.Gigabyte, Text: true,
			Candidates: []*compare.CandidateResult{
				{Name: "raw", Family: servers.Raw, Samples: sample(1)},
				{Name: "ours", Family: servers.Ours, ChecksText: true, Samples: sample(2)},
				{Name: "gws", Family: servers.Rival, Samples: sample(1.5)},
				{Name: "gobwas", Family: servers.Rival, ChecksText: true, Samples: sample(4)},
				{Name: "bun", Family: servers.Other, ChecksText: true, Samples: sample(8)},
				{Name: "coder", Family: servers.Rival, Samples: []compare.Sample{{Failed: "a | b"}}},
			},
		}},
		Scale: []*compare.Scale{
			{Candidate: "ours", Connections: 10, Processes: 1, Cost: 1, Memory: 5000, P99: 100},
			{Candidate: "ours", Connections: 1000, Processes: 1, Cost: 2, Memory: 4000, P99: 300},
			{Candidate: "gws", Connections: 10, Processes: 1, Cost: 1, Memory: 9000, P99: 100},
		},
	}
}

func TestTablesSayWhoIsCheaper(t *testing.T) {
	got := Markdown(results())
	for _, want := range []string{
		"| texts, long | s/GB | 1.00 | 2.00 (ours) | 4.00 (gobwas) | 2.00× | 0.50× | 8.00 (bun) |",
		"| **ours** | 2.00 | 2.50 | 2.00–3.00 | 2.00× | 0.50× | 123,000 | 1,500 | 1.00 |",
		"| gws (does not check UTF-8) | 1.50 |",
		"| coder | failed: a / b |",
		"example.com/other v1.2.3",
		"| ours | 1,000 | 1 | 2.00 |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
}

func TestThePageNeedsNothingElse(t *testing.T) {
	var b strings.Builder
	if err := Page(&b, results()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"Texts, long", "prefers-color-scheme: dark", "<svg", "failed", "a processor &lt;4&gt;", "0.50×", "Memory for a connection"} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %q on it", want)
		}
	}
	for _, bad := range []string{"http://", "https://", "src=", "NaN", "ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("there is %q on it", bad)
		}
	}
	if strings.Count(page, "<svg") != strings.Count(page, "</svg>") {
		t.Error("a plot is not closed")
	}
}

func TestTicksAreRound(t *testing.T) {
	for _, most := range []float64{1, 0.37, 17.9, 136216, 9.9} {
		got := ticks(most)
		if got[0] != 0 || len(got) < 3 || len(got) > 6 {
			t.Errorf("up to %v: %v", most, got)
		}
		if got[len(got)-1] > most*1.001 {
			t.Errorf("up to %v: %v", most, got)
		}
	}
}
