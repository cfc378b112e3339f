package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// playConn plays the endpoint with a Conn whose application receives all the
// time. The bytes come as they are written, or in pieces; and as they are, or
// compressed.
func playConn(inPieces, deflated bool) player {
	return func(t *testing.T, c conversation, role websockets.Role) (outcomes [][]string) {
		synctest.Test(t, func(t *testing.T) {
			network := wstest.Network{Window: 64 << 20} // the peer never waits
			a, b := network.Pipe()
			if inPieces {
				a.Out().Split(c.piece)
			}
			g := game{
				c:    c,
				wire: a,
				peer: wstest.NewPeer(t, a, 3-role),
				conn: websockets.NewConn(b, role, c.handshake(t, role, deflated), &c.options),
			}
			if deflated {
				g.deflated = newDeflatedPeer(t)
			}
			defer g.conn.CloseNow()
			g.resume()
			defer func() { g.pause() }()
			for i, s := range c.steps {
				if i == len(c.steps)-1 {
					s.cause = []string{"< EOF"}
				}
				if err := g.act(s); err != nil {
					t.Fatalf("%q: %v", s.cause, err)
				}
				outcome := g.outcome(t)
				if i == len(c.steps)-1 || c.showEnd {
					outcome = append(outcome, g.end()...)
				}
				outcomes = append(outcomes, outcome)
			}
			if g.conn.Err() == nil {
				t.Error("the connection is not closed")
			}
		})
		return outcomes
	}
}

// A game is a conversation going on.
type game struct {
	c     conversation
	wire  *wstest.Conn // the peer's end
	peer  *wstest.Peer
	conn  *websockets.Conn
	ended bool // the endpoint has ended its half of the stream
	shown bool // how the connection ended

	deflated *deflatedPeer // compresses for the peer, if it is not nil

	pause  func()         // stops the application
	writer io.WriteCloser // of the message that the application sends in fragments

	mu      sync.Mutex
	seen    []string // messages that the application got, since the last step
	refused []string // what the application could not send
	pings   []ping   // that are not answered, in the order in which they were sent
}

type ping struct {
	*websockets.Ping
	payload []byte
}

func line(start string, f frame.Frame) string {
	return start + string(frame.AppendLine(nil, frame.Line{Frame: f}))
}

// resume starts the application: it receives until the connection ends, or pause
// is called.
func (g *game) resume() {
	var ctx context.Context
	ctx, g.pause = context.WithCancel(context.Background())
	go g.receive(ctx)
}

func (g *game) receive(ctx context.Context) {
	for {
		m, err := g.conn.Recv(ctx)
		if err != nil {
			return
		}
		g.mu.Lock()
		g.seen = append(g.seen, line("= ", frame.Frame{FIN: true, Opcode: frame.Opcode(m.Type), Payload: m.Data}))
		g.mu.Unlock()
	}
}

// act lets happen what a step says. Time that passes is fake: it runs in a bubble.
func (g *game) act(s step) error {
	first := s.cause[0]
	switch {
	case first[0] == '+':
		d, err := time.ParseDuration(strings.TrimSpace(first[1:]))
		time.Sleep(d)
		return err
	case first == "! DROP":
		return g.conn.CloseNow()
	case first == "! PAUSE":
		g.pause()
		return nil
	case first == "! RESUME":
		g.resume()
		return nil
	case first[0] == '!':
		l, err := frame.ParseLine(first[1:])
		if err == nil {
			go g.send(l.Frame)
		}
		return err
	}
	lines, eof, err := s.incoming()
	if err != nil {
		return err
	}
	b, err := g.peer.Encode(g.deflated.compress(lines)...)
	if err != nil {
		return err
	}
	if _, err := g.peer.Write(b); err != nil && !errors.Is(err, syscall.EPIPE) { // it may have gone already
		return err
	}
	if eof {
		return g.wire.CloseWrite()
	}
	return nil
}

// send is the application sending a frame.
func (g *game) send(f frame.Frame) {
	if err := g.trySend(f); err != nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.refused = append(g.refused, line("= refused ", f))
	}
}

func (g *game) trySend(f frame.Frame) (err error) {
	ctx := context.Background()
	switch f.Opcode {
	case frame.OpPing:
		p, err := g.conn.Ping(ctx, f.Payload)
		if err == nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.pings = append(g.pings, ping{p, f.Payload})
		}
		return err
	case frame.OpPong:
		return g.conn.Pong(ctx, f.Payload)
	case frame.OpClose:
		code, reason, err := frame.ParseClose(f.Payload)
		if err != nil {
			return err
		}
		return g.conn.CloseWith(code, reason)
	case frame.OpContinuation:
		if f.FIN {
			return g.writer.Close() // sends an empty fragment
		}
		_, err = g.writer.Write(f.Payload)
		return err
	}
	t := websockets.MessageType(f.Opcode)
	if f.FIN {
		return g.conn.Send(ctx, websockets.Message{Type: t, Data: f.Payload})
	}
	if g.writer, err = g.conn.Writer(ctx, t); err == nil {
		_, err = g.writer.Write(f.Payload)
	}
	return err
}

// outcome returns what has come of a step, once all is quiet.
func (g *game) outcome(t *testing.T) (lines []string) {
	synctest.Wait()
	g.peer.Timeout = time.Nanosecond // all that will come is there
	for !g.ended {
		l, err := g.peer.Recv()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return append(lines, g.takeSeen()...)
		case errors.Is(err, syscall.ECONNRESET):
			g.ended = true
			lines = append(lines, "> RESET")
			continue
		case err != nil:
			t.Fatal(err)
		case l.Kind == frame.EOFLine:
			g.ended = true
			if !g.c.showEnd {
				continue
			}
		}
		lines = append(lines, string(frame.AppendLine(nil, g.deflated.decompress(l))))
	}
	return append(lines, g.takeSeen()...)
}

func (g *game) takeSeen() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	seen := g.seen
	g.seen = nil
	for len(g.pings) > 0 && g.pings[0].answered() {
		seen = append(seen, line("= ", frame.Frame{FIN: true, Opcode: frame.OpPong, Payload: g.pings[0].payload}))
		g.pings = g.pings[1:]
	}
	return seen
}

// end tells how the connection ended, once.
func (g *game) end() (lines []string) {
	if err := g.conn.Err(); err != nil && !g.shown {
		g.shown = true
		lines = append(g.refused, closedLine(err))
	}
	return lines
}

func (p ping) answered() bool {
	select {
	case <-p.Done():
		_, err := p.Wait(context.Background())
		return err == nil
	default:
		return false
	}
}

// closedLine tells how a connection ended.
func closedLine(err error) string {
	e, ok := errors.AsType[*websockets.CloseError](err)
	if !ok {
		return fmt.Sprintf("= closed by a %T", err)
	}
	line := fmt.Sprintf("= closed %d", e.Code)
	if e.Reason != "" {
		line += fmt.Sprintf(" %q", e.Reason)
	}
	if line += ", sent "; e.Sent != 0 {
		line += fmt.Sprintf("%d", e.Sent)
	} else {
		line += "nothing"
	}
	if e.Err != nil {
		line += ", " + whatWentWrong(e.Err)
	}
	return line
}

func whatWentWrong(err error) string {
	if _, ok := errors.AsType[*websockets.ProtocolError](err); ok {
		return "protocol error"
	}
	if _, ok := errors.AsType[*websockets.PayloadTooBigError](err); ok {
		return "message too big error"
	}
	for family, name := range map[error]string{
		io.EOF:                    "end of the stream",
		io.ErrUnexpectedEOF:       "end of the stream",
		syscall.ECONNRESET:        "reset",
		websockets.ErrPingTimeout: "no pong",
	} {
		if errors.Is(err, family) {
			return name
		}
	}
	return err.Error()
}
