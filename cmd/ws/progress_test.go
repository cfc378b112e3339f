package main

import (
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets/conformance"
)

// caseResult is the progress of a run in which case id has ended with v.
func caseResult(t *testing.T, id string, done, total int, v conformance.Verdict) conformance.Progress {
	t.Helper()
	list, err := conformance.Select(id)
	if err != nil {
		t.Fatal(err)
	}
	return conformance.Progress{Done: done, Total: total, Result: &conformance.Result{Case: list[0], Agent: "a", Behavior: v}}
}

// clock is a time that a test sets.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func TestProgressFitsTheTerminal(t *testing.T) {
	for _, width := range []int{1, 8, 20, 40, 60, 80, 200} {
		for _, colors := range []bool{false, true} {
			c := &clock{time.Unix(1e9, 0)}
			b := &progress{tallies: map[string]*tally{}, now: c.now, start: c.Time, width: func() int { return width }, style: style{on: colors}}
			var out strings.Builder
			b.out = &out
			b.update(caseResult(t, "1.1.1", 1, 300, conformance.OK))
			c.Time = c.Add(3 * time.Second)
			for i, v := range []conformance.Verdict{conformance.Failed, conformance.NonStrict, conformance.Informational, conformance.Unimplemented, conformance.OK} {
				b.update(caseResult(t, "6.1.1", 146+i, 300, v))
			}
			for line := range strings.SplitSeq(out.String(), "\r\x1b[K") {
				if n := columns(line); n > 0 && n >= width {
					t.Errorf("%q takes %d of %d columns", line, n, width)
				}
			}
			if width == 80 && !colors {
				const want = "██████████████░░░░░░░░░░░░░░░░  146/300  ✓ 1  ✕ 1  about 3s left  UTF-8"
				if !strings.HasSuffix(out.String(), want) {
					t.Errorf("got %q, which should end with %q", out.String(), want)
				}
			}
		}
	}
}

func TestProgressIsDrawnNowAndThen(t *testing.T) {
	c := &clock{time.Unix(1e9, 0)}
	var out strings.Builder
	b := &progress{tallies: map[string]*tally{}, now: c.now, start: c.Time, drawn: c.Time, width: func() int { return 80 }, out: &out}
	for i := range 100 {
		b.update(caseResult(t, "1.1.1", i+1, 1000, conformance.OK))
		c.Time = c.Add(time.Millisecond)
	}
	if n := strings.Count(out.String(), "\r"); n != 2 {
		t.Errorf("drawn %d times in 100 ms: %q", n, out.String())
	}
	b.say("\x1b[2Jtrouble")
	b.end()
	if !strings.HasSuffix(out.String(), "\r\x1b[K\\x1b[2Jtrouble\n") {
		t.Errorf("it ends with %q", out.String())
	}
}

func TestProgressElsewhereIsLines(t *testing.T) {
	c := &clock{time.Unix(1e9, 0)}
	var out strings.Builder
	b := &progress{tallies: map[string]*tally{}, now: c.now, start: c.Time, drawn: c.Time, out: &out}
	for i := range 24 {
		b.update(caseResult(t, "9.1.1", i+1, 240, conformance.WrongCode))
		c.Time = c.Add(time.Second)
	}
	b.end()
	const want = "11/240  ✕ 11  Limits and large messages\n21/240  ✕ 21  about 3m29s left  Limits and large messages\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestProgressOfSeveralAgents(t *testing.T) {
	c := &clock{time.Unix(1e9, 0)}
	b := &progress{tallies: map[string]*tally{}, now: c.now, width: func() int { return 80 }, out: &strings.Builder{}}
	b.update(caseResult(t, "1.1.1", 9, 10, conformance.Failed))
	p := caseResult(t, "1.1.1", 1, 10, conformance.OK)
	p.Result.Agent = "another"
	b.update(p)
	if line := b.line(0, c.Time); line != "1/10  another  ✓ 1  Framing" {
		t.Errorf("got %q", line)
	}
	b.update(caseResult(t, "1.1.2", 10, 10, conformance.OK))
	if line := b.line(0, c.Time); line != "10/10  a  ✓ 1  ✕ 1  Framing" {
		t.Errorf("got %q", line)
	}
}
