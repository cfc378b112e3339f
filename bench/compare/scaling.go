//go:build linux

package compare

import (
	"fmt"
	"runtime"
	"time"

	"github.com/go-websockets/websockets/bench/load"
	"github.com/go-websockets/websockets/bench/servers"
	"github.com/go-websockets/websockets/frame"
)

// Scaling looks at a server process with ever more connections, at rest and while
// others come and go. Of several rounds, it is the one in which a message cost least
// that counts. progress is told before each step.
func Scaling(c Config, sizes []int, progress func(candidate string, connections int)) (list []*Scale, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := pin(loadCore); err != nil {
		return nil, err
	}
	for _, n := range sizes {
		var best []*Scale
		for range max(c.Rounds, 1) {
			best = least(best, c.scaleOnce(n, progress))
		}
		list = append(list, best...)
	}
	return list, nil
}

// scaleOnce is one round of all candidates.
func (c *Config) scaleOnce(n int, progress func(candidate string, connections int)) (list []*Scale) {
	for _, candidate := range c.Candidates {
		for _, churn := range []bool{false, true} {
			if churn && candidate.Family == servers.Raw {
				continue // it does not speak HTTP
			}
			progress(candidate.Name, n)
			s := &Scale{Candidate: candidate.Name, Connections: n, Processes: 1, Churn: churn}
			if err := s.measure(c, candidate); err != nil {
				s.Failed = err.Error()
			}
			list = append(list, s)
		}
	}
	return list
}

// least takes of two rounds what cost less, or failed: it is shown.
func least(best, list []*Scale) []*Scale {
	if best == nil {
		return list
	}
	for i, s := range list {
		if best[i].Failed == "" && (s.Failed != "" || s.Cost < best[i].Cost) {
			best[i] = s
		}
	}
	return best
}

func (s *Scale) measure(c *Config, candidate *servers.Candidate) error {
	p, err := StartProcess(serverCore, c.Folder, c.command(&Work{}, candidate)...)
	if err != nil {
		return err
	}
	defer p.Stop()
	server := &load.Server{Addr: p.Addr, Raw: candidate.Family == servers.Raw}
	memory, err := s.before(p)
	if err != nil {
		return err
	}
	t := load.NewTraffic(frame.OpBinary, random(64, 32), server.Raw, false)
	clients, err := load.Rotate(server, t, s.Connections, Active)
	if err != nil {
		return err
	}
	defer clients.Close()
	if err := clients.RunMessages(int64(2 * s.Connections)); err != nil { // everybody has spoken
		return err
	}
	var openings *load.Openings
	if s.Churn {
		if openings, err = load.Open(server, 8); err != nil {
			return err
		}
		defer openings.Close()
		if err := clients.Beside(openings, ChurnRate); err != nil {
			return err
		}
	}
	if err := s.busy(c, p, clients, openings); err != nil {
		return err
	}
	if s.Churn {
		return nil
	}
	if err := clients.Drain(); err != nil {
		return err
	}
	time.Sleep(c.Times.Settle)
	return memory()
}

// busy measures messages.
func (s *Scale) busy(c *Config, p *Process, clients *load.Clients, openings *load.Openings) error {
	if _, err := clients.Run(c.Times.Warm); err != nil {
		return err
	}
	opened := int64(0)
	if openings != nil {
		opened = openings.Done()
	}
	start := time.Now()
	before, err := p.CPU()
	if err != nil {
		return err
	}
	n, err := clients.Run(2 * c.Times.Measure)
	if err != nil {
		return err
	}
	after, err := p.CPU()
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("no message in %v", 2*c.Times.Measure)
	}
	elapsed := time.Since(start).Seconds()
	s.Cost = float64(after-before) / 1e3 / float64(n)
	s.Rate = float64(n) / elapsed
	s.P50 = float64(clients.Latency().Quantile(0.5)) / 1e3
	s.P99 = float64(clients.Latency().Quantile(0.99)) / 1e3
	if openings != nil {
		s.Opened = float64(openings.Done()-opened) / elapsed
	}
	stats, err := p.Ask("stats")
	s.PauseMax, s.PauseP99 = 1e6*stats.PauseMax, 1e6*stats.PauseP99
	return err
}

// before notes the memory of the process without connections, and returns what
// compares it with that later on.
func (s *Scale) before(p *Process) (later func() error, err error) {
	look := func() (memory, resident uint64, err error) {
		stats, err := p.Ask("settle")
		if err != nil {
			return 0, 0, err
		}
		resident, err = p.Resident()
		return stats.Memory, resident, err
	}
	memory, resident, err := look()
	return func() error {
		m, r, err := look()
		s.Memory = (float64(m) - float64(memory)) / float64(s.Connections)
		s.Resident = (float64(r) - float64(resident)) / float64(s.Connections)
		return err
	}, err
}
