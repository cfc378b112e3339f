package websockets

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
)

// Stats are the counters of a [Server], since it was made. All of it can be put
// into JSON, so that package expvar can show it:
//
//	expvar.Publish("websockets", expvar.Func(func() any { return server.Stats() }))
type Stats struct {
	Open     int   // connections that are not closed
	Pending  int   // opening handshakes that are going on
	Accepted int64 // opening handshakes that became connections

	// Refused are the opening handshakes that did not, by reason.
	Refused map[Refusal]int64

	// Failed are the connections which ended without a closing handshake, by the
	// close code that the peer was told: [CloseAbnormal], 1006, if it was told none.
	Failed map[CloseCode]int64

	// Limits is how often peers have reached a limit.
	Limits map[Limit]int64
}

// A Refusal says why a request did not become a connection.
type Refusal string

// The refusals.
const (
	RefusedLimit     Refusal = "limit"     // by ConnLimits: Stats.Limits says by which
	RefusedOrigin    Refusal = "origin"    // by Origins
	RefusedRejected  Refusal = "rejected"  // by a *RejectError of ProcessRequest
	RefusedMalformed Refusal = "malformed" // not the opening handshake of a WebSocket, or none to agree with
	RefusedTimeout   Refusal = "timeout"   // OpenTimeout was over
	RefusedLost      Refusal = "lost"      // the client was gone, or does not speak TLS
	RefusedStopping  Refusal = "stopping"  // the server was about to stop
	RefusedFault     Refusal = "fault"     // a function of the application failed
)

// Stats returns the counters of this moment. They are counted one by one: sums
// may be off by what happens meanwhile.
func (s *Server) Stats() Stats {
	_ = s.ready()
	t := Stats{Accepted: s.counts.accepted.Load()}
	t.Open, t.Pending = s.live.counts()
	c := &s.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	t.Refused, t.Failed, t.Limits = maps.Clone(c.refused), maps.Clone(c.failed), maps.Clone(c.limits)
	return t
}

// counts are what Stats shows. What is under the lock is what goes wrong.
type counts struct {
	accepted atomic.Int64

	mu      sync.Mutex
	refused map[Refusal]int64
	failed  map[CloseCode]int64
	limits  map[Limit]int64
}

// refuse counts an opening handshake that failed with err.
func (c *counts) refuse(err error) {
	why := refusalOf(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	add(&c.refused, why)
	if e, ok := errors.AsType[*LimitError](err); ok && why == RefusedLimit {
		add(&c.limits, e.Limit)
	}
}

// end counts a connection that ended.
func (c *counts) end(e *CloseError) {
	if e.Err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if limit, ok := errors.AsType[*LimitError](e.Err); ok {
		add(&c.limits, limit.Limit)
	}
	if e.handshaken() {
		return
	}
	code := e.Sent
	if code == 0 {
		code = CloseAbnormal
	}
	add(&c.failed, code)
}

func add[K comparable](m *map[K]int64, key K) {
	if *m == nil {
		*m = make(map[K]int64)
	}
	(*m)[key]++
}

func refusalOf(err error) Refusal {
	if _, ok := errors.AsType[*hookError](err); ok {
		return RefusedFault
	}
	if _, ok := errors.AsType[*RejectError](err); ok {
		return RefusedRejected
	}
	if _, ok := errors.AsType[*OriginError](err); ok {
		return RefusedOrigin
	}
	if _, ok := errors.AsType[*LimitError](err); ok {
		return RefusedLimit
	}
	if c, ok := errors.AsType[*canceledError](err); ok {
		switch {
		case errors.Is(c, http.ErrServerClosed):
			return RefusedStopping
		case errors.Is(c, context.DeadlineExceeded):
			return RefusedTimeout
		}
		return RefusedLost
	}
	return RefusedMalformed
}
