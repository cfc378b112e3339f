package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/ergochat/readline"
	"github.com/go-websockets/websockets"
)

// A terminal is a connection with a user at a terminal.
type terminal struct {
	*connectCommand
	conn  *websockets.Conn
	line  *readline.Instance
	style style
}

// interact lets the user talk to the server. It ends when the connection is
// closed. Frames that are logged meanwhile show above the line being typed.
func (x *connectCommand) interact(ctx context.Context, conn *websockets.Conn, log *lockedWriter) error {
	t := &terminal{connectCommand: x, conn: conn, style: x.style(x.stdout)}
	items := make([]*readline.PrefixCompleter, len(inputCommands))
	for i, name := range inputCommands {
		items[i] = readline.PcItem(name)
	}
	var err error
	t.line, err = readline.NewFromConfig(&readline.Config{
		Prompt:                 t.style.sent(">") + " ",
		HistoryFile:            x.historyFile(),
		DisableAutoSaveHistory: true,
		AutoComplete:           readline.NewPrefixCompleter(items...),
		InterruptPrompt:        "\n", // prints nothing
		EOFPrompt:              "\n",
		Undo:                   true,
		Stdin:                  x.stdin,
		Stdout:                 x.stdout,
		Stderr:                 x.stderr,
	})
	if err != nil {
		_ = conn.CloseNow()
		return &failure{status: statusFailed, err: err}
	}
	defer t.line.Close()
	log.set(t.line)
	defer log.set(x.stderr)
	return t.run(ctx)
}

func (t *terminal) run(ctx context.Context) error {
	t.greet()
	asked, done := make(chan input, 1), make(chan struct{})
	go func() { // ends when the line editor is closed
		defer close(done)
		asked <- t.read(ctx)
	}()
	ended := make(chan error, 1)
	go func() { ended <- t.receive(context.WithoutCancel(ctx)) }() // ends with the connection
	var code websockets.CloseCode
	var cause error
	for {
		select {
		case in := <-asked:
			if code = in.code; code != 0 {
				t.closeOrCut(t.conn, in.code, in.reason)
			}
		case <-ctx.Done():
			cause = context.Cause(ctx)
			ctx = context.WithoutCancel(ctx)
			t.closeOrCut(t.conn, websockets.CloseNormal, "")
		case err := <-ended:
			_ = t.line.Close()
			<-done // it takes the prompt away
			return t.ending(err, code, cause)
		}
	}
}

func (t *terminal) greet() {
	text := "connected"
	if p := t.conn.Subprotocol(); p != "" {
		text += ", subprotocol " + escape(p)
	}
	t.println(t.style.dim(text + "; type a message, or /help"))
	if e := agreedExtensions(t.conn); e != "" {
		t.println(t.style.dim("agreed on " + escape(e)))
	}
}

// println prints above the line being typed.
func (t *terminal) println(text string) {
	_, _ = io.WriteString(t.line, text+"\n") // where else should an error go?
}

func (t *terminal) complain(err error) { t.println(t.style.bad(escape(err.Error()))) }

// receive prints what comes in until the connection ends.
func (t *terminal) receive(ctx context.Context) error {
	for {
		m, err := t.conn.Recv(ctx)
		if err != nil {
			return err
		}
		t.println(t.style.received("<") + " " + t.show(m))
	}
}

func (t *terminal) show(m websockets.Message) string {
	switch {
	case m.Type == websockets.BinaryMessage:
		return t.style.dim(fmt.Sprintf("[%d bytes]", len(m.Data))) + " " + hexDump(m.Data)
	case t.raw:
		return m.String()
	}
	return escapeLines(m.String(), "  ")
}

// read does what the user asks for until that is to close. It returns a zero
// input if the connection ended first.
func (t *terminal) read(ctx context.Context) input {
	for {
		line, err := t.line.ReadLine()
		if err != nil {
			if t.conn.Err() != nil {
				return input{}
			}
			return input{kind: inputClose, code: websockets.CloseNormal}
		}
		if line != "" {
			_ = t.line.SaveToHistory(line) // without a history all else works
		}
		in, err := parseInput(line)
		if err == nil {
			if in.kind == inputClose {
				return in
			}
			err = t.do(ctx, in)
		}
		if err != nil && t.conn.State() == websockets.StateOpen {
			t.complain(err)
		}
	}
}

func (t *terminal) do(ctx context.Context, in input) error {
	switch in.kind {
	case inputText:
		return t.conn.Send(ctx, websockets.Message{Type: websockets.TextMessage, Data: in.data})
	case inputBinary:
		return t.conn.Send(ctx, websockets.Binary(in.data))
	case inputPing:
		return t.ping(ctx, in.data)
	case inputPong:
		return t.conn.Pong(ctx, in.data)
	case inputHelp:
		t.println(inputHelpText)
	}
	return nil
}

// ping sends a ping, and prints the time to its pong when that comes.
func (t *terminal) ping(ctx context.Context, payload []byte) error {
	ping, err := t.conn.Ping(ctx, payload)
	if err != nil {
		return err
	}
	go func() { // ends with the pong or the connection
		if rtt, err := ping.Wait(ctx); err == nil {
			t.println(t.style.dim("pong after " + rtt.Round(time.Microsecond).String()))
		}
	}()
	return nil
}

// ending says how the connection ended and makes the outcome of it.
func (t *terminal) ending(err error, asked websockets.CloseCode, cause error) error {
	e, ok := errors.AsType[*websockets.CloseError](err)
	if !ok {
		return &failure{status: statusFailed, err: err}
	}
	text := "closed: " + e.Code.String()
	if e.Reason != "" {
		text += " " + strconv.Quote(e.Reason)
	}
	st := t.program.style(t.stdout)
	fmt.Fprintln(t.stdout, st.dim(text))
	if cause != nil {
		return cause
	}
	if e.Err == nil && e.Code != websockets.CloseAbnormal {
		// All is said.
		return &failure{status: closeStatus(e, asked)}
	}
	return closeFailure(e, asked)
}
