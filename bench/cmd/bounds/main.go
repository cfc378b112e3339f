//go:build linux

// Command bounds measures what hostile peers cost a server, and clients: see the
// README of this module.
//
//	go run ./bench/cmd/bounds                       # all scripts: a quarter of an hour
//	go run ./bench/cmd/bounds -windows 0            # memory and processor time only
//	go run ./bench/cmd/bounds -scripts "bomb,mute"
//
// It prints a table and what exceeds a bound, and exits with 1 if anything does. With
// -docs it puts the table between two marks of a Markdown file.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-websockets/websockets/bench/bounds"
)

func main() {
	if bounds.Child() {
		return
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bounds:", err)
		os.Exit(1)
	}
}

func run() error {
	c := bounds.Default
	flag.IntVar(&c.Connections, "connections", c.Connections, "hostile connections at a time")
	flag.IntVar(&c.Windows, "windows", c.Windows, "calm and attacked windows of honest echoes; 0: none")
	flag.DurationVar(&c.Window, "window", c.Window, "how long each is")
	flag.IntVar(&c.Rate, "rate", c.Rate, "hostile bytes a second meanwhile")
	ratio := flag.Float64("ratio", bounds.RatioBound, "how many times as long honest echoes may take")
	scripts := flag.String("scripts", "", "names, with commas: all")
	docs := flag.String("docs", "", "put the table into this Markdown file")
	flag.Parse()
	if *scripts != "" {
		c.Scripts = strings.Split(*scripts, ",")
	}
	begun := time.Now()
	costs, err := bounds.Run(c, func(name string, done, of int) {
		fmt.Fprintf(os.Stderr, "%3d of %d, %4.0f s: %s\n", done+1, of, time.Since(begun).Seconds(), name)
	})
	if err != nil {
		return err
	}
	table := bounds.Markdown(c, costs)
	fmt.Print(table)
	faults := bounds.Faults(costs, *ratio)
	for _, f := range faults {
		fmt.Println("-", f)
	}
	if *docs != "" {
		if err := insert(*docs, table, faults); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d bounds are exceeded", len(faults))
	}
	return nil
}

// The marks between which the table stands.
const begin, end = "<!-- bounds: begin -->\n", "<!-- bounds: end -->\n"

func insert(name, table string, faults []string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok1 := strings.Cut(string(b), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s: no marks for the table", name)
	}
	verdict := "All bounds are kept.\n"
	if len(faults) > 0 {
		verdict = "Beyond a bound:\n\n- " + strings.Join(faults, "\n- ") + "\n"
	}
	when := "Measured on " + time.Now().UTC().Format("2 January 2006") + ".\n\n"
	return os.WriteFile(name, []byte(before+begin+"\n"+when+table+"\n"+verdict+"\n"+end+after), 0o644)
}
