package faults

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/go-websockets/websockets"
)

// lossScenarios: the peer, or the way to it, is gone.
var lossScenarios = []scenario{
	{
		id: "F01", fault: "the peer is killed while the connection is idle",
		inject: "kill -9 of a process that has sent three messages",
		expect: "all three are received, then 1006 at once",
		run:    peerIsKilled,
	},
	{
		id: "F02", fault: "the peer is killed in the middle of a message",
		inject: "kill -9 of a process that has sent half of it",
		expect: "nothing of that message is received; 1006 at once",
		run:    peerIsKilledInAMessage,
	},
	{
		id: "F03", fault: "the connection is reset",
		inject: "by the peer (SO_LINGER 0) while it is idle, in the middle of a message and while we send; by a firewall on the way",
		expect: "1006 at once; a Send that waits returns it",
		run:    connectionIsReset,
	},
	{
		id: "F04", fault: "the cable is cut while the connection is idle",
		inject: "no packet passes any more",
		expect: "1006 within the bound of the keepalive, ErrPingTimeout, 1011 sent",
		run:    cableIsCut,
	},
	{
		id: "F05", fault: "the cable is cut while we send",
		inject: "as before, under a Send in a loop",
		expect: "Send blocks at WriteLimit and returns within the bound of the keepalive; no more than WriteLimit and a message is held",
		run:    cableIsCutWhileSending,
	},
	{
		id: "F06", fault: "one direction is lost",
		inject: "packets pass one way only",
		expect: "within the bound of the keepalive, whichever way it is",
		run:    oneDirectionIsLost,
	},
	{
		id: "F07", fault: "the peer ends its half of TCP without a close frame",
		inject: "shutdown(SHUT_WR)",
		expect: "1006 at once, no clean end",
		run:    peerEndsItsHalf,
	},
	{
		id: "F08", fault: "the peer ends TCP right behind its close frame",
		inject: "a close frame with 4000, then close(2)",
		expect: "its code is reported, at once",
		run:    peerClosesAndGoes,
	},
}

func peerIsKilled(l *lab) {
	c, p := l.openWith("idle")
	p.hears("ready")
	since := time.Now()
	p.kill()
	w := watching(c)
	l.ended(c, end{since: since, within: soon, code: websockets.CloseAbnormal})
	l.received(w, "1", "2", "3")
}

func peerIsKilledInAMessage(l *lab) {
	c, p := l.openWith("half")
	w := watching(c)
	p.hears("ready")
	since := time.Now()
	p.kill()
	l.ended(c, end{since: since, within: soon, code: websockets.CloseAbnormal})
	l.received(w, "whole")
}

// isReset is what the system says of a connection that was reset.
var isReset error = syscall.ECONNRESET

func connectionIsReset(l *lab) {
	c, p := l.open()
	w := watching(c)
	since := time.Now()
	abort(p.Conn())
	l.ended(c, end{since: since, within: soon, code: websockets.CloseAbnormal, err: isReset})
	l.received(w)

	c, p = l.open()
	w = watching(c)
	p.Send(`TEXT "whole"`, `BINARY 00*1000 length=2000`)
	<-w.heard
	since = time.Now()
	abort(p.Conn())
	l.ended(c, end{since: since, within: soon, code: websockets.CloseAbnormal})
	l.received(w, "whole")

	c, p = l.open()
	sent := l.fill(l.t.Context(), c)
	since = time.Now()
	abort(p.Conn())
	l.ended(c, end{since: since, within: soon, code: websockets.CloseAbnormal})
	if err := returns(l, "Send", soon, sent); err != c.Err() {
		l.t.Errorf("Send: %v, want %v", err, c.Err())
	}

	c, _ = l.open()
	w = watching(c)
	since = time.Now()
	l.wire.reset()
	l.ended(c, end{since: since, within: soon, code: websockets.CloseAbnormal, err: isReset})
	l.received(w)
}

// abort ends a connection with a reset.
func abort(conn net.Conn) {
	c := tcp(conn)
	_ = c.SetLinger(0)
	_ = c.Close()
}

// fill sends until a Send blocks, and returns what that one will return. A Send
// whose context cannot end may block in the transport, others wait for room. It
// gives up after 32 MiB: that is more than any system takes.
func (l *lab) fill(ctx context.Context, c *websockets.Conn) <-chan error {
	l.t.Helper()
	result := make(chan error, 1)
	progress := make(chan struct{}, 1)
	message := websockets.Binary(make([]byte, 32<<10))
	message.DisableCompression = true
	go func() {
		for range 1000 {
			if err := c.Send(ctx, message); err != nil {
				result <- err
				return
			}
			select {
			case progress <- struct{}{}:
			default:
			}
		}
		result <- errors.New("the tests: no Send has blocked")
	}()
	for {
		select {
		case <-progress:
		case <-time.After(300 * time.Millisecond): // it blocks
			return result
		}
	}
}

func cableIsCut(l *lab) {
	l.options = lively()
	c, _ := l.open()
	w := watching(c)
	since := time.Now()
	l.wire.cut()
	l.ended(c, end{
		since: since, least: time.Second, within: pingBound,
		code: websockets.CloseAbnormal, sent: websockets.CloseInternalError, err: websockets.ErrPingTimeout,
	})
	l.received(w)
}

func cableIsCutWhileSending(l *lab) {
	l.options = lively()
	c, p := l.open()
	go func() { _, _ = io.Copy(io.Discard, p.Conn()) }()
	before := heap()
	since := time.Now()
	l.wire.cut()
	sent := l.fill(context.Background(), c)
	if grown, most := heap()-before, int64(websockets.DefaultWriteLimit+64<<10+slack); grown > most {
		l.t.Errorf("%d bytes are held, the bound is %d", grown, most)
	}
	l.ended(c, end{since: since, least: time.Second, within: pingBound, code: websockets.CloseAbnormal, err: websockets.ErrPingTimeout})
	if err := returns(l, "Send", soon, sent); !errors.Is(err, websockets.ErrPingTimeout) {
		l.t.Errorf("Send: %v", err)
	}
}

func oneDirectionIsLost(l *lab) {
	l.options = lively()
	for _, r := range [][2]rules{{{cut: true}, {}}, {{}, {cut: true}}} {
		l.wire.set(rules{})
		c, p := l.open()
		pongs := call(func() error { return answer(p) })
		w := watching(c)
		since := time.Now()
		l.wire.setEach(r[0], r[1])
		l.ended(c, end{since: since, least: time.Second, within: pingBound, code: websockets.CloseAbnormal, err: websockets.ErrPingTimeout})
		l.received(w)
		l.wire.set(rules{})
		abort(p.Conn())
		<-pongs
	}
}

func peerEndsItsHalf(l *lab) {
	c, p := l.open()
	w := watching(c)
	p.Send(`TEXT "last"`)
	since := time.Now()
	if secured, ok := p.Conn().(*tls.Conn); ok {
		l.must(secured.CloseWrite())
	}
	l.must(tcp(p.Conn()).CloseWrite())
	l.ended(c, end{since: since, within: soon, code: websockets.CloseAbnormal, err: io.ErrUnexpectedEOF})
	l.received(w, "last")
}

func peerClosesAndGoes(l *lab) {
	c, p := l.open()
	w := watching(c)
	since := time.Now()
	p.Send(`TEXT "last"`, `CLOSE 4000 "bye"`)
	_ = p.Close()
	l.ended(c, end{since: since, within: soon, code: 4000, sent: 4000, clean: true})
	l.received(w, "last")
}
