//go:build linux

package bounds

import (
	"math/rand/v2"
	"sync"
	"time"
)

// A gate lets hostile bytes through at a rate, while it is open. A nil gate always
// does.
type gate struct {
	mu     sync.Mutex
	change *sync.Cond
	open   bool
	over   bool
	rate   float64   // bytes a second; 0: any
	next   time.Time // when the next bytes may pass
}

func newGate() *gate {
	g := &gate{}
	g.change = sync.NewCond(&g.mu)
	return g
}

func (g *gate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open, g.next = open, time.Now()
	g.change.Broadcast()
}

// pass waits until n bytes may pass. It reports false when all is over.
func (g *gate) pass(n int) bool {
	if g == nil {
		return true
	}
	g.mu.Lock()
	for !g.open && !g.over {
		g.change.Wait()
	}
	if g.over {
		g.mu.Unlock()
		return false
	}
	now := time.Now()
	if g.next.Before(now) {
		g.next = now
	}
	wait := g.next.Sub(now)
	g.next = g.next.Add(time.Duration(float64(n) / g.rate * 1e9))
	g.mu.Unlock()
	time.Sleep(wait)
	return true
}

// connectCost is what an attempt to connect counts for at the gate: who is thrown out
// comes back, but not as fast as it can.
const connectCost = 64 << 10

// waves has o.N attackers play the script again and again, while the gate is open.
func (h *hostile) waves(s *Script, o order) {
	h.gate = newGate()
	h.gate.rate = float64(o.Rate)
	h.stop = make(chan struct{})
	for i := range o.N {
		h.ended.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			for h.gate.pass(connectCost) {
				a, err := dialAttack(s, o.Addr, i)
				if err != nil {
					continue
				}
				h.written.Add(a.play(h.gate))
				select {
				case <-h.stop:
				case <-time.After(time.Duration(200+random.IntN(800)) * time.Millisecond):
				}
				_ = a.conn.Close()
			}
		})
	}
}

func (h *hostile) end() {
	h.gate.mu.Lock()
	h.gate.over = true
	h.gate.change.Broadcast()
	h.gate.mu.Unlock()
	close(h.stop)
	h.ended.Wait()
}
