package faults

import (
	"io"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// closingScenarios: the peer does not play its part at the end.
var closingScenarios = []scenario{
	{
		id: "F16", fault: "TLS is cut off",
		inject:  "the end of TCP without close_notify, behind half a message",
		expect:  "1006 at once, never a clean end; of that message nothing is received",
		schemes: overTLS,
		run:     tlsIsCutOff,
	},
	{
		id: "F21", fault: "the peer never answers our close frame",
		inject: "it reads and answers pings; it reads nothing and our buffers are full; the cable is cut",
		expect: "Close returns within one CloseTimeout; 1006",
		run:    peerNeverCloses,
	},
}

func tlsIsCutOff(l *lab) {
	c, p := l.open()
	w := watching(c)
	p.Send(`TEXT "whole"`, `TEXT "half" length=8`)
	<-w.heard
	since := time.Now()
	l.must(tcp(p.Conn()).Close())
	l.ended(c, end{since: since, within: soon, code: websockets.CloseAbnormal, err: io.ErrUnexpectedEOF})
	l.received(w, "whole")
}

func peerNeverCloses(l *lab) {
	l.options.CloseTimeout = time.Second
	for name, prepare := range map[string]func(c *websockets.Conn, p *wstest.Peer){
		"answers pings only": func(_ *websockets.Conn, p *wstest.Peer) { go func() { _ = answer(p) }() },
		"reads nothing":      func(c *websockets.Conn, _ *wstest.Peer) { l.fill(l.t.Context(), c) },
		"cable is cut":       func(*websockets.Conn, *wstest.Peer) { l.wire.cut() },
	} {
		c, p := l.open()
		prepare(c, p)
		since := time.Now()
		err := returns(l, "Close ("+name+")", time.Second, call(func() error { return c.CloseWith(4001, "enough") }))
		if err != nil {
			l.t.Errorf("CloseWith: %v", err)
		}
		l.ended(c, end{since: since, least: 900 * time.Millisecond, within: time.Second, code: websockets.CloseAbnormal, sent: 4001})
		l.wire.set(rules{})
		abort(p.Conn())
	}
}
