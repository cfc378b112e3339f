// Package peer runs other people's programs for the interoperability tests:
// bounded in time, ended by their own process id, with what they print at hand
// when a test fails.
package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	lifetime = 3 * time.Minute  // after this a process is killed, whatever it does
	patience = 20 * time.Second // how long a test waits for one thing to happen
	grace    = 5 * time.Second  // between asking a process to end and killing it
)

// A Process is a running program and all that it has printed so far.
type Process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	cancel context.CancelFunc
	done   chan struct{} // closed when the program has ended and all is read

	mu      sync.Mutex
	lines   []line
	changed chan struct{} // closed and replaced when lines grow
	status  error         // what Wait returned; valid when done is closed
}

type line struct {
	text   string
	stderr bool
}

// Start runs a program until the test ends. Its environment is that of the test
// with env added.
func Start(t testing.TB, env []string, name string, args ...string) *Process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), lifetime)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	cmd.WaitDelay = grace

	p := &Process{
		name:    name,
		cmd:     cmd,
		cancel:  cancel,
		done:    make(chan struct{}),
		changed: make(chan struct{}),
	}
	var err error
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	// Writers, not pipes of our own: Wait then waits for the last line.
	stdout, stderr := &lineWriter{p: p}, &lineWriter{p: p, stderr: true}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	go func() { // ends with the program, at the latest after lifetime
		err := cmd.Wait()
		stdout.flush()
		stderr.flush()
		p.mu.Lock()
		p.status = err
		close(p.changed)
		p.changed = nil
		p.mu.Unlock()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("%s printed:\n%s", name, p.Output())
		}
	})
	return p
}

// Stop asks the program to end and, if it does not, kills it with everything
// that it started. It may be called again.
func (p *Process) Stop() {
	p.stdin.Close()
	_ = terminate(p.cmd)
	select {
	case <-p.done:
	case <-time.After(grace):
	}
	_ = killGroup(p.cmd)
	<-p.done
	p.cancel()
}

// Interrupt asks the program to end, as Ctrl-C does, and returns what became of
// it: nil is exit status 0.
func (p *Process) Interrupt(t testing.TB) error {
	t.Helper()
	if err := interrupt(p.cmd); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
		return p.status
	case <-time.After(patience):
		t.Fatalf("%s does not end; it printed:\n%s", p.name, p.Output())
		return nil
	}
}

// Output returns the last lines so far.
func (p *Process) Output() string {
	const most = 40
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	if n := len(p.lines); n > most {
		fmt.Fprintf(&b, "\t(%d lines)\n", n-most)
	}
	for _, l := range p.lines[max(0, len(p.lines)-most):] {
		stream := "out"
		if l.stderr {
			stream = "err"
		}
		fmt.Fprintf(&b, "\t%s: %s\n", stream, shorten(l.text))
	}
	return b.String()
}

func shorten(s string) string {
	const most = 200
	if len(s) > most {
		return fmt.Sprintf("%s… (%d bytes)", s[:most], len(s))
	}
	return s
}

// WaitLine returns the first line that matches, with its submatches. It waits
// for it if need be.
func (p *Process) WaitLine(t testing.TB, re *regexp.Regexp) []string {
	t.Helper()
	var found []string
	if err := p.next(new(int), func(l line) bool {
		found = re.FindStringSubmatch(l.text)
		return found != nil
	}); err != nil {
		t.Fatalf("waiting for a line like %q: %v", re, err)
	}
	return found
}

// next looks at the lines from *pos on until accept takes one.
func (p *Process) next(pos *int, accept func(line) bool) error {
	timeout := time.After(patience)
	for {
		p.mu.Lock()
		lines, changed := p.lines, p.changed
		p.mu.Unlock()
		for *pos < len(lines) {
			l := lines[*pos]
			*pos++
			if accept(l) {
				return nil
			}
		}
		if changed == nil {
			return errors.New(p.name + " has ended")
		}
		select {
		case <-changed:
		case <-timeout:
			return fmt.Errorf("%s printed no such line in %v", p.name, patience)
		}
	}
}

// A lineWriter cuts what a program prints into lines.
type lineWriter struct {
	p      *Process
	stderr bool
	rest   []byte
}

func (w *lineWriter) Write(b []byte) (int, error) {
	w.rest = append(w.rest, b...)
	for {
		n, text, err := bufio.ScanLines(w.rest, false)
		if n == 0 || err != nil {
			return len(b), err
		}
		w.add(string(text))
		w.rest = w.rest[n:]
	}
}

func (w *lineWriter) flush() {
	if len(w.rest) > 0 {
		w.add(string(w.rest))
	}
}

func (w *lineWriter) add(text string) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	w.p.lines = append(w.p.lines, line{text, w.stderr})
	close(w.p.changed)
	w.p.changed = make(chan struct{})
}
