package websockets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/http11"
)

// An answer is an HTTP response that refuses a request.
type answer struct {
	status int
	header http11.Headers
	body   []byte
}

// answer returns how to answer a request that failed with err, nil if there is
// nobody to answer, and the error to report: a *[hookError] in place of a
// *[RejectError] that cannot be sent.
func (s *Server) answerTo(err error) (*answer, error) {
	if reject, ok := errors.AsType[*RejectError](err); ok {
		a, fault := rejectAnswer(reject)
		if fault == nil {
			return a, err
		}
		err = &hookError{hook: "RejectError", err: fault}
	}
	if limit, ok := errors.AsType[*LimitError](err); ok {
		a := textAnswer(limit.status(), http.StatusText(limit.status()))
		if after := s.ConnLimits.retryAfter(); after != "" {
			a.header.Set("Retry-After", after)
		}
		return a, err
	}
	if _, ok := errors.AsType[*hookError](err); ok {
		return textAnswer(http.StatusInternalServerError, "internal server error"), err
	}
	if c, ok := errors.AsType[*canceledError](err); ok {
		if c.told {
			return textAnswer(http.StatusServiceUnavailable, "the server is stopping or busy"), err
		}
		return nil, err
	}
	text := err.Error()
	if _, ok := errors.AsType[*subprotocolError](err); ok {
		text = "no acceptable subprotocol" // why is the application's own matter
	}
	a := textAnswer(0, text)
	a.status = handshake.BuildRejection(&a.header, err)
	return a, err
}

// textAnswer makes an answer that tells people what is wrong. It may quote the
// request: nosniff keeps browsers from taking it for HTML.
func textAnswer(status int, text string) *answer {
	a := &answer{status: status, body: []byte(text + "\n")}
	a.header.Set("Connection", "close")
	a.header.Set("Content-Type", "text/plain; charset=utf-8")
	a.header.Set("X-Content-Type-Options", "nosniff")
	a.finish()
	return a
}

// rejectAnswer makes the answer that the application wants.
func rejectAnswer(reject *RejectError) (*answer, error) {
	if reject.Status < 200 || reject.Status > 999 {
		return nil, fmt.Errorf("status %d", reject.Status)
	}
	a := &answer{status: reject.Status, header: http11.FromMap(reject.Header), body: reject.Body}
	if _, err := http11.AppendResponse(nil, a.status, "", a.header, nil); err != nil {
		return nil, err
	}
	// How long the body is, and that the connection ends, is not for the
	// application to say.
	a.header.Del("Transfer-Encoding")
	a.header.Del("Content-Length")
	a.header.Set("Connection", "close")
	if a.header.Has("Upgrade") {
		a.header.Set("Connection", "Upgrade, close") // RFC 9110 §7.8
	}
	if len(a.body) > 0 && !a.header.Has("Content-Type") {
		a.header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	a.finish()
	return a, nil
}

func (a *answer) finish() {
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		a.body = nil // RFC 9110 §6.4.1
		return
	}
	a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
}

// refused counts and logs a failed opening handshake.
func (s *Server) refused(remote string, r *http.Request, a *answer, err error) {
	s.counts.refuse(err)
	s.logRefusal(remote, r, a, err)
}

// logRefusal logs a failed opening handshake, once. Everything in it is safe to
// log: errors quote what the peer sent and have no secrets, and the path is
// without its query.
func (s *Server) logRefusal(remote string, r *http.Request, a *answer, err error) {
	level, attrs := slog.LevelDebug, clientAttrs(remote, r)
	if a != nil {
		attrs = append(attrs, "status", a.status)
	}
	attrs = append(attrs, "err", err)
	hook, isHook := errors.AsType[*hookError](err)
	_, isReject := errors.AsType[*RejectError](err)
	switch {
	case isHook:
		level = slog.LevelError
		if hook.stack != nil {
			attrs = append(attrs, "stack", string(hook.stack))
		}
	case isReject, isLost(err): // everyday life: health checks, port scans
	default:
		s.logLimited(slog.LevelWarn, "websockets: opening handshake failed", attrs...)
		return
	}
	s.logger().Log(context.Background(), level, "websockets: opening handshake failed", attrs...)
}

// logLimited logs what a client did, unless there is too much of it.
func (s *Server) logLimited(level slog.Level, msg string, attrs ...any) {
	ok, suppressed := s.warn.allow(time.Now())
	if !ok {
		return
	}
	if suppressed > 0 {
		attrs = append(attrs, "suppressed", suppressed)
	}
	s.logger().Log(context.Background(), level, msg, attrs...)
}

// isLost reports whether err is the end of a transport, or of the time or the
// server that it had.
func isLost(err error) bool {
	for _, target := range []error{io.EOF, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded, net.ErrClosed, http.ErrServerClosed} {
		if errors.Is(err, target) {
			return true
		}
	}
	_, ok := errors.AsType[*os.SyscallError](err)
	return ok
}

// A limiter keeps clients from filling the log: it allows a few events a second
// and counts the others.
type limiter struct {
	mu         sync.Mutex
	start      time.Time // of the current second
	allowed    int       // in that second
	suppressed int       // since the last that was allowed
}

const warningsPerSecond = 10

// allow reports whether an event may be logged now, and how many were not since
// the last one.
func (l *limiter) allow(now time.Time) (ok bool, suppressed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.start) >= time.Second {
		l.start, l.allowed = now, 0
	}
	if l.allowed == warningsPerSecond {
		l.suppressed++
		return false, 0
	}
	l.allowed++
	suppressed, l.suppressed = l.suppressed, 0
	return true, suppressed
}
