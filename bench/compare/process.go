//go:build linux

package compare

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Process is a server in a process of its own.
type Process struct {
	Addr netip.AddrPort

	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Stats is what a server says about itself: see command serve. Others than those
// in Go say less.
type Stats struct {
	Mallocs    uint64
	Memory     uint64
	Goroutines int
	Hearing    int
	PauseMax   float64
	PauseP99   float64
	Cycles     uint64
}

// StartProcess starts a command that prints its address, on one core, in a folder.
func StartProcess(core int, folder string, argv ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(argv[0], argv[1:]...)}
	p.cmd.Dir = folder
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := startOn(core, p.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	line, err := p.out.ReadString('\n')
	if err == nil {
		p.Addr, err = netip.ParseAddrPort(strings.TrimSpace(line))
	}
	if err != nil {
		p.Stop()
		return nil, fmt.Errorf("the address of %s: %w", strings.Join(argv, " "), err)
	}
	return p, nil
}

// startOn starts a command on a core: it inherits that from the thread.
func startOn(core int, cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	if err := pin(core); err != nil {
		return err
	}
	err := cmd.Start()
	if e := unix.SchedSetaffinity(0, &before); err == nil {
		err = e
	}
	return err
}

// pin keeps the thread on a core. There is nothing to choose on a machine that has
// only one.
func pin(core int) error {
	if runtime.NumCPU() == 1 {
		return nil
	}
	var set unix.CPUSet
	set.Set(core)
	return unix.SchedSetaffinity(0, &set)
}

// Ask asks the server about itself. "settle" has it collect garbage first.
func (p *Process) Ask(question string) (s Stats, err error) {
	if _, err := io.WriteString(p.in, question+"\n"); err != nil {
		return s, err
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return s, err
	}
	err = json.Unmarshal(line, &s)
	return s, err
}

// Stop ends the process, and waits for that.
func (p *Process) Stop() {
	_ = p.in.Close()
	timer := time.AfterFunc(2*time.Second, func() { _ = p.cmd.Process.Kill() })
	_ = p.cmd.Wait()
	timer.Stop()
}

// CPU is the processor time of all threads so far, in user and kernel mode.
func (p *Process) CPU() (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		return 0, fmt.Errorf("no times of process %d: %w", p.cmd.Process.Pid, err)
	}
	var sum time.Duration
	for _, name := range tasks {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(text), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(ns)
	}
	return sum, nil
}

// Resident is the memory of the process that is in RAM, in bytes.
func (p *Process) Resident() (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm is %q", text)
	}
	pages, err := strconv.ParseUint(fields[1], 10, 64)
	return pages * uint64(os.Getpagesize()), err
}
