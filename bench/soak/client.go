//go:build linux

package soak

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-websockets/websockets"
)

// A crowd is the clients.
type crowd struct {
	*common
	addr  string
	all   *talks
	next  atomic.Uint64
	left  sync.WaitGroup // connections
	quiet atomic.Bool    // the server is about to shut down
}

// connect is the process of the clients.
func connect(config Config, addr string) error {
	w := &crowd{common: newCommon(config), addr: addr, all: newTalks()}
	stop, sampled := make(chan struct{}), make(chan struct{})
	var parts sync.WaitGroup
	parts.Go(func() { w.all.chatter(w.common, 2, stop) })
	stopSamples := make(chan struct{})
	go func() { defer close(sampled); w.samples(stopSamples, w.all.sum) }()
	w.ramp()
	strangers := newStrangers(w.common, addr)
	parts.Go(func() { strangers.run(stop) })
	parts.Go(func() { w.churn(stop) })
	w.out.say(report{Ready: true})

	// Lines are orders: first to open and close no more, then to come to an end.
	in := bufio.NewReader(os.Stdin)
	_, _ = in.ReadString('\n')
	w.quiet.Store(true)
	time.Sleep(time.Second) // what is being opened or closed gets done
	w.out.say(report{Ready: true})
	_, _ = in.ReadString('\n')
	close(stopSamples)
	<-sampled
	ended := make(chan struct{})
	go func() { w.left.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(shutdownTimeout):
		w.out.say(report{Fault: "connections are left behind the server's shutdown"})
	}
	close(stop)
	parts.Wait()
	w.last(0, strangers.counts())
	_, _ = io.Copy(io.Discard, in)
	return nil
}

// ramp opens all connections.
func (w *crowd) ramp() {
	var dialing sync.WaitGroup
	places := make(chan struct{}, 64)
	pause := time.NewTicker(time.Second / rampRate * 10)
	defer pause.Stop()
	for i := range w.Connections {
		if i%10 == 0 {
			<-pause.C
		}
		places <- struct{}{}
		dialing.Go(func() { w.dial(); <-places })
	}
	dialing.Wait()
}

// dial opens a connection, which keeps its books until it ends.
func (w *crowd) dial() {
	id := w.next.Add(1)
	d := &websockets.Dialer{}
	d.DisableCompression = id%4 == 0
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := d.Dial(ctx, fmt.Sprintf("ws://%s/?id=%d", w.addr, id))
	if err != nil {
		w.out.say(report{Fault: fmt.Sprintf("connection %d: %v", id, err)})
		if !w.quiet.Load() {
			w.dial()
		}
		return
	}
	t := newTalk(w.common, conn, id)
	w.all.add(t)
	w.left.Go(func() {
		t.receive(context.Background(), nil)
		t.stop()
		w.all.remove(t)
		w.end(conn, t.how.Load(), &t.sent, &t.received)
	})
}

// churn ends connections, in different ways, and opens others.
func (w *crowd) churn(stop <-chan struct{}) {
	random := rand.New(rand.NewPCG(w.Seed, 3))
	var busy sync.WaitGroup
	defer busy.Wait()
	every(50*time.Millisecond, float64(w.Churn), stop, func(n int) {
		if w.quiet.Load() {
			return
		}
		for range n {
			t := w.all.any(random)
			if t == nil || !t.how.choose(random) {
				continue
			}
			busy.Go(func() {
				w.finish(t)
				if !w.quiet.Load() {
					w.dial()
				}
			})
		}
	})
}

// finish ends a connection as was chosen.
func (w *crowd) finish(t *talk) {
	switch t.how.Load() {
	case "clean":
		_ = t.conn.Close()
	case "asked":
		t.mu.Lock()
		t.over = true
		_ = t.conn.Send(context.Background(), websockets.Text(bye))
		t.mu.Unlock()
		<-t.conn.Done()
	case "abrupt":
		_ = t.conn.CloseNow()
	}
}

// A how is how a client means to end a connection: "" if it does not.
type how struct{ v atomic.Value }

func (h *how) Load() string {
	s, _ := h.v.Load().(string)
	return s
}

// choose reports whether nothing had been chosen.
func (h *how) choose(random *rand.Rand) bool {
	ways := []string{"clean", "clean", "asked", "abrupt"}
	return h.v.CompareAndSwap(nil, ways[random.IntN(len(ways))])
}
