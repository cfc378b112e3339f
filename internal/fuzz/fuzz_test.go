package fuzz_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-websockets/websockets/internal/fuzz"
)

func TestTargets(t *testing.T) {
	source := func(name string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("package p\n\nfunc " + name + "(f *testing.F) {\n}\n")}
	}
	got, err := fuzz.Targets(fstest.MapFS{
		"root_test.go":             source("FuzzRoot"),
		"frame/b_test.go":          source("FuzzB"),
		"frame/a_test.go":          source("FuzzA"),
		"frame/helper_test.go":     source("fuzzHelper"),
		"frame/not.go":             source("FuzzNot"),
		"interop/diff/a_test.go":   source("FuzzA"),
		".tools/a_test.go":         source("FuzzNot"),
		"frame/testdata/a_test.go": source("FuzzNot"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []fuzz.Target{{".", "FuzzRoot"}, {"frame", "FuzzA"}, {"frame", "FuzzB"}, {"interop/diff", "FuzzA"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if want[0].String() != "FuzzRoot" || want[1].String() != "frame.FuzzA" {
		t.Errorf("named %v and %v", want[0], want[1])
	}
}

func TestResultOfWhatGoPrints(t *testing.T) {
	for _, tt := range []struct {
		name, printed string
		err           error
		want          fuzz.Result
	}{
		{
			"all went well", "fuzz: elapsed: 0s, gathering baseline coverage: 0/2 completed\n" +
				"fuzz: elapsed: 3s, execs: 100 (33/sec), new interesting: 1 (total: 12)\n" +
				"fuzz: elapsed: 6s, execs: 12345 (99053/sec), new interesting: 11 (total: 22)\nPASS\n", nil,
			fuzz.Result{Executions: 12345, New: 11, Corpus: 22},
		},
		{
			"a crasher", "fuzz: elapsed: 3s, execs: 5 (1/sec), new interesting: 0 (total: 1)\n--- FAIL: FuzzA (0.01s)\n" +
				"    Failing input written to testdata/fuzz/FuzzA/0123\n", errors.New("exit status 1"),
			fuzz.Result{Executions: 5, Corpus: 1, Crashers: []string{"testdata/fuzz/FuzzA/0123"}},
		},
		{"the time is up", "--- FAIL: FuzzA (9.01s)\n    context deadline exceeded\n", errors.New("exit status 1"), fuzz.Result{}},
		{"it does not compile", "a_test.go:1: undefined: x\n", errors.New("exit status 1"), fuzz.Result{Failed: "exit status 1"}},
		{"there is none", "testing: warning: no fuzz tests to fuzz\nPASS\n", nil, fuzz.Result{Failed: "there is no such target"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r fuzz.Result
			for line := range strings.Lines(tt.printed) {
				r.Read(strings.TrimSuffix(line, "\n"))
			}
			r.End(tt.err, tt.printed)
			if r.Executions != tt.want.Executions || r.New != tt.want.New || r.Corpus != tt.want.Corpus ||
				r.Failed != tt.want.Failed || !slices.Equal(r.Crashers, tt.want.Crashers) {
				t.Errorf("got %+v, want %+v", r, tt.want)
			}
		})
	}
}

func TestTableInADocument(t *testing.T) {
	table := fuzz.Table("1 May 2026", "abc", []fuzz.Result{
		{Target: fuzz.Target{Dir: "frame", Name: "FuzzA"}, Took: 61 * time.Second, Executions: 1234567, New: 3, Corpus: 50},
		{Target: fuzz.Target{Dir: ".", Name: "FuzzB"}, Took: 60 * time.Second, Executions: 433, Crashers: []string{"x"}},
	})
	for _, want := range []string{
		"1 May 2026, commit abc: 1,235,000 executions of 2 targets in 2m1s, 1 crashers.\n",
		"| frame.FuzzA | 1,234,567 | 1m1s | 3 | 50 | 0 |\n", "| FuzzB | 433 | 1m0s | 0 | 0 | 1 |\n",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("%q is not in\n%s", want, table)
		}
	}
	document := "before\n<!-- written by make fuzz-night -->\nold\n<!-- end -->\nafter\n"
	got, err := fuzz.Insert(document, table)
	if err != nil || strings.Contains(got, "old") || !strings.HasPrefix(got, "before\n") || !strings.HasSuffix(got, "after\n") {
		t.Errorf("%v\n%s", err, got)
	}
	if again, err := fuzz.Insert(got, table); err != nil || again != got {
		t.Errorf("%v\n%s", err, again)
	}
	if _, err := fuzz.Insert("without a place", table); err == nil {
		t.Error("no error without a place for it")
	}
}
