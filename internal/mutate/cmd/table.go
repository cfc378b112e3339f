package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-websockets/websockets/internal/mutate"
)

// tableOf makes the changes of a table and prints those that the tests which it
// names do not notice. It reports whether all are noticed.
func tableOf(b *build, name, row string, parallel int, verbose bool) (bool, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	mutations, err := mutate.Parse(string(text))
	if err != nil {
		return false, err
	}
	type check struct {
		mutate.Mutation
		test string
	}
	var checks []check
	var tests []string
	for _, m := range mutations {
		for _, test := range m.Tests {
			if row == "" || slices.Contains(m.Rows, row) {
				checks, tests = append(checks, check{m, test}), append(tests, test)
			}
		}
	}
	if err := b.passes(tests); err != nil {
		return false, err
	}
	noticed := 0
	type result struct {
		was outcome
		out string
		err error
	}
	each(parallel, checks, func(c check) (r result) {
		r.was, r.out, r.err = b.notices(c.Mutation, c.test)
		return r
	}, func(c check, r result) {
		title := fmt.Sprintf("%s: %s: %s", strings.Join(c.Rows, ", "), c.Edits[0].File, c.test)
		switch {
		case r.err != nil:
			fmt.Printf("%s: %v\n", title, r.err)
			return
		case r.was == invalid:
			fmt.Printf("%s: does not compile:\n%s", title, r.out)
			return
		case r.was == survived:
			fmt.Printf("%s: NOT NOTICED\n", title)
			return
		case verbose:
			fmt.Printf("%s: noticed: %s\n", title, firstComplaint(r.out))
		}
		noticed++
	})
	fmt.Printf("%d of %d changes noticed\n", noticed, len(checks))
	return noticed == len(checks), nil
}

// notices runs a test with the change.
func (b *build) notices(m mutate.Mutation, test string) (outcome, string, error) {
	changed, err := m.Apply(func(file string) (string, error) {
		src, err := os.ReadFile(filepath.Join(b.root, file))
		return string(src), err
	})
	if err != nil {
		return invalid, "", err
	}
	pkg, run := split(test)
	return b.test(pkg, run, changed)
}

// passes runs the tests of the table as the code is.
func (b *build) passes(tests []string) error {
	names := map[string][]string{}
	for _, test := range tests {
		pkg, run := split(test)
		run, _, _ = strings.Cut(run, "/")
		names[pkg] = append(names[pkg], run)
	}
	for pkg, runs := range names {
		if was, out, err := b.test(pkg, strings.Join(runs, "|"), nil); err != nil || was != survived {
			return fmt.Errorf("%s: its tests do not pass as it is: %v\n%s", pkg, err, out)
		}
	}
	return nil
}

// split returns the folder of a test's package and a pattern for -run.
func split(test string) (pkg, run string) {
	i := strings.LastIndex(test[:strings.IndexByte(test+"/Test", '/')], ".")
	if j := strings.Index(test, ".Test"); j >= 0 {
		i = j
	}
	pkg, run = test[:i], test[i+1:]
	if pkg == "websockets" {
		pkg = "."
	}
	parts := strings.Split(run, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return pkg, strings.Join(parts, "/")
}

// firstComplaint returns the first line of a test's output that tells more than a
// name.
func firstComplaint(out string) string {
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "===") {
			return line[:min(len(line), 150)]
		}
	}
	return ""
}
