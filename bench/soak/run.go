//go:build linux

package soak

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Results are what came of a run.
type Results struct {
	Config
	Started time.Time
	Machine string
	Race    bool
	Note    string // what else there is to say

	Server, Client process
	Ramp           float64 // seconds until all were connected
	Took           float64 // seconds in all

	Faults []string // what must not happen, as it was seen: the first hundred
	Books  Books
	Slopes []Slope
}

// A process is what a process said.
type process struct {
	Samples []*Sample
	Last    *Last
}

// childVariable says in which role a process is started.
const childVariable = "WEBSOCKETS_SOAK"

// Child runs a process of a soak, if this is one. It reports whether it did: then the
// program must end.
func Child() bool {
	v := os.Getenv(childVariable)
	if v == "" {
		return false
	}
	var o order
	err := json.Unmarshal([]byte(v), &o)
	switch {
	case err != nil:
	case o.Addr == "":
		err = serve(o.Config)
	default:
		err = connect(o.Config, o.Addr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
	return true
}

type order struct {
	Config
	Addr string // of the server: for the clients
}

// A child is a process that was started.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out chan report // closed at its end
}

func start(o order) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(self), out: make(chan report, 1024)}
	c.cmd.Env = append(os.Environ(), childVariable+"="+string(b))
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	r, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.out)
		d := json.NewDecoder(bufio.NewReader(r))
		for {
			var r report
			if d.Decode(&r) != nil {
				return
			}
			c.out <- r
		}
	}()
	return c, nil
}

// tell sends a line.
func (c *child) tell() { _, _ = c.in.Write([]byte("\n")) }

// stop ends the process if it has not ended.
func (c *child) stop() {
	_ = c.in.Close()
	timer := time.AfterFunc(10*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	for range c.out {
	}
	_ = c.cmd.Wait()
}

// A Progress is how far a run is.
type Progress struct {
	What           string
	Done           float64 // of 1
	Server, Client *Sample
}

// A stage is where a run is.
type stage uint8

const (
	ramping stage = iota
	running
	quieting
	ending
	over
)

// A runner is a run.
type runner struct {
	*Results
	server, client *child
	stage          stage
	begun          time.Time // of the stage
	books          *ledger
	show           func(Progress)
}

var errEnded = errors.New("soak: a process has ended too early")

// Run runs a soak, and shows how far it is.
func Run(c Config, show func(Progress)) (*Results, error) {
	server, err := start(order{Config: c})
	if err != nil {
		return nil, err
	}
	defer server.stop()
	first, ok := <-server.out
	if !ok || first.Addr == "" {
		return nil, errEnded
	}
	client, err := start(order{Config: c, Addr: first.Addr})
	if err != nil {
		return nil, err
	}
	defer client.stop()
	now := time.Now()
	r := &runner{
		Results: &Results{Config: c, Started: now.UTC(), Machine: machine(), Race: raceEnabled},
		server:  server, client: client, begun: now, books: newLedger(), show: show,
	}
	if err := r.run(); err != nil {
		return nil, err
	}
	r.Took = time.Since(now).Seconds()
	r.Books = r.books.close()
	r.Faults = append(r.Faults, r.books.faults...)
	r.judge()
	return r.Results, nil
}

func (r *runner) run() error {
	limit := time.NewTimer(r.Duration + 10*time.Minute)
	defer limit.Stop()
	for r.stage != over {
		var timeUp <-chan time.Time
		if r.stage == running {
			timeUp = time.After(time.Until(r.begun.Add(r.Duration)))
		}
		var err error
		select {
		case v, ok := <-r.server.out:
			err = r.take(v, ok, &r.Server, true)
		case v, ok := <-r.client.out:
			err = r.take(v, ok, &r.Client, false)
		case <-timeUp:
			r.enter(quieting)
			r.client.tell()
		case <-limit.C:
			err = errors.New("soak: it does not come to an end")
		}
		if err != nil {
			return err
		}
		if r.Server.Last != nil && r.Client.Last != nil {
			r.enter(over)
		}
	}
	return nil
}

func (r *runner) enter(s stage) { r.stage, r.begun = s, time.Now() }

// take takes a report.
func (r *runner) take(v report, ok bool, p *process, server bool) error {
	switch {
	case !ok:
		return errEnded
	case v.Sample != nil:
		if r.stage == running {
			v.Sample.At = time.Since(r.begun).Seconds()
			p.Samples = append(p.Samples, v.Sample)
		}
		r.progress()
	case v.End != nil:
		r.books.end(v.End, server)
	case v.Fault != "":
		if len(r.Faults) < mostFaults {
			r.Faults = append(r.Faults, v.Fault)
		}
	case v.Last != nil:
		p.Last = v.Last
	case v.Ready && r.stage == ramping:
		r.Ramp = time.Since(r.Started).Seconds()
		r.enter(running)
	case v.Ready:
		r.enter(ending)
		r.client.tell()
		r.server.tell()
	}
	return nil
}

func (r *runner) progress() {
	if r.show == nil {
		return
	}
	p := Progress{What: [...]string{"opening connections", "running", "coming to rest", "shutting down", "done"}[r.stage]}
	if r.stage == running {
		p.Done = min(1, time.Since(r.begun).Seconds()/r.Duration.Seconds())
	} else if r.stage > running {
		p.Done = 1
	}
	if n := len(r.Server.Samples); n > 0 {
		p.Server = r.Server.Samples[n-1]
	}
	if n := len(r.Client.Samples); n > 0 {
		p.Client = r.Client.Samples[n-1]
	}
	r.show(p)
}
