package faults

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// systemScenarios: the system has too little of something, or somebody stands still.
var systemScenarios = []scenario{
	{
		id: "F26", fault: "no descriptors are left to accept with",
		inject: "RLIMIT_NOFILE for 20 connections, 60 of another process",
		expect: "those that are open are not disturbed; the log has one record a second; the others are served when there is room",
		roles:  asServer, schemes: overTCP,
		run: noDescriptorsToAccept,
	},
	{
		id: "F27", fault: "no descriptors or no ports are left to dial with",
		inject: "RLIMIT_NOFILE; net.ipv4.ip_local_port_range with four ports",
		expect: "ErrHandshake with EMFILE or EADDRNOTAVAIL; nothing is left; it works again when there is room",
		roles:  asClient, schemes: overTCP,
		run: nothingToDialWith,
	},
	{
		id: "F29", fault: "the peer stands still for longer than its keepalive, then goes on",
		inject: "SIGSTOP and SIGCONT; the peer is the library too",
		expect: "we are done within the bound of the keepalive; so is the peer once it goes on, with one end",
		run:    peerStandsStill,
	},
	{
		id: "F35", fault: "the port is in use",
		inject: "two servers on one address",
		expect: "Start returns EADDRINUSE, and nothing is started",
		roles:  asServer, schemes: overTCP,
		run: portInUse,
	},
	{
		id: "F37", fault: "the garbage collector has hardly any room",
		inject: "GOGC=5, GOMEMLIMIT=8MiB; echoes on 20 connections",
		expect: "all arrive, in order",
		env:    []string{"GOGC=5", "GOMEMLIMIT=8MiB"},
		run:    hardlyAnyMemory,
	},
	{
		id: "F38", fault: "one processor for 1,000 busy connections",
		inject: "GOMAXPROCS=1; another process sends on all of them as fast as it gets echoes",
		expect: "each of them gets its echoes: none waits for longer than 0.1 s",
		roles:  asServer, schemes: overTCP,
		env:   []string{"GOMAXPROCS=1"},
		alone: true,
		run:   oneProcessor,
	},
	{
		id: "F43", fault: "large packets are lost",
		inject: "none of more than 600 bytes passes from us to the peer, once the connection is open",
		expect: "small messages arrive; a large one blocks what is behind it, and the keepalive ends the connection in its bound",
		run:    largePacketsAreLost,
	},
	{
		id: "F46", fault: "a router on the way has forgotten the connection",
		inject: "packets of the connections that there are do not pass, those of new ones do",
		expect: "1006 within the bound of the keepalive; dialing again works. There are no sessions to go on with yet",
		run:    routerForgets,
	},
	{
		id: "F48", fault: "the peer at a Unix socket is gone",
		inject: "its end of the connection is closed; the file of the socket is removed",
		expect: "1006 at once; Dial fails with ErrHandshake and ENOENT",
		roles:  asClient, schemes: overTCP,
		run: unixPeerIsGone,
	},
	{
		id: "F49", fault: "the log blocks",
		inject: "a Logger whose handler does not return while connections fail",
		expect: "connections that have nothing to log go on",
		roles:  asServer,
		run:    logBlocks,
	},
	{
		id: "F50", fault: "many connect and go away",
		inject: "10,000 connections that are closed at once, a third of them with a reset, a third in the middle of the request",
		expect: "no memory is kept, at most ten records a second in the log; an honest client is served at once behind them",
		roles:  asServer, schemes: overTCP,
		alone: true,
		run:   manyGoAway,
	},
}

// limitDescriptors lets this process open files up to this number, until undo.
func (l *lab) limitDescriptors(most int) (undo func()) {
	l.t.Helper()
	var old syscall.Rlimit
	l.must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old))
	l.must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(most), Max: old.Max}))
	return func() { l.must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old)) }
}

func noDescriptorsToAccept(l *lab) {
	var log recorder
	l.options.Logger = log.logger()
	l.options.OpenTimeout = 20 * time.Second
	first, p := l.open()
	replies := call(func() error { return answer(p) })
	var opened atomic.Int64
	l.handler = func(_ context.Context, c *websockets.Conn) error {
		opened.Add(1)
		<-c.Done()
		return c.Err()
	}
	crowd := l.start("crowd-60")
	open, _ := descriptors()
	undo := l.limitDescriptors(open + 20)
	l.eventually("accepting fails", 5*time.Second, func() bool { return len(log.with("cannot accept")) > 0 })
	start := time.Now()
	slowest := l.latency(first, 50)
	if slowest > soon+margin {
		l.t.Errorf("a connection that is open waits %v", slowest)
	}
	l.eventually("a second has passed", 2*time.Second, func() bool { return time.Since(start) > 2*time.Second })
	records := len(log.with("cannot accept"))
	undo()
	l.eventually("the others are served", 2*time.Second, func() bool { return opened.Load() == 60 })
	if most := int(time.Since(start).Seconds()) + 2; records > most {
		l.t.Errorf("%d records in the log", records)
	}
	l.see("%d records in 2 s; a ping meanwhile: %s at most", records, seconds(slowest))
	crowd.kill()
	_ = first.CloseNow()
	<-replies
}

func nothingToDialWith(l *lab) {
	ln := l.listen()
	dial := func() dialed { return returns(l, "Dial", soon, l.dialing(ln.Addr().String())) }
	undo := l.limitDescriptors(3)
	r := dial()
	undo()
	l.check(r.err, syscall.EMFILE)
	l.must(os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 40003"), 0))
	var conns []*websockets.Conn
	accept := func() {
		conn, err := ln.Accept()
		l.must(err)
		wstest.NewPeer(l.t, conn, l.peerRole()).ServerHandshake()
	}
	for range 4 {
		result := l.dialing(ln.Addr().String())
		accept()
		r := returns(l, "Dial", soon, result)
		l.must(r.err)
		conns = append(conns, r.conn)
	}
	l.check(dial().err, syscall.EADDRNOTAVAIL)
	l.must(os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("40000 50000"), 0))
	result := l.dialing(ln.Addr().String())
	accept()
	r = returns(l, "Dial", soon, result)
	l.must(r.err)
	for _, c := range append(conns, r.conn) {
		_ = c.CloseNow()
	}
}

// check checks that dialing failed because of an error of the system.
func (l *lab) check(err error, want syscall.Errno) {
	l.t.Helper()
	l.see("%s", want)
	if !errors.Is(err, websockets.ErrHandshake) || !errors.Is(err, want) {
		l.t.Errorf("Dial: %v, want %v", err, want)
	}
}

func peerStandsStill(l *lab) {
	l.options = lively()
	c, p := l.openWith("idle")
	p.hears("ready")
	w := watching(c)
	since := time.Now()
	p.signal(syscall.SIGSTOP)
	l.ended(c, end{since: since, least: time.Second, within: pingBound, code: websockets.CloseAbnormal, sent: websockets.CloseInternalError, err: websockets.ErrPingTimeout})
	l.received(w, "1", "2", "3")
	p.signal(syscall.SIGCONT)
	l.see("the peer: %s", p.hears("ended"))
}

func portInUse(l *lab) {
	l.serve()
	other := &websockets.Server{Options: l.options, Handler: l.handle}
	err := other.Start("tcp", l.server.Addrs()[0].String())
	l.see("%v", errors.Unwrap(errors.Unwrap(err)))
	if !errors.Is(err, syscall.EADDRINUSE) || other.Addrs() != nil {
		l.t.Errorf("Start: %v", err)
	}
}

func hardlyAnyMemory(l *lab) {
	for range 20 {
		l.echoes(50, 1<<10)
	}
	l.seen = l.seen[len(l.seen)-1:]
}

func oneProcessor(l *lab) {
	const crowd = 1000
	var mu sync.Mutex
	last := map[*websockets.Conn]time.Time{}
	var slowest time.Duration
	var messages, open atomic.Int64
	l.handler = func(ctx context.Context, c *websockets.Conn) error {
		open.Add(1)
		for m, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			now := time.Now()
			mu.Lock()
			if before, ok := last[c]; ok && open.Load() == crowd {
				slowest = max(slowest, now.Sub(before))
			}
			last[c] = now
			mu.Unlock()
			messages.Add(1)
			if err := c.Send(ctx, m); err != nil {
				return err
			}
		}
		return nil
	}
	p := l.start(fmt.Sprintf("crowd-%d-busy", crowd))
	l.eventually("all connections are open", 20*time.Second, func() bool { return open.Load() == crowd })
	pause(2 * time.Second)
	mu.Lock()
	waited, counted := slowest, messages.Load()
	mu.Unlock()
	p.kill()
	l.see("%d messages, the longest wait %s", counted, seconds(waited))
	if waited > soon+margin {
		l.t.Errorf("a connection waited %v for its turn", waited)
	}
}

func largePacketsAreLost(l *lab) {
	l.options = lively()
	l.options.DisableCompression = true
	c, p := l.open()
	l.wire.setEach(rules{largest: 600}, rules{})
	l.must(c.Send(l.t.Context(), websockets.Text("small")))
	p.Expect(`TEXT "small"`)
	w := watching(c)
	since := time.Now()
	l.must(c.Send(l.t.Context(), websockets.Binary(make([]byte, 20000))))
	l.ended(c, end{since: since, within: pingBound, code: websockets.CloseAbnormal, sent: websockets.CloseInternalError, err: websockets.ErrPingTimeout})
	l.received(w)
}

func routerForgets(l *lab) {
	l.options = lively()
	c, _ := l.open()
	w := watching(c)
	since := time.Now()
	l.wire.forget()
	l.ended(c, end{since: since, least: time.Second, within: pingBound, code: websockets.CloseAbnormal, err: websockets.ErrPingTimeout})
	l.received(w)
	again, p := l.open()
	watching(again)
	p.Run("< CLOSE 1000\n> CLOSE 1000")
	_ = p.Close()
	<-again.Done()
}

func unixPeerIsGone(l *lab) {
	path := filepath.Join(l.t.TempDir(), "socket")
	ln, err := net.Listen("unix", path)
	l.must(err)
	dial := func() <-chan dialed {
		return call(func() dialed {
			c, err := l.dialer().Dial(context.Background(), "ws+unix://"+path)
			return dialed{conn: c, err: err}
		})
	}
	result := dial()
	conn, err := ln.Accept()
	l.must(err)
	p := wstest.NewPeer(l.t, conn, l.peerRole())
	p.ServerHandshake()
	r := <-result
	l.must(r.err)
	w := watching(r.conn)
	since := time.Now()
	_ = p.Close()
	l.ended(r.conn, end{since: since, within: soon, code: websockets.CloseAbnormal})
	l.received(w)
	_ = ln.Close() // removes the file
	l.check(returns(l, "Dial", soon, dial()).err, syscall.ENOENT)
}

// A stuckHandler blocks all who log, until it is released.
type stuckHandler struct {
	slog.Handler
	entered chan struct{}
	release chan struct{}
}

func (h *stuckHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

func (h *stuckHandler) Handle(context.Context, slog.Record) error {
	h.entered <- struct{}{}
	<-h.release
	return nil
}

func logBlocks(l *lab) {
	log := &stuckHandler{entered: make(chan struct{}, 16), release: make(chan struct{})}
	l.options = lively()
	l.options.Logger = slog.New(log)
	other, otherPeer := l.open()
	w := watching(other)
	bad, p := l.open()
	watching(bad)
	since := time.Now()
	p.Send("OP3") // a reserved opcode: the connection fails, and that is logged
	p.Expect("CLOSE 1002 ...")
	_ = p.Close()
	<-log.entered
	l.ended(bad, end{since: since, within: time.Second, code: websockets.CloseAbnormal, sent: websockets.CloseProtocolError})
	otherPeer.Run("< TEXT \"still here\"\n< PING \"?\"\n> PONG \"?\"")
	third, thirdPeer := l.open()
	watching(third)
	thirdPeer.Run("< CLOSE 1000\n> CLOSE 1000")
	_ = thirdPeer.Close()
	l.ended(third, end{since: since, within: 2 * time.Second, code: websockets.CloseNormal, sent: websockets.CloseNormal, clean: true})
	close(log.release)
	otherPeer.Run("< CLOSE 1000\n> CLOSE 1000")
	_ = otherPeer.Close()
	<-other.Done()
	l.received(w, "still here")
}

func manyGoAway(l *lab) {
	var log recorder
	l.options.Logger = log.logger()
	l.serve()
	addr := l.server.Addrs()[0].String()
	before := heap()
	start := time.Now()
	for i := range 10000 {
		conn, err := net.Dial("tcp", addr)
		l.must(err)
		if i%3 == 1 {
			_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n"))
		}
		if i%3 == 2 {
			_ = conn.(*net.TCPConn).SetLinger(0)
		}
		_ = conn.Close()
	}
	took := time.Since(start)
	served := time.Now()
	c, p := l.open()
	waited := time.Since(served)
	l.eventually("nothing is pending", time.Second, func() bool { return l.server.Stats().Pending == 0 })
	grown := heap() - before
	log.mu.Lock()
	records := len(log.records)
	log.mu.Unlock()
	l.see("%.0f a second; %d KiB kept, %d records; then served in %s", 10000/took.Seconds(), grown>>10, records, seconds(waited))
	if most := 10*int(took.Seconds()+2) + 10; records > most {
		l.t.Errorf("%d records in the log, want at most %d", records, most)
	}
	if grown > slack || waited > soon+margin {
		l.t.Errorf("%d bytes are kept, an honest client waited %v", grown, waited)
	}
	_ = c.CloseNow()
	_ = p.Close()
}
