package websockets

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// accept starts a session for each connection that comes in on a listener, until
// the server stops or the listener fails for good.
func (s *Server) accept(ln *net.Listener) error {
	defer s.live.removeListener(ln)
	defer (*ln).Close()
	var wait backoff
	for {
		transport, err := (*ln).Accept()
		switch {
		case err == nil:
			wait = backoff{}
			s.start(transport)
		case !s.live.serving():
			return http.ErrServerClosed
		case !temporary(err):
			return withPrefix("accept", err)
		default:
			wait.next(s, err)
		}
	}
}

// start serves a connection in a goroutine of its own, which ends when the
// handler has returned and the connection has ended.
func (s *Server) start(transport net.Conn) {
	if !s.live.begin() {
		_ = transport.Close()
		return
	}
	go func() {
		defer s.live.end()
		if conn := s.open(transport); conn != nil {
			s.handle(conn)
		}
	}()
}

// A backoff waits between failures to accept: most often the process has too
// many open files, and only connections that end can help.
type backoff struct {
	delay  time.Duration
	logged time.Time
}

func (b *backoff) next(s *Server, err error) {
	b.delay = min(max(2*b.delay, 5*time.Millisecond), time.Second)
	if now := time.Now(); now.Sub(b.logged) >= time.Second {
		b.logged = now
		s.logger().Error("websockets: cannot accept connections for the moment", "err", err)
	}
	ctx, cancel := context.WithTimeout(s.live.ctx, b.delay)
	defer cancel()
	<-ctx.Done()
}

// temporary reports whether accepting may succeed later, as net/http decides it.
func temporary(err error) bool {
	e, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && e.Temporary()
}
