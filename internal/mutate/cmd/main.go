// Command cmd breaks the code on purpose and tells which tests notice.
//
//	go run ./internal/mutate/cmd -table trust/mutations.txt
//	go run ./internal/mutate/cmd frame protocol
//
// The first makes the changes of a table, one after the other: the tests that the
// table names must fail. The second makes all changes that the rules of package
// mutate give, runs the tests of the package and prints the score: the share of
// changes that they notice. Changes which are none, because the program does the
// same, are listed in internal/mutate/equivalent.txt, with the reason.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	table := flag.String("table", "", "the `file` with the table of changes")
	row := flag.String("row", "", "only the changes of the table for this `number`")
	only := flag.String("file", "", "only changes of this `file`")
	every := flag.Int("every", 1, "only each `n`-th change by rule")
	parallel := flag.Int("parallel", 2, "how many at a time")
	verbose := flag.Bool("v", false, "print each change")
	timeout := flag.Duration("timeout", 30*time.Second, "how long the tests may take")
	flag.Parse()
	root, err := os.Getwd()
	if err != nil {
		fail(err)
	}
	b := &build{root: root, timeout: *timeout}
	ok := true
	if *table != "" {
		ok, err = tableOf(b, *table, *row, *parallel, *verbose)
	}
	for _, pkg := range flag.Args() {
		if err == nil {
			err = score(b, pkg, selection{*only, *every}, *parallel, *verbose)
		}
	}
	if err != nil {
		fail(err)
	}
	if !ok {
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
