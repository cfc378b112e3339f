//go:build linux

package compare

import (
	"fmt"
	"time"

	"github.com/go-websockets/websockets/bench/load"
	"github.com/go-websockets/websockets/bench/servers"
)

// A Sample is the outcome of one candidate's turn.
type Sample struct {
	Cost       float64 // in the unit of the work, of the server's processor time or memory
	Rate       float64 `json:",omitempty"` // messages, deliveries or connections per second
	P50, P99   float64 `json:",omitempty"` // µs: how long a client waits for its echo
	Allocs     float64 `json:",omitempty"` // objects on the heap for a message; -1 if nobody knows
	Ratio      float64 `json:",omitempty"` // size of replies to that before compression
	Resident   float64 `json:",omitempty"` // bytes of RAM for a connection
	Extensions string  `json:",omitempty"` // agreed on
	Failed     string  `json:",omitempty"` // why there is nothing else
}

// Times are those of a turn.
type Times struct {
	Warm, Measure time.Duration
	Settle        time.Duration // before memory is looked at
}

// The cores: the server has one for itself.
const (
	serverCore = 0
	loadCore   = 1
)

// Measure has one candidate do a work. command starts its process in a folder.
func Measure(w *Work, c *servers.Candidate, times Times, folder string, command []string) (Sample, error) {
	p, err := StartProcess(serverCore, folder, command...)
	if err != nil {
		return Sample{}, err
	}
	defer p.Stop()
	m := &measurement{work: w, candidate: c, times: times, process: p}
	m.server = &load.Server{Addr: p.Addr, Raw: c.Family == servers.Raw, Deflate: w.offer(), TLS: w.TLS}
	switch w.Kind {
	case Memory:
		err = m.memory()
	case Opening:
		err = m.opening()
	default:
		err = m.messages()
	}
	if err != nil {
		return Sample{}, fmt.Errorf("%s, %s: %w", w.Name, c.Name, err)
	}
	return m.sample, nil
}

type measurement struct {
	work      *Work
	candidate *servers.Candidate
	times     Times
	process   *Process
	server    *load.Server
	sample    Sample
}

// runner is what clients do for a while.
type runner interface {
	Run(d time.Duration) (int64, error)
}

// busy runs the clients and returns how many messages it were, and what they took.
func (m *measurement) busy(clients runner) (n int64, cpu time.Duration, err error) {
	if _, err := clients.Run(m.times.Warm); err != nil {
		return 0, 0, err
	}
	before, err := m.process.Ask("stats")
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	cpuBefore, err := m.process.CPU()
	if err != nil {
		return 0, 0, err
	}
	if n, err = clients.Run(m.times.Measure); err != nil {
		return 0, 0, err
	}
	cpuAfter, err := m.process.CPU()
	if err != nil {
		return 0, 0, err
	}
	elapsed := time.Since(start)
	after, err := m.process.Ask("stats")
	if err != nil {
		return 0, 0, err
	}
	if n == 0 {
		return 0, 0, fmt.Errorf("no message in %v", m.times.Measure)
	}
	m.sample.Rate = float64(n) / elapsed.Seconds()
	if m.sample.Allocs = float64(after.Mallocs-before.Mallocs) / float64(n); after.Mallocs == 0 {
		m.sample.Allocs = -1
	}
	return n, cpuAfter - cpuBefore, nil
}

func (m *measurement) messages() error {
	w := m.work
	raw := m.candidate.Family == servers.Raw
	t := load.NewTraffic(w.Opcode, w.Payloads, raw, w.Compression != "")
	clients, err := m.clients(t, func() (int, error) {
		s, err := m.process.Ask("stats")
		return s.Hearing, err
	})
	if err != nil {
		return err
	}
	defer clients.Close()
	n, cpu, err := m.busy(clients)
	if err != nil {
		return err
	}
	m.sample.Cost = float64(cpu) / 1e3 / float64(n)
	if w.PerByte {
		m.sample.Cost = cpu.Seconds() / (float64(n) * t.PayloadSize() / 1e9)
	}
	if w.Window == 1 && w.Kind == Echo {
		m.sample.P50 = float64(clients.Latency().Quantile(0.5)) / 1e3
		m.sample.P99 = float64(clients.Latency().Quantile(0.99)) / 1e3
	}
	if w.Compression != "" {
		m.sample.Extensions = clients.Extensions()
		m.sample.Ratio = float64(clients.Wire()) / (float64(clients.Messages()) * t.PayloadSize())
	}
	return nil
}

// talkers are clients that send messages.
type talkers interface {
	runner
	RunMessages(n int64) error
	Messages() int64
	Latency() *load.Histogram
	Extensions() string
	Wire() int64
	Close()
}

// clients opens the connections. hearing tells how many of them the server counts
// as hearing.
func (m *measurement) clients(t *load.Traffic, hearing func() (int, error)) (talkers, error) {
	w := m.work
	frames := m.candidate.Fragments || w.Compression != ""
	switch {
	case w.Kind == Broadcast:
		return load.Broadcast(m.server, t, w.Connections, w.Window, w.Stalled, hearing)
	case w.TLS:
		return load.EchoTLS(m.server, t, w.Connections, w.Window, frames)
	}
	return load.Echo(m.server, t, w.Connections, w.Window, frames)
}

// memory compares the process with one connection and with many.
func (m *measurement) memory() error {
	const messages = 10
	w := m.work
	t := load.NewTraffic(w.Opcode, w.Payloads, m.candidate.Family == servers.Raw, false)
	stats := make([]Stats, 2)
	resident := make([]uint64, 2)
	for i, n := range []int{1, w.Connections} {
		clients, err := load.Echo(m.server, t, n, 1, false)
		if err != nil {
			return err
		}
		defer clients.Close() // the first ones stay for the comparison
		if err := clients.RunMessages(int64(n * messages)); err != nil {
			return err
		}
		if err := clients.Drain(); err != nil {
			return err
		}
		time.Sleep(m.times.Settle) // so that connections know that they are idle
		if stats[i], err = m.process.Ask("settle"); err != nil {
			return err
		}
		if resident[i], err = m.process.Resident(); err != nil {
			return err
		}
	}
	each := func(before, after uint64) float64 {
		return (float64(after) - float64(before)) / float64(w.Connections)
	}
	m.sample.Cost = each(stats[0].Memory, stats[1].Memory)
	m.sample.Resident = each(resident[0], resident[1])
	if stats[1].Memory == 0 { // it does not know
		m.sample.Cost = m.sample.Resident
	}
	return nil
}

func (m *measurement) opening() error {
	clients, err := load.Open(m.server, m.work.Connections)
	if err != nil {
		return err
	}
	defer clients.Close()
	n, cpu, err := m.busy(clients)
	if err != nil {
		return err
	}
	m.sample.Cost = float64(cpu) / 1e3 / float64(n)
	m.sample.P50 = float64(clients.Latency.Quantile(0.5)) / 1e3
	m.sample.P99 = float64(clients.Latency.Quantile(0.99)) / 1e3
	return nil
}
