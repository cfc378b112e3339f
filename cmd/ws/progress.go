package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-websockets/websockets/conformance"
	"golang.org/x/term"
)

// A progress shows how far ws check is: in a terminal as a line that changes, else
// as a line now and then. Its methods may be called by any goroutine.
type progress struct {
	out   io.Writer
	style style
	width func() int // of the terminal; nil: there is none
	now   func() time.Time

	mu      sync.Mutex
	start   time.Time
	drawn   time.Time // when it was shown last
	isShown bool      // the line is on the terminal
	agent   string    // of the last case
	family  string    // the same
	done    int
	total   int
	tallies map[string]*tally // by agent: with --listen there may be several
}

// A tally are the results of an agent.
type tally struct {
	start   time.Time
	results [len(marks)]int
}

// The marks of verdicts, as in reports.
var marks = [...]string{"✓", "≈", "i", "–", "✕"}

const (
	redrawEvery = 50 * time.Millisecond // in a terminal
	lineEvery   = 10 * time.Second      // elsewhere
)

func (p *program) newProgress() *progress {
	bar := &progress{out: p.stderr, style: p.style(p.stderr), now: time.Now, tallies: map[string]*tally{}}
	if f, ok := p.stderr.(*os.File); ok && isTerminal(f) && os.Getenv("TERM") != "dumb" {
		bar.width = func() int {
			if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
				return w
			}
			return 80
		}
	}
	bar.start = bar.now()
	bar.drawn = bar.start
	return bar
}

// update takes the result of a case.
func (b *progress) update(p conformance.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := p.Result
	of := b.tallies[r.Agent]
	if of == nil {
		of = &tally{start: b.now()}
		if len(b.tallies) == 0 {
			of.start = b.start
		}
		b.tallies[r.Agent] = of
	}
	b.agent, b.start = r.Agent, of.start
	b.done, b.total, b.family = p.Done, p.Total, r.Case.Family()
	switch v := r.Verdict(); {
	case v.IsFailure():
		of.results[4]++
	case v == conformance.Unimplemented:
		of.results[3]++
	case v == conformance.Informational:
		of.results[2]++
	case v == conformance.NonStrict:
		of.results[1]++
	case v == conformance.OK:
		of.results[0]++
	}
	b.show()
}

// started is called before a case whose result is not known here.
func (b *progress) started(number, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done, b.total = number-1, total
	b.show()
}

// show shows the line if it is time to.
func (b *progress) show() {
	now := b.now()
	switch {
	case b.width == nil && now.Sub(b.drawn) >= lineEvery:
		fmt.Fprintln(b.out, b.line(0, now))
	case b.width != nil && (now.Sub(b.drawn) >= redrawEvery || !b.isShown || b.done == b.total):
		fmt.Fprintf(b.out, "\r\x1b[K%s", b.line(max(b.width()-1, 1), now))
		b.isShown = true
	default:
		return
	}
	b.drawn = now
}

// line is the line, in at most width columns; 0 is for plain text.
func (b *progress) line(width int, now time.Time) string {
	parts := []string{fmt.Sprintf("%d/%d", b.done, b.total)}
	if len(b.tallies) > 1 {
		parts = append(parts, escape(b.agent))
	}
	if of := b.tallies[b.agent]; of != nil {
		for i, n := range of.results {
			if n > 0 {
				parts = append(parts, b.paint(i, marks[i]+" "+strconv.Itoa(n)))
			}
		}
	}
	if left := b.left(now); left != "" {
		parts = append(parts, left)
	}
	for _, f := range conformance.Families() {
		if f.Number == b.family {
			parts = append(parts, b.style.dim(f.Title))
		}
	}
	if width == 0 {
		return strings.Join(parts, "  ")
	}
	// What does not fit is left out from the right; the bar takes what remains.
	text := ""
	for _, part := range parts {
		if columns(text)+2+columns(part) > width {
			break
		}
		text += "  " + part
	}
	cells := min(width-columns(text)-1, 30)
	if cells < 5 || b.total == 0 {
		return strings.TrimPrefix(text, "  ")
	}
	full := cells * b.done / b.total
	return strings.Repeat("█", full) + strings.Repeat("░", cells-full) + text
}

func (b *progress) paint(mark int, text string) string {
	switch mark {
	case 0:
		return b.style.sent(text)
	case 1:
		return b.style.note(text)
	case 4:
		return b.style.bad(text)
	}
	return text
}

// left is about how long it will take, once that can be told.
func (b *progress) left(now time.Time) string {
	passed := now.Sub(b.start)
	if passed < 2*time.Second || b.done*20 < b.total || b.done >= b.total {
		return ""
	}
	rest := passed * time.Duration(b.total-b.done) / time.Duration(b.done)
	return "about " + rest.Round(time.Second).String() + " left"
}

// say prints a line above the progress.
func (b *progress) say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
	fmt.Fprintln(b.out, escape(text))
}

// end takes the line away.
func (b *progress) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
}

func (b *progress) erase() {
	if b.isShown {
		fmt.Fprint(b.out, "\r\x1b[K")
		b.isShown = false
	}
}

// columns is how many columns a text takes that may have colours in it: its
// characters are one column each.
func columns(s string) int {
	n := 0
	for s != "" {
		if rest, ok := strings.CutPrefix(s, "\x1b["); ok {
			if _, after, found := strings.Cut(rest, "m"); found {
				s = after
				continue
			}
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		n++
	}
	return n
}
