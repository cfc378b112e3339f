package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// controlSequences match what moves the cursor or sets colours.
var controlSequences = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// runProgram runs ws in this process, without input.
func runProgram(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(ctx, args, strings.NewReader(""), &out, &errs)
	return status, out.String(), errs.String()
}

// The program knows only the streams that it is given.
func TestProgramUsesItsStreams(t *testing.T) {
	status, out, errs := runProgram(t.Context(), "version")
	if status != 0 || !strings.HasPrefix(out, "ws ") || errs != "" {
		t.Errorf("version: %d, %q, %q", status, out, errs)
	}
	status, out, errs = runProgram(t.Context(), "connect", "--color", "always", "nowhere.example")
	if status != 2 || out != "" || !strings.Contains(errs, sgrRed+"ws:"+sgrReset) {
		t.Errorf("connect: %d, %q, %q", status, out, errs)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, out, errs := runProgram(ctx, "serve", "--addr", "127.0.0.1:0", "--log", "off")
	if status != 0 || strings.Count(out, "\n") != 4 || errs != "" {
		t.Errorf("serve: %d, %q, %q", status, out, errs)
	}
}

// fullDisk is a stream that takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"serve", "--addr", "127.0.0.1:0"}} {
		var errs bytes.Buffer
		if status := run(t.Context(), args, strings.NewReader(""), fullDisk{}, &errs); status != 1 || !strings.Contains(errs.String(), "disk full") {
			t.Errorf("%q: %d, %q", args, status, errs.String())
		}
	}
}

func TestEveryCommandHasExamples(t *testing.T) {
	for _, c := range new(program).command().Commands() {
		if c.Runnable() && c.Example == "" {
			t.Errorf("%s has no examples", c.Name())
		}
		if c.Short == "" {
			t.Errorf("%s has no short description", c.Name())
		}
	}
}

func TestVersion(t *testing.T) {
	platform := runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
	for want, info := range map[string]*debug.BuildInfo{
		"ws (devel) " + platform:                      nil,
		"ws v1.2.3 " + platform:                       {Main: debug.Module{Version: "v1.2.3"}},
		"ws (devel) 0123456789ab " + platform:         {Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}}},
		"ws (devel) 0123456789ab+changes " + platform: {Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}},
	} {
		if got := version(info); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSelfSignedCertificatesAreForWhereTheServerIs(t *testing.T) {
	now := time.Now()
	cert, err := selfSigned(now, "box.example", "192.0.2.7", "0.0.0.0", "127.0.0.1", "")
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	for _, name := range []string{"localhost", "127.0.0.1", "::1", "box.example", "192.0.2.7"} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: now}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"0.0.0.0", "other.example"} {
		if leaf.VerifyHostname(name) == nil {
			t.Errorf("the certificate is good for %s", name)
		}
	}
	other, err := selfSigned(now)
	if err != nil || bytes.Equal(other.Certificate[0], cert.Certificate[0]) {
		t.Errorf("two certificates are the same, %v", err)
	}
	print := fingerprint(cert.Certificate[0])
	if sum, ok := parseFingerprint(print); !ok || len(sum) != 32 {
		t.Errorf("parseFingerprint(%q) = %x, %v", print, sum, ok)
	}
	if sum, ok := parseFingerprint(strings.ToLower(strings.ReplaceAll(print, ":", ""))); !ok || len(sum) != 32 {
		t.Errorf("the fingerprint without colons is refused")
	}
}

func TestURLsOfTheServer(t *testing.T) {
	for _, c := range []struct {
		addr   net.Addr
		secure bool
		want   []string
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8765}, false, []string{"http://127.0.0.1:8765/", "ws://127.0.0.1:8765/echo"}},
		{&net.TCPAddr{IP: net.IPv6loopback, Port: 1}, true, []string{"https://[::1]:1/", "wss://[::1]:1/echo"}},
		{&net.TCPAddr{IP: net.IPv6unspecified, Port: 1}, false, []string{"http://localhost:1/", "ws://localhost:1/echo"}},
		{&net.UnixAddr{Net: "unix", Name: "/run/a b:c.sock"}, false, []string{"ws+unix:///run/a%20b%3Ac.sock:/echo"}},
	} {
		if got := urls(c.addr, c.secure); !slices.Equal(got[:len(c.want)], c.want) {
			t.Errorf("%v: %q, want %q", c.addr, got, c.want)
		}
	}
}

func TestHistoryIsForTheUserAlone(t *testing.T) {
	home, state := t.TempDir(), filepath.Join(t.TempDir(), "made", "state")
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	env := map[string]string{"XDG_STATE_HOME": state}
	getenv := func(name string) string { return env[name] }
	if got := historyFile("linux", getenv); got != filepath.Join(state, "ws", "history") {
		t.Errorf("with XDG_STATE_HOME: %q", got)
	}
	if info, err := os.Stat(filepath.Join(state, "ws")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v", info, err)
	}
	env["XDG_STATE_HOME"] = "relative"
	if runtime.GOOS == "linux" {
		if got := historyFile("linux", getenv); got != filepath.Join(home, ".local", "state", "ws", "history") {
			t.Errorf("by default: %q", got)
		}
		if got := historyFile("darwin", getenv); got != filepath.Join(home, "config", "ws", "history") {
			t.Errorf("elsewhere: %q", got)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	env["XDG_STATE_HOME"] = file
	if got := historyFile("linux", getenv); got != "" {
		t.Errorf("without a place for it: %q", got)
	}
	x := connectCommand{noHistory: true}
	if got := x.historyFile(); got != "" {
		t.Errorf("with --no-history: %q", got)
	}
}

func TestAddressesThatCannotBeHad(t *testing.T) {
	for want, err := range map[string]error{
		"ports below 1024 need privileges": os.ErrPermission,
		"--addr takes HOST:PORT":           errors.New("no such host"),
	} {
		if f := asFailure(listenFailure("tcp", err)); f.status != 1 || !strings.Contains(f.hint, want) {
			t.Errorf("%v: %d, %q, want %q", err, f.status, f.hint, want)
		}
	}
}

func TestHintsForFailuresToConnect(t *testing.T) {
	for want, err := range map[string]error{
		"is the name of the host right":  &net.DNSError{IsNotFound: true},
		"--timeout sets how long":        context.DeadlineExceeded,
		"trust its certificate":          &tls.CertificateVerificationError{},
		"does not speak TLS":             tls.RecordHeaderError{},
		"another server than you expect": &fingerprintError{},
	} {
		if got := dialHint("wss://x/", err); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	if got := dialHint("ws://x/", errors.New("who knows")); got != "" {
		t.Errorf("a hint for any error: %q", got)
	}
}
