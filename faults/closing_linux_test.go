package faults

import (
	"io"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
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
	{
		id: "F22", fault: "the peer sends data behind its close frame",
		inject: "a close frame and a text in one write",
		expect: "the text is not received; the code is",
		run:    dataBehindTheClose,
	},
	{
		id: "F23", fault: "the peer goes on sending after our close frame, without one of its own",
		inject: "texts without end; nobody receives, and somebody does",
		expect: "Close returns within CloseTimeout; 1006",
		run:    dataWithoutEnd,
	},
	{
		id: "F24", fault: "both ends close at once",
		inject: "two ends of the library, 50 connections, 1 ms of delay",
		expect: "one close frame each way, a clean end on both sides, at once",
		run:    bothClose,
	},
	{
		id: "F25", fault: "closing while a message is sent in fragments",
		inject: "Close by another goroutine, after 0 to 29 fragments",
		expect: "the message is never ended by what is not its end: either it is whole, or has no last fragment; the close frame is the last",
		run:    closeInAMessage,
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

func dataBehindTheClose(l *lab) {
	c, p := l.open()
	w := watching(c)
	since := time.Now()
	p.Send(`TEXT "before"`, `CLOSE 4000 "bye"`, `TEXT "behind"`)
	p.Expect(`CLOSE 4000 "bye"`)
	_ = p.Close()
	l.ended(c, end{since: since, within: soon, code: 4000, sent: 4000, clean: true})
	l.received(w, "before")
}

func dataWithoutEnd(l *lab) {
	l.options.CloseTimeout = time.Second
	for _, receives := range []bool{false, true} {
		c, p := l.open()
		if receives {
			watching(c)
		}
		b, err := p.Encode(`TEXT 78*10000`)
		l.must(err)
		sending := call(func() error {
			for {
				if _, err := p.Write(b); err != nil {
					return err
				}
			}
		})
		since := time.Now()
		_ = returns(l, "Close", time.Second, call(c.Close))
		l.ended(c, end{since: since, within: time.Second, code: websockets.CloseAbnormal, sent: websockets.CloseNormal})
		_ = tcp(p.Conn()).Close()
		<-sending
	}
}

func bothClose(l *lab) {
	l.options.CloseTimeout = 20 * time.Second
	l.wire.set(rules{delay: time.Millisecond})
	var slowest time.Duration
	for range 50 {
		c, p := l.open()
		options := l.options
		q := websockets.NewConn(p.Conn(), l.peerRole(), websockets.Handshake{}, &options)
		start := time.Now()
		closed := call(func() error { return c.CloseWith(4001, "") })
		_ = returns(l, "Close", soon, call(func() error { return q.CloseWith(4002, "") }))
		_ = returns(l, "Close", soon, closed)
		slowest = max(slowest, time.Since(start))
		for _, c := range []*websockets.Conn{c, q} {
			if e := c.Err().(*websockets.CloseError); e.Err != nil || e.Code == websockets.CloseAbnormal || e.Sent == 0 {
				l.t.Errorf("%v ended with %v, sent %v, %v", c.Role(), e, e.Sent, e.Err)
			}
		}
	}
	l.see("%s at most", seconds(slowest))
	if slowest > soon+margin {
		l.t.Errorf("the slowest took %v", slowest)
	}
}

func closeInAMessage(l *lab) {
	l.options.CloseTimeout = time.Second
	l.options.DisableCompression = true
	whole := 0
	for i := range 30 {
		c, p := l.open()
		reached := make(chan struct{})
		sending := call(func() error {
			w, err := c.Writer(l.t.Context(), websockets.TextMessage)
			for n := 0; err == nil && n < 40; n++ {
				if n == i {
					close(reached)
				}
				_, err = w.Write([]byte("fragment"))
			}
			if err == nil {
				err = w.Close()
			}
			return err
		})
		<-reached
		closing := call(c.Close)
		ended, fin := false, false
		for !ended {
			line, err := p.Recv()
			l.must(err)
			if ended = line.Frame.Opcode == frame.OpClose; !ended {
				fin = line.Frame.FIN
			}
		}
		p.Send("CLOSE 1000")
		if l.role == websockets.RoleClient {
			_ = p.Close()
		}
		_ = returns(l, "Close", time.Second, closing)
		if err := <-sending; (err == nil) != fin {
			l.t.Errorf("the writer says %v, but whether the last fragment came: %v", err, fin)
		}
		if fin {
			whole++
		}
	}
	l.see("%d of 30 whole", whole)
}
