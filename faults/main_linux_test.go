package faults

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
)

var (
	update = flag.Bool("update", false, "write what was seen into docs/reference/faults.md")
	beside = flag.Int("beside", 12, "how many cases run at a time: most of them wait")
)

// A scenario is one thing that can go wrong.
type scenario struct {
	id     string
	fault  string
	inject string
	expect string // what the library does, and within which time

	roles   []websockets.Role // of the library; nil: both
	schemes []string          // nil: ws and wss
	env     []string          // of the process
	alone   bool              // it measures, or is loud
	run     func(l *lab)

	open string // if there is nothing to run: why, or where else it is shown
}

func find(id string) *scenario {
	for i := range scenarios {
		if scenarios[i].id == id {
			return &scenarios[i]
		}
	}
	return nil
}

// A result is what came of a case.
type result struct {
	scenario     *scenario
	role, scheme string
	seen         string
	failed       bool
}

func (r *result) name() string { return r.scenario.id + "/" + r.role + "/" + r.scheme }

func TestMain(m *testing.M) {
	if program := os.Getenv(peerVar); program != "" {
		peerProgram(program)
		return
	}
	os.Exit(m.Run())
}

// TestFaults runs each scenario with the library as a server and as a client, over
// TCP and over TLS, where that makes a difference.
func TestFaults(t *testing.T) {
	needLab(t)
	results := allCases()
	runCases(t, results)
	table := format(results)
	t.Logf("%d cases\n%s", len(results), table)
	if *update && !t.Failed() {
		writeDocument(t, results)
	}
}

// allCases returns the cases, those first that may run beside each other.
func allCases() []*result {
	var crowd, alone []*result
	for i := range scenarios {
		s := &scenarios[i]
		if s.run == nil {
			continue
		}
		roles, schemes := s.roles, s.schemes
		if roles == nil {
			roles = []websockets.Role{websockets.RoleServer, websockets.RoleClient}
		}
		if schemes == nil {
			schemes = []string{"ws", "wss"}
		}
		for _, role := range roles {
			for _, scheme := range schemes {
				r := &result{scenario: s, role: role.String(), scheme: scheme}
				if s.alone {
					alone = append(alone, r)
				} else {
					crowd = append(crowd, r)
				}
			}
		}
	}
	return append(crowd, alone...)
}

func runCases(t *testing.T, results []*result) {
	places := make(chan struct{}, *beside)
	var all sync.WaitGroup
	for _, r := range results {
		if r.scenario.alone {
			all.Wait()
		}
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			t.Run(r.name(), func(t *testing.T) { runCase(t, r) })
		})
	}
	all.Wait()
}

// caseTimeout ends a case that hangs.
const caseTimeout = time.Minute

// runCase runs a case in a process and a network namespace of its own.
func runCase(t *testing.T, r *result) {
	seen, output, err := child(t, r.name(), r.scenario.env)
	r.seen, r.failed = seen, err != nil
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// child runs a test process in a new network namespace.
func child(t *testing.T, name string, env []string) (seen string, output []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), caseTimeout)
	defer cancel()
	file := filepath.Join(t.TempDir(), "seen")
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestCase$", "-test.v", fmt.Sprintf("-test.timeout=%v", caseTimeout-time.Second))
	cmd.Env = append(append(os.Environ(), caseVar+"="+name, resultVar+"="+file), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 { // as far as the system lets everybody do this
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	output, err = cmd.CombinedOutput()
	content, readErr := os.ReadFile(file)
	if err == nil && readErr != nil && name != "probe" {
		err = readErr
	}
	return string(content), bytes.TrimSpace(output), err
}

// faultsVar says whether to run the suite: "all", where that is possible, or
// "require".
const faultsVar = "FAULTS"

// needLab skips the test unless it is asked for, since it takes minutes; and where
// there can be no lab, unless it is required.
func needLab(t *testing.T) {
	t.Helper()
	if os.Getenv(faultsVar) == "" && !*update {
		t.Skip("FAULTS is not set: README.md says how to run it")
	}
	why, output, err := child(t, "probe", nil)
	if err != nil {
		why = fmt.Sprintf("%v %s", err, output)
	}
	switch {
	case strings.TrimSpace(why) == "":
	case os.Getenv(faultsVar) == "require":
		t.Fatalf("no network namespaces here: %s", why)
	default:
		t.Skipf("no network namespaces here: %s", why)
	}
}
