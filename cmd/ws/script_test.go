package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the scripts in testdata/script against the real program.
// Besides the usual commands there are:
//
//	exits STATUS [<FILE] ws ARG...   run ws to its end
//	start NAME [<FILE] ws ARG...     run ws in the background; without FILE its input stays open
//	input NAME TEXT                  write a line to its input
//	eof NAME                         end its input
//	await NAME STREAM REGEXP         wait until its stdout or stderr matches
//	signal NAME INT|TERM
//	ended NAME STATUS                wait for its end; stdout and stderr are about it then
//	server ARG...                    start server ws serve ARG..., on a free port unless told
//	peer KIND [ARG]                  start a server with a fault, see peers
//	base NAME                        set $ws and $addr to the URL that it printed first
//	deafclient                       connect to $ws/echo, and answer nothing
//	request TARGET HOST [HEADER]     send a request to $addr, and print the response
//
// server and peer set $ws, the URL without a path, and $addr, host and port of
// it; server also $http and $fingerprint, if there are.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
			env.Setenv("NO_COLOR", "")
			env.Setenv("MORE", "SENTINEL-more")
			env.Values[processesKey{}] = processes{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  cmdExits,
			"start":  cmdStart,
			"input":  cmdInput,
			"eof":    cmdEOF,
			"await":  cmdAwait,
			"signal": cmdSignal,
			"ended":  cmdEnded,
			"server": cmdServer,
			"peer":   cmdPeer,

			"base":       cmdBase,
			"deafclient": cmdDeafClient,
			"request":    cmdRequest,
		},
	})
}

// patience is how long a script waits for anything.
const patience = 30 * time.Second

// processes are the programs that a script has started, by name.
type processes map[string]*process

// quickExit keeps programs with the race detector from waiting at their end.
const quickExit = "GORACE=atexit_sleep_ms=0"

type processesKey struct{}

func running(ts *testscript.TestScript) processes {
	return ts.Value(processesKey{}).(processes)
}

// get returns the program that the script calls name.
func (ps processes) get(ts *testscript.TestScript, name string) *process {
	p := ps[name]
	if p == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return p
}

// A process is a program in the background.
type process struct {
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr output
	done           chan struct{} // closed at its end
}

// An output is what a program has written so far.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	written chan struct{} // gets a value after each write, if there is room
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.written <- struct{}{}:
	default:
	}
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// launch starts args, which may begin with <FILE.
func launch(ts *testscript.TestScript, keepInput bool, args []string) *process {
	var file string
	if len(args) > 0 && strings.HasPrefix(args[0], "<") {
		file, args = args[0][1:], args[1:]
	}
	if len(args) == 0 || args[0] != "ws" {
		ts.Fatalf("only ws can be started")
	}
	program, err := exec.LookPath("ws")
	ts.Check(err)
	p := &process{cmd: exec.Command(program, args[1:]...), done: make(chan struct{})}
	p.stdout.written, p.stderr.written = make(chan struct{}, 1), make(chan struct{}, 1)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "XDG_STATE_HOME", "NO_COLOR", "MORE"} {
		p.cmd.Env = append(p.cmd.Env, name+"="+ts.Getenv(name))
	}
	p.cmd.Env = append(p.cmd.Env, quickExit)
	switch {
	case file != "":
		p.cmd.Stdin = strings.NewReader(ts.ReadFile(file))
	case keepInput:
		p.stdin, err = p.cmd.StdinPipe()
		ts.Check(err)
	}
	ts.Check(p.cmd.Start())
	go func() { // ends with the program
		defer close(p.done)
		_ = p.cmd.Wait() // ProcessState has it
	}()
	ts.Defer(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
	})
	return p
}

// finish waits for the end and compares the exit status.
func (p *process) finish(ts *testscript.TestScript, status string) {
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Signal(syscall.SIGABRT) // for a stack trace
		<-p.done
	}
	_, _ = io.WriteString(ts.Stdout(), p.stdout.String())
	_, _ = io.WriteString(ts.Stderr(), p.stderr.String())
	if got := strconv.Itoa(p.cmd.ProcessState.ExitCode()); got != status {
		ts.Logf("[stdout]\n%s[stderr]\n%s", p.stdout.String(), p.stderr.String())
		ts.Fatalf("exit status %s, want %s", got, status)
	}
}

// await waits until a stream matches.
func (p *process) await(ts *testscript.TestScript, stream, pattern string) {
	o := &p.stdout
	if stream == "stderr" {
		o = &p.stderr
	}
	re, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	late := time.After(patience)
	for done := false; !re.MatchString(o.String()); {
		if done {
			ts.Fatalf("it ended without %q on %s:\n%s%s", pattern, stream, p.stdout.String(), p.stderr.String())
		}
		select {
		case <-o.written:
		case <-p.done:
			done = true // look once more
		case <-late:
			ts.Fatalf("no %q on %s:\n%s%s", pattern, stream, p.stdout.String(), p.stderr.String())
		}
	}
}

func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	launch(ts, false, args[1:]).finish(ts, args[0])
}

func cmdStart(ts *testscript.TestScript, _ bool, args []string) {
	running(ts)[args[0]] = launch(ts, true, args[1:])
}

func cmdInput(ts *testscript.TestScript, _ bool, args []string) {
	_, err := io.WriteString(running(ts).get(ts, args[0]).stdin, args[1]+"\n")
	ts.Check(err)
}

func cmdEOF(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(running(ts).get(ts, args[0]).stdin.Close())
}

func cmdAwait(ts *testscript.TestScript, _ bool, args []string) {
	running(ts).get(ts, args[0]).await(ts, args[1], args[2])
}

func cmdSignal(ts *testscript.TestScript, _ bool, args []string) {
	sig := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}[args[1]]
	ts.Check(running(ts).get(ts, args[0]).cmd.Process.Signal(sig))
}

func cmdEnded(ts *testscript.TestScript, _ bool, args []string) {
	running(ts).get(ts, args[0]).finish(ts, args[1])
}

func cmdBase(ts *testscript.TestScript, _ bool, args []string) {
	first, _, _ := strings.Cut(running(ts).get(ts, args[0]).stdout.String(), "\n")
	setURL(ts, first)
}

// cmdServer starts ws serve and learns its URLs.
func cmdServer(ts *testscript.TestScript, _ bool, args []string) {
	isUnix := slices.Contains(args, "--unix")
	if !isUnix && !slices.Contains(args, "--addr") {
		args = append(args, "--addr", "127.0.0.1:0")
	}
	p := launch(ts, false, append([]string{"ws", "serve"}, args...))
	running(ts)["server"] = p
	last := "/time$"
	if slices.Contains(args, "--tls") {
		last = "^certificate SHA-256 "
	}
	p.await(ts, "stdout", last)
	for line := range strings.Lines(p.stdout.String()) {
		line = strings.TrimSpace(line)
		if base, ok := strings.CutSuffix(line, "/time"); ok {
			setURL(ts, base)
		} else if strings.HasPrefix(line, "http") {
			ts.Setenv("http", strings.TrimSuffix(line, "/"))
		} else if sum, ok := strings.CutPrefix(line, "certificate SHA-256 "); ok {
			ts.Setenv("fingerprint", sum)
		}
	}
}
