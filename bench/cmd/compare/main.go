//go:build linux

// Command compare puts servers written with this library beside others: see the
// README of this module.
//
//	go run ./bench/cmd/compare                     # the main works, candidates in Go
//	go run ./bench/cmd/compare -full               # everything
//	go run ./bench/cmd/compare -works ping-pong-64 -candidates raw,ours,gws -rounds 9
//	go run ./bench/cmd/compare -from results.json  # write tables and page again
//
// It prints the tables, and writes results.json and plots.html into a folder. With
// -docs it puts the tables between two marks of a Markdown file, too.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-websockets/websockets/bench/compare"
	"github.com/go-websockets/websockets/bench/report"
	"github.com/go-websockets/websockets/bench/servers"
)

type flags struct {
	full              bool
	works, candidates string
	rounds            int
	warm, measure     time.Duration
	out, docs, from   string
	profiles          string
	list, scale       bool
	sizes             string
	many              int
	hold              bool
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("compare: ")
	var f flags
	flag.BoolVar(&f.full, "full", false, "all works, more and longer rounds, and others than those in Go")
	flag.StringVar(&f.works, "works", "", "only these works, with `commas`")
	flag.StringVar(&f.candidates, "candidates", "", "only these candidates, with `commas`")
	flag.IntVar(&f.rounds, "rounds", 0, "how many rounds (default 3; 5 with -full)")
	flag.DurationVar(&f.warm, "warm", 150*time.Millisecond, "how long a turn takes before it counts")
	flag.DurationVar(&f.measure, "time", 0, "how long a turn takes (default 300ms; 500ms with -full)")
	flag.StringVar(&f.out, "out", "bench/results", "`folder` for the results")
	flag.StringVar(&f.docs, "docs", "", "Markdown `file` whose tables are replaced")
	flag.StringVar(&f.from, "from", "", "do not run anything: take these `results`, with commas if several")
	flag.BoolVar(&f.scale, "scale", false, "also look at 10 to 19,000 connections; part of -full")
	flag.StringVar(&f.sizes, "sizes", "", "with -scale, these numbers of connections, with `commas`")
	flag.StringVar(&f.profiles, "profiles", "", "`folder` for profiles of servers in Go, which cost them a little")
	flag.IntVar(&f.many, "many", 0, "also look at so many connections, of several processes")
	flag.BoolVar(&f.hold, "hold", false, "be one of the processes that -many starts")
	flag.BoolVar(&f.list, "list", false, "list works and candidates")
	flag.Parse()
	if err := f.run(); err != nil {
		log.Fatal(err)
	}
}

func (f *flags) run() error {
	switch {
	case f.list:
		return list()
	case f.hold:
		return hold(flag.Args())
	}
	results, err := f.results()
	if err != nil {
		return err
	}
	if err := f.write(results); err != nil {
		return err
	}
	fmt.Print(report.Markdown(results))
	return nil
}

// hold is a process of clients.
func hold(args []string) error {
	if len(args) != 2 {
		return errors.New("-hold takes an address and a number of connections")
	}
	addr, err := netip.ParseAddrPort(args[0])
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	return compare.Hold(addr, n, os.Stdin, os.Stdout)
}

func list() error {
	for _, w := range compare.Works() {
		fmt.Printf("%-18s %s\n", w.Name, w.Title)
	}
	fmt.Println()
	for _, c := range append(servers.All(), servers.Others()...) {
		fmt.Printf("%-18s %s\n", c.Name, c.About)
	}
	return nil
}

func (f *flags) results() (*compare.Results, error) {
	if f.from != "" {
		return read(f.from)
	}
	config, err := f.config()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "compare")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	if config.Serve, err = compare.Build(folder); err != nil {
		return nil, err
	}
	bar := newBar(os.Stderr)
	defer bar.end()
	config.Progress = bar.show
	results, err := compare.Run(config)
	if err == nil && (f.scale || f.full && f.works == "") {
		err = f.scaling(&config, results, bar)
	}
	if err == nil && f.many > 0 {
		err = f.scaleMany(&config, results, bar)
	}
	return results, err
}

// scaling adds what happens with many connections.
func (f *flags) scaling(config *compare.Config, r *compare.Results, b *bar) (err error) {
	start := time.Now()
	if f.candidates == "" {
		config.Candidates = nil
		for _, name := range []string{"raw", "ours", "ours-calls", "gobwas", "gws", "gorilla-tuned"} {
			c, err := servers.Find(name)
			if err != nil {
				return err
			}
			config.Candidates = append(config.Candidates, c)
		}
	}
	sizes := compare.Sizes
	if f.sizes != "" {
		sizes = nil
		for s := range strings.SplitSeq(f.sizes, ",") {
			n, err := strconv.Atoi(s)
			if err != nil || n < 1 || n > slices.Max(compare.Sizes) {
				return fmt.Errorf("-sizes: %q is not from 1 to %d", s, slices.Max(compare.Sizes))
			}
			sizes = append(sizes, n)
		}
	}
	few := *config
	few.Rounds = min(few.Rounds, 2) // most of the time goes into opening connections
	if r.Scale, err = compare.Scaling(few, sizes, b.step); err != nil {
		return err
	}
	r.Took += time.Since(start).Round(time.Second)
	return nil
}

// manyProcesses is how many processes of a server share the connections of -many.
const manyProcesses = 11

// scaleMany adds what happens with more connections than fit into a process.
func (f *flags) scaleMany(config *compare.Config, r *compare.Results, b *bar) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	start := time.Now()
	for _, name := range []string{"ours", "ours-calls"} {
		candidate, err := servers.Find(name)
		if err != nil {
			return err
		}
		b.step(candidate.Name, f.many)
		r.Scale = append(r.Scale, compare.Many(*config, candidate, f.many, manyProcesses, program, "-hold"))
	}
	r.Took += time.Since(start).Round(time.Second)
	return nil
}

// read takes results together. A later one takes the place of a work of an earlier
// one; when and how it was run is told of the first.
func read(names string) (*compare.Results, error) {
	var all compare.Results
	for i, name := range strings.Split(names, ",") {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var r compare.Results
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if i == 0 {
			all = r
			continue
		}
		all.Took += r.Took
		for _, w := range r.Works {
			i := slices.IndexFunc(all.Works, func(old *compare.WorkResult) bool { return old.Name == w.Name })
			if i < 0 {
				all.Works = append(all.Works, w)
			} else {
				all.Works[i] = w
			}
		}
		all.Scale = append(all.Scale, r.Scale...)
	}
	return &all, nil
}

// config makes what is to run of the flags.
func (f *flags) config() (c compare.Config, err error) {
	c.Rounds, c.Times = 3, compare.Times{Warm: f.warm, Measure: 300 * time.Millisecond, Settle: 300 * time.Millisecond}
	if c.Folder, err = compare.Folder(); err != nil {
		return c, fmt.Errorf("find the folder of this module: %w", err)
	}
	if f.profiles != "" {
		if c.Profiles, err = filepath.Abs(f.profiles); err == nil {
			err = os.MkdirAll(c.Profiles, 0o755)
		}
		if err != nil {
			return c, err
		}
	}
	candidates := servers.All()
	if f.full {
		c.Rounds, c.Times.Measure = 5, 500*time.Millisecond
	}
	for _, o := range servers.Others() {
		switch wanted := f.full || f.candidates != ""; {
		case wanted && o.Installed(c.Folder):
			candidates = append(candidates, o)
		case wanted:
			log.Printf("without %s, which is not installed: see bench/install", o.Name)
		}
	}
	if f.rounds > 0 {
		c.Rounds = f.rounds
	}
	if f.measure > 0 {
		c.Times.Measure = f.measure
	}
	works, err := pick(f.works, compare.Works(), func(w *compare.Work) string { return w.Name })
	if err != nil {
		return c, err
	}
	for _, w := range works {
		if f.full || !w.Full || f.works != "" {
			c.Works = append(c.Works, w)
		}
	}
	c.Candidates, err = pick(f.candidates, candidates, func(c *servers.Candidate) string { return c.Name })
	return c, err
}

// pick returns those of a list that are named, all if there are no names.
func pick[T any](names string, list []T, name func(T) string) (picked []T, err error) {
	switch names {
	case "":
		return list, nil
	case "none":
		return nil, nil
	}
	for want := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(list, func(v T) bool { return name(v) == want })
		if i < 0 {
			return nil, fmt.Errorf("there is no %q: -list tells what there is", want)
		}
		picked = append(picked, list[i])
	}
	return picked, nil
}

func (f *flags) write(r *compare.Results) error {
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(f.out, "results.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	page, err := os.Create(filepath.Join(f.out, "plots.html"))
	if err != nil {
		return err
	}
	if err := report.Page(page, r); err != nil {
		_ = page.Close()
		return err
	}
	if err := page.Close(); err != nil {
		return err
	}
	if f.docs == "" {
		return nil
	}
	return replace(f.docs, report.Markdown(r))
}

// The marks in a document between which the tables stand.
const (
	begin = "<!-- tables: written by bench/cmd/compare -->\n"
	end   = "<!-- end of tables -->\n"
)

func replace(name, tables string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no lines %q and %q", name, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(name, []byte(before+begin+"\n"+tables+"\n"+end+after), 0o644)
}
