package trust

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/race"
	"github.com/go-websockets/websockets/wstest"
)

var schedules = flag.Int("schedules", 20_000, "how many random schedules of the closing handshake are tried")

// TestClosingSchedules has the two sides of a closing handshake act in a random
// order, at random times, in both roles. Whatever they do: the connection ends in
// time, its state never goes back, it has one error, at most one close frame goes
// out and no message behind it, what the peer sends behind its own is not received,
// and no goroutine is left, for then the bubble would not end.
func TestClosingSchedules(t *testing.T) {
	n := *schedules
	if race.Enabled {
		n /= 10
	}
	var before, after [2]int
	for i := range n {
		rng := rand.New(rand.NewPCG(uint64(i), 1))
		synctest.Test(t, func(t *testing.T) {
			s := newSchedule(t, roles[i%2], rng)
			s.run()
			if s.peerCode != 0 {
				before[i%2]++
			} else {
				after[i%2]++
			}
			if t.Failed() {
				t.Logf("schedule %d, %v: %s", i, s.role, strings.Join(s.acts, ", "))
			}
		})
		if t.Failed() {
			return
		}
	}
	if slices.Min(append(before[:], after[:]...)) < n/50 {
		t.Errorf("the schedules are not mixed: %v with a close frame of the peer, %v without", before, after)
	}
}

// A schedule is a connection, its peer, and what they have done so far.
type schedule struct {
	t     *testing.T
	role  websockets.Role
	rng   *rand.Rand
	c     *websockets.Conn
	peer  *wstest.Conn
	wire  wire
	acts  []string
	state websockets.State
	ends  time.Time // when something happened first that must end the connection
	ended time.Time // when it ended
	calls sync.WaitGroup

	mu       sync.Mutex
	received []string
	frames   []string // that the endpoint has sent
	errs     []error  // of calls that found the connection closing or closed

	peerCode websockets.CloseCode // of the peer's close frame, if nothing came before that spoils it
	spoiled  bool
	closed   bool // the peer's close frame is out
	late     bool // the peer has ended its half
}

func newSchedule(t *testing.T, role websockets.Role, rng *rand.Rand) *schedule {
	a, b := wstest.Pipe()
	s := &schedule{t: t, role: role, rng: rng, peer: b, wire: wire{role == websockets.RoleServer}}
	s.c = websockets.NewConn(a, role, websockets.Handshake{}, nil)
	s.calls.Go(s.receive)
	s.calls.Go(s.watch)
	s.calls.Go(func() {
		<-s.c.Done()
		s.ended = time.Now()
	})
	return s
}

func (s *schedule) receive() {
	for {
		m, err := s.c.Recv(context.Background())
		s.mu.Lock()
		if err != nil {
			s.errs = append(s.errs, err)
			s.mu.Unlock()
			return
		}
		s.received = append(s.received, m.String())
		s.mu.Unlock()
	}
}

// watch reads what the endpoint sends.
func (s *schedule) watch() {
	p := wstest.NewPeer(s.t, s.peer, other(s.role))
	p.Timeout = time.Hour
	for {
		l, err := p.Recv()
		if err != nil || l.Kind != frame.FrameLine {
			return
		}
		s.mu.Lock()
		s.frames = append(s.frames, l.Frame.Opcode.String())
		s.mu.Unlock()
	}
}

func (s *schedule) run() {
	for range 2 + s.rng.IntN(8) {
		s.act()
		s.look()
	}
	if s.ends.IsZero() {
		s.ourClose()
	}
	<-s.c.Done()
	synctest.Wait()
	if d := s.ended.Sub(s.ends); d > websockets.DefaultCloseTimeout+100*time.Millisecond {
		s.t.Errorf("it ended %v after what must end it", d)
	}
	s.look()
	_ = s.c.CloseNow()
	_ = s.peer.Close()
	s.calls.Wait()
	s.judge()
}

// act does one of the things that may happen.
func (s *schedule) act() {
	acts := []struct {
		name string
		do   func()
	}{
		{"peer closes", s.peerClose},
		{"we close", s.ourClose},
		{"peer sends", s.peerSends},
		{"peer pings", func() { s.write(s.wire.frame(0x89, []byte("?"))) }},
		{"peer breaks a rule", func() { s.write(s.wire.header(0x83, 7, 0)); s.ending(); s.spoiled = true }},
		{"peer drops", func() { s.peer.Reset(); s.ending(); s.spoiled = true }},
		{"peer ends its half", func() { _ = s.peer.CloseWrite(); s.ending(); s.spoiled, s.late = true, true }},
		{"we send", s.weSend},
		{"we drop", func() { s.ending(); s.spoiled = true; _ = s.c.CloseNow() }},
		{"time passes", func() { pass(time.Duration(s.rng.IntN(6000)) * time.Millisecond) }},
	}
	weights := []int{2, 2, 4, 2, 1, 1, 1, 4, 1, 4}
	n := s.rng.IntN(22)
	i := 0
	for ; n >= weights[i]; i++ {
		n -= weights[i]
	}
	s.acts = append(s.acts, acts[i].name)
	acts[i].do()
	if s.rng.IntN(2) == 0 {
		synctest.Wait()
	}
}

// ending notes when the connection has to begin to end.
func (s *schedule) ending() {
	if s.ends.IsZero() {
		s.ends = time.Now()
	}
}

func (s *schedule) write(b []byte) {
	if !s.late {
		_, _ = s.peer.Write(b)
	}
}

func (s *schedule) peerClose() {
	code := websockets.CloseCode(4000 + s.rng.IntN(1000))
	if !s.spoiled && !s.closed && s.c.Err() == nil {
		s.peerCode = code
	}
	s.write(s.wire.frame(0x88, binary.BigEndian.AppendUint16(nil, uint16(code))))
	s.closed = true
	s.ending()
	synctest.Wait()
}

func (s *schedule) ourClose() {
	s.ending()
	s.calls.Go(func() {
		if err := s.c.Close(); err != nil {
			s.t.Errorf("Close returned %v", err)
		}
	})
}

func (s *schedule) peerSends() {
	text := "good"
	if s.closed || s.spoiled {
		text = "late"
	}
	s.write(s.wire.frame(0x81, []byte(text)))
}

func (s *schedule) weSend() {
	open := s.c.State() == websockets.StateOpen
	s.calls.Go(func() {
		err := s.c.Send(context.Background(), websockets.Text("x"))
		s.mu.Lock()
		defer s.mu.Unlock()
		if err != nil {
			s.errs = append(s.errs, err)
		} else if !open {
			s.t.Error("a message was taken by a connection that was not open")
		}
	})
}

// look sees that the state does not go back.
func (s *schedule) look() {
	if state := s.c.State(); state < s.state {
		s.t.Errorf("state %v after %v", state, s.state)
	} else {
		s.state = state
	}
}

// judge looks at what has come of it all.
func (s *schedule) judge() {
	e, ok := errors.AsType[*websockets.CloseError](s.c.Err())
	if !ok || s.c.State() != websockets.StateClosed {
		s.t.Fatalf("ended with %v in state %v", s.c.Err(), s.c.State())
	}
	for _, err := range s.errs {
		if err != error(e) {
			s.t.Errorf("a call returned %v, the connection ended with %v", err, e)
		}
	}
	if slices.Contains(s.received, "late") {
		s.t.Errorf("received %q", s.received)
	}
	closes := 0
	for _, name := range s.frames {
		switch {
		case name == "CLOSE":
			closes++
		case closes > 0 && name != "PONG":
			s.t.Errorf("sent %v", s.frames)
		}
	}
	if closes > 1 || closes == 1 && e.Sent == 0 {
		s.t.Errorf("sent %v, and says that it sent %v", s.frames, e.Sent)
	}
	if s.peerCode != 0 && e.Code != s.peerCode {
		s.t.Errorf("the peer closed with %v, the connection ended with %v", s.peerCode, e)
	}
}
