package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// hint is what somebody sees who asks without wanting a WebSocket.
const hint = "This is a WebSocket conformance suite that tests clients.\n" +
	"Ask /getCaseCount for how many cases there are, connect to /runCase?case=N&agent=NAME for each of them\n" +
	"and send back what comes, then connect to /updateReports?agent=NAME."

// control does what a URL other than that of a case asks for.
func (l *Server) control(s *session) {
	request := s.client.request
	if !strings.EqualFold(request.Header.Get("Upgrade"), "websocket") {
		refuse(s.conn, http.StatusOK, hint)
		return
	}
	q := request.URL.Query()
	var err error
	switch request.URL.Path {
	case "/getCaseCount":
		s.say(func() string { return strconv.Itoa(len(l.suite().cases(Clients))) })
	case "/getCaseInfo":
		err = l.info(s, q)
	case "/getCaseStatus":
		err = l.status(s, q)
	case "/updateReports":
		err = l.update(s, q)
	case "/stopServer":
		s.say(nil)
		l.stop()
	default:
		refuse(s.conn, http.StatusNotFound, hint)
	}
	if err != nil {
		refuse(s.conn, http.StatusBadRequest, err.Error())
	}
}

// find returns the case that a query names: by its number among those chosen, or
// by its ID.
func (l *Server) find(q url.Values) (*Case, error) {
	cases := l.suite().cases(Clients)
	if number := q.Get("case"); number != "" {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(cases) {
			return nil, fmt.Errorf("there is no case %q of %d", number, len(cases))
		}
		return cases[n-1], nil
	}
	id := q.Get("casetuple")
	for _, c := range cases {
		if c.ID == id {
			return c, nil
		}
	}
	return nil, fmt.Errorf("there is no case with the ID %q", id)
}

func (l *Server) info(s *session, q url.Values) error {
	c, err := l.find(q)
	if err != nil {
		return err
	}
	s.say(func() string {
		return encoded(struct {
			ID          string `json:"id"`
			Description string `json:"description"`
		}{c.ID, c.Title})
	})
	return nil
}

// statusTime is how long somebody may wait for the status of a case.
const statusTime = time.Minute

func (l *Server) status(s *session, q url.Values) error {
	c, err := l.find(q)
	if err != nil {
		return err
	}
	s.say(func() string {
		until := time.NewTimer(statusTime)
		defer until.Stop()
		for {
			r, next := l.resultOf(q.Get("agent"), c)
			if r != nil {
				return encoded(struct {
					Behavior string `json:"behavior"`
				}{strings.ToUpper(r.Behavior.String())})
			}
			select {
			case <-next:
			case <-until.C:
				return encoded(struct{}{})
			case <-s.ctx.Done():
				return encoded(struct{}{})
			}
		}
	})
	return nil
}

// resultOf returns a result, and what is closed when there is another one.
func (l *Server) resultOf(agent string, c *Case) (*Result, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.agents {
		for _, r := range a.Results {
			if a.Name == agent && r.Case.ID == c.ID {
				return r, nil
			}
		}
	}
	return nil, l.arrived
}

func (l *Server) update(s *session, q url.Values) error {
	agent := q.Get("agent")
	if agent == "" {
		return fmt.Errorf("there is no agent=NAME")
	}
	s.say(func() string {
		l.settle(s.ctx, agent)
		if l.Update != nil {
			l.tell.Lock()
			defer l.tell.Unlock()
			l.Update(l.Report())
		}
		return ""
	})
	l.mu.Lock()
	l.finished[agent] = true
	all := l.Agents > 0 && len(l.finished) >= l.Agents
	l.mu.Unlock()
	if all || truth(q.Get("shutdownOnComplete")) {
		l.stop()
	}
	return nil
}

// settle waits until there are results of all cases that the agent has begun: the
// client sees the end of a connection before the suite has judged it.
func (l *Server) settle(ctx context.Context, agent string) {
	until := time.NewTimer(2 * closingTime)
	defer until.Stop()
	for {
		l.mu.Lock()
		running, next := l.running[agent], l.arrived
		l.mu.Unlock()
		if running == 0 {
			return
		}
		select {
		case <-next:
		case <-until.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

func truth(s string) bool {
	s = strings.ToLower(s)
	return s == "true" || s == "yes" || s == "1"
}

// say opens the connection, sends what message returns as a text, unless it is
// empty, and closes without a code.
func (s *session) say(message func() string) {
	x := &exchange{ending: ending{hold: true}}
	if message != nil {
		x.steps = append(x.steps, step{do: func(s *session, _ *exchange) {
			if m := message(); m != "" {
				s.send(textFrame(m))
			}
		}})
	}
	x.steps = append(x.steps, sendsClose(nil)...)
	s.play(x)
	s.end()
}

// encoded is v as JSON.
func encoded(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // v holds texts only
	}
	return string(b)
}
