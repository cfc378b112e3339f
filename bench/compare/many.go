//go:build linux

package compare

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/go-websockets/websockets/bench/load"
	"github.com/go-websockets/websockets/bench/servers"
	"github.com/go-websockets/websockets/frame"
)

// activeOfMany is how many messages are in flight for each pair of processes.
const activeOfMany = 8

// Many looks at a candidate with more connections than a process may have files:
// as many processes of it as needed, all on one core, each with a process of
// clients. hold is the command that runs [Hold] with two more arguments, the
// address and a number.
func Many(c Config, candidate *servers.Candidate, connections, processes int, hold ...string) *Scale {
	s := &Scale{Candidate: candidate.Name, Connections: connections, Processes: processes}
	m := &many{scale: s, config: &c}
	if err := m.measure(candidate, hold); err != nil {
		s.Failed = err.Error()
	}
	for _, p := range append(m.holders, m.servers...) {
		p.Stop()
	}
	return s
}

type many struct {
	scale            *Scale
	config           *Config
	servers, holders []*Process
	memory, resident float64
}

func (m *many) measure(candidate *servers.Candidate, hold []string) error {
	s := m.scale
	for range s.Processes {
		p, err := StartProcess(serverCore, m.config.Folder, m.config.command(&Work{}, candidate)...)
		if err != nil {
			return err
		}
		m.servers = append(m.servers, p)
	}
	if err := m.look(); err != nil {
		return err
	}
	memory, resident := m.memory, m.resident
	start := time.Now()
	left := s.Connections
	for i, p := range m.servers {
		n := left / (s.Processes - i)
		left -= n
		h, err := StartProcess(loadCore, "", append(hold, p.Addr.String(), strconv.Itoa(n))...)
		if err != nil {
			return err
		}
		m.holders = append(m.holders, h)
	}
	s.Opened = float64(s.Connections) / time.Since(start).Seconds()
	if err := m.talk(); err != nil {
		return err
	}
	time.Sleep(m.config.Times.Settle)
	if err := m.look(); err != nil {
		return err
	}
	s.Memory = (m.memory - memory) / float64(s.Connections)
	s.Resident = (m.resident - resident) / float64(s.Connections)
	return nil
}

// look adds up the memory of the servers.
func (m *many) look() error {
	m.memory, m.resident = 0, 0
	for _, p := range m.servers {
		stats, err := p.Ask("settle")
		if err != nil {
			return err
		}
		resident, err := p.Resident()
		if err != nil {
			return err
		}
		m.memory += float64(stats.Memory)
		m.resident += float64(resident)
		m.scale.PauseMax = max(m.scale.PauseMax, 1e6*stats.PauseMax)
		m.scale.PauseP99 = max(m.scale.PauseP99, 1e6*stats.PauseP99)
	}
	return nil
}

// talk has all clients send messages at the same time.
func (m *many) talk() error {
	cpu := func() (sum time.Duration, err error) {
		for _, p := range m.servers {
			d, err := p.CPU()
			if err != nil {
				return 0, err
			}
			sum += d
		}
		return sum, nil
	}
	before, err := cpu()
	if err != nil {
		return err
	}
	start := time.Now()
	for _, h := range m.holders {
		if _, err := fmt.Fprintln(h.in, 4*m.config.Times.Measure); err != nil {
			return err
		}
	}
	messages := 0.0
	for _, h := range m.holders {
		var held Held
		line, err := h.out.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &held)
		}
		if err != nil {
			return fmt.Errorf("clients: %w", err)
		}
		messages += float64(held.Messages)
		m.scale.P50 = max(m.scale.P50, held.P50)
		m.scale.P99 = max(m.scale.P99, held.P99)
	}
	after, err := cpu()
	if err != nil {
		return err
	}
	m.scale.Cost = float64(after-before) / 1e3 / messages
	m.scale.Rate = messages / time.Since(start).Seconds()
	return nil
}

// Held is what clients in a process of their own say.
type Held struct {
	Messages int64
	P50, P99 float64 // µs
}

// Hold opens n connections to addr, prints addr when they have all spoken, and then
// sends messages for each duration on a line of in, and prints [Held]. It ends with
// in.
func Hold(addr netip.AddrPort, n int, in io.Reader, out io.Writer) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t := load.NewTraffic(frame.OpBinary, random(64, 32), false, false)
	clients, err := load.Rotate(&load.Server{Addr: addr}, t, n, activeOfMany)
	if err != nil {
		return err
	}
	defer clients.Close()
	if err := clients.RunMessages(int64(n)); err != nil {
		return err
	}
	if err := clients.Drain(); err != nil {
		return err
	}
	fmt.Fprintln(out, addr)
	lines := make(chan string)
	go func() { // ends with in
		defer close(lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			lines <- s.Text()
		}
	}()
	for {
		line, ok := "", true
		select {
		case line, ok = <-lines:
		default:
			if err := clients.Idle(20 * time.Millisecond); err != nil {
				return err
			}
			continue
		}
		if !ok {
			return nil
		}
		d, err := time.ParseDuration(strings.TrimSpace(line))
		if err != nil {
			return err
		}
		held := Held{}
		if held.Messages, err = clients.Run(d); err != nil {
			return err
		}
		held.P50 = float64(clients.Latency().Quantile(0.5)) / 1e3
		held.P99 = float64(clients.Latency().Quantile(0.99)) / 1e3
		if err := clients.Drain(); err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(held); err != nil {
			return err
		}
	}
}
