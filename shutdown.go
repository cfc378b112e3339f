package websockets

import (
	"context"
	"fmt"
	"iter"
	"net"
)

// Addrs returns the addresses of the listeners, in the order in which they were
// started; nil if there are none, as after Shutdown and Close.
func (s *Server) Addrs() []net.Addr {
	_ = s.ready()
	return s.live.addrs()
}

// Conns returns the connections that are not closed, also those from ServeHTTP
// and Upgrade, in no order. Each loop sees those of the moment when it starts;
// they may end at any time.
func (s *Server) Conns() iter.Seq[*Conn] {
	_ = s.ready()
	return s.live.all()
}

// Shutdown stops the server in good order. It stops listening, answers requests
// whose opening handshake is going on with 503, closes all connections with
// 1001, also those that came through ServeHTTP and Upgrade, and waits until they
// have ended and their handlers have returned. Messages whose Send has returned
// are sent before. Peers get CloseTimeout to take part in the closing handshake.
//
// A handler learns of it by the end of its context and from what Recv and Send
// return. If ctx ends first, connections are dropped as by Close, and the error
// matches that of ctx and tells how many handlers are still running.
//
// A handler that calls Shutdown and waits for it waits for itself.
//
// Shutdown may be called any number of times, also after Close to wait for the
// end. A server that was stopped cannot be used again: ServeHTTP and Upgrade
// answer with 503.
//
// An [http.Server] forgets connections that it has handed over: stop its
// listeners with its own Shutdown, and the connections with this one.
func (s *Server) Shutdown(ctx context.Context) error {
	_ = s.ready() // a server with bad settings has nothing to stop
	s.live.stop(phaseStopping)
	select {
	case <-s.live.idle:
		return nil
	default:
	}
	select {
	case <-s.live.idle:
		return nil
	case <-ctx.Done():
	}
	running := s.live.running()
	s.live.stop(phaseClosed)
	return fmt.Errorf("websockets: shutdown cut short with %d handlers running: %w", running, ctx.Err())
}

// Close stops the server at once: it stops listening and drops all connections
// without a closing handshake; their peers see 1006. The contexts of the handlers
// end; Close does not wait for them to return, as Shutdown after it does. It may
// be called any number of times, and always returns nil.
func (s *Server) Close() error {
	_ = s.ready()
	s.live.stop(phaseClosed)
	return nil
}
