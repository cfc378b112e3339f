//go:build linux

package bounds

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

// This file is how the processes talk: an order is a line of JSON, and so is what
// comes back.

// childVariable says what a process is to be.
const childVariable = "WEBSOCKETS_BOUNDS"

// Child runs a process of this program, if this is one. It reports whether it did: then
// the program must end.
func Child() bool {
	var err error
	switch os.Getenv(childVariable) {
	case "":
		return false
	case "endpoint":
		err = runEndpoint()
	case "hostile":
		err = runHostile()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bounds:", err)
		os.Exit(1)
	}
	return true
}

// An order is for an endpoint or for the hostile.
type order struct {
	Do     string
	Script string `json:",omitempty"`
	Addr   string `json:",omitempty"`
	N      int    `json:",omitempty"`
	Rate   int    `json:",omitempty"` // bytes a second
}

// An answer is what comes back.
type answer struct {
	Addr    string  `json:",omitempty"`
	Error   string  `json:",omitempty"`
	Written int64   `json:",omitempty"`
	Measure Measure `json:",omitzero"`
}

// A Measure is of an endpoint, at a moment.
type Measure struct {
	Heap       float64 // bytes, behind a collection
	CPU        float64 // seconds since the process began
	Goroutines int
	Conns      int // that are not closed
	Open       int // of these, those that are not closing
	Retained   int // of all
	Most       int // of one
	Delivered  int64
	Pending    int
}

// A process is one that was started.
type process struct {
	cmd *exec.Cmd
	in  *json.Encoder
	out *json.Decoder
	end io.Closer
}

// start starts a process that is nicer than this one.
func start(what string, nice int) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(self)}
	p.cmd.Env = append(os.Environ(), childVariable+"="+what)
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out, p.end = json.NewEncoder(in), json.NewDecoder(out), in
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	return p, unix.Setpriority(unix.PRIO_PROCESS, p.cmd.Process.Pid, nice)
}

// do gives an order and waits for the answer.
func (p *process) do(o order) (answer, error) {
	var a answer
	if err := p.in.Encode(o); err != nil {
		return a, err
	}
	timer := time.AfterFunc(2*time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	if err := p.out.Decode(&a); err != nil {
		return a, fmt.Errorf("%s: the process has ended: %w", o.Do, err)
	}
	if a.Error != "" {
		return a, errors.New(o.Do + ": " + a.Error)
	}
	return a, nil
}

func (p *process) stop() {
	_ = p.end.Close()
	timer := time.AfterFunc(5*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	_ = p.cmd.Wait()
}

// answers takes orders until there are no more.
func answers(f func(o order) (answer, error)) error {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var o order
		if err := in.Decode(&o); err != nil {
			return nil
		}
		a, err := f(o)
		if err != nil {
			a.Error = err.Error()
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
}

func cpu() float64 {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
