package conformance

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// A session is one case with one peer, on a connection of its own. The goroutine
// that runs the case owns it; two more, which end with the connection, read and
// write:
//
//	case ─▶ queue ─▶ writer ─▶ conn ─▶ reader ─▶ arrivals ─▶ case
//
// Cases of the classical families are exchanges, which play judges. Others are
// plain functions on a session: they connect, write any bytes, await what comes,
// and set the verdicts by pass, differ and failf.
type session struct {
	ctx     context.Context // ends when the case must
	suite   *Suite
	target  *target // if the peer is a server
	client  *client // if the peer is a client
	testing Peers   // Servers or Clients: what the peer is
	c       *Case
	r       *Result

	conn   net.Conn
	opened time.Time
	codec  codec // permessage-deflate, if it has been agreed on

	queue    queue
	arrivals chan arrival
	readerIs chan struct{} // closed when the reader has ended
	receiver receiver
	logSize  int

	// Of a client's key: on how many connections of this run it was before, and how
	// many there are.
	keyBefore, keys int
}

// A codec is an extension for whole messages that uses RSV1 on the first frame.
type codec interface {
	encode(message []byte) []byte
	decode(payload []byte) ([]byte, error) // an error is the peer's fault
}

// failCase ends a case from anywhere in its functions.
type failCase struct{}

// failf ends the case: the peer did what it must not.
func (s *session) failf(format string, args ...any) {
	s.verdict(Failed, format, args...)
	panic(failCase{})
}

// verdict sets Behavior, and ends nothing.
func (s *session) verdict(v Verdict, format string, args ...any) {
	s.r.Behavior, s.r.Reason = v, fmt.Sprintf(format, args...)
}

// runCase runs a case to its end and fills the result. Nothing that it started
// is left behind.
func (s *session) runCase() {
	defer s.end()
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(failCase); !ok {
				panic(p)
			}
			s.r.Closing = worse(s.r.Closing, OK)
		}
	}()
	s.c.run(s)
}

// end drops the connection and waits for the goroutines.
func (s *session) end() {
	if s.r.Duration == 0 && !s.opened.IsZero() {
		s.r.Duration = time.Since(s.opened)
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
	s.queue.drop()
	if s.readerIs != nil {
		for range s.arrivals { // let the reader go
		}
		<-s.readerIs
		<-s.queue.done
	}
	s.r.Stats.Writes, s.r.Stats.WireOut = s.queue.sizes, s.queue.bytes
}

// How many lines of a log are kept at its start, and as many at its end.
const (
	maxLog       = 200
	maxLogVolume = 20 // where it is the same again and again
)

// log adds a line to the wire log. Of long ones the middle is left out.
func (s *session) log(kind EntryKind, format string, args ...any) {
	at := time.Duration(0)
	if !s.opened.IsZero() {
		at = time.Since(s.opened)
	}
	keep := maxLog
	if s.c != nil && s.c.Volume {
		keep = maxLogVolume
	}
	e := Entry{At: at, Kind: kind, Text: fmt.Sprintf(format, args...)}
	s.logSize++
	if len(s.r.Log) <= 2*keep {
		s.r.Log = append(s.r.Log, e)
		return
	}
	copy(s.r.Log[keep+1:], s.r.Log[keep+2:])
	s.r.Log[keep] = Entry{At: s.r.Log[keep+1].At, Kind: Remark, Text: fmt.Sprintf("%d lines are left out", s.logSize-2*keep)}
	s.r.Log[2*keep] = e
}

// logFrame logs a frame from the peer's view.
func (s *session) logFrame(kind EntryKind, f frame.Frame) {
	line := frame.Line{Direction: frame.Received, Frame: f}
	counts := &s.r.Stats.FramesOut
	if kind == ReceivedFrame {
		line.Direction = frame.Sent
		counts = &s.r.Stats.FramesIn
	}
	if *counts == nil {
		*counts = map[frame.Opcode]int{}
	}
	(*counts)[f.Opcode]++
	s.log(kind, "%v", line)
}

// begin starts the reader and the writer, once the opening handshake is over.
// early is what has been read behind it.
func (s *session) begin(early []byte) {
	if s.opened.IsZero() {
		s.opened = time.Now()
	}
	s.arrivals = make(chan arrival, 16)
	s.readerIs = make(chan struct{})
	reader := &reader{conn: s.conn, buf: early, masked: s.testing == Clients, to: s.arrivals, stop: s.ctx.Done(), stats: &s.r.Stats}
	go func() {
		defer close(s.readerIs)
		reader.run()
	}()
	s.queue.start(s.conn)
}
