package conformance

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// Cases that are no exchanges are functions on a session. What is here are their
// means; each of them is bounded.

// The waits of scripted cases. A peer that conforms needs a small part of them.
const (
	scriptTime = 40 * time.Second // a whole case
	replyTime  = 5 * time.Second  // a response, an echo or the end of a connection
	failTime   = 2 * time.Second  // for a peer to see that it must fail the connection
	quietTime  = time.Second      // after that, nothing is taken for an answer
	writeTime  = 3 * time.Second  // a peer that does not read is left then
)

// scripted makes a case of a function. Verdicts that it does not set are OK.
func scripted(id, section, title, expectation string, peers Peers, run func(*session)) *Case {
	return &Case{
		ID: id, Section: section, Title: title, Expectation: expectation, Peers: peers, bound: scriptTime,
		run: func(s *session) {
			if s.testing == Clients {
				s.keyBefore, s.keys = s.suite.memory.key(s.client.request.Header.Get("Sec-WebSocket-Key"))
			}
			run(s)
			s.r.Behavior, s.r.Closing = worse(s.r.Behavior, OK), worse(s.r.Closing, OK)
		},
	}
}

// ---- bytes ----------------------------------------------------------------------

// dial connects to the server under test. A client is connected already.
func (s *session) dial() {
	if s.conn == nil {
		if err := s.connect(); err != nil {
			s.failf("the server cannot be reached: %v", err)
		}
	}
	if s.opened.IsZero() {
		s.opened = time.Now()
	}
}

// put writes bytes, and reports whether the peer has taken them.
func (s *session) put(b []byte) bool {
	s.log(SentBytes, "%s", escape(b))
	_ = s.conn.SetWriteDeadline(time.Now().Add(writeTime))
	n, err := s.conn.Write(b)
	_ = s.conn.SetWriteDeadline(time.Time{})
	if err != nil {
		s.log(Remark, "after %d bytes nothing more can be written: %v", n, err)
	}
	return err == nil
}

// trickle writes bytes n at a time, with a pause after each piece.
func (s *session) trickle(b []byte, n int, pause time.Duration) bool {
	s.log(SentBytes, "%s, %d at a time", escape(b), n)
	for piece := range slices.Chunk(b, n) {
		_ = s.conn.SetWriteDeadline(time.Now().Add(writeTime))
		if _, err := s.conn.Write(piece); err != nil {
			s.log(Remark, "nothing more can be written: %v", err)
			return false
		}
		if !s.pause(pause) {
			return false
		}
	}
	_ = s.conn.SetWriteDeadline(time.Time{})
	return true
}

// pause waits, and reports whether the case may go on.
func (s *session) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.ctx.Done():
		return false
	}
}

// escape returns bytes for the log, long ones cut in the middle.
func escape(b []byte) string {
	const ends = 300
	if len(b) <= 2*ends {
		return strconv.QuoteToASCII(string(b))
	}
	return fmt.Sprintf("%s … %d bytes … %s", strconv.QuoteToASCII(string(b[:ends])), len(b)-2*ends, strconv.QuoteToASCII(string(b[len(b)-ends:])))
}

// halfClose ends the case's direction of the connection.
func (s *session) halfClose() {
	s.log(Remark, "our direction of the connection is closed")
	if c, ok := s.conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}

// reset breaks the connection with a RST.
func (s *session) reset() {
	s.log(Remark, "the connection is reset")
	conn := s.conn
	if c, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = c.NetConn()
	}
	if c, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = c.SetLinger(0)
	}
	_ = conn.Close()
}

// A reply is what a server answers to a request.
type reply struct {
	status   int // 0: there was no response
	response *http.Response
	early    []byte // behind the header
	silent   bool   // neither a response nor the end of the connection came
	err      error  // why there is no response
}

func (r reply) String() string {
	switch {
	case r.status != 0:
		return fmt.Sprintf("status %d", r.status)
	case r.silent:
		return "no response"
	}
	return fmt.Sprintf("no response: %v", r.err)
}

// dropped reports whether the server ended the connection instead of a response.
func (r reply) dropped() bool { return r.status == 0 && !r.silent && r.response == nil && !r.garbled() }

// garbled reports whether the server answered with what is no HTTP.
func (r reply) garbled() bool { return errors.Is(r.err, errGarbled) }

var errGarbled = errors.New("what came is no HTTP response")

// hear waits for a response.
func (s *session) hear(wait time.Duration) (r reply) {
	_ = s.conn.SetReadDeadline(time.Now().Add(wait))
	defer s.conn.SetReadDeadline(time.Time{})
	var head []byte
	head, r.early, r.err = readHead(s.conn)
	s.r.Response = string(head)
	s.r.Stats.OpeningIn += int64(len(head))
	if len(head) > 0 {
		s.log(ReceivedBytes, "%s", escape(head))
	}
	if r.err != nil {
		if e, ok := errors.AsType[net.Error](r.err); ok && e.Timeout() {
			r.silent = true
		}
		s.log(Remark, "no response: %v", r.err)
		return r
	}
	if r.response, r.err = http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), nil); r.err != nil {
		r.err = fmt.Errorf("%w: %w", errGarbled, r.err)
		return r
	}
	r.status = r.response.StatusCode
	return r
}

// ---- frames ---------------------------------------------------------------------

// opens does an ordinary opening handshake.
func (s *session) opens() {
	if err := s.open(opening{}); err != nil {
		s.failf("opening handshake: %v", err)
	}
}

// errQuiet is what next returns if nothing came.
var errQuiet = errors.New("nothing came in time")

// next returns the next message, pong or close frame. Pings are answered.
func (s *session) next(wait time.Duration) (event, error) {
	timer := time.After(wait)
	for {
		select {
		case a, more := <-s.arrivals:
			if !more {
				return event{}, io.EOF
			}
			if a.err != nil {
				s.log(Remark, "the connection has ended: %v", a.err)
				return event{}, a.err
			}
			s.logFrame(ReceivedFrame, a.frame)
			e, whole, err := s.take(a.frame)
			switch {
			case err != nil:
				return event{}, err
			case !whole:
			case e.op == frame.OpPing:
				s.send(raw{op: frame.OpPong, payload: e.data})
			case e.op == frame.OpClose:
				s.r.Remote = codeOf(e.data)
				return e, nil
			default:
				return e, nil
			}
		case <-timer:
			return event{}, errQuiet
		case <-s.ctx.Done():
			return event{}, s.ctx.Err()
		}
	}
}

// echoes sends a text message and waits until it has come back. Pongs may come
// before.
func (s *session) echoes(message string, wait time.Duration) error {
	s.send(textFrame(message))
	return s.gets(text(message), wait)
}

// gets waits for a message. Pongs may come before.
func (s *session) gets(want event, wait time.Duration) error {
	for end := time.Now().Add(wait); ; {
		e, err := s.next(time.Until(end))
		switch {
		case err != nil:
			return fmt.Errorf("%v has not come back: %w", want, err)
		case e.op == frame.OpPong && want.op != frame.OpPong:
		case !equal(e, want):
			return fmt.Errorf("%v has not come back, but %v", want, e)
		default:
			return nil
		}
	}
}

// finish does the closing handshake and judges it.
func (s *session) finish() {
	s.send(raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "")})
	s.r.Local = codeOf(closePayload(frame.CloseNormal, ""))
	s.finished()
}

// finished waits for the answer to a close frame, and judges it.
func (s *session) finished() {
	for end := time.Now().Add(replyTime); ; {
		e, err := s.next(time.Until(end))
		if err != nil {
			s.r.Closing, s.r.Ending = Unclean, fmt.Sprintf("our close frame was not answered: %v", err)
			return
		}
		if e.op == frame.OpClose {
			break
		}
	}
	s.r.Clean = true
	if s.r.Remote.Code != frame.CloseNoStatus && s.r.Remote.Code != s.r.Local.Code && s.r.Remote.Code != frame.CloseNormal {
		s.r.Closing, s.r.Ending = WrongCode, fmt.Sprintf("the close frame was answered with %v", s.r.Remote)
		return
	}
	s.drops()
}

// drops judges whether a server ends the TCP connection, once close frames went
// both ways (RFC 6455 §7.1.1).
func (s *session) drops() {
	if s.testing == Servers && !s.over(closingTime) {
		s.r.Closing, s.r.Ending, s.r.DroppedByUs = NotDropped, "the server has not ended the TCP connection", true
		return
	}
	s.r.Closing = worse(s.r.Closing, OK)
}

// over waits until the peer has ended TCP, and reports whether it did in time.
func (s *session) over(wait time.Duration) bool {
	timer := time.After(wait)
	for {
		select {
		case a, more := <-s.arrivals:
			if !more || a.err != nil {
				return true
			}
		case <-timer:
			return false
		case <-s.ctx.Done():
			return false
		}
	}
}

// mustFail waits until the peer fails the connection. It may do so by a close
// frame with one of the codes, or by ending TCP. A message that comes back fails
// the case.
func (s *session) mustFail(wait time.Duration, codes ...frame.CloseCode) {
	for end := time.Now().Add(wait); ; {
		e, err := s.next(time.Until(end))
		_, broken := errors.AsType[*frame.ProtocolError](err)
		switch {
		case broken:
			s.failf("%v", err)
		case err == errQuiet || s.ctx.Err() != nil:
			s.failf("the peer has not failed the connection")
		case err != nil:
			s.r.ClosedByPeer = true
			return
		case e.op == frame.OpClose:
			s.failedWith(codes)
			return
		case e.op != frame.OpPong:
			s.failf("the peer took it for a message: %v", e)
		}
	}
}

// failedWith judges the code of the peer's close frame, and lets the connection end.
func (s *session) failedWith(codes []frame.CloseCode) {
	s.r.ClosedByPeer = true
	if c := s.r.Remote; c.Code != frame.CloseNoStatus && len(codes) > 0 && !slices.Contains(codes, c.Code) {
		s.r.Closing, s.r.Ending = WrongCode, fmt.Sprintf("the peer closed with %v, not with %v", c, codes)
	}
	s.send(raw{op: frame.OpClose, payload: closePayload(frame.CloseNormal, "")})
	s.r.Clean = true
	s.drops()
}

// ---- other connections ----------------------------------------------------------

// serves judges whether the server echoes a message on another connection, and
// returns how long that took.
func (s *session) serves() time.Duration {
	if s.testing != Servers {
		return 0
	}
	took, err := s.visit()
	if err != nil {
		s.failf("the server does not serve another connection: %v", err)
	}
	s.log(Remark, "another connection was served in %v", took.Round(time.Microsecond))
	return took
}

// another returns a session for another connection to the server under test. It
// must be ended, and must not use failf.
func (s *session) another() *session {
	return &session{ctx: s.ctx, suite: s.suite, target: s.target, testing: Servers, c: s.c, r: &Result{}}
}

// visit has a message echoed on another connection.
func (s *session) visit() (time.Duration, error) {
	start := time.Now()
	other := s.another()
	defer other.end()
	if err := other.open(opening{}); err != nil {
		return 0, err
	}
	if err := other.echoes(helloWorld, replyTime); err != nil {
		return 0, err
	}
	return time.Since(start), nil
}
