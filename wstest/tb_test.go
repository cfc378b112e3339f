package wstest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// A recorder is a testing.TB that notes failures in place of failing.
type recorder struct {
	testing.TB
	failures []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any) { r.Fatalf("%s", fmt.Sprintln(args...)) }

// failure returns how f fails the test that it gets, and "" if it does not.
func failure(f func(t testing.TB)) string {
	r := new(recorder)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for len(r.cleanups) > 0 {
				last := len(r.cleanups) - 1
				f := r.cleanups[last]
				r.cleanups = r.cleanups[:last]
				f()
			}
		}()
		f(r)
	}()
	<-done
	return strings.Join(r.failures, "\n")
}

func wantFailure(t *testing.T, want string, f func(t testing.TB)) {
	t.Helper()
	if got := failure(f); !strings.Contains(got, want) || got == "" {
		t.Errorf("failure %q, want one with %q", got, want)
	}
}
