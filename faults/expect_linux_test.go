package faults

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/go-websockets/websockets"
)

// A watch receives for a connection until its end.
type watch struct {
	c        *websockets.Conn
	messages []websockets.Message // once done
	err      error
	heard    chan struct{} // closed with the first message
	done     chan struct{}
}

func watching(c *websockets.Conn) *watch {
	w := &watch{c: c, heard: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for {
			m, err := c.Recv(context.Background())
			if err != nil {
				w.err = err
				return
			}
			if w.messages = append(w.messages, m); len(w.messages) == 1 {
				close(w.heard)
			}
		}
	}()
	return w
}

// An end is how a connection has to end.
type end struct {
	since  time.Time // when the fault was
	within time.Duration
	least  time.Duration // not earlier: else something else was the reason
	code   websockets.CloseCode
	sent   websockets.CloseCode // 0 means any
	err    error                // what Err has to match, if not nil
	clean  bool                 // a whole closing handshake: Err is nil
}

// ended waits for the end of a connection, and checks that it is as it has to be and
// that every call tells of it alike.
func (l *lab) ended(c *websockets.Conn, want end) {
	l.t.Helper()
	select {
	case <-c.Done():
	case <-time.After(want.within + margin + 10*time.Second):
		l.t.Errorf("open %v after the fault, the bound is %v", time.Since(want.since), want.within)
		l.see("still open")
		return
	}
	took := time.Since(want.since)
	if took > want.within+margin || took < want.least {
		l.t.Errorf("ended after %v, want %v to %v, and %v because the machine may be busy", took, want.least, want.within, margin)
	}
	e, ok := errors.AsType[*websockets.CloseError](c.Err())
	if !ok {
		l.t.Fatalf("ended with %v", c.Err())
	}
	l.see("%s %s", seconds(took), codes(e))
	if e.Code != want.code || want.sent != 0 && e.Sent != want.sent || want.clean != (e.Err == nil) || want.err != nil && !errors.Is(e, want.err) {
		l.t.Errorf("ended with %v (code %d, sent %d, Err %v), want %+v", e, e.Code, e.Sent, e.Err, want)
	}
	if err := c.Send(context.Background(), websockets.Text("too late")); err != error(e) {
		l.t.Errorf("Send: %v, want the same error as Err, %v", err, e)
	}
	if c.State() != websockets.StateClosed {
		l.t.Errorf("the state is %v", c.State())
	}
}

// received checks what was received before the end, and that the last call told the
// reason of the end.
func (l *lab) received(w *watch, want ...string) {
	l.t.Helper()
	select {
	case <-w.done:
	case <-time.After(margin):
		l.t.Errorf("Recv is still waiting after the end")
		return
	}
	if w.err != w.c.Err() {
		l.t.Errorf("Recv: %v, want the same error as Err, %v", w.err, w.c.Err())
	}
	var got []string
	for _, m := range w.messages {
		got = append(got, m.String())
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		l.t.Errorf("received %.200q, want %.200q", got, want)
	}
}

// codes tells the peer's code and, if there was one, ours.
func codes(e *websockets.CloseError) string {
	if e.Sent == 0 {
		return fmt.Sprint(uint16(e.Code))
	}
	return fmt.Sprintf("%d (sent %d)", uint16(e.Code), uint16(e.Sent))
}

// seconds writes a time for the table.
func seconds(d time.Duration) string {
	return fmt.Sprintf("%.2f s", math.Round(d.Seconds()*100)/100)
}

// returns waits for a call to return.
func returns[T any](l *lab, what string, within time.Duration, result <-chan T) (v T) {
	l.t.Helper()
	start := time.Now()
	select {
	case v = <-result:
		return v
	case <-time.After(within + margin):
		l.t.Fatalf("%s has not returned after %v, the bound is %v", what, time.Since(start), within)
		return v
	}
}

// call calls f in a goroutine.
func call[T any](f func() T) <-chan T {
	result := make(chan T, 1)
	go func() { result <- f() }()
	return result
}

// pause is for peers that are slow on purpose. Nothing is waited for this way.
func pause(d time.Duration) { <-time.After(d) }

// eventually waits until something that cannot be waited for is so.
func (l *lab) eventually(what string, within time.Duration, so func() bool) {
	l.t.Helper()
	for start := time.Now(); !so(); pause(2 * time.Millisecond) {
		if time.Since(start) > within+margin {
			l.t.Fatalf("not so after %v: %s", within, what)
		}
	}
}
