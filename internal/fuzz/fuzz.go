// Package fuzz runs the fuzz targets of the checkout for a long time, one after the
// other, and says what came of it.
package fuzz

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Target is a fuzz target.
type Target struct {
	Dir  string // of its package, from the root of the checkout, with slashes
	Name string
}

func (t Target) String() string { return strings.TrimPrefix(t.Dir+".", "..") + t.Name }

// Targets returns the targets in a checkout, of all its modules.
func Targets(checkout fs.FS) (all []Target, err error) {
	err = fs.WalkDir(checkout, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(checkout, path)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(source)) {
			if name, parameters, ok := strings.Cut(line, "("); ok && strings.HasPrefix(name, "func Fuzz") && strings.Contains(parameters, "*testing.F)") {
				all = append(all, Target{filepath.ToSlash(filepath.Dir(path)), strings.TrimPrefix(name, "func ")})
			}
		}
		return nil
	})
	slices.SortFunc(all, func(a, b Target) int { return strings.Compare(a.String(), b.String()) })
	return all, err
}

// A Result is what came of a target.
type Result struct {
	Target
	Took       time.Duration
	Executions int64
	New        int64    // inputs that reached code which others had not
	Corpus     int64    // inputs in all
	Crashers   []string // the files with inputs that failed
	Failed     string   // why the run did not come to its end otherwise
}

// Read takes a line of what "go test -fuzz" prints. It reports whether the line
// tells how far it is.
func (r *Result) Read(line string) bool {
	if _, name, ok := strings.Cut(line, "Failing input written to "); ok {
		r.Crashers = append(r.Crashers, name)
		return false
	}
	var elapsed, rate string
	var executions, fresh, total int64
	n, _ := fmt.Sscanf(line, "fuzz: elapsed: %s execs: %d %s new interesting: %d (total: %d)", &elapsed, &executions, &rate, &fresh, &total)
	if n != 5 {
		return false
	}
	r.Executions, r.New, r.Corpus = executions, fresh, total
	return true
}

// End takes how the run ended, and what it printed. When the time is up just as an
// input is tried, Go may call that a failure of the target; without an input to show
// for it, it is none.
func (r *Result) End(err error, printed string) {
	if err == nil && strings.Contains(printed, "no fuzz tests to fuzz") {
		r.Failed = "there is no such target"
	}
	if err == nil || len(r.Crashers) > 0 || strings.Contains(printed, "context deadline exceeded") {
		return
	}
	r.Failed = err.Error()
}

// Table returns a table in Markdown of what came of a run of all targets.
func Table(date, commit string, results []Result) string {
	var b strings.Builder
	var sum Result
	for _, r := range results {
		sum.Took += r.Took
		sum.Executions += r.Executions
		sum.Crashers = append(sum.Crashers, r.Crashers...)
	}
	fmt.Fprintf(&b, "%s, commit %s: %s executions of %d targets in %v, %d crashers.\n\n",
		date, commit, thousands(sum.Executions), len(results), sum.Took.Round(time.Second), len(sum.Crashers))
	b.WriteString("| target | executions | for | new inputs | inputs | crashers |\n|---|---|---|---|---|---|\n")
	for _, r := range results {
		crashers := strconv.Itoa(len(r.Crashers))
		if r.Failed != "" {
			crashers = "did not run: " + r.Failed
		}
		fmt.Fprintf(&b, "| %s | %s | %v | %d | %d | %s |\n", r.Target, thousands(r.Executions), r.Took.Round(time.Second), r.New, r.Corpus, crashers)
	}
	return b.String()
}

// thousands returns n with a comma between each three digits.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// What a document has around the table of the last run.
const (
	begin = "<!-- written by make fuzz-night -->\n"
	end   = "<!-- end -->\n"
)

// Insert returns the document with another table.
func Insert(document, table string) (string, error) {
	before, rest, ok := strings.Cut(document, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("no place for the table: %q and %q", begin, end)
	}
	return before + begin + "\n" + table + "\n" + end + after, nil
}
