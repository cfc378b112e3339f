package conformance

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Suite runs cases. Its zero value is ready to use. It must not be changed while
// it runs.
type Suite struct {
	// Cases are those to run, see Select. Default: all.
	Cases []*Case

	// Parallel is how many cases run at the same time against a server. Default: 4.
	Parallel int

	// Timeout ends a case that takes longer. Default: the time that the case needs
	// with a peer at its slowest.
	Timeout time.Duration

	// Full has the cases of the families 9, 12 and 13 that go back and forth do so
	// 1000 times, as in the classical suite: more than ten gigabytes in all. Default:
	// as often as makes about 1 MiB, but 10 times at least and 200 at
	// most.
	Full bool

	// Agent is the name of a server under test. Default: its Server header, or the
	// host.
	Agent string

	// Header is sent with each opening request, for example to authenticate.
	Header http.Header

	// TLSConfig is used for wss. Default: as crypto/tls does it.
	TLSConfig *tls.Config

	// Progress, if set, is called after each case. Calls do not overlap.
	Progress func(Progress)

	memory memory
}

// Progress tells how far a run is.
type Progress struct {
	Done   int     // cases that have ended
	Total  int     // cases to run
	Result *Result // of the case that has just ended
}

// A Report has what came of a run.
type Report struct {
	Agents []*Agent // in the order in which they came
}

// An Agent is a peer under test, with its results in the order of the cases.
type Agent struct {
	Name    string // by which its results are listed
	URL     string // of a server
	Peers   Peers  // Servers or Clients: what it is
	Started time.Time
	Results []*Result
}

// TestServer runs the cases for servers against the echo service at rawURL, and
// returns a report with one agent. It fails if rawURL is not a ws or wss URL or if
// nobody listens there, then without a report; or if ctx ends first: cases without a
// verdict are then Missing in the report. What the server does wrong is in the report.
func (s *Suite) TestServer(ctx context.Context, rawURL string) (*Report, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	if u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
		return nil, fmt.Errorf("conformance: %q is not a ws or wss URL", rawURL)
	}
	t := &target{url: u, tls: s.TLSConfig}
	agent := &Agent{Name: s.Agent, URL: rawURL, Peers: Servers, Started: time.Now()}
	name, err := s.probe(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	if agent.Name == "" {
		agent.Name = name
	}
	cases := s.cases(Servers)
	for _, c := range cases {
		agent.Results = append(agent.Results, &Result{Case: c, Agent: agent.Name})
	}
	s.each(ctx, inOrder(cases), func(i int) *Result {
		session := &session{suite: s, target: t, testing: Servers, c: cases[i], r: &Result{}}
		agent.Results[i] = session.result(ctx, agent.Name)
		return agent.Results[i]
	})
	return &Report{Agents: []*Agent{agent}}, ctx.Err()
}

// inOrder returns the order in which to run cases: those with much data come last,
// so that they keep none of the others waiting which look at the time.
func inOrder(cases []*Case) (order []int) {
	for _, volume := range []bool{false, true} {
		for i, c := range cases {
			if c.Volume == volume {
				order = append(order, i)
			}
		}
	}
	return order
}

// result runs the session's case.
func (s *session) result(ctx context.Context, agent string) *Result {
	bound := s.suite.Timeout
	if bound == 0 {
		bound = s.c.bound
		if s.suite.Full && s.c.Volume {
			bound *= 5
		}
	}
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithTimeout(ctx, bound)
	defer cancel()
	s.r.Case, s.r.Agent, s.r.Started = s.c, agent, time.Now()
	s.runCase()
	if ctx.Err() != nil { // it was cut short: that says nothing of the peer
		return &Result{Case: s.c, Agent: agent, Started: s.r.Started}
	}
	return s.r
}

// cases returns the chosen cases for a kind of peer.
func (s *Suite) cases(p Peers) (list []*Case) {
	chosen := s.Cases
	if chosen == nil {
		chosen = all()
	}
	for _, c := range chosen {
		if c.Peers&p != 0 {
			list = append(list, c)
		}
	}
	return list
}

// each calls run for all of order, some at the same time, and tells of the progress.
func (s *Suite) each(ctx context.Context, order []int, run func(int) *Result) {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		next int
		done int
		n    = len(order)
	)
	parallel := s.Parallel
	if parallel <= 0 {
		parallel = 4
	}
	for range min(parallel, n) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n || ctx.Err() != nil {
					return
				}
				r := run(order[i])
				mu.Lock()
				done++
				if s.Progress != nil {
					s.Progress(Progress{Done: done, Total: n, Result: r})
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// probe connects once, to see who is there.
func (s *Suite) probe(ctx context.Context, t *target) (name string, err error) {
	p := &session{ctx: ctx, suite: s, target: t, testing: Servers, r: &Result{}}
	defer func() {
		if p.conn != nil {
			_ = p.conn.Close()
		}
	}()
	if err := p.connect(); err != nil {
		return "", err
	}
	name = t.url.Host
	if response, _, err := p.ask(p.request(newKey(), "")); err == nil {
		if server := response.Header.Get("Server"); server != "" {
			name = server
		}
	}
	return name, nil
}
