package wstest

import (
	"io"
	"os"
	"os/signal"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

func TestNoLeaksNamesTheGoroutineThatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that its patience costs no time
		stop := make(chan struct{})
		wantFailure(t, "TestNoLeaksNamesTheGoroutineThatIsLeft", func(t testing.TB) {
			NoLeaks(t)
			go func() { <-stop }()
		})
		close(stop)
	})
}

func TestNoLeaksWaitsForWhatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := failure(func(t testing.TB) {
			go time.Sleep(2 * leakPatience) // started before
			NoLeaks(t)
			go time.Sleep(leakPatience / 2)
		}); got != "" {
			t.Errorf("failure %q", got)
		}
		time.Sleep(2 * leakPatience)
	})
}

func TestNoLeaksLeavesOutTheRuntimeAndTesting(t *testing.T) {
	for stack, want := range map[string]bool{
		"goroutine 1 [running]:\nmain.main()":                                                         false,
		"goroutine 2 [select]:\na.b()\n\ta.go:1\ncreated by a.New in goroutine 1\n\ta.go:2":           false,
		"goroutine 3 [select]:\na.b()\n\ta.go:1\ncreated by testing.(*T).Run in goroutine 1\n\tt.go":  true,
		"goroutine 4 [syscall]:\na.b()\n\ta.go:1\ncreated by os/signal.Notify.func1.1 in goroutine 1": true,
		"goroutine 5 [select]:\na.b()\n\ta.go:1\ncreated by testing/iotest.New in goroutine 1":        false,
	} {
		if got := isOfTheSystem(stack); got != want {
			t.Errorf("%v for %q", got, stack)
		}
	}
}

func TestNoLeaksAllowsWhatTheSystemStarts(t *testing.T) {
	if got := failure(func(t testing.TB) {
		NoLeaks(t)
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt) // starts a goroutine for ever, if none is there
		signal.Stop(c)
	}); got != "" {
		t.Errorf("failure %q", got)
	}
}

type runs func() int

func (f runs) Run() int { return f() }

func TestMainFailsWhenGoroutinesAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stderr, err := os.Create(t.TempDir() + "/stderr")
		if err != nil {
			t.Fatal(err)
		}
		defer stderr.Close()
		stop := make(chan struct{})
		for _, test := range []struct {
			code, want int
			leak       bool
		}{{0, 0, false}, {0, 1, true}, {2, 2, true}} {
			if got := run(runs(func() int {
				if test.leak {
					go func() { <-stop }()
				}
				return test.code
			}), stderr); got != test.want {
				t.Errorf("%+v: exit status %d", test, got)
			}
		}
		close(stop)
		stderr.Seek(0, io.SeekStart)
		if text, _ := io.ReadAll(stderr); !strings.Contains(string(text), "1 goroutines are left after all tests") {
			t.Errorf("stderr %q", text)
		}
	})
}

func TestNoLeaksSeesThroughManyStacks(t *testing.T) {
	stop := make(chan struct{})
	for range 500 { // more than the first buffer holds
		go func() { <-stop }()
	}
	if n := len(goroutines()); n < 500 {
		t.Errorf("%d goroutines", n)
	}
	close(stop)
}
