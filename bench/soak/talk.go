//go:build linux

package soak

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/go-websockets/websockets"
)

// A talk is one side of a connection that keeps the books.
type talk struct {
	c    *common
	conn *websockets.Conn

	mu   sync.Mutex // held while a message is sent: numbers go out in their order
	sent book
	over bool // nothing more is to be sent

	received book // belongs to the goroutine that receives
	how      how  // on a client
}

func newTalk(c *common, conn *websockets.Conn, id uint64) *talk {
	return &talk{c: c, conn: conn, sent: book{conn: id}, received: book{conn: id}}
}

// send sends the next message.
func (t *talk) send(random *rand.Rand) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	m := t.sent.write(random)
	if err := t.conn.Send(context.Background(), m); err != nil {
		t.sent.next--
		t.over = true
	}
}

// stop lets nothing more be sent.
func (t *talk) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
}

// bye is what a client sends to have the server begin the closing handshake.
const bye = "bye"

// receive reads until the connection ends, in one of the ways there are to receive.
// asked reports whether the peer has said bye.
func (t *talk) receive(ctx context.Context, onBye func()) {
	take := func(m websockets.Message) {
		if len(m.Data) == len(bye) && onBye != nil {
			onBye()
			return
		}
		t.c.received.Add(1)
		if err := t.received.read(m); err != nil {
			t.c.out.say(report{Fault: fmt.Sprintf("connection %d, to the %v: %v", t.received.conn, t.conn.Role(), err)})
			t.received.next++
		}
	}
	switch t.received.conn % 5 {
	case 0:
		_ = t.conn.Receive(ctx, func(m websockets.Message) error {
			take(m)
			return nil
		})
	case 1:
		for m, err := range t.conn.Messages(ctx) {
			if err != nil {
				return
			}
			take(m)
		}
	case 2:
		var buf []byte
		for {
			m, err := t.conn.RecvInto(ctx, buf[:0])
			if err != nil {
				return
			}
			if buf = m.Data; cap(buf) > 4<<10 {
				buf = nil
			}
			take(m)
		}
	case 3:
		for {
			kind, r, err := t.conn.Reader(ctx)
			if err != nil {
				return
			}
			p, err := io.ReadAll(r)
			if err != nil {
				return
			}
			take(websockets.Message{Type: kind, Data: p})
		}
	case 4:
		over := make(chan struct{})
		err := t.conn.OnMessage(ctx, func(_ context.Context, _ *websockets.Conn, m websockets.Message) error {
			take(m)
			return nil
		}, func(*websockets.Conn, error) { close(over) })
		if err != nil {
			t.c.out.say(report{Fault: fmt.Sprintf("connection %d: %v", t.received.conn, err)})
			return
		}
		<-over
	}
}

// talks are those that are going on. One goroutine sends on all of them.
type talks struct {
	mu   sync.Mutex
	list []*talk
	at   map[*talk]int
}

func newTalks() *talks { return &talks{at: make(map[*talk]int)} }

func (s *talks) add(t *talk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at[t] = len(s.list)
	s.list = append(s.list, t)
}

func (s *talks) remove(t *talk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.at[t]
	if !ok {
		return
	}
	last := s.list[len(s.list)-1]
	s.list[i], s.at[last] = last, i
	s.list[len(s.list)-1] = nil
	s.list = s.list[:len(s.list)-1]
	delete(s.at, t)
}

func (s *talks) any(random *rand.Rand) *talk {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		return nil
	}
	return s.list[random.IntN(len(s.list))]
}

// sum returns how many there are and what they retain.
func (s *talks) sum() (n, retained int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.list {
		retained += t.conn.Retained()
	}
	return len(s.list), retained
}

// chatter sends messages on any of the connections until stop is closed, and pings a
// few of them.
func (s *talks) chatter(c *common, seed uint64, stop <-chan struct{}) {
	random := rand.New(rand.NewPCG(c.Seed, seed))
	every(10*time.Millisecond, float64(c.Messages), stop, func(n int) {
		for range n {
			if t := s.any(random); t != nil {
				t.send(random)
			}
		}
		if t := s.any(random); t != nil && random.IntN(10) == 0 {
			go t.ping()
		}
	})
}

// ping waits for a pong, or for the end of the connection.
func (t *talk) ping() {
	p, err := t.conn.Ping(context.Background(), nil)
	if err != nil {
		return
	}
	if _, err = p.Wait(context.Background()); err == nil {
		t.c.pings.Add(1)
	}
}

// every calls f so often that it comes to rate a second, until stop is closed.
func every(tick time.Duration, rate float64, stop <-chan struct{}, f func(n int)) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	due, last := 0.0, time.Now()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		now := time.Now()
		due += min(now.Sub(last).Seconds(), 1) * rate
		last = now
		n := int(due)
		due -= float64(n)
		f(n)
	}
}
