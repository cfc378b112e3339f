//go:build linux

package compare

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/go-websockets/websockets/bench/servers"
)

// TestMain lets this program be the clients of TestMany, too.
func TestMain(m *testing.M) {
	if len(os.Args) != 4 || os.Args[1] != "-hold" {
		os.Exit(m.Run())
	}
	n, err := strconv.Atoi(os.Args[3])
	if err == nil {
		err = Hold(netip.MustParseAddrPort(os.Args[2]), n, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func shortConfig(t *testing.T, names ...string) Config {
	t.Helper()
	serve, err := Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Serve: serve, Times: Times{Warm: 10 * time.Millisecond, Measure: 60 * time.Millisecond, Settle: 10 * time.Millisecond}}
	for _, name := range names {
		candidate, err := servers.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		c.Candidates = append(c.Candidates, candidate)
	}
	return c
}

func TestScaling(t *testing.T) {
	c := shortConfig(t, "raw", "ours")
	c.Rounds = 2
	steps := 0
	list, err := Scaling(c, []int{3, 70}, func(string, int) { steps++ })
	if err != nil {
		t.Fatal(err)
	}
	if steps != 12 {
		t.Errorf("%d steps in two rounds", steps)
	}
	if len(list) != 6 {
		t.Errorf("%d steps: two sizes of raw, and of ours at rest and under churn, are 6", len(list))
	}
	for _, s := range list {
		if s.Failed != "" || s.Rate <= 0 || s.P99 < s.P50 || s.P50 <= 0 {
			t.Errorf("%+v", s)
		}
		if s.Churn && s.Opened <= 0 {
			t.Errorf("nobody came and went: %+v", s)
		}
	}
}

func TestMany(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := shortConfig(t, "ours")
	s := Many(c, c.Candidates[0], 25, 3, program, "-hold")
	if s.Failed != "" || s.Connections != 25 || s.Processes != 3 || s.Rate <= 0 || s.P50 <= 0 {
		t.Errorf("%+v", s)
	}
}
