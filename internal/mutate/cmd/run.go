package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// An outcome is what the tests say of a change.
type outcome int

const (
	invalid  outcome = iota // it does not compile
	killed                  // a test fails
	stuck                   // the tests do not end, which counts as noticed
	survived                // the tests pass
)

// A build is a checkout whose tests are run with one file changed.
type build struct {
	root    string
	timeout time.Duration
}

// test compiles the tests of a package with the changed files, and runs those that
// match. It returns what they print.
func (b *build) test(pkg, run string, changed map[string]string) (outcome, string, error) {
	dir, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return invalid, "", err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "tests")
	args := []string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary} // no symbols: linking is most of the work
	if len(changed) > 0 {
		overlay, err := b.overlay(dir, changed)
		if err != nil {
			return invalid, "", err
		}
		args = append(args, "-overlay", overlay)
	}
	compile := exec.Command("go", append(args, "./"+pkg)...)
	compile.Dir = b.root
	if out, err := compile.CombinedOutput(); err != nil {
		return invalid, string(out), nil
	}
	return b.run(binary, pkg, run)
}

func (b *build) overlay(dir string, changed map[string]string) (string, error) {
	replace := map[string]string{}
	for file, source := range changed {
		name := filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		if err := os.WriteFile(name, []byte(source), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(b.root, file)] = name
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, overlay, 0o600)
}

// run runs compiled tests. A change may make them take memory without end, so the
// shell sets a bound.
func (b *build) run(binary, pkg, run string) (outcome, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), b.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", `ulimit -v 8000000; exec "$0" "$@"`,
		binary, "-test.short", "-test.failfast", "-test.timeout="+b.timeout.String(), "-test.run="+run)
	cmd.Dir = filepath.Join(b.root, pkg)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	_, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil || bytes.Contains(out.Bytes(), []byte("panic: test timed out")):
		return stuck, out.String(), nil
	case failed:
		return killed, out.String(), nil
	case err != nil:
		return invalid, "", err
	case bytes.Contains(out.Bytes(), []byte("no tests to run")):
		return invalid, "", fmt.Errorf("%s: no test matches %s", pkg, run)
	}
	return survived, out.String(), nil
}
