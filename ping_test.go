package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

func TestPingWaitsForItsPong(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		if err := c.Send(ctx, websockets.Text("before")); err != nil {
			t.Fatal(err)
		}
		ping, err := c.Ping(ctx, []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		p.Expect(`TEXT "before"`, `PING "x"`)
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if _, err := ping.Wait(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait before the pong: %v", err)
		}
		p.Send(`PONG "y"`, `PONG "x"`)
		latency, err := ping.Wait(ctx)
		if err != nil || latency != time.Second {
			t.Errorf("latency %v, %v", latency, err)
		}
		if c.Latency() != latency {
			t.Errorf("Latency %v, want %v", c.Latency(), latency)
		}
		<-ping.Done()
	})
}

// Waiting for a pong has it read at once, although nobody receives.
func TestPingMeasuresTheNetwork(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		for range 3 {
			ping, err := c.Ping(ctx, []byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				pass(time.Millisecond)
				p.Send(`PONG "x"`)
			}()
			if latency, err := ping.Wait(ctx); err != nil || latency != time.Millisecond || c.Latency() != latency {
				t.Errorf("latency %v, %v, on the connection %v", latency, err, c.Latency())
			}
			p.Send(`TEXT "a message"`)
			if m, err := c.Recv(ctx); err != nil || m.String() != "a message" {
				t.Error(m, err)
			}
		}
	})
}

func TestPongAnswersEarlierPingsToo(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		var pings []*websockets.Ping
		for i := range 4 {
			ping, err := c.Ping(ctx, []byte{byte(i)})
			if err != nil {
				t.Fatal(err)
			}
			pings = append(pings, ping)
		}
		p.Expect("PING 00", "PING 01", "PING 02", "PING 03")
		p.Send("PONG 02", "PONG 02", "PONG 00") // again, and late: ignored
		for _, ping := range pings[:3] {
			if _, err := ping.Wait(ctx); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		select {
		case <-pings[3].Done():
			t.Error("the last ping has no pong yet")
		default:
		}
		_ = c.CloseNow()
		if _, err := pings[3].Wait(ctx); err != c.Err() {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestPingPayloads(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		seen := map[string]bool{}
		for range 100 {
			if _, err := c.Ping(ctx, nil); err != nil {
				t.Fatal(err)
			}
			l, err := p.Recv()
			if err != nil || len(l.Frame.Payload) != 4 || seen[string(l.Frame.Payload)] {
				t.Fatalf("%v, %v: want four new random bytes", l, err)
			}
			seen[string(l.Frame.Payload)] = true
		}
		if _, err := c.Ping(ctx, []byte{}); err != nil {
			t.Fatal(err)
		}
		p.Expect("PING")
		if _, err := c.Ping(ctx, []byte{}); err != websockets.ErrPingInFlight {
			t.Errorf("the same payload again: %v", err)
		}
		p.Send("PONG")
		pass(200 * time.Millisecond)
		if _, err := c.Ping(ctx, []byte{}); err != nil {
			t.Errorf("the same payload, answered: %v", err)
		}
		if _, err := c.Ping(ctx, make([]byte, 126)); err == nil {
			t.Error("126 bytes were accepted")
		}
		if err := c.Pong(ctx, make([]byte, 126)); err == nil {
			t.Error("126 bytes were accepted")
		}
		p.Expect("PING")
		if err := c.Pong(ctx, []byte("heartbeat")); err != nil {
			t.Error(err)
		}
		p.Expect(`PONG "heartbeat"`)
	})
}

func TestKeepalive(t *testing.T) {
	opts := &websockets.Options{PingInterval: 10 * time.Second, PingTimeout: 5 * time.Second}
	bothRoles(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Timeout = time.Minute
		start := time.Now()
		for range 3 {
			l, err := p.Recv()
			if err != nil || l.Frame.Opcode.String() != "PING" {
				t.Fatal(l, err)
			}
			if took := time.Since(start); took != 10*time.Second {
				t.Errorf("a ping after %v", took)
			}
			pass(time.Second)
			p.Send(fmt.Sprintf("PONG %q", l.Frame.Payload))
			start = time.Now() // the next is due PingInterval after the pong
			synctest.Wait()
			if got := c.Latency(); got != time.Second {
				t.Errorf("latency %v", got)
			}
		}
	})
}

func TestKeepaliveFailsAMutePeer(t *testing.T) {
	opts := &websockets.Options{PingInterval: 10 * time.Second, PingTimeout: 5 * time.Second}
	bothRoles(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Timeout = time.Minute
		start := time.Now()
		_, err := c.Recv(context.Background())
		e := closeError(t, err)
		if e.Sent != websockets.CloseInternalError || !errors.Is(err, websockets.ErrPingTimeout) {
			t.Errorf("ended with %v", e)
		}
		if took := time.Since(start); took < 15*time.Second || took > 16*time.Second {
			t.Errorf("noticed after %v", took)
		}
		if l, err := p.Recv(); err != nil || l.Frame.Opcode != frame.OpPing {
			t.Error(l, err)
		}
		p.Expect(`CLOSE 1011 "no pong in time"`)
	})
}

// The peer is not to blame when the application lets messages wait.
func TestKeepaliveSparesThePeerOfASlowApplication(t *testing.T) {
	opts := &websockets.Options{PingInterval: 10 * time.Second, PingTimeout: 5 * time.Second, MaxQueue: 2}
	bothRoles(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`TEXT "1"`, `TEXT "2"`, `TEXT "3"`)
		p.Timeout = time.Minute
		l, err := p.Recv()
		if err != nil {
			t.Fatal(err)
		}
		p.Send(fmt.Sprintf("PONG %q", l.Frame.Payload))
		pass(5 * time.Minute)
		for _, want := range []string{"1", "2", "3"} {
			if m, err := c.Recv(context.Background()); err != nil || m.String() != want {
				t.Fatal(m, err)
			}
		}
		pass(time.Second) // the standby reads the pong
		if c.Latency() == 0 || c.State() != websockets.StateOpen {
			t.Errorf("latency %v, state %v", c.Latency(), c.State())
		}
	})
}

func TestKeepaliveOff(t *testing.T) {
	bothRoles(t, &websockets.Options{PingInterval: websockets.Off}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.ExpectSilence(time.Hour)
	})
}

func TestKeepaliveWithoutTimeout(t *testing.T) {
	opts := &websockets.Options{PingInterval: 10 * time.Second, PingTimeout: websockets.Off}
	bothRoles(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Timeout = time.Minute
		for range 5 { // the peer never answers
			l, err := p.Recv()
			if err != nil || l.Frame.Opcode.String() != "PING" {
				t.Fatal(l, err)
			}
		}
		if c.State() != websockets.StateOpen {
			t.Errorf("state %v", c.State())
		}
	})
}

// A peer that pings and does not read its pongs costs no more than WriteLimit,
// and the latest ping is the one that is answered then.
func TestUnreadPongsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := (&wstest.Network{Window: 1024}).Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, &websockets.Options{WriteLimit: 2048})
		defer c.CloseNow()
		p := wstest.NewPeer(t, b, websockets.RoleClient)
		const pings = 500
		for i := range pings {
			p.Send(fmt.Sprintf("PING %q", fmt.Sprintf("%0100d", i)))
		}
		pass(time.Second)
		got, last := 0, ""
		for last != fmt.Sprintf("%0100d", pings-1) {
			l, err := p.Recv()
			if err != nil {
				t.Fatalf("after %d pongs: %v", got, err)
			}
			got++
			last = string(l.Frame.Payload)
		}
		if got > 40 {
			t.Errorf("%d pongs were kept for a peer that did not read", got)
		}
	})
}

func TestEveryPingHasItsPongWhenThePeerReads(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		for i := range 10 {
			p.Send(fmt.Sprintf("PING %q", fmt.Sprint(i)))
		}
		for i := range 10 {
			p.Expect(fmt.Sprintf("PONG %q", fmt.Sprint(i)))
		}
	})
}
