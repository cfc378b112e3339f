package faults

import (
	"errors"
	"net"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// damageScenarios: what comes is not what was sent, or is meant to do harm.
var damageScenarios = []scenario{
	{
		id: "F17", fault: "TLS records are damaged",
		inject:  "a bit is flipped on the way; bytes that are no record",
		expect:  "1006 at once, the error names TLS; nothing of the record is received",
		schemes: overTLS,
		run:     recordsAreDamaged,
	},
	{
		id: "F18", fault: "frames are damaged",
		inject:  "each bit of three frames is flipped, one in each of 300 connections",
		expect:  "an error of the protocol, or another message: WebSocket has no checksum of its own. The connection ends at once",
		schemes: overTCP,
		run:     framesAreDamaged,
	},
	{
		id: "F19", fault: "a flood of pings from a peer that reads",
		inject: "1,500 at once, a message behind them; then without end",
		expect: "they are answered, or where WriteLimit is reached the latest is; the message is received; more than PeerLimits.Pings end the connection with 1008 within CloseTimeout",
		run:    floodOfPings,
	},
	{
		id: "F20", fault: "a flood of pings from a peer that does not read",
		inject: "without end, without PeerLimits.Pings",
		expect: "no more than WriteLimit is held; the keepalive ends the connection in its bound",
		alone:  true,
		run:    floodWithoutReading,
	},
}

const none = -1 // no bit

// A flipConn flips a bit of what is written, counted from its first byte on.
type flipConn struct {
	net.Conn
	bit int
}

func (c *flipConn) Below() net.Conn { return c.Conn }

func (c *flipConn) Write(b []byte) (int, error) {
	if at := c.bit / 8; c.bit >= 0 && at < len(b) {
		b = append([]byte(nil), b...)
		b[at] ^= 1 << (c.bit % 8)
	}
	if c.bit -= 8 * len(b); c.bit < 0 { // it was in here, or there is none
		c.bit = none
	}
	return c.Conn.Write(b)
}

func recordsAreDamaged(l *lab) {
	l.flips = true
	c, p := l.open()
	w := watching(c)
	p.Send(`TEXT "first"`)
	<-w.heard
	since := time.Now()
	l.flipped.bit = 8 * 12 // behind the header of the record
	p.Send(`TEXT "second"`)
	l.ended(c, end{since: since, within: soon, code: websockets.CloseAbnormal})
	l.received(w, "first")
	l.namesTLS(c)

	l.flips = false
	c, p = l.open()
	w = watching(c)
	since = time.Now()
	_, err := tcp(p.Conn()).Write([]byte(strings.Repeat("no record", 10)))
	l.must(err)
	l.ended(c, end{since: since, within: soon, code: websockets.CloseAbnormal})
	l.received(w)
	l.namesTLS(c)
}

func (l *lab) namesTLS(c *websockets.Conn) {
	l.t.Helper()
	if !strings.Contains(c.Err().Error(), "tls: ") {
		l.t.Errorf("the error is %v", c.Err())
	}
}

func framesAreDamaged(l *lab) {
	l.options.CloseTimeout = time.Second
	outcomes := map[websockets.CloseCode]int{}
	for bit := 0; ; bit++ {
		c, p := l.open()
		w := watching(c)
		b, err := p.Encode(`TEXT "hello"`, `PING "?"`, `TEXT "world"`)
		l.must(err)
		if bit == 8*len(b) {
			break
		}
		since := time.Now()
		_, err = (&flipConn{p.Conn(), bit}).Write(b)
		l.must(err)
		l.must(tcp(p.Conn()).CloseWrite())
		<-c.Done()
		if took := time.Since(since); took > soon+margin {
			l.t.Errorf("bit %d: ended after %v", bit, took)
		}
		<-w.done
		e := c.Err().(*websockets.CloseError)
		outcomes[e.Sent]++
		if len(w.messages) > 3 { // a ping may have become a message, too
			l.t.Errorf("bit %d: received %q", bit, w.messages)
		}
		abort(p.Conn())
	}
	l.see("sent: %v", outcomes)
}

func floodOfPings(l *lab) {
	l.options.CloseTimeout = time.Second
	c, p := l.open()
	w := watching(c)
	ping, err := p.Encode(`PING 00*125`)
	l.must(err)
	rest, err := p.Encode(`TEXT "behind"`, `PING "last"`)
	l.must(err)
	since := time.Now()
	writing := call(func() error {
		_, err := p.Write(append(repeated(ping, 1500), rest...))
		return err
	})
	pongs := 0
	for last := false; !last; pongs++ {
		line, err := p.Recv()
		l.must(err)
		last = string(line.Frame.Payload) == "last"
	}
	l.must(<-writing)
	<-w.heard
	l.see("%d pongs in %s", pongs, seconds(time.Since(since)))
	since = time.Now()
	flooding := l.flood(p, ping)
	go func() { _ = discard(p) }()
	l.ended(c, end{since: since, within: time.Second, code: websockets.CloseAbnormal, sent: websockets.ClosePolicyViolation})
	if e, ok := errors.AsType[*websockets.LimitError](c.Err()); !ok || e.Limit != websockets.LimitPings {
		l.t.Errorf("ended with %v", c.Err())
	}
	_ = tcp(p.Conn()).Close()
	<-flooding
	l.received(w, "behind")
}

func repeated(b []byte, n int) (all []byte) {
	for range n {
		all = append(all, b...)
	}
	return all
}

// flood writes the same without end.
func (l *lab) flood(p *wstest.Peer, b []byte) <-chan error {
	b = repeated(b, 100)
	return call(func() error {
		for {
			if _, err := p.Write(b); err != nil {
				return err
			}
		}
	})
}

func discard(p *wstest.Peer) error {
	for {
		if line, err := p.Recv(); err != nil || line.Kind == frame.EOFLine {
			return err
		}
	}
}

func floodWithoutReading(l *lab) {
	l.options = lively()
	l.options.PeerLimits.Pings = websockets.Rate{PerSecond: websockets.NoLimit}
	c, p := l.open()
	w := watching(c)
	ping, err := p.Encode(`PING 00*125`)
	l.must(err)
	before := heap()
	since := time.Now()
	flooding := l.flood(p, ping)
	most := int64(0)
	for c.Err() == nil && time.Since(since) < 10*time.Second {
		most = max(most, heap()-before)
		pause(100 * time.Millisecond)
	}
	l.see("%d KiB at most", most>>10)
	// The heap has what was thrown away since it was swept, too, and the flood is of
	// tens of megabytes.
	if bound := int64(websockets.DefaultWriteLimit + 4*slack); most > bound {
		l.t.Errorf("%d bytes are held, the bound is %d", most, bound)
	}
	l.ended(c, end{since: since, within: pingBound, code: websockets.CloseAbnormal, sent: websockets.CloseInternalError, err: websockets.ErrPingTimeout})
	_ = tcp(p.Conn()).Close()
	<-flooding
	l.received(w)
}
