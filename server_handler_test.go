package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

func TestServerClosesWithWhatTheHandlerReturns(t *testing.T) {
	other := &websockets.CloseError{Code: websockets.CloseAbnormal}
	for name, test := range map[string]struct {
		handler websockets.Handler
		expect  string
		log     string // part of the one line logged, "" for none
	}{
		"nil": {nothing, `CLOSE 1000`, ""},
		"close error": {
			func(context.Context, *websockets.Conn) error {
				return fmt.Errorf("wrapped: %w", &websockets.CloseError{Code: 4001, Reason: "bye"})
			}, `CLOSE 4001 "bye"`, "",
		},
		"close error without a code": {
			func(context.Context, *websockets.Conn) error {
				return &websockets.CloseError{Code: websockets.CloseNoStatus}
			}, `CLOSE`, "",
		},
		"close error that cannot be sent": {
			func(context.Context, *websockets.Conn) error { return other }, `CLOSE 1011`, "1006",
		},
		"close reason that cannot be sent": {
			func(context.Context, *websockets.Conn) error {
				return &websockets.CloseError{Code: 4000, Reason: strings.Repeat("x", 124)}
			}, `CLOSE 1011`, "4000",
		},
		"error": {
			func(context.Context, *websockets.Conn) error { return errors.New("no\x1b[2J database") },
			`CLOSE 1011`, `err="no\x1b[2J database"`,
		},
		"context error while open": {
			func(context.Context, *websockets.Conn) error { return context.Canceled }, `CLOSE 1011`, "context canceled",
		},
		"panic": {
			func(context.Context, *websockets.Conn) error { panic("boom") }, `CLOSE 1011`, `err="panic: boom" stack="goroutine`,
		},
		"panic with a close error": {
			func(context.Context, *websockets.Conn) error { panic(&websockets.CloseError{Code: 1000}) }, `CLOSE 1011`, "stack=",
		},
		"goexit": {
			func(context.Context, *websockets.Conn) error { runtime.Goexit(); return nil }, `CLOSE 1011`, "Goexit",
		},
	} {
		t.Run(name, func(t *testing.T) {
			wstest.NoLeaks(t)
			var log records
			s := &websockets.Server{Options: websockets.Options{Logger: log.logger()}, Handler: test.handler}
			url, d := wstest.Server(t, s)
			p := connect(t, url, d)
			p.ClientHandshake("/path?query")
			p.Expect(test.expect)
			p.Send(test.expect)
			p.ExpectEOF()
			if err := s.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			text := log.String()
			switch {
			case test.log == "" && text != "":
				t.Errorf("logged %q", text)
			case test.log != "" && (strings.Count(text, "\n") != 1 || !strings.Contains(text, test.log) ||
				!strings.Contains(text, "level=ERROR") || !strings.Contains(text, "path=/path ") || !strings.Contains(text, "remote=192.0.2.1:")):
				t.Errorf("logged %q, want a line with %q", text, test.log)
			}
		})
	}
}

func TestServerSaysNothingMoreWhenTheHandlerReturnsTheEndOfItsConnection(t *testing.T) {
	for name, handler := range map[string]websockets.Handler{
		"error of Recv": func(_ context.Context, c *websockets.Conn) error {
			_, err := c.Recv(context.Background())
			return fmt.Errorf("reading: %w", err)
		},
		"error of Recv with the handler's context": func(ctx context.Context, c *websockets.Conn) error {
			_, err := c.Recv(ctx)
			return err
		},
		"context": func(ctx context.Context, c *websockets.Conn) error {
			<-ctx.Done()
			return ctx.Err()
		},
		"cause": func(ctx context.Context, c *websockets.Conn) error {
			<-ctx.Done()
			return context.Cause(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log records
			s := &websockets.Server{Options: websockets.Options{Logger: log.logger()}, Handler: handler}
			url, d := wstest.Server(t, s)
			for _, lines := range [][]string{{"CLOSE 1001"}, {"CLOSE 4000"}, {"EOF"}, {"CLOSE"}} {
				p := connect(t, url, d)
				p.ClientHandshake("/")
				p.Send(lines...)
				p.ReadAll()
				p.Close()
			}
			if err := s.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if log.Len() > 0 {
				t.Errorf("logged %q", log.String())
			}
		})
	}
}

func TestServerHandlerContextEndsWithTheConnection(t *testing.T) {
	cause := make(chan error, 1)
	s := &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, c *websockets.Conn) error {
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return nil
	}}
	url, d := wstest.Server(t, s)
	p := connect(t, url, d)
	p.ClientHandshake("/")
	p.Send(`CLOSE 4321 "why"`)
	err := <-cause
	if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != 4321 || e.Reason != "why" || !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestServerPanicLeavesOtherConnectionsAlone(t *testing.T) {
	s := &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, c *websockets.Conn) error {
		m, err := c.Recv(ctx)
		if err != nil {
			return err
		}
		if m.String() == "panic" {
			panic(m)
		}
		return c.Send(ctx, m)
	}}
	url, d := wstest.Server(t, s)
	good, bad := connect(t, url, d), connect(t, url, d)
	good.ClientHandshake("/")
	bad.ClientHandshake("/")
	bad.Send(`TEXT "panic"`)
	bad.Expect(`CLOSE 1011`)
	good.Send(`TEXT "hi"`)
	good.Expect(`TEXT "hi"`, `CLOSE 1000`)
}

func TestServerConnContextThatFailsIsAFailedHandler(t *testing.T) {
	for _, hook := range []func(context.Context, *websockets.Conn) context.Context{
		func(context.Context, *websockets.Conn) context.Context { panic("boom") },
		func(context.Context, *websockets.Conn) context.Context { return nil },
	} {
		url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: nothing, ConnContext: hook})
		p := connect(t, url, d)
		p.ClientHandshake("/")
		p.Expect(`CLOSE 1011`)
	}
}
