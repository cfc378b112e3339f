//go:build linux

package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-websockets/websockets/bench/compare"
)

// A bar shows how far a run is: on a terminal in one line that changes, elsewhere
// in a line for each work.
type bar struct {
	out      *os.File
	terminal bool
	work     string
}

func newBar(out *os.File) *bar {
	info, err := out.Stat()
	return &bar{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (b *bar) show(p compare.Progress) {
	const cells = 24
	full := cells * p.Done / max(p.Total, 1)
	line := fmt.Sprintf("%s%s %3d%%  %s, %s, round %d%s", strings.Repeat("█", full), strings.Repeat("░", cells-full),
		100*p.Done/max(p.Total, 1), p.Work.Name, p.Candidate.Name, p.Round, left(p.Left))
	if b.terminal {
		fmt.Fprintf(b.out, "\r\033[K%s", line)
	} else if p.Work.Name != b.work {
		fmt.Fprintln(b.out, line)
	}
	b.work = p.Work.Name
}

// step shows a step of how a server scales.
func (b *bar) step(candidate string, connections int) {
	work := fmt.Sprintf("%d connections", connections)
	if b.terminal {
		fmt.Fprintf(b.out, "\r\033[K%s, %s", work, candidate)
	} else if work != b.work {
		fmt.Fprintln(b.out, work)
	}
	b.work = work
}

func (b *bar) end() {
	if b.terminal {
		fmt.Fprint(b.out, "\r\033[K")
	}
}

// left says how much time is left, once that is known.
func left(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return ", about " + d.Round(time.Second).String() + " left"
}
