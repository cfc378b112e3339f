package peer

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Required reports whether a missing peer is a failure: WS_INTEROP=require.
func Required() bool { return os.Getenv("WS_INTEROP") == "require" }

// Missing ends the test: it is skipped, or it fails if peers are required.
func Missing(t testing.TB, what string) {
	t.Helper()
	reason := what + " is not installed; run interop/install"
	if Required() {
		t.Fatal(reason)
	}
	t.Skip("skip: " + reason)
}

// Need returns the path of the first of the programs that is there. Package
// names it to the user when none is.
func Need(t testing.TB, pkg string, programs ...string) string {
	t.Helper()
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, pkg)
	return ""
}

// Try runs a command that tells whether a peer is there and returns what it
// printed.
func Try(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	text := strings.TrimSpace(string(out))
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, text)
	}
	return text, nil
}
