package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/go-websockets/websockets"
)

// A pipe sends the input to a connection and prints what comes back. It ends
// when the connection is closed.
type pipe struct {
	*connectCommand
	conn  *websockets.Conn
	out   *bufio.Writer
	safe  bool // escape text, for a terminal
	heard chan struct{}
	asked websockets.CloseCode // with which we closed because we were done
}

func (x *connectCommand) pipe(ctx context.Context, conn *websockets.Conn) error {
	p := &pipe{
		connectCommand: x,
		conn:           conn,
		out:            bufio.NewWriter(x.stdout),
		safe:           isTerminal(x.stdout) && !x.raw,
		heard:          make(chan struct{}, 1),
	}
	inputCtx, stopInput := context.WithCancel(ctx)
	defer stopInput()
	input := make(chan error, 1)
	go func() { // ends with the input; a read that never returns ends with the process
		input <- p.input(inputCtx)
	}()
	output := make(chan error, 1)
	go func() { // ends with the connection
		output <- p.output(context.WithoutCancel(ctx))
	}()
	return p.run(ctx, input, output)
}

var errEnough = errors.New("enough messages have come in")

// run waits for what ends first and closes the connection.
func (p *pipe) run(ctx context.Context, input, output <-chan error) error {
	var failed error // worth more than what the connection ends with
	for {
		select {
		case err := <-input:
			input = nil
			switch {
			case errors.Is(err, websockets.ErrState):
				continue // the connection ends: output tells why
			case err != nil:
				failed = err
			case p.keepOpen:
				continue
			}
			p.close()
		case err := <-output:
			return p.ending(err, failed)
		case <-ctx.Done():
			p.closeOrCut(p.conn, websockets.CloseNormal, "")
			return context.Cause(ctx)
		}
	}
}

// close closes the connection because all is done. What the closing handshake
// ends with, output returns too.
func (p *pipe) close() {
	p.asked = websockets.CloseNormal
	p.closeOrCut(p.conn, p.asked, "")
}

// ending is the outcome, from the error with which receiving ended.
func (p *pipe) ending(err, failed error) error {
	if errors.Is(err, errEnough) {
		p.close()
		err = p.conn.Err()
	}
	if failed != nil {
		return asFailureOf(statusUsage, failed)
	}
	if e, ok := errors.AsType[*websockets.CloseError](err); ok {
		return closeFailure(e, p.asked)
	}
	_ = p.conn.CloseNow()
	return asFailureOf(statusFailed, err) // the output cannot be written
}

// asFailureOf is err with a status, unless it has one.
func asFailureOf(status int, err error) error {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	return &failure{status: status, err: err}
}

// input sends the whole input, and returns when nothing more is to be done but
// close.
func (p *pipe) input(ctx context.Context) error {
	if err := p.sendAll(ctx); err != nil {
		return err
	}
	if p.keepOpen {
		return nil
	}
	ping, err := p.conn.Ping(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := ping.Wait(ctx); err != nil {
		return err
	}
	return p.quiet(ctx)
}

// quiet waits until nothing has come in for --wait.
func (p *pipe) quiet(ctx context.Context) error {
	if p.wait == 0 {
		return nil
	}
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return nil
		case <-p.heard:
			timer.Reset(p.wait)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *pipe) sendAll(ctx context.Context) error {
	if p.whole {
		return p.sendWhole(ctx)
	}
	end := byte('\n')
	if p.null {
		end = 0
	}
	in := bufio.NewReader(p.stdin)
	for n := 1; ; n++ {
		line, err := in.ReadBytes(end)
		if err != nil && err != io.EOF {
			return &failure{status: statusFailed, err: fmt.Errorf("reading the input: %w", err)}
		}
		if len(line) == 0 {
			return nil
		}
		line, _ = bytes.CutSuffix(line, []byte{end})
		if !p.null {
			line, _ = bytes.CutSuffix(line, []byte{'\r'})
		}
		if err := p.send(ctx, n, line); err != nil {
			return err
		}
	}
}

func (p *pipe) send(ctx context.Context, number int, data []byte) error {
	if p.binary {
		return p.conn.Send(ctx, websockets.Binary(data))
	}
	if !utf8.Valid(data) {
		return &failure{
			status: statusUsage,
			err:    fmt.Errorf("message %d of the input is not UTF-8", number),
			hint:   "send other bytes with --binary",
		}
	}
	return p.conn.Send(ctx, websockets.Message{Type: websockets.TextMessage, Data: data})
}

// sendWhole sends the input as one message, in frames as they come.
func (p *pipe) sendWhole(ctx context.Context) error {
	kind := websockets.TextMessage
	if p.binary {
		kind = websockets.BinaryMessage
	}
	w, err := p.conn.Writer(ctx, kind)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, p.stdin)
	if err == nil {
		err = w.Close()
	}
	if err != nil && !p.binary && !errors.Is(err, websockets.ErrState) {
		return &failure{status: statusUsage, err: err, hint: "send anything but UTF-8 with --binary"}
	}
	return err
}

// output prints what comes in until the connection ends or --count is reached.
func (p *pipe) output(ctx context.Context) error {
	for n := 1; ; n++ {
		m, err := p.conn.Recv(ctx)
		if err != nil {
			return err
		}
		select {
		case p.heard <- struct{}{}:
		default: // quiet has not yet looked at the last one
		}
		if err := p.print(m); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
		if n == p.count {
			return errEnough
		}
	}
}

func (p *pipe) print(m websockets.Message) error {
	end := "\n"
	if p.null {
		end = "\x00"
	}
	data := m.Data
	switch {
	case m.Type == websockets.BinaryMessage && (p.hex || p.safe):
		data = hex.AppendEncode(nil, m.Data)
	case m.Type == websockets.BinaryMessage:
		end = ""
	case p.safe:
		data = []byte(escapeLines(string(m.Data), ""))
	}
	_, _ = p.out.Write(data) // Flush returns the error
	_, _ = p.out.WriteString(end)
	return p.out.Flush()
}
