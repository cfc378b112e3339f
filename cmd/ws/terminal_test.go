//go:build !windows

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/go-websockets/websockets"
)

// A screen is ws connect at a terminal.
type screen struct {
	t      *testing.T
	tty    *os.File
	cmd    *exec.Cmd
	output chan string // what the program writes; closed at its end
	seen   string      // of it, less control sequences, from the last match on
}

// attach starts ws connect with a terminal.
func attach(t *testing.T, env []string, args ...string) *screen {
	t.Helper()
	program, err := exec.LookPath("ws")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, append([]string{"connect"}, args...)...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "XDG_STATE_HOME="+t.TempDir(), quickExit)
	cmd.Env = append(cmd.Env, env...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, tty: tty, cmd: cmd, output: make(chan string, 1024)}
	go s.read()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		for range s.output { // until read has ended
		}
		_ = tty.Close()
	})
	return s
}

// read passes on what the program writes. It answers, as terminals do, when the
// program asks for the position of the cursor.
func (s *screen) read() {
	defer close(s.output)
	buf := make([]byte, 4096)
	for {
		n, err := s.tty.Read(buf)
		for range strings.Count(string(buf[:n]), "\x1b[6n") {
			_, _ = io.WriteString(s.tty, "\x1b[1;1R")
		}
		s.output <- string(buf[:n])
		if err != nil {
			return
		}
	}
}

func (s *screen) keys(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.tty, keys); err != nil {
		s.t.Fatal(err)
	}
}

// expect waits until text shows on the screen, and forgets what was before it.
func (s *screen) expect(text string) {
	s.t.Helper()
	late := time.After(patience)
	for {
		if at := strings.Index(s.seen, text); at >= 0 {
			s.seen = s.seen[at+len(text):]
			return
		}
		select {
		case out, ok := <-s.output:
			if !ok {
				s.t.Fatalf("no %q before the end; the screen shows %q", text, s.seen)
			}
			s.seen = controlSequences.ReplaceAllString(s.seen+out, "")
		case <-late:
			s.t.Fatalf("no %q; the screen shows %q", text, s.seen)
		}
	}
}

// ended waits for the end and compares the exit status.
func (s *screen) ended(status int) {
	s.t.Helper()
	for out := range s.output {
		s.seen += out
	}
	_ = s.cmd.Wait()
	if got := s.cmd.ProcessState.ExitCode(); got != status {
		s.t.Errorf("exit status %d, want %d; the screen shows %q", got, status, s.seen)
	}
}

// serveHandler serves h on a free port and returns its URL, and what the
// connections end with.
func serveHandler(t *testing.T, h websockets.Handler) (url string, ends <-chan error) {
	t.Helper()
	errs := make(chan error, 16)
	srv := &websockets.Server{Handler: func(ctx context.Context, conn *websockets.Conn) error {
		err := h(ctx, conn)
		errs <- err
		return err
	}}
	srv.Logger = slog.New(slog.DiscardHandler)
	if err := srv.Start("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	return "ws://" + srv.Addrs()[0].String(), errs
}

func echoHandler(ctx context.Context, conn *websockets.Conn) error {
	for {
		m, err := conn.Recv(ctx)
		if err != nil {
			return err
		}
		if err := conn.Send(ctx, m); err != nil {
			return err
		}
	}
}

// expectClose compares what a connection ended with on the server.
func expectClose(t *testing.T, ends <-chan error, code websockets.CloseCode, reason string) {
	t.Helper()
	err := <-ends
	e, ok := errors.AsType[*websockets.CloseError](err)
	if !ok || e.Code != code || e.Reason != reason {
		t.Errorf("the server saw %v, want %d %q", err, code, reason)
	}
}

func TestTerminalConversation(t *testing.T) {
	url, ends := serveHandler(t, echoHandler)
	s := attach(t, nil, url)
	s.expect("connected; type a message, or /help")
	s.expect("agreed on permessage-deflate; server_max_window_bits=12; client_max_window_bits=12")
	s.keys("héllo 🌍\r")
	s.expect("< héllo 🌍")
	s.keys("//slash\r")
	s.expect("< /slash")
	s.keys("/binary 00 ff 10\r")
	s.expect("< [3 bytes] 00 ff 10")
	s.keys("/ping are you there\r")
	s.expect("pong after ")
	s.keys("/pong\r/nonsense\r")
	s.expect("there is no /nonsense")
	s.keys("/help\r")
	s.expect("/close [CODE [REASON]]")
	s.keys("\r/text\r")
	s.expect("< \r\n")
	s.keys("/close 4001 good bye\r")
	s.expect(`closed: 4001 (private use) "good bye"`)
	s.ended(0)
	expectClose(t, ends, 4001, "good bye")
}

func TestTerminalKeysThatClose(t *testing.T) {
	for name, key := range map[string]string{"Ctrl-C": "\x03", "Ctrl-C with text": "half a line\x03", "Ctrl-D": "\x04", "/quit": "/quit\r"} {
		t.Run(name, func(t *testing.T) {
			url, ends := serveHandler(t, echoHandler)
			s := attach(t, nil, url)
			s.expect("> ")
			s.keys(key)
			s.expect("closed: 1000 (normal closure)")
			s.ended(0)
			expectClose(t, ends, 1000, "")
		})
	}
}

func TestTerminalShowsMessagesAboveTheLineBeingTyped(t *testing.T) {
	typed := make(chan struct{})
	url, _ := serveHandler(t, func(ctx context.Context, conn *websockets.Conn) error {
		<-typed
		_ = conn.Send(ctx, websockets.Text("one\n> two"))
		return echoHandler(ctx, conn)
	})
	s := attach(t, nil, url)
	s.keys("half a 世界")
	s.expect("> half a 世界")
	close(typed)
	s.expect("< one\r\n  > two\r\n")
	s.expect("> half a 世界")
	s.keys(" line\r")
	s.expect("< half a 世界 line")
}

func TestTerminalIsSafeFromThePeer(t *testing.T) {
	const attack = "\x1b]0;title\a\x1b[2J\u202egnp"
	url, _ := serveHandler(t, func(ctx context.Context, conn *websockets.Conn) error {
		_ = conn.Send(ctx, websockets.Text(attack))
		<-ctx.Done()
		return &websockets.CloseError{Code: 4000}
	})
	s := attach(t, nil, url)
	s.expect(`< \x1b]0;title\a\x1b[2J\u202egnp`)
	s = attach(t, nil, "--raw", url)
	s.expect("\x1b]0;title\a")
}

func TestTerminalWhenThePeerCloses(t *testing.T) {
	url, _ := serveHandler(t, func(context.Context, *websockets.Conn) error {
		return &websockets.CloseError{Code: 4000, Reason: "\x1bno\u202e"}
	})
	s := attach(t, nil, url)
	s.expect(`closed: 4000 (private use) "\x1bno\u202e"`)
	s.ended(6)

	url, _ = serveHandler(t, func(_ context.Context, conn *websockets.Conn) error { return conn.CloseNow() })
	s = attach(t, nil, url)
	s.expect("closed: 1006 (abnormal closure)")
	s.expect("ws: connection closed: 1006")
	s.ended(3)
}

func TestTerminalRemembersLines(t *testing.T) {
	const up = "\x1b[A"
	url, _ := serveHandler(t, echoHandler)
	state := "XDG_STATE_HOME=" + t.TempDir()
	s := attach(t, []string{state}, url)
	s.keys("first\r")
	s.expect("< first")
	s.keys("/quit\r")
	s.ended(0)

	s = attach(t, []string{state}, url)
	s.expect("> ")
	s.keys(up + up + "\r")
	s.expect("< first")
	s.keys("/quit\r")
	s.ended(0)

	s = attach(t, []string{state}, "--no-history", url)
	s.expect("> ")
	s.keys(up + up + "nothing\r")
	s.expect("< nothing")
	s.keys("/quit\r")
	s.ended(0)
}

func TestTerminalShowsFramesAboveTheLineBeingTyped(t *testing.T) {
	url, _ := serveHandler(t, echoHandler)
	s := attach(t, []string{"NO_COLOR=1"}, "--frames", url)
	s.expect("> ")
	s.keys("hi\r")
	s.expect(`> TEXT "hi"`)
	s.expect(`< TEXT "hi"`)
	s.expect("< hi")
}

func TestTerminalCompletesCommands(t *testing.T) {
	url, _ := serveHandler(t, echoHandler)
	s := attach(t, nil, url)
	s.expect("> ")
	s.keys("/bin\t00 41\r")
	s.expect("< [2 bytes] 00 41")
}
