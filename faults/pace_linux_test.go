package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// paceScenarios: bytes come one by one, all at once, slowly, or in disorder.
var paceScenarios = []scenario{
	{
		id: "F09", fault: "an opening handshake byte by byte",
		inject: "one byte in a segment, 2 ms apart; then 50 ms apart with OpenTimeout 1 s",
		expect: "it succeeds; the slow one ends at OpenTimeout",
		run:    handshakeByteByByte,
	},
	{
		id: "F10", fault: "frames byte by byte",
		inject: "one byte in a segment: texts, fragments with a ping between, a close frame",
		expect: "as if they had come at once",
		run:    framesByteByByte,
	},
	{
		id: "F11", fault: "everything at once",
		inject: "the last bytes of the opening handshake, messages and the close frame in one write",
		expect: "as if they had come one by one",
		run:    everythingAtOnce,
	},
	{
		id: "F14", fault: "the program does not receive",
		inject: "the peer sends 2,000 messages, nobody calls Recv for three bounds of the keepalive",
		expect: "no more than MaxQueue is held, TCP slows the peer down, the keepalive does not end the connection; then all are received in order",
		run:    programDoesNotReceive,
	},
	{
		id: "F15", fault: "the peer sends very slowly",
		inject: "a message in 30 fragments, 0.2 s apart, with answers to pings between; then a single frame that takes longer than the bound of the keepalive",
		expect: "the first is received; the second is not: a pong cannot pass inside a frame, so the keepalive ends the connection",
		run:    peerSendsSlowly,
	},
	{
		id: "F44", fault: "a line of 64 kbit/s",
		inject: "8,000 bytes a second each way, with 16 KiB of room before it; an echo of 40 messages of 1 KiB",
		expect: "all arrive; the keepalive does not end the connection",
		run:    narrowLine,
	},
	{
		id: "F45", fault: "one packet of twenty is lost, in both directions",
		inject: "the same packets each time; an echo of 1,000 messages of 1 KiB",
		expect: "all arrive, in order",
		run:    lossyLine,
	},
	{
		id: "F51", fault: "packets come late, twice and in disorder",
		inject: "20 ms of delay, a tenth of the packets overtaken, a tenth repeated; an echo of 1,000 messages of 1 KiB",
		expect: "all arrive, in order",
		run:    disorderlyLine,
	},
}

// drip writes byte by byte until that fails.
func drip(conn net.Conn, b []byte, each time.Duration) error {
	for i := range b {
		if _, err := conn.Write(b[i : i+1]); err != nil {
			return err
		}
		if each > 0 {
			pause(each)
		}
	}
	return nil
}

// A slowConn drips what is written to it.
type slowConn struct {
	net.Conn
	each time.Duration
}

func (c slowConn) Write(b []byte) (int, error) {
	if err := drip(c.Conn, b, c.each); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (c slowConn) Below() net.Conn { return c.Conn }

func handshakeByteByByte(l *lab) {
	c, p := l.openOn(slowConn{l.transport(), 2 * time.Millisecond})
	w := watching(c)
	p.Run("< TEXT \"hi\"\n< CLOSE 1000\n> CLOSE 1000")
	_ = p.Close()
	<-c.Done()
	l.received(w, "hi")

	l.options.OpenTimeout = time.Second
	l.again()
	if l.role == websockets.RoleServer {
		conn := l.dial()
		since := time.Now()
		p := wstest.NewPeer(l.t, conn, l.peerRole())
		go func() { _ = drip(conn, []byte("GET / HTTP/1.1\r\nX: "+strings.Repeat("x", 1000)), 50*time.Millisecond) }()
		answer := returns(l, "the server's answer", 3*time.Second, call(func() []byte { return p.ReadAll() }))
		l.opening(since, time.Second, firstLine(answer))
		return
	}
	ln := l.listen()
	since := time.Now()
	result := l.dialing(ln.Addr().String())
	conn, err := ln.Accept()
	l.must(err)
	secured := l.secured(conn)
	go func() { _ = drip(secured, []byte("HTTP/1.1 101 "+strings.Repeat("x", 1000)), 50*time.Millisecond) }()
	r := returns(l, "Dial", time.Second, result)
	if !errors.Is(r.err, context.DeadlineExceeded) || !errors.Is(r.err, websockets.ErrHandshake) {
		l.t.Errorf("Dial: %v", r.err)
	}
	l.opening(since, time.Second, "ErrHandshake, DeadlineExceeded")
	_ = conn.Close()
}

// opening checks when an opening handshake has failed.
func (l *lab) opening(since time.Time, within time.Duration, how string) {
	l.t.Helper()
	took := time.Since(since)
	l.see("%s: %s", seconds(took), how)
	if took > within+margin {
		l.t.Errorf("failed after %v, the bound is %v", took, within)
	}
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(string(b), "\r\n")
	if line == "" {
		return "closed"
	}
	return line
}

// session is a conversation of the peer, and what is received of it.
var (
	session = []string{`TEXT "one"`, `TEXT "tw" more`, `PING "?"`, `CONT "o" fin`, `BINARY 33*200`, `CLOSE 4000 "bye"`}
	heard   = []string{"one", "two", strings.Repeat("3", 200)}
)

func framesByteByByte(l *lab) {
	c, p := l.open()
	w := watching(c)
	b, err := p.Encode(session...)
	l.must(err)
	since := time.Now()
	l.must(drip(p.Conn(), b, 0))
	p.Expect(`PONG "?"`, `CLOSE 4000 "bye"`)
	_ = p.Close()
	l.ended(c, end{since: since, within: time.Second, code: 4000, sent: 4000, clean: true})
	l.received(w, heard...)
}

func everythingAtOnce(l *lab) {
	conn := l.transport()
	p := wstest.NewPeer(l.t, conn, l.peerRole())
	b, err := p.Encode(session...)
	l.must(err)
	since := time.Now()
	if l.role == websockets.RoleServer {
		// RFC 6455 §4.1 asks a client to wait for the response; but nothing may be lost.
		_, err = p.Write(append(wstest.HTTP("GET / HTTP/1.1", "Host: far", "Upgrade: websocket", "Connection: Upgrade",
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"), b...))
		l.must(err)
		p.RecvResponse()
	} else {
		var response bytes.Buffer
		response.Write(wstest.HTTP("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
			"Sec-WebSocket-Accept: "+acceptKey(p.RecvRequest().Header.Get("Sec-WebSocket-Key"))))
		response.Write(b)
		_, err = p.Write(response.Bytes())
		l.must(err)
	}
	c := l.opened()
	w := watching(c)
	p.Expect(`PONG "?"`, `CLOSE 4000 "bye"`)
	_ = p.Close()
	l.ended(c, end{since: since, within: soon, code: 4000, sent: 4000, clean: true})
	l.received(w, heard...)
}

func programDoesNotReceive(l *lab) {
	l.options = lively()
	c, p := l.open()
	go func() { _ = answer(p) }()
	const messages = 2000
	before := heap()
	written := call(func() error {
		for i := range messages {
			b, err := p.Encode(fmt.Sprintf(`TEXT %q 78*1000`, fmt.Sprintf("%04d", i)))
			if err != nil {
				return err
			}
			if _, err := p.Write(b); err != nil {
				return err
			}
		}
		return nil
	})
	pause(3 * pingBound) // what has to be shown is that nothing happens
	if c.State() != websockets.StateOpen {
		l.t.Fatalf("the connection has ended: %v", c.Err())
	}
	if grown, most := heap()-before, int64(websockets.DefaultMaxQueue*1004+messages*100+slack); grown > most {
		l.t.Errorf("%d bytes are held, the bound is %d", grown, most)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for i := range messages {
		m, err := c.Recv(ctx)
		l.must(err)
		if got, want := m.String()[:4], fmt.Sprintf("%04d", i); got != want {
			l.t.Fatalf("received %s, want %s", got, want)
		}
	}
	l.must(<-written)
	l.see("open after %s; all received", seconds(3*pingBound))
}
