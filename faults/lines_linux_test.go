package faults

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// acceptKey is the answer to a Sec-WebSocket-Key (RFC 6455 §4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func peerSendsSlowly(l *lab) {
	l.options = lively()
	c, p := l.open()
	w := watching(c)
	// The pongs have to stand between the fragments: one goroutine writes both.
	pings := make(chan frame.Line, 16)
	go func() {
		defer close(pings)
		for {
			line, err := p.Recv()
			if err != nil || line.Kind != frame.FrameLine {
				return
			}
			if line.Frame.Opcode == frame.OpPing {
				pings <- line
			}
		}
	}()
	for i := range 30 {
		switch i {
		case 0:
			p.Send(`TEXT "x" more`)
		case 29:
			p.Send(`CONT "x" fin`)
		default:
			p.Send(`CONT "x" more`)
		}
		select {
		case line := <-pings:
			line.Direction, line.Frame.Opcode = 0, frame.OpPong
			p.Send(string(frame.AppendLine(nil, line)))
		default:
		}
		pause(200 * time.Millisecond)
	}
	<-w.heard
	since := time.Now()
	p.Send(`BINARY 00 length=1000`)
	dripping := call(func() error { return drip(p.Conn(), make([]byte, 999), 100*time.Millisecond) })
	l.ended(c, end{since: since, within: pingBound, code: websockets.CloseAbnormal, sent: websockets.CloseInternalError, err: websockets.ErrPingTimeout})
	l.received(w, strings.Repeat("x", 30))
	_ = p.Close()
	<-dripping
}

// echo has the peer send back what it gets, frame by frame, with its pongs.
func echo(p *wstest.Peer) error {
	for {
		line, err := p.Recv()
		if err != nil || line.Kind == frame.EOFLine {
			return err
		}
		line.Direction = 0
		if line.Frame.Opcode == frame.OpPing {
			line.Frame.Opcode = frame.OpPong
		}
		b, err := p.Encode(string(frame.AppendLine(nil, line)))
		if err != nil {
			return err
		}
		if _, err := p.Write(b); err != nil {
			return err
		}
		if line.Frame.Opcode == frame.OpClose {
			return p.Close()
		}
	}
}

// echoes sends messages to a peer that sends them back, and receives them.
func (l *lab) echoes(messages, size int) {
	l.t.Helper()
	l.options.DisableCompression = true
	c, p := l.open()
	p.Timeout = caseTimeout
	replies := call(func() error { return echo(p) })
	w := watching(c)
	start := time.Now()
	var want []string
	for i := range messages {
		text := fmt.Sprintf("%04d", i) + strings.Repeat("x", size-4)
		want = append(want, text)
		l.must(c.Send(context.Background(), websockets.Text(text)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ping, err := c.Ping(ctx, nil)
	l.must(err)
	if _, err := ping.Wait(ctx); err != nil {
		l.t.Fatalf("not all came back: %v", err)
	}
	took := time.Since(start)
	if err := c.Close(); err != nil || c.Err().(*websockets.CloseError).Code != websockets.CloseNormal {
		l.t.Errorf("Close: %v, %v", err, c.Err())
	}
	if err := <-replies; err != nil && !errors.Is(err, context.Canceled) {
		l.t.Logf("the peer: %v", err)
	}
	l.received(w, want...)
	l.see("%s, %.0f KiB/s", seconds(took), float64(messages*size)/1024/took.Seconds())
}

// patient are options with a keepalive that tolerates a slow line.
func patient() websockets.Options {
	o := calm()
	o.PingInterval, o.PingTimeout, o.CloseTimeout = time.Second, 20*time.Second, 20*time.Second
	return o
}

func narrowLine(l *lab) {
	l.options = patient()
	l.wire.set(rules{rate: 8000, queueSize: 16 << 10})
	l.echoes(40, 1<<10)
}

func lossyLine(l *lab) {
	l.options = patient()
	l.wire.set(rules{loss: 0.05})
	l.echoes(1000, 1<<10)
	l.wire.mu.Lock()
	defer l.wire.mu.Unlock()
	l.see("%d packets lost", l.wire.fewer)
	if l.wire.fewer == 0 {
		l.t.Error("the wire has lost nothing")
	}
}

func disorderlyLine(l *lab) {
	l.options = patient()
	l.wire.set(rules{delay: 20 * time.Millisecond, late: 0.1, twice: 0.1})
	l.echoes(1000, 1<<10)
}
