package interop

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/conformance/report"
)

var updateConformance = flag.Bool("update", false, "rewrite which conformance cases fail, and the document about it")

// conformanceCases are the cases for all: of those with much data a part, for the
// time. Families that look at the time are left out: they have tests of their own.
func conformanceCases() (list []*conformance.Case) {
	for _, c := range conformance.Cases() {
		switch f := c.Family(); {
		case slices.Contains([]string{"22", "23", "24", "25"}, f):
		case f == "12" || f == "13":
			parts := strings.Split(c.ID, ".")
			if slices.Contains([]string{"1", "5", "11"}, parts[2]) {
				list = append(list, c)
			}
		case f == "9":
			if parts := strings.Split(c.ID, "."); slices.Contains([]string{"1", "3", "5"}, parts[2]) {
				list = append(list, c)
			}
		default:
			list = append(list, c)
		}
	}
	return list
}

// TestConformance runs the conformance suite against other people's libraries. What
// they fail is in testdata/conformance: a change there is a change of the suite, or
// of a library.
func TestConformance(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("it takes a minute, and ten with the race detector, which has package conformance's own tests")
	}
	start := time.Now()
	all := &conformance.Report{}
	for _, l := range goLibraries {
		all = report.Merge(all, testServer(t, l))
	}
	for _, l := range goLibraries {
		if l.drive != nil {
			all = report.Merge(all, testClient(t, l))
		}
	}
	t.Logf("in %v", time.Since(start))
	for _, a := range all.Agents {
		t.Run(a.Name+" "+kindOf(a), func(t *testing.T) { checkFailures(t, a) })
	}
	document := conformanceDocument(t, all)
	golden(t, filepath.Join("..", "docs", "reference", "conformance.md"), document)
	var page bytes.Buffer
	if err := report.WriteHTML(&page, all); err != nil {
		t.Fatal(err)
	}
	writeArtifact(t, "conformance.html", page.Bytes())
}

func kindOf(a *conformance.Agent) string {
	return strings.TrimSuffix(a.Peers.String(), "s")
}

func testServer(t *testing.T, l goLibrary) *conformance.Report {
	t.Helper()
	suite := &conformance.Suite{Cases: conformanceCases(), Agent: l.name, Parallel: 8}
	r, err := suite.TestServer(t.Context(), serveEcho(t, l.echo))
	if err != nil {
		t.Fatalf("%s: %v", l.name, err)
	}
	return r
}

func testClient(t *testing.T, l goLibrary) *conformance.Report {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := &conformance.Server{Suite: &conformance.Suite{Cases: conformanceCases()}, Agents: 1}
	done := make(chan error, 1)
	go func() {
		err := driveAll(ctx, "ws://"+ln.Addr().String(), l.name, l.drive)
		if err != nil {
			cancel()
		}
		done <- err
	}()
	r, err := server.Serve(ctx, ln)
	if driven := <-done; err != nil || driven != nil {
		t.Fatalf("%s: %v, %v", l.name, err, driven)
	}
	return r
}

// checkFailures compares what an agent fails with what it is known to fail.
func checkFailures(t *testing.T, a *conformance.Agent) {
	var b strings.Builder
	for _, r := range report.Failures(a, false) {
		fmt.Fprintf(&b, "%s %v\n", r.Case.ID, r.Verdict())
	}
	if a.Name == "websockets" {
		for _, r := range report.Failures(a, false) {
			t.Errorf("%s %s: %v: %s %s", r.Case.ID, r.Case.Title, r.Verdict(), r.Reason, r.Ending)
		}
		return
	}
	golden(t, filepath.Join("testdata", "conformance", a.Name+"-"+kindOf(a)+".txt"), b.String())
}

// golden compares got with a file, or writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *updateConformance {
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	before := strings.Split(string(want), "\n")
	for line := range strings.SplitSeq(got, "\n") {
		if !slices.Contains(before, line) {
			t.Errorf("%s has not: %s", name, line)
		}
	}
	now := strings.Split(got, "\n")
	for _, line := range before {
		if !slices.Contains(now, line) {
			t.Errorf("%s still has: %s", name, line)
		}
	}
	t.Errorf("%s is out of date: look why, then run go test -run Conformance -update", name)
}

// writeArtifact leaves a file to look at.
func writeArtifact(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.MkdirAll("artifacts", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("artifacts", name), b, 0o666); err != nil {
		t.Fatal(err)
	}
}
