// Command cmd runs all fuzz targets of the checkout for a given time in all, one
// after the other, and prints a table of what came of it.
//
//	go run ./internal/fuzz/cmd -total 8h -doc docs/reference/fuzzing.md
//
// Inputs that fail are in the testdata/fuzz of their packages, and the exit status
// is 1. New inputs stay in Go's cache and are where the next run begins.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/go-websockets/websockets/internal/fuzz"
)

func main() {
	total := flag.Duration("total", 8*time.Hour, "how long in all")
	run := flag.String("run", ".", "only the targets that match the `pattern`, such as frame.FuzzRead")
	doc := flag.String("doc", "", "the `file` into which the table is written")
	parallel := flag.Int("parallel", 2, "how many inputs at a time")
	flag.Parse()
	ok, err := all(*total, *run, *doc, *parallel)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// all runs the targets. It reports whether nothing was found.
func all(total time.Duration, run, doc string, parallel int) (ok bool, err error) {
	pattern, err := regexp.Compile(run)
	if err != nil {
		return false, err
	}
	found, err := fuzz.Targets(os.DirFS("."))
	if err != nil {
		return false, err
	}
	var targets []fuzz.Target
	for _, t := range found {
		if pattern.MatchString(t.String()) {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		return false, fmt.Errorf("no target matches %q", run)
	}
	date, commit := time.Now().Format("2 January 2006"), output("git", "rev-parse", "--short=10", "HEAD")
	ok = true
	var results []fuzz.Result
	for i, t := range targets {
		r := one(t, total/time.Duration(len(targets)), parallel, fmt.Sprintf("%d of %d", i+1, len(targets)))
		ok = ok && len(r.Crashers) == 0 && r.Failed == ""
		results = append(results, r)
		if doc != "" { // each time, in case that the next one is interrupted
			if err := write(doc, fuzz.Table(date, commit, results)); err != nil {
				return false, err
			}
		}
	}
	fmt.Print(fuzz.Table(date, commit, results))
	return ok, nil
}

// one runs a target, with a line of progress.
func one(t fuzz.Target, long time.Duration, parallel int, count string) fuzz.Result {
	r := fuzz.Result{Target: t}
	cmd := exec.Command("go", "test", "-run=^$", "-fuzz=^"+t.Name+"$", "-fuzztime="+long.Round(time.Second).String(),
		"-fuzzminimizetime=5s", fmt.Sprintf("-parallel=%d", parallel), ".")
	cmd.Dir = filepath.FromSlash(t.Dir)
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	start := time.Now()
	ended := make(chan error, 1)
	go func() { // ends with the command
		err := cmd.Run()
		write.Close()
		ended <- err
	}()
	var printed strings.Builder
	for lines := bufio.NewScanner(read); lines.Scan(); {
		line := lines.Text()
		fmt.Fprintln(&printed, line)
		if r.Read(line) {
			fmt.Fprintf(os.Stderr, "\r\x1b[K%s: %v: %s", count, t, strings.TrimPrefix(line, "fuzz: "))
		}
	}
	_, _ = io.Copy(io.Discard, read) // behind a line that is too long
	r.End(<-ended, printed.String())
	r.Took = time.Since(start)
	fmt.Fprintf(os.Stderr, "\r\x1b[K%s: %v: %d executions in %v\n", count, t, r.Executions, r.Took.Round(time.Second))
	if len(r.Crashers) > 0 || r.Failed != "" {
		fmt.Fprint(os.Stderr, printed.String())
	}
	return r
}

func write(doc, table string) error {
	text, err := os.ReadFile(doc)
	if err != nil {
		return err
	}
	changed, err := fuzz.Insert(string(text), table)
	if err != nil {
		return err
	}
	return os.WriteFile(doc, []byte(changed), 0o644)
}

func output(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
