package faults

import (
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"
)

// A wire carries the packets between two devices, and does to them what it is told.
//
//	near device ──▶ carry ──▶ judge ──▶ queue, by time ──▶ deliver ──▶ far device
//	            ◀──                  the same                      ◀──
//
// Each direction has two goroutines: carry ends when its device is closed, deliver
// when the wire is.
type wire struct {
	out, in *direction // from the near end to the far one, and back

	mu    sync.Mutex // guards what follows, and the directions
	luck  *rand.Rand // the same in each run
	flows map[flow]uint32
	lost  map[flow]bool // flows of which the wire wants to know nothing any more
	fewer int           // packets that did not pass

	done chan struct{}
	ends sync.WaitGroup
}

// A direction is one way through a wire. The wire's mu guards it.
type direction struct {
	from, to *os.File
	rules    rules
	queue    []packet      // by time
	queued   int           // bytes in it
	free     time.Time     // when rules.rate lets the next packet pass
	ready    chan struct{} // has an element when the queue's head is another one
}

// rules are what happens to the packets of a direction. The zero value is a
// perfect wire.
type rules struct {
	cut       bool          // none passes
	largest   int           // longer ones are lost, in bytes; 0: any
	loss      float64       // share that is lost
	twice     float64       // share that comes twice
	late      float64       // share that is overtaken by others
	delay     time.Duration // for all
	rate      int           // bytes a second; 0: any
	queueSize int           // bytes that wait for that, others are lost
}

type packet struct {
	due  time.Time
	data []byte
}

func newWire(near, far *os.File) *wire {
	w := &wire{
		out:   &direction{from: near, to: far, ready: make(chan struct{}, 1)},
		in:    &direction{from: far, to: near, ready: make(chan struct{}, 1)},
		luck:  rand.New(rand.NewPCG(1, 2)),
		flows: make(map[flow]uint32),
		lost:  make(map[flow]bool),
		done:  make(chan struct{}),
	}
	for _, d := range []*direction{w.out, w.in} {
		w.ends.Go(func() { w.carry(d) })
		w.ends.Go(func() { w.deliver(d) })
	}
	return w
}

// Close ends the wire and its devices.
func (w *wire) Close() {
	close(w.done)
	_ = w.out.from.Close()
	_ = w.in.from.Close()
	w.ends.Wait()
}

// set changes the rules of both directions.
func (w *wire) set(r rules) { w.setEach(r, r) }

// setEach changes the rules of each direction.
func (w *wire) setEach(out, in rules) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out.rules, w.in.rules = out, in
}

// cut loses everything from now on, as if the cable were cut.
func (w *wire) cut() { w.set(rules{cut: true}) }

// forget loses the packets of all flows that there are, but not of new ones: as a
// router does that has been restarted.
func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for f := range w.flows {
		w.lost[f] = true
	}
}

// reset ends all flows that there are in the way of a firewall: each end gets a
// reset in the name of the other.
func (w *wire) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for f, next := range w.flows {
		d := w.out
		if f.source.Addr() == farAddr {
			d = w.in
		}
		_, _ = d.to.Write(f.reset(next))
	}
	clear(w.flows)
}

// carry takes packets from a device.
func (w *wire) carry(d *direction) {
	buf := make([]byte, 1<<16)
	for {
		n, err := d.from.Read(buf)
		if err != nil {
			return
		}
		if w.judge(d, buf[:n]) {
			_, _ = d.to.Write(buf[:n])
		}
	}
}

// judge decides what becomes of a packet: it passes at once, or not, or later.
func (w *wire) judge(d *direction, p []byte) (pass bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := &d.rules
	if f, next, ok := parseTCP(p); ok {
		w.flows[f] = next
		if w.lost[f] {
			return false
		}
	}
	switch {
	case *r == rules{} && len(d.queue) == 0:
		return true
	case r.cut, r.largest > 0 && len(p) > r.largest, w.luck.Float64() < r.loss:
		w.fewer++
		return false
	}
	due := time.Now()
	if r.rate > 0 {
		if d.queued+len(p) > r.queueSize {
			return false
		}
		if d.free.Before(due) {
			d.free = due
		}
		d.free = d.free.Add(time.Duration(len(p)) * time.Second / time.Duration(r.rate))
		due = d.free
	}
	due = due.Add(r.delay)
	if w.luck.Float64() < r.late {
		due = due.Add(5 * time.Millisecond)
	}
	w.enqueue(d, packet{due, slices.Clone(p)})
	if w.luck.Float64() < r.twice {
		w.enqueue(d, packet{due.Add(time.Millisecond), slices.Clone(p)})
	}
	return false
}

func (w *wire) enqueue(d *direction, p packet) {
	i, _ := slices.BinarySearchFunc(d.queue, p, func(a, b packet) int {
		if a.due.After(b.due) {
			return 1
		}
		return -1 // also if equal: behind it
	})
	d.queue = slices.Insert(d.queue, i, p)
	d.queued += len(p.data)
	if i == 0 {
		select {
		case d.ready <- struct{}{}:
		default:
		}
	}
}

// deliver hands packets over when they are due.
func (w *wire) deliver(d *direction) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		p, wait := w.head(d)
		if p != nil {
			_, _ = d.to.Write(p) // a device that takes no more loses it, as devices do
			continue
		}
		timer.Reset(wait)
		select {
		case <-w.done:
			return
		case <-d.ready:
		case <-timer.C:
		}
	}
}

// head takes the first packet if it is due, or tells how long to wait.
func (w *wire) head(d *direction) (p []byte, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(d.queue) == 0 {
		return nil, time.Hour
	}
	if wait := time.Until(d.queue[0].due); wait > 0 {
		return nil, wait
	}
	p = d.queue[0].data
	d.queue = slices.Delete(d.queue, 0, 1)
	d.queued -= len(p)
	return p, 0
}
