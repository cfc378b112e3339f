package conformance

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Server tests clients. It listens, and a client that is to be tested connects
// again and again: each connection runs the case that its URL names. It speaks the
// control protocol of the classical suite, so drivers that were written for that
// one work:
//
//	/getCaseCount                        sends how many cases there are
//	/runCase?case=N&agent=NAME           runs case number N, from 1; or casetuple=ID
//	/getCaseInfo?case=N                  sends {"id": …, "description": …}
//	/getCaseStatus?case=N&agent=NAME     sends {"behavior": …} once there is a result
//	/updateReports?agent=NAME            has the reports written; with
//	                                     &shutdownOnComplete=true it also ends Serve
//	/stopServer                          ends Serve
//
// What is sent is one text message; then the connection is closed. A client under
// test sends back each message of /runCase, with its type.
//
// A Server must not be changed once it serves. Report may be called at any time.
type Server struct {
	// Suite has the cases, and Progress, of which Done and Total count for the agent
	// of the Result. Parallel does not matter: that is for clients to choose.
	// Default: the zero Suite.
	Suite *Suite

	// Update, if set, is called with all results so far when a client asks for the
	// reports: the client learns that it is done once Update has returned. Calls do
	// not overlap.
	Update func(*Report)

	// Agents, if not 0, ends Serve when so many agents have asked for the reports.
	Agents int

	// MaxConns is how many connections may be open at a time; more have to wait.
	// Default: 64.
	MaxConns int

	zero     Suite // in place of a Suite
	mu       sync.Mutex
	agents   []*Agent
	running  map[string]int // cases that have begun and have no result yet, by agent
	arrived  chan struct{}  // closed when the next result is there
	finished map[string]bool
	stop     context.CancelFunc
	tell     sync.Mutex // calls of the program do not overlap
}

// Serve tests the clients that come to ln, until one of them has it stop or ctx
// ends; then it closes ln and drops what is open. For wss give it a listener of
// crypto/tls. The error is nil, that of ctx, or why ln failed; the report is there
// anyway. Serve may be called once.
func (l *Server) Serve(ctx context.Context, ln net.Listener) (*Report, error) {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	l.mu.Lock()
	l.stop, l.arrived, l.finished, l.running = stop, make(chan struct{}), map[string]bool{}, map[string]int{}
	l.mu.Unlock()
	unlisten := context.AfterFunc(inner, func() { _ = ln.Close() })
	defer unlisten()

	var wg sync.WaitGroup
	err := l.accept(inner, ln, &wg)
	stop()
	_ = ln.Close()
	wg.Wait()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return l.Report(), err
}

// accept serves connections until inner ends or ln fails.
func (l *Server) accept(inner context.Context, ln net.Listener, wg *sync.WaitGroup) error {
	most := l.MaxConns
	if most <= 0 {
		most = 64
	}
	places := make(chan struct{}, most)
	for {
		select {
		case places <- struct{}{}:
		case <-inner.Done():
			return nil
		}
		conn, err := ln.Accept()
		switch {
		case inner.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case err != nil:
			return fmt.Errorf("conformance: %w", err)
		}
		wg.Go(func() {
			defer func() { <-places }()
			l.serve(inner, conn)
		})
	}
}

// Report returns the results so far: each agent in the order in which they came,
// its results in the order of the cases. Of a case that an agent has run again,
// the last result counts.
func (l *Server) Report() *Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &Report{}
	for _, a := range l.agents {
		c := *a
		c.Results = slices.Clone(a.Results)
		r.Agents = append(r.Agents, &c)
	}
	return r
}

func (l *Server) suite() *Suite {
	if l.Suite == nil {
		return &l.zero
	}
	return l.Suite
}

// serve serves a connection.
func (l *Server) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	_ = conn.SetDeadline(time.Now().Add(openingTime))
	head, early, err := readHead(conn)
	if err != nil {
		return
	}
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	if err != nil {
		refuse(conn, http.StatusBadRequest, "This is not an HTTP request: "+err.Error())
		return
	}
	_ = conn.SetDeadline(time.Time{})
	s := &session{
		ctx: ctx, suite: l.suite(), testing: Clients, conn: conn,
		client: &client{request: request, early: early},
		r:      &Result{Request: string(head)},
	}
	if request.URL.Path == "/runCase" {
		l.runCase(ctx, s)
		return
	}
	l.control(s)
}

// runCase runs the case that the URL names.
func (l *Server) runCase(ctx context.Context, s *session) {
	q := s.client.request.URL.Query()
	c, err := l.find(q)
	agent := q.Get("agent")
	if err == nil && agent == "" {
		err = fmt.Errorf("there is no agent=NAME")
	}
	if err != nil {
		refuse(s.conn, http.StatusBadRequest, err.Error())
		return
	}
	s.c = c
	started := time.Now()
	l.count(agent, 1)
	defer l.count(agent, -1)
	if r := s.result(ctx, agent); ctx.Err() == nil {
		l.store(agent, started, r)
	}
}

// count notes that a case of an agent begins or ends.
func (l *Server) count(agent string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running[agent] += n
	if n < 0 {
		close(l.arrived)
		l.arrived = make(chan struct{})
	}
}

// store keeps a result, in place of an earlier one of the same case.
func (l *Server) store(agent string, started time.Time, r *Result) {
	l.tell.Lock()
	defer l.tell.Unlock()
	done := l.insert(agent, started, r)
	if s := l.suite(); s.Progress != nil {
		s.Progress(Progress{Done: done, Total: len(s.cases(Clients)), Result: r})
	}
}

// insert puts a result in its place, and returns how many the agent has.
func (l *Server) insert(agent string, started time.Time, r *Result) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.agents, func(a *Agent) bool { return a.Name == agent })
	if i < 0 {
		i = len(l.agents)
		l.agents = append(l.agents, &Agent{Name: agent, Peers: Clients, Started: started})
	}
	a := l.agents[i]
	at, found := slices.BinarySearchFunc(a.Results, r, func(x, y *Result) int { return byID(x.Case, y.Case) })
	if !found {
		a.Results = slices.Insert(a.Results, at, r)
	}
	a.Results[at] = r
	return len(a.Results)
}

// refuse answers a request with text.
func refuse(conn net.Conn, status int, text string) {
	_ = conn.SetDeadline(time.Now().Add(closingTime))
	_, _ = io.WriteString(conn, refusal(status, text))
}

func refusal(status int, text string) string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nServer: %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n",
		status, http.StatusText(status), userAgent, len(text)+1, text)
}
