package websockets

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// handle runs the handler for a connection, and ends the connection after it, unless
// the handler has left it to OnMessage.
func (s *Server) handle(c *Conn) {
	ctx := c.ctx
	s.live.countHandler(+1)
	err, stack := errGoexit, []byte(nil) // what holds if the last line is not reached
	defer func() {
		if v := recover(); v != nil {
			err, stack = fmt.Errorf("panic: %v", v), debug.Stack()
		}
		s.live.countHandler(-1)
		if err != nil || !c.isDetached() {
			c.finish(ctx, err, stack)
		}
	}()
	if s.ConnContext != nil {
		derived := s.ConnContext(ctx, c)
		if derived == nil {
			panic("ConnContext returned nil")
		}
		ctx = derived
	}
	err = s.Handler(ctx, c)
}

// finish ends a connection with what its handler has returned, as the doc comment
// of Handler says.
func (c *Conn) finish(ctx context.Context, err error, stack []byte) {
	if err == nil {
		_ = c.Close()
		return
	}
	closed, isClosed := errors.AsType[*CloseError](err)
	switch {
	case isClosed && c.CloseWith(closed.Code, closed.Reason) == nil:
		return
	case isOver(c) && (isClosed && error(closed) == c.Err() || ctx.Err() != nil && errors.Is(err, ctx.Err())):
		return
	}
	c.logHandler(err, stack)
	_ = c.CloseWith(CloseInternalError, "")
}

// isOver reports whether a connection has ended.
func isOver(c *Conn) bool { return c.Err() != nil }

// logHandler logs that a handler failed.
func (c *Conn) logHandler(err error, stack []byte) {
	attrs := append(clientAttrs(c.RemoteAddr().String(), c.Request()), "err", err)
	if stack != nil {
		attrs = append(attrs, "stack", string(stack))
	}
	c.set.logger.Error("websockets: handler failed", attrs...)
}

// ended is called when a connection has ended.
func (s *Server) ended(c *Conn) {
	s.counts.end(c.err)
	s.logFailure(c)
	s.live.removeConn(c) // last: then Shutdown may return
}

// logFailure logs that a connection failed, if the peer broke a rule or did not
// answer (RFC 6455 §7.1.7). That it broke down is everyday life.
func (s *Server) logFailure(c *Conn) {
	err := c.err
	_, broken := errors.AsType[*ProtocolError](err)
	_, tooBig := errors.AsType[*PayloadTooBigError](err)
	limit, isLimit := errors.AsType[*LimitError](err)
	level, text := slog.LevelWarn, "websockets: connection failed"
	switch {
	case isLimit && limit.isTime():
		level, text = slog.LevelInfo, "websockets: connection closed by a limit"
	case broken, tooBig, isLimit, errors.Is(err, ErrPingTimeout):
	default:
		return
	}
	s.logLimited(level, text, append(clientAttrs(c.RemoteAddr().String(), c.Request()), "err", err)...)
}

var errGoexit = errors.New("runtime.Goexit was called")
