package faults

import (
	"context"
	"errors"
	"time"

	"github.com/go-websockets/websockets"
)

// slowScenarios: somebody is slower than the other side would like.
var slowScenarios = []scenario{
	{
		id: "F13", fault: "the peer stops reading",
		inject: "a receive buffer of 4 KiB that nobody empties, under a Send in a loop",
		expect: "Send blocks at WriteLimit, its context bounds it and leaves the connection whole; the keepalive ends the connection in its bound; other connections do not notice",
		run:    peerStopsReading,
	},
}

func peerStopsReading(l *lab) {
	l.options.CloseTimeout = time.Second
	c, p := l.open()
	l.must(tcp(p.Conn()).SetReadBuffer(4 << 10))
	other, otherPeer := l.open()
	replies := call(func() error { return answer(otherPeer) })
	before := heap()
	sent := l.fill(l.t.Context(), c)
	if grown, most := heap()-before, int64(websockets.DefaultWriteLimit+64<<10+slack); grown > most {
		l.t.Errorf("%d bytes are held, the bound is %d", grown, most)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	err := returns(l, "Send", 300*time.Millisecond, call(func() error { return c.Send(ctx, websockets.Text("news")) }))
	if !errors.Is(err, context.DeadlineExceeded) || c.State() != websockets.StateOpen {
		l.t.Errorf("Send: %v, the connection is %v", err, c.State())
	}
	slowest := l.latency(other, 50)
	if slowest > soon+margin {
		l.t.Errorf("another connection waits %v", slowest)
	}
	_ = c.CloseNow()
	<-sent
	_ = other.CloseNow()
	<-replies

	l.options = lively()
	l.again()
	c, p = l.open()
	l.must(tcp(p.Conn()).SetReadBuffer(4 << 10))
	since := time.Now()
	sent = l.fill(l.t.Context(), c)
	l.ended(c, end{since: since, least: time.Second, within: pingBound, code: websockets.CloseAbnormal, err: websockets.ErrPingTimeout})
	if err := returns(l, "Send", soon, sent); !errors.Is(err, websockets.ErrPingTimeout) {
		l.t.Errorf("Send: %v", err)
	}
	l.see("another connection meanwhile: %s at most", seconds(slowest))
}

// latency returns the slowest of so many pings.
func (l *lab) latency(c *websockets.Conn, pings int) (slowest time.Duration) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for range pings {
		ping, err := c.Ping(ctx, nil)
		l.must(err)
		took, err := ping.Wait(ctx)
		l.must(err)
		slowest = max(slowest, took)
	}
	return slowest
}
