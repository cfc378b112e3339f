//go:build linux

package compare

import (
	"math"
	"testing"

	"github.com/go-websockets/websockets/bench/servers"
)

// TestRun runs processes, for moments: what the figures are does not matter here.
func TestRun(t *testing.T) {
	c := shortConfig(t, "raw", "ours", "gobwas")
	for _, w := range Works() {
		switch w.Name {
		case "ping-pong-64", "ascii-64k", "memory", "opening":
			c.Works = append(c.Works, small(w))
		}
	}
	c.Rounds = 2
	turns := 0
	c.Progress = func(p Progress) {
		if p.Done != turns {
			t.Errorf("%d turns are done, not %d", p.Done, turns)
		}
		turns++
	}
	r, err := Run(c)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(c.Works) * 3 * 2; turns != want {
		t.Errorf("%d turns, not %d", turns, want)
	}
	cost := 0.0 // in a moment a server may get no time at all
	for _, w := range r.Works {
		for _, c := range w.Candidates {
			if c.Failed() != "" || len(c.Samples) != 2 {
				t.Errorf("%s, %s: %d samples, %s", w.Name, c.Name, len(c.Samples), c.Failed())
			}
			if w.Unit == Bytes {
				continue
			}
			cost += c.Worst()
			if !(c.Best() >= 0 && c.Best() <= c.Median() && c.Median() <= c.Worst()) {
				t.Errorf("%s, %s: %v, %v, %v", w.Name, c.Name, c.Best(), c.Median(), c.Worst())
			}
			if c.Samples[0].Rate <= 0 || c.Samples[1].Rate <= 0 {
				t.Errorf("%s, %s: rates of %v and %v", w.Name, c.Name, c.Samples[0].Rate, c.Samples[1].Rate)
			}
		}
	}
	if cost <= 0 {
		t.Error("nothing took any time")
	}
}

func TestAServerThatFailsIsAResult(t *testing.T) {
	gobwas, err := servers.Find("gobwas")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(Config{
		Works: Works()[:1], Candidates: []*servers.Candidate{gobwas}, Rounds: 1,
		Serve: "/bin/false", Progress: func(Progress) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Works[0].Candidates[0]; c.Failed() == "" || !math.IsNaN(c.Best()) {
		t.Errorf("it costs %v: %s", c.Best(), c.Failed())
	}
}
