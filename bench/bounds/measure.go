//go:build linux

package bounds

import (
	"fmt"
	"slices"
	"time"
)

// A Config says what is measured.
type Config struct {
	Connections int      // hostile ones at a time
	Scripts     []string // empty: all
	Windows     int      // of each kind, calm and attacked; 0: how others fare is not measured
	Window      time.Duration
	Rate        int // hostile bytes a second, while others are looked at
}

// Default is what make bounds runs.
var Default = Config{Connections: 200, Windows: 5, Window: time.Second, Rate: 8 << 20}

// The bounds. In memory that is what a connection may cost which has not sent more
// than it may; the rest is for what the library and the runtime need themselves.
const (
	MemoryBound = 2*limit + 64<<10 // of a connection, bytes
	BeforeBound = 80 << 10         // before its handshake is done
	UnseenBound = 32 << 10         // by how much the heap may exceed what Conn.Retained says
	CPUBound    = 0.1              // seconds for a MiB of Cost.Wire
	CPUFixed    = 0.001            // and for each connection, seconds: it is closed, too
	CPUPacket   = 50e-6            // and for each packet, where bytes come one at a time
	RatioBound  = 3.0              // how much longer the slowest of 100 honest echoes may take
)

// A Cost is what a script came to.
type Cost struct {
	Script   string
	Role     string  // of the endpoint
	Before   bool    // the opening handshake
	Open     int     // connections that are still open behind it
	Heap     float64 // bytes of each connection
	Retained float64 // bytes of each, as Conn.Retained says
	Most     float64 // of one
	Wire     float64 // MiB written by the hostile, delivered to the application, and decompressed so far
	CPU      float64 // seconds
	Left     int     // goroutines, when all is over

	Calm, Attacked float64 // 99 of 100 honest echoes take so long, seconds; 0: not measured
	Faults         []string

	slow        bool
	application bool // it holds a message, too
}

// PerMiB is the processor time for a MiB.
func (c *Cost) PerMiB() float64 { return c.CPU / max(c.Wire, 1e-9) }

// Ratio is how much longer honest echoes take.
func (c *Cost) Ratio() float64 { return c.Attacked / c.Calm }

// A runner has the endpoint and the hostile.
type runner struct {
	Config
	endpoint, hostile *process
	addr              string
}

// Run measures all scripts. show is called before each.
func Run(c Config, show func(name string, done, of int)) ([]*Cost, error) {
	r := &runner{Config: c}
	if err := r.begin(); err != nil {
		return nil, err
	}
	defer r.end()
	var list []*Script
	for _, s := range Scripts {
		if len(c.Scripts) == 0 || slices.Contains(c.Scripts, s.Name) {
			list = append(list, s)
		}
	}
	// Of everything there is to warm up, once.
	if _, err := r.cost(Scripts[0], false); err != nil {
		return nil, err
	}
	var costs []*Cost
	for i, s := range list {
		show(s.Name, i, len(list))
		for _, client := range []bool{false, true} {
			if client && s.Before {
				continue
			}
			cost, err := r.best(s, client)
			if err != nil {
				return costs, fmt.Errorf("%s: %w", s.Name, err)
			}
			if !client && c.Windows > 0 {
				if err := r.fairness(s, cost); err != nil {
					return costs, fmt.Errorf("%s: %w", s.Name, err)
				}
			}
			costs = append(costs, cost)
		}
	}
	return costs, nil
}

func (r *runner) begin() (err error) {
	if r.endpoint, err = start("endpoint", 0); err != nil {
		return err
	}
	if r.hostile, err = start("hostile", 10); err != nil {
		return err
	}
	a, err := r.endpoint.do(order{Do: "start"})
	r.addr = a.Addr
	return err
}

func (r *runner) end() {
	r.hostile.stop()
	r.endpoint.stop()
}

// best is cost, up to three times if something else seems to have taken the processor.
func (r *runner) best(s *Script, client bool) (*Cost, error) {
	var best *Cost
	for range 3 {
		c, err := r.cost(s, client)
		if err != nil {
			return nil, err
		}
		if best == nil || len(c.Faults) < len(best.Faults) || len(c.Faults) == len(best.Faults) && c.CPU < best.CPU {
			best = c
		}
		if len(best.Faults) == 0 {
			break
		}
	}
	return best, nil
}

// cost runs a script once.
func (r *runner) cost(s *Script, client bool) (*Cost, error) {
	before, err := r.settled(0)
	if err != nil {
		return nil, err
	}
	if err := r.connect(s, client); err != nil {
		return nil, err
	}
	opened, err := r.endpoint.do(order{Do: "measure"})
	if err != nil {
		return nil, err
	}
	start := opened.Measure
	played, err := r.hostile.do(order{Do: "play"})
	if err != nil {
		return nil, err
	}
	after, err := r.quiet()
	if err != nil {
		return nil, err
	}
	c := &Cost{
		Script: s.Name, Role: "server", Before: s.Before, slow: s.Slow, application: s.Echo, Open: after.Open + after.Pending,
		Heap:     (after.Heap - before.Heap) / float64(r.Connections),
		Retained: float64(after.Retained) / float64(r.Connections),
		Most:     float64(after.Most),
		Wire:     float64(played.Written+after.Delivered-start.Delivered+inflated(after, played.Written)) / (1 << 20),
		CPU:      after.CPU - start.CPU,
	}
	if client {
		c.Role = "client"
	}
	if _, err := r.hostile.do(order{Do: "close"}); err != nil {
		return nil, err
	}
	end, err := r.settled(before.Goroutines)
	if err != nil {
		return nil, err
	}
	c.Left = max(0, end.Goroutines-before.Goroutines)
	c.judge(r.Connections)
	return c, nil
}

// inflated is by how much what connections hold exceeds what was sent: messages that
// are not whole yet, decompressed.
func inflated(m Measure, written int64) int64 { return max(0, int64(m.Retained)-written) }

// connect has the hostile and the endpoint come together.
func (r *runner) connect(s *Script, client bool) error {
	if !client {
		_, err := r.hostile.do(order{Do: "connect", Script: s.Name, Addr: r.addr, N: r.Connections})
		return err
	}
	a, err := r.hostile.do(order{Do: "listen", Script: s.Name, N: r.Connections})
	if err != nil {
		return err
	}
	if _, err := r.endpoint.do(order{Do: "dial", Script: s.Name, Addr: a.Addr, N: r.Connections}); err != nil {
		return err
	}
	_, err = r.hostile.do(order{Do: "accepted", N: r.Connections})
	return err
}

// settled waits until no connection is left, and no more goroutines than there were.
func (r *runner) settled(goroutines int) (Measure, error) {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		a, err := r.endpoint.do(order{Do: "measure"})
		m := a.Measure
		idle := m.Conns == 0 && m.Pending == 0 && (goroutines == 0 || m.Goroutines <= goroutines)
		if err != nil || idle || time.Now().After(deadline) {
			return m, err
		}
	}
}

// quiet waits until the endpoint has worked off what it was sent: it takes no more
// time than looking at it does.
func (r *runner) quiet() (Measure, error) {
	last := -1.0
	for deadline := time.Now().Add(10 * time.Second); ; {
		time.Sleep(100 * time.Millisecond)
		a, err := r.endpoint.do(order{Do: "idle"})
		if err != nil {
			return a.Measure, err
		}
		if now := a.Measure.CPU; now-last < 0.005 || time.Now().After(deadline) {
			a, err = r.endpoint.do(order{Do: "measure"})
			return a.Measure, err
		} else {
			last = now
		}
	}
}

func (c *Cost) judge(n int) {
	most, what := float64(MemoryBound), "a connection"
	if c.Before {
		most, what = BeforeBound, "a handshake"
	}
	if c.application {
		most += limit
	}
	if c.Heap > most {
		c.fault("%s holds %.0f bytes, the bound is %.0f", what, c.Heap, most)
	}
	if c.Most > MemoryBound {
		c.fault("a connection retains %.0f bytes, the bound is %d", c.Most, MemoryBound)
	}
	if !c.Before && !c.application && c.Heap > c.Retained+UnseenBound {
		c.fault("a connection holds %.0f bytes, but says %.0f", c.Heap, c.Retained)
	}
	allowed := CPUBound*c.Wire + CPUFixed*float64(n)
	if c.slow {
		allowed += CPUPacket * c.Wire * (1 << 20)
	}
	if c.CPU > allowed {
		c.fault("%.3f s for %.1f MiB, the bound is %.3f", c.CPU, c.Wire, allowed)
	}
	if c.Left > 0 {
		c.fault("%d goroutines are left", c.Left)
	}
}

func (c *Cost) fault(format string, args ...any) {
	c.Faults = append(c.Faults, fmt.Sprintf(format, args...))
}
