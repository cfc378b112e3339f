package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-websockets/websockets/internal/mutate"
)

// A selection says which changes of a package are made.
type selection struct {
	file  string // only those of this file, if it is not ""
	every int    // only each n-th
}

// score prints how many changes of a package its own tests notice.
func score(b *build, pkg string, sel selection, parallel int, verbose bool) error {
	start := time.Now()
	mutants, err := mutantsOf(b.root, pkg, sel)
	if err != nil {
		return err
	}
	equivalent, err := equivalents(b.root)
	if err != nil {
		return err
	}
	if was, out, err := b.test(pkg, ".", nil); err != nil || was != survived {
		return fmt.Errorf("%s: its tests do not pass as it is: %v\n%s", pkg, err, out)
	}
	count := map[outcome]int{}
	excused := 0
	type result struct {
		was outcome
		err error
	}
	each(parallel, mutants, func(m mutate.Mutant) result {
		was, _, err := b.test(pkg, ".", map[string]string{m.File: m.Source})
		return result{was, err}
	}, func(m mutate.Mutant, r result) {
		if r.err != nil {
			err = r.err
		}
		reason := equivalent[m.Key()]
		switch {
		case r.was == survived && reason != "":
			excused++
		case r.was == survived:
			fmt.Printf("%s:%d: survived: %s: %s\n", m.File, m.Line, m.Change, m.Text)
		case verbose:
			fmt.Printf("%s:%d: noticed (%d): %s: %s\n", m.File, m.Line, r.was, m.Change, m.Text)
		}
		count[r.was]++
	})
	noticed := count[killed] + count[stuck]
	all := noticed + count[survived] - excused
	fmt.Printf("%s: %d of %d noticed, %.1f %% (%d by not ending; %d more are no change, %d do not compile), in %v\n",
		pkg, noticed, all, 100*float64(noticed)/float64(max(all, 1)), count[stuck], excused, count[invalid], time.Since(start).Round(time.Second))
	return err
}

// mutantsOf returns the mutants of the files of a package that this platform
// builds, tests left out.
func mutantsOf(root, pkg string, sel selection) (all []mutate.Mutant, err error) {
	names, err := filepath.Glob(filepath.Join(root, pkg, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		file := filepath.ToSlash(strings.TrimPrefix(name, root+string(filepath.Separator)))
		if strings.HasSuffix(file, "_test.go") || sel.file != "" && file != sel.file {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		mutants, err := mutate.Generate(file, string(src))
		if err != nil {
			return nil, err
		}
		all = append(all, mutants...)
	}
	var selected []mutate.Mutant
	for i := 0; i < len(all); i += max(sel.every, 1) {
		selected = append(selected, all[i])
	}
	return selected, nil
}

// equivalents returns the reasons for changes that are none, by their keys.
func equivalents(root string) (map[string]string, error) {
	src, err := os.ReadFile(filepath.Join(root, "internal", "mutate", "equivalent.txt"))
	if err != nil {
		return nil, err
	}
	return mutate.ParseEquivalents(string(src))
}

// each calls do for all items, a few at a time, and done with each result, in turn.
func each[T, R any](parallel int, items []T, do func(T) R, done func(T, R)) {
	results := make([]chan R, len(items))
	for i := range results {
		results[i] = make(chan R, 1)
	}
	slots := make(chan struct{}, max(parallel, 1))
	go func() {
		for i, item := range items {
			slots <- struct{}{}
			go func() {
				results[i] <- do(item)
				<-slots
			}()
		}
	}()
	for i, item := range items {
		done(item, <-results[i])
	}
}
