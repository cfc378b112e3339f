package wstest

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// leakPatience is how long goroutines may take to end once a test has. It passes
// only when there is a leak, and at once in a synctest bubble.
const leakPatience = 5 * time.Second

// NoLeaks fails the test if goroutines that were started after this call are left
// at its end. Call it first: what [testing.T.Cleanup] registers later runs before
// the check. Tests that run in parallel start goroutines of their own, so it is
// not for these.
func NoLeaks(t testing.TB) {
	t.Helper()
	before := goroutines()
	t.Cleanup(func() {
		if left := leaks(before); len(left) > 0 {
			t.Errorf("wstest: %d goroutines are left:\n\n%s", len(left), strings.Join(left, "\n\n"))
		}
	})
}

// Main runs the tests of a package and then fails if goroutines are left. Call it
// from TestMain:
//
//	func TestMain(m *testing.M) { wstest.Main(m) }
func Main(m *testing.M) { os.Exit(run(m, os.Stderr)) }

// run is Main but for the exit.
func run(m interface{ Run() int }, stderr *os.File) int {
	before := goroutines()
	code := m.Run()
	if code != 0 {
		return code
	}
	if left := leaks(before); len(left) > 0 {
		fmt.Fprintf(stderr, "wstest: %d goroutines are left after all tests:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
		return 1
	}
	return 0
}

// leaks returns the stacks of goroutines that are not in before, and waits for
// them to end.
func leaks(before map[string]string) []string {
	start := time.Now()
	for pause := time.Millisecond; ; pause *= 2 {
		var left []string
		for id, stack := range goroutines() {
			if _, ok := before[id]; !ok && !isOfTheSystem(stack) {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Since(start) > leakPatience {
			return left
		}
		time.Sleep(pause)
	}
}

// goroutines returns the stacks of all goroutines but the current one, by id.
func goroutines() map[string]string {
	buf := make([]byte, 64<<10)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	stacks := make(map[string]string)
	all := strings.Split(string(bytes.TrimSpace(buf)), "\n\n")
	for _, stack := range all[1:] { // the first is the current one
		id, _, _ := strings.Cut(stack, " [") // "goroutine 7 [select]:"
		stacks[id] = stack
	}
	return stacks
}

// isOfTheSystem reports whether a goroutine belongs to the runtime or to package
// testing, which start some when they need them.
func isOfTheSystem(stack string) bool {
	_, creator, _ := strings.Cut(stack, "\ncreated by ")
	for _, prefix := range []string{"os/signal.", "runtime.", "runtime/", "testing."} {
		if strings.HasPrefix(creator, prefix) {
			return true
		}
	}
	return false
}
