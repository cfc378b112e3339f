package faults

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// handlerScenarios: the program itself is at fault, or has had enough.
var handlerScenarios = []scenario{
	{
		id: "F30", fault: "a handler panics",
		inject: "while another connection is open",
		expect: "1011 to its peer, one record with the stack in the log, the other connection goes on",
		roles:  asServer,
		run:    handlerPanics,
	},
	{
		id: "F31", fault: "a handler returns",
		inject: "an error, or nil right behind 100 messages",
		expect: "1011, or all messages and 1000; within CloseTimeout",
		roles:  asServer,
		run:    handlerReturns,
	},
	{
		id: "F32", fault: "a handler never returns",
		inject: "it looks at nothing; Shutdown with a context of a second",
		expect: "Shutdown returns with the context and tells how many handlers are running; the sockets are closed",
		roles:  asServer,
		run:    handlerHangs,
	},
	{
		id: "F33", fault: "shutdown of a busy server",
		inject: "10,000 connections (over TLS 1,000) of another process by the loopback device, messages on all of them",
		expect: "1001 to each; what Send has accepted arrives; within CloseTimeout and 2 s; new connections are refused",
		roles:  asServer,
		alone:  true,
		run:    shutdownOfMany,
	},
}

// A recorder is a logger that keeps what it is told.
type recorder struct {
	mu      sync.Mutex
	records []string
}

func (r *recorder) logger() *slog.Logger { return slog.New(slog.NewTextHandler(r, nil)) }

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, string(p))
	return len(p), nil
}

// with returns the records that have a word.
func (r *recorder) with(word string) (found []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range r.records {
		if strings.Contains(record, word) {
			found = append(found, record)
		}
	}
	return found
}

func handlerPanics(l *lab) {
	var log recorder
	l.options.Logger = log.logger()
	other, otherPeer := l.open()
	w := watching(other)
	l.handler = func(_ context.Context, c *websockets.Conn) error {
		l.conns <- c
		panic("on purpose")
	}
	since := time.Now()
	c, p := l.open()
	p.Run("> CLOSE 1011\n< CLOSE 1011\n> EOF")
	l.ended(c, end{since: since, within: soon, code: websockets.CloseInternalError, sent: websockets.CloseInternalError, clean: true})
	if found := log.with("on purpose"); len(found) != 1 || !strings.Contains(found[0], "handlerPanics") {
		l.t.Errorf("the log has %q, want one record with the stack", found)
	}
	otherPeer.Run("< TEXT \"still here\"\n< PING \"?\"\n> PONG \"?\"\n< CLOSE 1000\n> CLOSE 1000\n> EOF")
	<-other.Done()
	l.received(w, "still here")
}

func handlerReturns(l *lab) {
	l.options.CloseTimeout = 8 * time.Second
	l.handler = func(_ context.Context, c *websockets.Conn) error {
		l.conns <- c
		return errors.New("on purpose")
	}
	since := time.Now()
	c, p := l.open()
	p.Run("> CLOSE 1011\n< CLOSE 1011\n> EOF")
	l.ended(c, end{since: since, within: l.options.CloseTimeout, code: websockets.CloseInternalError, clean: true})

	l.handler = func(ctx context.Context, c *websockets.Conn) error {
		l.conns <- c
		for i := range 100 {
			if err := c.Send(ctx, websockets.Text(fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	}
	since = time.Now()
	c, p = l.open()
	for i := range 100 {
		p.Expect(fmt.Sprintf("TEXT %q", fmt.Sprint(i)))
	}
	p.Run("> CLOSE 1000\n< CLOSE 1000\n> EOF")
	l.ended(c, end{since: since, within: l.options.CloseTimeout, code: websockets.CloseNormal, sent: websockets.CloseNormal, clean: true})
}

func handlerHangs(l *lab) {
	release := make(chan struct{})
	defer close(release)
	l.handler = func(_ context.Context, c *websockets.Conn) error {
		l.conns <- c
		<-release
		return nil
	}
	_, p := l.open()
	_, q := l.open()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	start := time.Now()
	err := returns(l, "Shutdown", time.Second, call(func() error { return l.server.Shutdown(ctx) }))
	l.see("%s: %v", seconds(time.Since(start)), err)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 handlers") {
		l.t.Errorf("Shutdown: %v", err)
	}
	for _, p := range []*wstest.Peer{p, q} {
		p.Timeout = soon + margin
		p.Expect("CLOSE 1001")
		if _, err := p.Recv(); errors.Is(err, os.ErrDeadlineExceeded) {
			l.t.Error("the connection is still there after Shutdown")
		}
	}
}

func shutdownOfMany(l *lab) {
	crowd := 10000
	if l.secure {
		crowd = 1000
	}
	l.options.CloseTimeout = websockets.DefaultCloseTimeout
	var accepted, open atomic.Int64
	l.handler = func(ctx context.Context, c *websockets.Conn) error {
		open.Add(1)
		for {
			if err := c.Send(ctx, websockets.Text("a message that must not be lost")); err != nil {
				return err
			}
			accepted.Add(1)
			select {
			case <-ctx.Done():
			case <-time.After(2 * time.Second):
			}
		}
	}
	p := l.start(fmt.Sprintf("crowd-%d", crowd))
	l.eventually("all connections are open", 40*time.Second, func() bool { return int(open.Load()) == crowd })
	addr := l.server.Addrs()[0].String()
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	err := l.server.Shutdown(ctx)
	took := time.Since(start)
	if _, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
		l.t.Errorf("a new connection: %v", err)
	}
	if within := l.options.CloseTimeout + 2*time.Second + margin; err != nil || took > within {
		l.t.Errorf("Shutdown: %v after %v, the bound is %v", err, took, within)
	}
	got := p.hears("crowd")
	want := fmt.Sprintf("%d received, %d going away, %d refused", accepted.Load(), crowd, 0)
	if got != want {
		l.t.Errorf("the peers say %s, want %s", got, want)
	}
	l.see("%s, %s", seconds(took), got)
}
