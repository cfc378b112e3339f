package websockets_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/utf8stream"
	"github.com/go-websockets/websockets/protocol"
	"github.com/go-websockets/websockets/wstest"
)

// playProtocol plays the endpoint with the packages frame and protocol alone: no
// connection, no goroutine, no clock. The bytes come as they are written, or in
// pieces.
func playProtocol(inPieces bool) player {
	return func(t *testing.T, c conversation, role websockets.Role) (outcomes [][]string) {
		limit := c.options.MaxMessageSize
		if limit == 0 {
			limit = websockets.DefaultMaxMessageSize
		}
		m := machine{role: role, showEnd: c.showEnd, rules: protocol.Receiver{Masked: role == websockets.RoleServer, Limit: limit}}
		piece := math.MaxInt
		if inPieces {
			piece = c.piece
		}
		unused, _ := wstest.Pipe()
		peer := wstest.NewPeer(t, unused, 3-role) // for its encoding
		for _, s := range c.steps[:len(c.steps)-1] {
			if err := m.act(peer, s, piece); err != nil {
				t.Fatalf("%q: %v", s.cause, err)
			}
			outcomes = append(outcomes, m.outcome(c.showEnd))
		}
		m.end(io.EOF)
		return append(outcomes, m.outcome(true))
	}
}

// A machine is the smallest endpoint that there can be: it does what the package
// protocol says is to be done, and nothing else.
type machine struct {
	role    websockets.Role
	showEnd bool
	shown   bool // how the connection ended
	ended   bool // the endpoint has ended its half of the stream

	rules protocol.Receiver
	order protocol.Sender
	state protocol.State

	in       []byte       // received, not yet processed
	header   frame.Header // of the frame that is being received
	inFrame  bool
	payload  []byte // of that frame, if it is a control frame
	message  []byte
	opcode   frame.Opcode
	text     utf8stream.Validator
	position int // in the payload
	pings    [][]byte

	sent, seen []string // since the last step
	refused    []string
	closed     websockets.CloseError
}

func (m *machine) act(peer *wstest.Peer, s step, piece int) error {
	if s.cause[0] == "! DROP" {
		m.end(errors.New("dropped by CloseNow"))
		return nil
	}
	if s.cause[0][0] == '!' {
		l, err := frame.ParseLine(s.cause[0][1:])
		if err == nil {
			m.send(l.Frame)
		}
		return err
	}
	lines, eof, err := s.incoming()
	if err != nil {
		return err
	}
	b, err := peer.Encode(lines...)
	for len(b) > 0 {
		n := min(len(b), piece)
		m.receive(b[:n])
		b = b[n:]
	}
	if eof {
		m.end(io.EOF)
	}
	return err
}

// outcome returns what has come of a step, and how the connection ended.
func (m *machine) outcome(end bool) []string {
	lines := append(m.sent, m.seen...)
	m.sent, m.seen = nil, nil
	if end && m.state == protocol.Closed && !m.shown {
		m.shown = true
		lines = append(append(lines, m.refused...), closedLine(&m.closed))
	}
	return lines
}

// send sends a frame, or is refused.
func (m *machine) send(f frame.Frame) {
	switch err := m.order.Header(m.state, new(f.Header())); {
	case err != nil && f.Opcode == frame.OpClose:
		return // closing twice is no mistake
	case err != nil:
		m.refused = append(m.refused, line("= refused ", f))
		return
	}
	m.show(f)
	switch f.Opcode {
	case frame.OpPing:
		m.pings = append(m.pings, f.Payload)
	case frame.OpClose:
		m.closed.Sent = frame.CloseNoStatus
		if len(f.Payload) > 0 {
			m.closed.Sent = frame.CloseCode(binary.BigEndian.Uint16(f.Payload))
		}
		m.event(protocol.SendClose)
	}
}

func (m *machine) show(f frame.Frame) {
	m.sent = append(m.sent, line("> ", f))
}

func (m *machine) receive(b []byte) {
	m.in = append(m.in, b...)
	for m.state.CanReceive() {
		again, err := m.step()
		if err != nil {
			m.fail(err)
		}
		if !again {
			return
		}
	}
}

// step processes a header or some payload, if there is any.
func (m *machine) step() (again bool, err error) {
	if !m.inFrame {
		h, n, err := frame.ParseHeader(m.in)
		if n == 0 || err != nil {
			return false, err
		}
		if err := m.rules.Header(&h); err != nil {
			return false, err
		}
		m.header, m.inFrame, m.position, m.payload, m.in = h, true, 0, nil, m.in[n:]
		if !h.Opcode.IsControl() && h.Opcode != frame.OpContinuation {
			m.opcode, m.message = h.Opcode, nil
			m.text.Reset()
		}
	}
	n := min(int64(len(m.in)), m.header.Length-int64(m.position))
	piece := make([]byte, n)
	for i := range piece {
		piece[i] = m.in[i]
		if m.header.Masked {
			piece[i] ^= m.header.MaskingKey[(m.position+i)%4]
		}
	}
	m.position += len(piece)
	m.in = m.in[n:]
	m.inFrame = int64(m.position) < m.header.Length
	if m.header.Opcode.IsControl() {
		m.payload = append(m.payload, piece...)
		if m.inFrame {
			return false, nil
		}
		return true, m.control()
	}
	return !m.inFrame, m.data(piece)
}

func (m *machine) data(piece []byte) error {
	m.message = append(m.message, piece...)
	whole := m.header.FIN && !m.inFrame
	if m.opcode == frame.OpText && (!m.text.Write(piece) || whole && !m.text.Complete()) {
		return &frame.ProtocolError{Code: frame.CloseInvalidPayload, Reason: "not UTF-8"}
	}
	if whole {
		m.seen = append(m.seen, line("= ", frame.Frame{FIN: true, Opcode: m.opcode, Payload: m.message}))
	}
	return nil
}

func (m *machine) control() error {
	reply, err := m.rules.Control(m.header, m.payload)
	if err != nil {
		return err
	}
	switch reply.Kind {
	case protocol.SendPong:
		if m.state.CanPong() {
			m.send(frame.Frame{FIN: true, Opcode: frame.OpPong, Payload: m.payload})
		}
	case protocol.MatchPong:
		m.match(m.payload)
	case protocol.BeginEnd:
		m.closed.Code, m.closed.Reason = reply.Code, reply.Reason
		if m.event(protocol.RecvClose) == protocol.Echo {
			m.send(frame.Frame{FIN: true, Opcode: frame.OpClose, Payload: m.payload})
		}
	}
	return nil
}

// match answers the ping with this payload, and all earlier ones.
func (m *machine) match(payload []byte) {
	for i, ping := range m.pings {
		if string(ping) != string(payload) {
			continue
		}
		for _, ping := range m.pings[:i+1] {
			m.seen = append(m.seen, line("= ", frame.Frame{FIN: true, Opcode: frame.OpPong, Payload: ping}))
		}
		m.pings = m.pings[i+1:]
		return
	}
}

func (m *machine) fail(err error) {
	code := frame.CloseProtocolError
	if e, ok := errors.AsType[*frame.ProtocolError](err); ok {
		code = e.Code
	} else if _, ok := errors.AsType[*frame.PayloadTooBigError](err); ok {
		code = frame.CloseMessageTooBig
	}
	m.closed.Err = err
	if m.event(protocol.Fail) == protocol.Announce {
		payload, _ := frame.AppendClose(nil, code, fmt.Sprintf("%T", err))
		m.show(frame.Frame{FIN: true, Opcode: frame.OpClose, Payload: payload})
		m.closed.Sent = code
	}
	m.endHalf() // and goes on to read, to discard it
}

// event changes the state, and returns what is due then.
func (m *machine) event(e protocol.Event) protocol.Action {
	next, action, err := m.state.Next(e)
	if err != nil {
		return protocol.None
	}
	m.state = next
	if action == protocol.Finish && m.role == websockets.RoleServer {
		m.end(nil)
	}
	return action
}

// endHalf ends what the endpoint sends.
func (m *machine) endHalf() {
	if m.showEnd && !m.ended {
		m.sent = append(m.sent, "> EOF")
	}
	m.ended = true
}

// end is the end of the stream.
func (m *machine) end(cause error) {
	before := m.state
	if before == protocol.Closed {
		return
	}
	m.endHalf()
	m.event(protocol.End)
	if m.closed.Code == 0 {
		m.closed.Code = frame.CloseAbnormal
	}
	if before == protocol.Handshaken || m.closed.Err != nil {
		return
	}
	m.closed.Err = cause
}
