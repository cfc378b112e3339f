package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/spf13/cobra"
)

const connectHelp = `Connect to a WebSocket server.

In a terminal, each line you type is sent as a text message, and what comes in
is printed above it. Lines that begin with a slash are commands: /help lists
them. Ctrl-C or Ctrl-D closes the connection with 1000.

When standard input or output is no terminal, or a dumb one, ws is a pipe:

  - Each line of the input is sent as a text message, or as a binary one with
    --binary. --null separates messages with NUL instead of line ends, --whole
    makes the whole input one message.
  - Each text message goes to the output as a line (with --null, it ends with
    NUL). Bytes of binary messages go there as they are, with nothing between
    them; --hex makes each a line of hexadecimal digits.
  - At the end of the input ws sends a ping and waits for its pong, so that the
    server has seen all input; then until nothing has come in for --wait; then it
    closes with 1000. With --keep-open it goes on until the server closes.
  - --count N ends after N messages have come in, whatever the input does.

URL is ws://host:port/path, wss://..., or ws+unix:///path/to.sock:/path for a
Unix socket. Without a scheme, ws:// is meant on this machine; :8765/echo is
short for localhost:8765/echo. A user name and password in it are sent as Basic
authorization; --user and --token read them from a file or the environment, where
others do not see them.

"ws help exit-status" lists what the exit status tells.`

const connectExamples = `  ws connect ws://127.0.0.1:8765/echo
  ws connect :8765/chat?room=lobby
  echo hi | ws connect :8765/echo
  ws connect --count 3 :8765/time < /dev/null
  ws connect --whole --binary wss://example.com/upload < photo.jpg
  ws connect --token @token.txt wss://example.com/
  ws connect --user ann:env:PASSWORD wss://example.com/
  ws connect --header @headers.txt --subprotocol chat.v2 wss://example.com/`

// A connectCommand is ws connect with its flags.
type connectCommand struct {
	*program
	dialer websockets.Dialer
	trust
	headers   []string
	user      string
	token     string
	frames    bool
	raw       bool
	noHistory bool

	// Of pipes.
	binary, whole, null, hex, keepOpen bool
	wait                               time.Duration
	count                              int
}

func (p *program) connectCommand() *cobra.Command {
	x := &connectCommand{program: p, wait: 500 * time.Millisecond}
	c := &cobra.Command{
		Use:     "connect URL",
		Short:   "Connect to a server, in the terminal or in a pipe",
		Long:    connectHelp,
		Example: connectExamples,
		Args:    usage(cobra.ExactArgs(1)),
		RunE:    func(c *cobra.Command, args []string) error { return x.run(c, args[0]) },
	}
	fs := c.Flags()
	fs.SortFlags = false
	fs.StringArrayVarP(&x.headers, "header", "H", nil, "request `HEADER` such as \"Name: value\", or @FILE with one a line; may be repeated")
	fs.StringVar(&x.user, "user", "", "log in as a user, `NAME:@FILE` or NAME:env:VARIABLE with the password")
	fs.StringVar(&x.token, "token", "", "log in with a token, `@FILE` or env:VARIABLE")
	fs.StringVar(&x.dialer.Origin, "origin", "", "value of the Origin header, such as `https://HOST` (default none)")
	x.trust.addFlags(fs)
	fs.BoolVar(&x.frames, "frames", false, "print every frame to standard error, and first the extensions agreed on")
	fs.BoolVar(&x.raw, "raw", false, "print text as it comes: it may hold control sequences for the terminal")
	fs.BoolVar(&x.noHistory, "no-history", false, "terminal: neither read nor write the history file")
	fs.BoolVarP(&x.binary, "binary", "b", false, "pipe: send binary messages")
	fs.BoolVar(&x.whole, "whole", false, "pipe: send the whole input as one message")
	fs.BoolVarP(&x.null, "null", "0", false, "pipe: NUL ends messages, not the end of the line")
	fs.BoolVar(&x.hex, "hex", false, "pipe: print binary messages as hexadecimal digits, one a line")
	fs.DurationVar(&x.wait, "wait", x.wait, "pipe: how long nothing must come in after the end of the input")
	fs.BoolVar(&x.keepOpen, "keep-open", false, "pipe: stay connected at the end of the input")
	fs.IntVarP(&x.count, "count", "n", 0, "pipe: end after `N` messages have come in (default any number)")
	addLimits(fs, &x.dialer.Options)
	fs.Var(durationFlag{value: &x.dialer.OpenTimeout}, "timeout", `time for connecting and the whole opening handshake, or "off"`)
	fs.Lookup("wait").Value = durationFlag{value: &x.wait, zero: true}
	fs.Lookup("wait").DefValue = x.wait.String()
	c.MarkFlagsMutuallyExclusive("wait", "keep-open")
	c.MarkFlagsMutuallyExclusive("whole", "null")
	c.MarkFlagsMutuallyExclusive("insecure", "ca", "fingerprint")
	return c
}

func (x *connectCommand) run(c *cobra.Command, arg string) error {
	url, err := completeURL(arg)
	if err != nil {
		return err
	}
	if x.count < 0 {
		return usageError(c, fmt.Errorf("--count is %d: give a number of messages", x.count))
	}
	if x.dialer.Header, err = parseHeaders(x.headers); err != nil {
		return usageError(c, err)
	}
	if err := x.logIn(); err != nil {
		return usageError(c, err)
	}
	if x.dialer.TLSConfig, err = x.trust.config(); err != nil {
		return usageError(c, err)
	}
	interactive := isTerminal(x.stdin) && isTerminal(x.stdout) && os.Getenv("TERM") != "dumb"
	log := &lockedWriter{w: x.stderr}
	x.dialer.Logger = x.logger(log)

	ctx, stop := x.untilSignal(c.Context())
	defer stop()
	conn, err := x.dialer.Dial(ctx, url)
	if err != nil {
		if f, ok := errors.AsType[*failure](context.Cause(ctx)); ok {
			return f
		}
		return dialFailure(url, err)
	}
	if interactive {
		return x.interact(ctx, conn, log)
	}
	if e := agreedExtensions(conn); x.frames && e != "" {
		fmt.Fprintln(log, x.style(x.stderr).dim("agreed on "+escape(e)))
	}
	return x.pipe(ctx, conn)
}

// logIn adds the Authorization header for --user and --token.
func (x *connectCommand) logIn() error {
	value, err := logIn(x.user, x.token)
	if err != nil || value == "" {
		return err
	}
	if x.dialer.Header.Get("Authorization") != "" {
		return errTwoLogins
	}
	x.dialer.Header.Set("Authorization", value)
	return nil
}

// agreedExtensions is what the server has answered, "" if there are none.
func agreedExtensions(conn *websockets.Conn) string {
	return conn.Response().Header.Get("Sec-WebSocket-Extensions")
}

// untilSignal returns a context that ends at a signal, with a *failure as its
// cause.
func (p *program) untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() { // ends with ctx
		select {
		case sig := <-p.signals:
			cancel(&failure{status: signalStatus(sig)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// closeOrCut closes conn with the closing handshake; a signal cuts that short. It
// returns when the connection is closed.
func (x *connectCommand) closeOrCut(conn *websockets.Conn, code websockets.CloseCode, reason string) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = conn.CloseWith(code, reason) // Err has it all
	}()
	select {
	case <-closed:
	case <-x.signals:
		_ = conn.CloseNow()
		<-closed
	}
}

// logger prints frames with --frames. What else the library says is in the
// errors that it returns.
func (x *connectCommand) logger(w *lockedWriter) *slog.Logger {
	if !x.frames {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(&lineHandler{out: w, level: slog.LevelDebug, style: x.style(x.stderr), brief: true})
}

// parseHeaders makes the request headers of the values of --header.
func parseHeaders(values []string) (http.Header, error) {
	h := http.Header{}
	for _, v := range values {
		if name, ok := strings.CutPrefix(v, "@"); ok {
			b, err := os.ReadFile(name)
			if err != nil {
				return nil, fmt.Errorf("--header: %w", err)
			}
			if err := readHeaders(h, bytes.NewReader(b)); err != nil {
				return nil, fmt.Errorf("--header: %s: %w", name, err)
			}
		} else if err := addHeader(h, v); err != nil {
			return nil, fmt.Errorf("--header: %w", err)
		}
	}
	return h, nil
}

// readHeaders reads headers, one a line; empty lines and those that begin with
// "#" are skipped.
func readHeaders(h http.Header, r io.Reader) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := addHeader(h, line); err != nil {
			return err
		}
	}
	return lines.Err()
}

// addHeader adds one header. Its value may be secret: no error repeats it.
func addHeader(h http.Header, line string) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok || strings.TrimSpace(name) == "" {
		return errors.New(`a header has no colon: write "Name: value"`)
	}
	h.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	return nil
}
