//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/bench/compare"
)

func TestTablesOfADocumentAreReplaced(t *testing.T) {
	name := filepath.Join(t.TempDir(), "page.md")
	write := func(text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n" + begin + "old\n" + end + "after\n")
	for range 2 {
		if err := replace(name, "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if want := "before\n" + begin + "\nnew\n\n" + end + "after\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	write("a page without marks\n")
	if err := replace(name, "new\n"); err == nil {
		t.Error("a page without marks is not refused")
	}
}

func TestResultsAreKeptAndTakenTogether(t *testing.T) {
	f := flags{out: t.TempDir()}
	r := &compare.Results{Rounds: 3, Took: 2, Works: []*compare.WorkResult{{Name: "a", Title: "a"}}, Scale: []*compare.Scale{{Candidate: "ours"}}}
	if err := f.write(r); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(f.out, "results.json")
	got, err := read(name + "," + name)
	if err != nil || got.Rounds != 3 || got.Took != 4 || len(got.Works) != 1 || len(got.Scale) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	page, err := os.ReadFile(filepath.Join(f.out, "plots.html"))
	if err != nil || !strings.Contains(string(page), "</html>") {
		t.Errorf("%d bytes of page, %v", len(page), err)
	}
	if _, err := read(name + ".not"); err == nil {
		t.Error("a file that is not there is no error")
	}
}

func TestOnlyKnownNamesArePicked(t *testing.T) {
	list := []string{"a", "b", "c"}
	self := func(s string) string { return s }
	for names, want := range map[string]string{"": "abc", "none": "", "c,a": "ca"} {
		if got, err := pick(names, list, self); err != nil || strings.Join(got, "") != want {
			t.Errorf("%q: %q, %v", names, got, err)
		}
	}
	if got, err := pick("a,x", list, self); err == nil {
		t.Errorf("x is picked: %q", got)
	}
}
