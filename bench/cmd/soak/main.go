//go:build linux

// Command soak runs a server and its clients for long and checks that nothing is
// lost and nothing grows: see the README of this module.
//
//	go run ./bench/cmd/soak                                # 15 minutes, 10,000 connections
//	go run ./bench/cmd/soak -duration 1m -connections 500
//	go run -race ./bench/cmd/soak -duration 1m -connections 3000 -hostile 150
//
// It prints what it found, writes results.json and a page with plots into a folder,
// and exits with 1 if anything was not as it should be. With -docs it writes the
// report as Markdown, too.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-websockets/websockets/bench/soak"
)

func main() {
	if soak.Child() {
		return
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run() error {
	c := soak.Default
	flag.DurationVar(&c.Duration, "duration", c.Duration, "how long all connections are open")
	flag.IntVar(&c.Connections, "connections", c.Connections, "connections that keep the books")
	flag.IntVar(&c.Hostile, "hostile", c.Hostile, "hostile clients beside them")
	flag.IntVar(&c.Churn, "churn", c.Churn, "connections a second that end and are replaced")
	flag.IntVar(&c.Messages, "messages", c.Messages, "messages a second in each direction")
	flag.Uint64Var(&c.Seed, "seed", c.Seed, "of what is random")
	folder := flag.String("out", "bench/results/soak", "folder for results.json and soak.html")
	docs := flag.String("docs", "", "also write the report into this Markdown file")
	note := flag.String("note", "", "what else to say of the run")
	from := flag.String("from", "", "write the reports of a results.json again")
	flag.Parse()
	r, err := results(c, *from)
	if err != nil {
		return err
	}
	if *note != "" {
		r.Note = *note
	}
	if err := write(r, *folder, *docs); err != nil {
		return err
	}
	fmt.Print(r.Markdown())
	if len(r.Faults) > 0 {
		return fmt.Errorf("%d faults, the first: %s", len(r.Faults), r.Faults[0])
	}
	return nil
}

func results(c soak.Config, from string) (*soak.Results, error) {
	if from == "" {
		b := newBar(os.Stderr)
		defer b.end()
		return soak.Run(c, b.show)
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return nil, err
	}
	r := new(soak.Results)
	return r, json.Unmarshal(b, r)
}

func write(r *soak.Results, folder, docs string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	page, err := r.Page()
	if err != nil {
		return err
	}
	files := map[string][]byte{
		filepath.Join(folder, "results.json"): b,
		filepath.Join(folder, "soak.html"):    page,
	}
	if docs != "" {
		files[docs] = []byte(r.Markdown())
		files[strings.TrimSuffix(docs, ".md")+".html"] = page
	}
	for name, b := range files {
		if err := os.WriteFile(name, b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// A bar shows how far a run is: on a terminal in one line that changes, elsewhere in
// a line now and then.
type bar struct {
	out      *os.File
	terminal bool
	last     string
}

func newBar(out *os.File) *bar {
	info, err := out.Stat()
	return &bar{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (b *bar) show(p soak.Progress) {
	const cells = 24
	full := int(cells * p.Done)
	line := fmt.Sprintf("%s%s %3.0f%%  %s", strings.Repeat("█", full), strings.Repeat("░", cells-full), 100*p.Done, p.What)
	if s, c := p.Server, p.Client; s != nil && c != nil {
		line += fmt.Sprintf(", %d connections, %d messages, server: heap %.0f MiB, %d goroutines", c.Connections, s.Messages+c.Messages, s.Heap/(1<<20), s.Goroutines)
	}
	step := fmt.Sprint(p.What, int(10*p.Done))
	if b.terminal {
		fmt.Fprintf(b.out, "\r\033[K%s", line)
	} else if step != b.last {
		fmt.Fprintln(b.out, line)
	}
	b.last = step
}

func (b *bar) end() {
	if b.terminal {
		fmt.Fprint(b.out, "\r\033[K")
	}
}
