package compare

import (
	"bufio"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-websockets/websockets/bench/servers"
)

// Results are what a run found. They are kept as JSON.
type Results struct {
	Started  time.Time
	Took     time.Duration
	Rounds   int
	Times    Times
	Machine  Machine
	Versions map[string]string // of what was compared
	Works    []*WorkResult
	Scale    []*Scale `json:",omitempty"`
}

// A Machine is where it ran.
type Machine struct {
	Processor string
	Cores     int
	System    string
	Go        string
}

// A WorkResult has the samples of a work.
type WorkResult struct {
	Name, Title, Unit string
	Text              bool // UTF-8 must be checked
	Candidates        []*CandidateResult
}

// A CandidateResult has one candidate's samples, one for each round.
type CandidateResult struct {
	Name       string
	Family     servers.Family
	ChecksText bool
	Samples    []Sample
}

// Best is the lowest cost of all rounds: what disturbs only adds to it. It is NaN
// if no round went well.
func (c *CandidateResult) Best() float64 { return c.sorted(func(s []float64) float64 { return s[0] }) }

// Median is the median cost of all rounds.
func (c *CandidateResult) Median() float64 {
	return c.sorted(median)
}

// Worst is the highest cost of all rounds.
func (c *CandidateResult) Worst() float64 {
	return c.sorted(func(s []float64) float64 { return s[len(s)-1] })
}

func (c *CandidateResult) sorted(pick func([]float64) float64) float64 {
	var costs []float64
	for _, s := range c.Samples {
		if s.Failed == "" {
			costs = append(costs, s.Cost)
		}
	}
	if len(costs) == 0 {
		return math.NaN()
	}
	slices.Sort(costs)
	return pick(costs)
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Failed returns why a round went wrong, or "".
func (c *CandidateResult) Failed() string {
	for _, s := range c.Samples {
		if s.Failed != "" {
			return s.Failed
		}
	}
	return ""
}

// Fastest returns the sample with the lowest cost.
func (c *CandidateResult) Fastest() (fastest Sample) {
	for _, s := range c.Samples {
		if s.Failed == "" && (fastest.Cost == 0 || s.Cost < fastest.Cost) {
			fastest = s
		}
	}
	return fastest
}

// Ratio is the median, over the rounds, of what c cost to what other did in the
// same round.
func (c *CandidateResult) Ratio(other *CandidateResult) float64 {
	if other == nil {
		return math.NaN()
	}
	var ratios []float64
	for i, s := range c.Samples {
		if i < len(other.Samples) && s.Failed == "" && other.Samples[i].Failed == "" {
			ratios = append(ratios, s.Cost/other.Samples[i].Cost)
		}
	}
	if len(ratios) == 0 {
		return math.NaN()
	}
	slices.Sort(ratios)
	return median(ratios)
}

// Find returns the candidate of a name, nil if it did not take part.
func (w *WorkResult) Find(name string) *CandidateResult {
	for _, c := range w.Candidates {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// BestRival is the rival in Go with the lowest cost among those that do as much as
// we do: a text must be checked.
func (w *WorkResult) BestRival() (best *CandidateResult) {
	for _, c := range w.Candidates {
		if c.Family != servers.Rival || w.Text && !c.ChecksText || math.IsNaN(c.Best()) {
			continue
		}
		if best == nil || c.Best() < best.Best() {
			best = c
		}
	}
	return best
}

// ThisMachine describes the machine.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.System += ", kernel " + strings.TrimSpace(string(text))
	}
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
				m.Processor = strings.TrimSpace(value)
				break
			}
		}
	}
	return m
}

// compared are the modules of the candidates.
var compared = []string{
	"github.com/coder/websocket", "github.com/gobwas/ws", "github.com/gorilla/websocket", "github.com/lxzan/gws",
}

// versions returns those of the modules that are compared.
func versions() map[string]string {
	list := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return list
	}
	for _, m := range info.Deps {
		if slices.Contains(compared, m.Path) {
			list[m.Path] = m.Version
		}
	}
	return list
}
