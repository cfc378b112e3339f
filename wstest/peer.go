package wstest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
)

// DefaultTimeout is how long a [Peer] waits for the other end.
const DefaultTimeout = 5 * time.Second

// A Peer is one end of a connection that a test plays by hand, frame by frame,
// against the endpoint under test at the other end. It does what it is told,
// right or wrong, and nothing on its own: it answers no ping and no close frame.
//
// Frames are written in the notation of [frame.Line]. Directions are seen from
// the endpoint under test, as in its log: "<" is what it receives, from the Peer,
// and ">" is what it sends. Lines for [Peer.Send] and [Peer.Expect] may leave the
// direction out.
//
// In lines to send there are two more forms, for what a frame cannot say. A frame
// may end with a length other than that of its payload, or one that is encoded in
// 16 or 64 bits although it needs less; and its payload may go on in later lines:
//
//	TEXT "hel" length=5               announces 5 bytes and sends 3 of them
//	PAYLOAD "lo"                      the other 2, masked with the same key
//	BINARY length=0x7FFFFFFFFFFFFFFF
//	TEXT "hello" length16=5
//	PING length64=0
//
// In lines to expect, "..." at the end of a payload stands for any more of it:
//
//	CLOSE 1002 ...
//	TEXT "hello" ...
//
// The methods of a Peer are for one goroutine at a time. Those that have no error
// to return fail the test instead, so they belong in its own goroutine.
type Peer struct {
	// MaskingKey is the key of all frames that the Peer masks. Default: the one of
	// the example in RFC 6455 §5.7.
	MaskingKey [4]byte

	// Timeout bounds each wait for the other end. Default: DefaultTimeout.
	Timeout time.Duration

	t    testing.TB
	conn net.Conn
	role websockets.Role

	masked   bool   // the frame last begun is masked
	position int    // bytes sent of its payload
	buf      []byte // received and not yet looked at
	err      error  // why no more is received
}

// NewPeer returns a Peer that plays role at one end of a connection, usually one
// of [Pipe]. As a client it masks its frames, as a server it does not. The
// connection is closed at the end of the test.
func NewPeer(t testing.TB, conn net.Conn, role websockets.Role) *Peer {
	t.Cleanup(func() { conn.Close() })
	return &Peer{
		MaskingKey: [4]byte{0x37, 0xFA, 0x21, 0x3D},
		Timeout:    DefaultTimeout,
		t:          t,
		conn:       conn,
		role:       role,
	}
}

// Conn returns the connection that the Peer plays on.
func (p *Peer) Conn() net.Conn { return p.conn }

// Send sends lines, all in one write. EOF ends the direction to the other end
// and must be the last line.
func (p *Peer) Send(lines ...string) {
	p.t.Helper()
	if err := p.send(lines); err != nil {
		p.t.Fatalf("peer: %v", err)
	}
}

func (p *Peer) send(lines []string) error {
	eof := false
	if n := len(lines); n > 0 {
		if s, err := parseScript(lines[n-1]); err == nil && s.line.Kind == frame.EOFLine {
			eof, lines = true, lines[:n-1]
		}
	}
	out, err := p.Encode(lines...)
	if err != nil {
		return err
	}
	if _, err := p.Write(out); err != nil {
		return err
	}
	if eof {
		return p.closeWrite()
	}
	return nil
}

// Encode returns what lines to send look like on the wire, without sending it. It
// fails if a line is wrong or cannot be sent.
func (p *Peer) Encode(lines ...string) ([]byte, error) {
	var out []byte
	for _, line := range lines {
		s, err := parseScript(line)
		switch {
		case err != nil:
			return nil, err
		case s.line.Direction == frame.Sent:
			return nil, fmt.Errorf("send %s: the direction is that of a line to expect", line)
		case s.more:
			return nil, fmt.Errorf("send %s: the payload is cut", line)
		case s.line.Kind == frame.EOFLine:
			return nil, fmt.Errorf("send %s: nothing can follow the end of the stream", line)
		}
		out = p.append(out, s)
	}
	return out, nil
}

// Write sends bytes as they are, for example half a frame or an HTTP request.
func (p *Peer) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if err := p.conn.SetWriteDeadline(p.deadline()); err != nil {
		return 0, err
	}
	return p.conn.Write(b)
}

func (p *Peer) deadline() time.Time { return time.Now().Add(p.Timeout) }

// closeWrite ends one direction, or the whole connection if it has no half-close.
func (p *Peer) closeWrite() error {
	if c, ok := p.conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return p.conn.Close()
}

// Expect receives as many frames as there are lines, and fails the test if they
// differ. EOF stands for the end of the stream.
func (p *Peer) Expect(lines ...string) {
	p.t.Helper()
	for _, line := range lines {
		if err := p.expect(line); err != nil {
			p.t.Fatalf("peer: %v", err)
		}
	}
}

func (p *Peer) expect(line string) error {
	want, err := parseScript(line)
	switch {
	case err != nil:
		return err
	case want.line.Direction == frame.Received:
		return fmt.Errorf("expect %s: the direction is that of a line to send", line)
	case want.payloadOnly || want.length != nil || want.line.Kind == frame.RawLine:
		return fmt.Errorf("expect %s: only frames can be expected", line)
	}
	got, err := p.Recv()
	if err != nil {
		return fmt.Errorf("want > %s\n       got %w", want.text, err)
	}
	if !want.matches(got) {
		return fmt.Errorf("want > %s\n       got  %s", want.text, frame.AppendLine(nil, got))
	}
	return nil
}

// ExpectEOF receives the end of the stream, and fails the test if anything else
// comes in.
func (p *Peer) ExpectEOF() {
	p.t.Helper()
	p.Expect("EOF")
}

// ExpectSilence fails the test if anything comes in, or the stream ends, within d.
func (p *Peer) ExpectSilence(d time.Duration) {
	p.t.Helper()
	got, err := p.recv(time.Now().Add(d))
	switch {
	case err == nil:
		p.t.Fatalf("peer: want silence\n       got  %s", frame.AppendLine(nil, got))
	case !errors.Is(err, os.ErrDeadlineExceeded) || len(p.buf) > 0:
		p.t.Fatalf("peer: want silence\n       got  %v", err)
	}
}

// Run plays a script with one line for each frame: it sends the lines with "<"
// and expects those with ">". Lines to send that follow one another go out in one
// write. Empty lines and comments come between writes.
//
//	p.Run(`
//		< TEXT "hel" more
//		< PING "?"
//		> PONG "?"
//		< CONT "lo" fin
//		> TEXT "hello"
//	`)
func (p *Peer) Run(script string) {
	p.t.Helper()
	var batch []string
	flush := func() {
		p.t.Helper()
		p.Send(batch...)
		batch = nil
	}
	for line := range strings.Lines(script) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "<"):
			batch = append(batch, line)
		case strings.HasPrefix(line, ">"):
			flush()
			p.Expect(line)
		case line == "", strings.HasPrefix(line, "#"):
			flush()
		default:
			p.t.Fatalf("peer: script line %q has no direction", line)
		}
	}
	flush()
}

// Recv receives the next frame, whatever it is: a line with direction ">", or EOF
// at the end of the stream. It fails with [os.ErrDeadlineExceeded] when none
// arrives in time; what has come in of a frame then is kept for the next call.
func (p *Peer) Recv() (frame.Line, error) { return p.recv(p.deadline()) }

func (p *Peer) recv(deadline time.Time) (frame.Line, error) {
	p.boundReads(deadline)
	for {
		line, ok, err := p.parse()
		if ok || err != nil {
			return line, err
		}
		if err := p.fill(); err != nil {
			if err == io.EOF && len(p.buf) == 0 {
				return frame.Line{Direction: frame.Sent, Kind: frame.EOFLine}, nil
			}
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return frame.Line{}, fmt.Errorf("%w, after %d bytes of a frame", err, len(p.buf))
		}
	}
}

// boundReads sets the deadline of what is received next. That it fails is of no
// interest: reading will tell why, and a net.Pipe has something to read then.
func (p *Peer) boundReads(deadline time.Time) { _ = p.conn.SetReadDeadline(deadline) }

// fill receives some more bytes. The end of the stream and resets are final.
func (p *Peer) fill() error {
	if p.err != nil {
		return p.err
	}
	var b [4 << 10]byte
	n, err := p.conn.Read(b[:])
	p.buf = append(p.buf, b[:n]...)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		p.err = err
	}
	if n > 0 {
		return nil
	}
	return err
}

// parse takes a whole frame from the buffer, if there is one.
func (p *Peer) parse() (line frame.Line, ok bool, err error) {
	h, n, err := frame.ParseHeader(p.buf)
	if err != nil || n == 0 {
		return frame.Line{}, false, err
	}
	if h.Length > frame.MaxLinePayload {
		return frame.Line{}, false, fmt.Errorf("a frame of %d bytes, more than a line can hold", h.Length)
	}
	end := n + int(h.Length)
	if len(p.buf) < end {
		return frame.Line{}, false, nil
	}
	payload := append([]byte(nil), p.buf[n:end]...)
	if h.Masked {
		for i := range payload {
			payload[i] ^= h.MaskingKey[i%4]
		}
	}
	p.buf = p.buf[end:]
	line = frame.Line{Direction: frame.Sent, Frame: frame.Frame{
		FIN: h.FIN, RSV1: h.RSV1, RSV2: h.RSV2, RSV3: h.RSV3, Opcode: h.Opcode, Payload: payload,
	}}
	switch fromClient := p.role == websockets.RoleServer; {
	case h.Masked && !fromClient:
		line.Masking = frame.Masked
	case !h.Masked && fromClient:
		line.Masking = frame.Unmasked
	}
	return line, true, nil
}

// Close closes the Peer's end of the connection.
func (p *Peer) Close() error { return p.conn.Close() }
