//go:build linux

package compare

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/go-websockets/websockets/bench/servers"
	"github.com/go-websockets/websockets/frame"
)

// A Config says what to run.
type Config struct {
	Works      []*Work
	Candidates []*servers.Candidate
	Rounds     int
	Times      Times
	Serve      string           // the program that runs a candidate in Go: see command serve
	Profiles   string           // a folder for profiles of servers in Go, the last round's; none if empty
	Folder     string           // of this module, where others are run
	Progress   func(p Progress) // called before each turn
}

// Progress is how far a run is.
type Progress struct {
	Work        *Work
	Candidate   *servers.Candidate
	Round       int // from 1
	Done, Total int // turns
	Left        time.Duration
}

// Run runs it all. A turn that fails is part of the results.
func Run(c Config) (*Results, error) {
	// The clients stay on a core of their own. All they do, they do here.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := pin(loadCore); err != nil {
		return nil, fmt.Errorf("use core %d: %w", loadCore, err)
	}
	r := &Results{Started: time.Now().UTC().Truncate(time.Second), Rounds: c.Rounds, Times: c.Times, Machine: ThisMachine(), Versions: versions()}
	total := 0
	for _, w := range c.Works {
		total += len(c.turns(w)) * rounds(w, c.Rounds)
	}
	done := 0
	start := time.Now()
	for _, w := range c.Works {
		turns := c.turns(w)
		result := &WorkResult{Name: w.Name, Title: w.Title, Unit: w.Unit, Text: w.Opcode == frame.OpText && w.Compression == ""}
		for _, t := range turns {
			result.Candidates = append(result.Candidates, &CandidateResult{Name: t.Name, Family: t.Family, ChecksText: t.ChecksText})
		}
		for round := range rounds(w, c.Rounds) {
			for i, t := range turns {
				left := time.Duration(0)
				if done > 0 {
					left = time.Since(start) / time.Duration(done) * time.Duration(total-done)
				}
				c.Progress(Progress{Work: w, Candidate: t, Round: round + 1, Done: done, Total: total, Left: left})
				s, err := Measure(w, t, c.Times, c.Folder, c.command(w, t))
				if err != nil {
					s = Sample{Failed: err.Error()}
				}
				result.Candidates[i].Samples = append(result.Candidates[i].Samples, s)
				done++
			}
		}
		r.Works = append(r.Works, result)
	}
	r.Took = time.Since(start).Round(time.Second)
	return r, nil
}

// rounds is how often a work is done: memory hardly differs.
func rounds(w *Work, most int) int {
	if w.Kind == Memory {
		return min(most, 2)
	}
	return most
}

func (c *Config) turns(w *Work) (list []*servers.Candidate) {
	for _, t := range c.Candidates {
		if w.Suits(t) {
			list = append(list, t)
		}
	}
	return list
}

// command starts a candidate for a work.
func (c *Config) command(w *Work, t *servers.Candidate) []string {
	argv := []string{c.Serve, "-candidate", t.Name}
	if t.Command != nil {
		argv = append([]string{}, t.Command...)
	}
	if w.Compression != "" {
		argv = append(argv, "-compression", string(w.Compression))
	}
	if c.Profiles != "" && t.Command == nil {
		argv = append(argv, "-cpuprofile", filepath.Join(c.Profiles, w.Name+"-"+t.Name+".pprof"))
	}
	if w.Kind == Opening {
		argv = append(argv, "-opening")
	}
	if w.TLS {
		argv = append(argv, "-tls")
	}
	return argv
}

// Folder returns the folder of this module.
func Folder() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	return strings.TrimSpace(string(out)), err
}

const module = "github.com/go-websockets/websockets/bench"

// Build builds command serve and returns its name in a folder.
func Build(folder string) (string, error) {
	name := folder + "/serve"
	cmd := exec.Command("go", "build", "-o", name, module+"/cmd/serve")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the servers: %w\n%s", err, out)
	}
	return name, nil
}
