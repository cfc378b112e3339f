//go:build linux

package soak

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Books are the sums of the ledger.
type Books struct {
	Connections int            // that kept books, and have ended
	Ends        map[string]int // by how: clean, asked, abrupt, shutdown
	Sent        uint64         // messages whose Send returned nil, both directions
	Received    uint64
	Settled     uint64 // sent on connections that ended with a closing handshake: all must have been received
	Lost        uint64 // of these
	Broken      int    // connections that nobody meant to end so
}

// A ledger joins the books of both sides of each connection.
type ledger struct {
	Books
	open   map[uint64][2]*End // the client's, the server's
	faults []string
	kinds  map[string]int
}

func newLedger() *ledger {
	return &ledger{open: make(map[uint64][2]*End), kinds: make(map[string]int), Books: Books{Ends: make(map[string]int)}}
}

func (l *ledger) end(e *End, server bool) {
	both := l.open[e.Conn]
	i := 0
	if server {
		i = 1
	}
	both[i] = e
	if both[0] == nil || both[1] == nil {
		l.open[e.Conn] = both
		return
	}
	delete(l.open, e.Conn)
	l.settle(both[0], both[1])
}

// settle compares the books of a connection.
func (l *ledger) settle(c, s *End) {
	how := cmp.Or(c.How, "shutdown")
	l.Connections++
	l.Ends[how]++
	l.Sent += c.Sent + s.Sent
	l.Received += c.Received + s.Received
	for _, way := range []struct {
		name           string
		sent, received uint64
	}{{"client to server", c.Sent, s.Received}, {"server to client", s.Sent, c.Received}} {
		if way.received > way.sent {
			l.fault("connection %d, %s: %d received of %d sent", c.Conn, way.name, way.received, way.sent)
		}
		if c.Clean && s.Clean {
			l.Settled += way.sent
			if way.received < way.sent {
				l.Lost += way.sent - way.received
				l.fault("connection %d, %s, %s: %d received of %d sent", c.Conn, how, way.name, way.received, way.sent)
			}
		}
	}
	want := map[string]int{"clean": 1000, "asked": 1000, "shutdown": 1001}[how]
	if how != "abrupt" && (!c.Clean || !s.Clean || c.Code != want && how != "clean") {
		l.Broken++
		l.fault("connection %d, %s, was broken: the client saw %d (%s), the server %d (%s)", c.Conn, how, c.Code, c.Error, s.Code, s.Error)
	}
}

// fault keeps the first faults of each kind.
func (l *ledger) fault(format string, args ...any) {
	if l.kinds[format]++; l.kinds[format] <= mostFaults {
		l.faults = append(l.faults, fmt.Sprintf(format, args...))
	}
}

const mostFaults = 5

func (l *ledger) close() Books {
	for id, both := range l.open {
		switch c, s := both[0], both[1]; {
		case s == nil:
			l.fault("connection %d: only the client has seen its end", id)
		case c == nil && s.Received > 0: // of others the client has never known: it said that it could not dial
			l.fault("connection %d: only the server has seen its end", id)
		}
	}
	return l.Books
}

// A Slope is how something grew over the second half of a run, by the line that fits
// best.
type Slope struct {
	What  string
	Mean  float64
	Grown float64 // from the middle to the end
	Error float64 // the standard error of that
	Bound float64
}

// OK reports whether it grew by no more than it may: what the samples vary by, because
// of hostile clients that come and go, is not taken for growth.
func (s Slope) OK() bool { return s.Grown-2*s.Error <= s.Bound }

// What may grow: a share of the mean, and a little for what comes and goes.
const growth = 0.05

// judge measures the slopes and adds what was found to the faults.
func (r *Results) judge() {
	for _, p := range []struct {
		name string
		of   process
	}{{"server", r.Server}, {"client", r.Client}} {
		for _, what := range []struct {
			name  string
			of    func(s *Sample) float64
			extra float64
		}{
			{"heap, bytes", func(s *Sample) float64 { return s.Heap }, 2 << 20},
			{"goroutines", func(s *Sample) float64 { return float64(s.Goroutines) }, 50},
			{"files", func(s *Sample) float64 { return float64(s.Files) }, 50},
		} {
			s := slope(p.of.Samples, what.of)
			s.What = p.name + ": " + what.name
			s.Bound = growth*s.Mean + what.extra
			r.Slopes = append(r.Slopes, s)
			if !s.OK() {
				r.Faults = append(r.Faults, fmt.Sprintf("%s: grew by %.0f, the bound is %.0f", s.What, s.Grown, s.Bound))
			}
		}
		if l := p.of.Last; l.Goroutines > l.Before {
			r.Faults = append(r.Faults, fmt.Sprintf("%s: %d goroutines are left, at first there were %d", p.name, l.Goroutines, l.Before))
		}
	}
}

// slope is a linear regression over the second half of the samples.
func slope(samples []*Sample, of func(s *Sample) float64) Slope {
	half := samples[len(samples)/2:]
	n := float64(len(half))
	if n < 2 {
		return Slope{}
	}
	var x, y, xx, xy float64
	for _, s := range half {
		x += s.At
		y += of(s)
	}
	x, y = x/n, y/n
	for _, s := range half {
		xx += (s.At - x) * (s.At - x)
		xy += (s.At - x) * (of(s) - y)
	}
	if xx == 0 {
		return Slope{Mean: y}
	}
	slope, span := xy/xx, half[len(half)-1].At-half[0].At
	var residual float64
	for _, s := range half {
		d := of(s) - y - slope*(s.At-x)
		residual += d * d
	}
	return Slope{Mean: y, Grown: slope * span, Error: math.Sqrt(residual/max(n-2, 1)/xx) * span}
}

// machine says where it ran.
func machine() string {
	model := "an unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				model = strings.TrimSpace(strings.TrimLeft(name, "\t :"))
				break
			}
		}
	}
	return fmt.Sprintf("%d cores of %s, %s, %s/%s", runtime.NumCPU(), model, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// ends lists how connections ended, and how often.
func (b Books) ends() []string {
	var list []string
	for how, n := range b.Ends {
		list = append(list, fmt.Sprintf("%s %d", how, n))
	}
	slices.Sort(list)
	return list
}
