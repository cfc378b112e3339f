//go:build unix

package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// socketPath returns a path that is short enough for a Unix socket.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ws")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func start(t *testing.T, s *websockets.Server, network, addr string) {
	t.Helper()
	if err := s.Start(network, addr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
}

func echoOnce(t *testing.T, url string) {
	t.Helper()
	c, err := websockets.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Send(t.Context(), websockets.Text("hi")); err != nil {
		t.Error(err)
	}
	if m, err := c.Recv(t.Context()); err != nil || m.String() != "hi" {
		t.Errorf("got %v, %v", m, err)
	}
}

func TestServerOnAUnixSocket(t *testing.T) {
	wstest.NoLeaks(t)
	path := socketPath(t)
	s := &websockets.Server{Options: quiet(), Handler: echoHandler, UnixMode: 0o620}
	served := make(chan error)
	if err := s.Start("unix", path); err != nil {
		t.Fatal(err)
	}
	go func() { served <- s.ListenAndServe("unix", path+"2") }()
	echoOnce(t, "ws+unix://"+path+":/chat?a=b")
	info, err := os.Stat(path)
	if err != nil || info.Mode() != os.ModeSocket|0o620 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if addr := s.Addrs()[0]; addr.Network() != "unix" || addr.String() != path {
		t.Errorf("listening on %v", addr)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != http.ErrServerClosed {
		t.Error(err)
	}
	for _, path := range []string{path, path + "2"} {
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", path, err)
		}
	}
}

func TestServerUnixModeHoldsFromTheStart(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux lets the mode be set before the socket is there")
	}
	defer syscall.Umask(syscall.Umask(0))
	path := socketPath(t)
	early := net.ListenConfig{Control: websockets.LimitMode(0o600)} // before anybody could change it
	ln, err := early.Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	ln.Close()
	s := &websockets.Server{Options: quiet(), Handler: nothing, UnixMode: 0o600}
	start(t, s, "unix", path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestServerReplacesAStaleSocket(t *testing.T) {
	path := socketPath(t)
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false) // as if it was killed
	ln.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Fatal(err)
	}
	start(t, &websockets.Server{Options: quiet(), Handler: echoHandler}, "unix", path)
	echoOnce(t, "ws+unix://"+path)
}

func TestServerLeavesALiveSocketAlone(t *testing.T) {
	path := socketPath(t)
	start(t, &websockets.Server{Options: quiet(), Handler: echoHandler}, "unix", path)
	second := &websockets.Server{Options: quiet(), Handler: nothing}
	err := second.Start("unix", path)
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(fmt.Sprint(err), "address already in use") {
		t.Errorf("got %v", err)
	}
	second.Close()
	echoOnce(t, "ws+unix://"+path)
}

func TestServerNeverRemovesAFileThatIsNoSocket(t *testing.T) {
	path := socketPath(t)
	for name, make := range map[string]func() error{
		"file":      func() error { return os.WriteFile(path, []byte("precious"), 0o600) },
		"directory": func() error { return os.Mkdir(path, 0o700) },
		"link":      func() error { return os.Symlink(path+"-elsewhere", path) },
	} {
		if err := make(); err != nil {
			t.Fatal(err)
		}
		s := &websockets.Server{Options: quiet(), Handler: nothing}
		if err := s.Start("unix", path); err == nil {
			t.Errorf("%s: no error", name)
		}
		s.Close()
		if err := os.Remove(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServerDoesNotReplaceADatagramSocket(t *testing.T) {
	path := socketPath(t)
	c, err := net.ListenPacket("unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := (&websockets.Server{Options: quiet(), Handler: nothing}).Start("unix", path); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v", err)
	}
}

func TestServerOnAnAbstractSocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has abstract sockets")
	}
	name := fmt.Sprintf("@websockets-test-%d", os.Getpid())
	start(t, &websockets.Server{Options: quiet(), Handler: echoHandler, UnixMode: 0o600}, "unix", name)
	d := websockets.Dialer{}
	d.NetDial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", name)
	}
	c, err := d.Dial(t.Context(), "ws://localhost")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	err = (&websockets.Server{Handler: nothing}).Start("unix", name)
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v", err)
	}
}
