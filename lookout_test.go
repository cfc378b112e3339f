package websockets_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// handshaken connects a peer to a server.
func handshaken(t *testing.T, url string, d *websockets.Dialer) *wstest.Peer {
	t.Helper()
	p := connect(t, url, d)
	p.ClientHandshake("/")
	return p
}

// expectPong sees to it that a ping is answered in time.
func expectPong(t *testing.T, p *wstest.Peer) {
	t.Helper()
	start := time.Now()
	p.Send(`PING 07`)
	p.Expect(`PONG 07`)
	if took := time.Since(start); took > 200*time.Millisecond {
		t.Errorf("the pong took %v", took)
	}
}

// All connections of a server are looked after, also those which were in use at
// different times.
func TestPingsOfAllConnectionsAreAnsweredWhileHandlersAreBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		hs := &http.Server{Handler: &websockets.Server{Handler: func(ctx context.Context, c *websockets.Conn) error {
			for {
				m, err := c.Recv(ctx)
				if err != nil {
					return err
				}
				if m.String() == "work" {
					<-leave
				}
				if err := c.Send(ctx, m); err != nil {
					return err
				}
			}
		}}}
		url, d := serveHTTP(t, hs)
		var peers []*wstest.Peer
		for i := range 50 {
			p := handshaken(t, url, d)
			peers = append(peers, p)
			for range i % 5 {
				p.Send(`TEXT "hello"`)
				p.Expect(`TEXT "hello"`)
				pass(7 * time.Millisecond)
			}
			p.Send(`TEXT "work"`)
			pass(time.Duration(i%3) * 11 * time.Millisecond)
		}
		for range 3 {
			for _, p := range peers {
				p.Send(`PING 07`)
			}
			start := time.Now()
			for _, p := range peers {
				p.Expect(`PONG 07`)
			}
			if took := time.Since(start); took > 200*time.Millisecond {
				t.Errorf("the pongs took %v", took)
			}
			pass(time.Second)
		}
		close(leave)
		for _, p := range peers {
			p.Expect(`TEXT "work"`)
			p.Send(`CLOSE 1000`)
			p.Expect(`CLOSE 1000`)
			_ = p.Close()
		}
	})
}

// A server in a variable of a package may serve in one test after the other: what
// it left undone in the time of one does not hold it up in the next.
func TestServerOutlivesABubble(t *testing.T) {
	leave := make(chan struct{}, 1)
	server := &websockets.Server{Handler: func(ctx context.Context, c *websockets.Conn) error {
		m, err := c.Recv(ctx)
		if err == nil && m.String() == "work" {
			for len(leave) == 0 {
				pass(time.Second)
			}
			<-leave
		}
		return err
	}}
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pass(time.Duration(3-i) * time.Hour) // time goes back too
				url, d := serveHTTP(t, &http.Server{Handler: server})
				busy := handshaken(t, url, d)
				busy.Send(`TEXT "work"`)
				for range 3 {
					expectPong(t, busy)
					pass(time.Second)
				}
				other := handshaken(t, url, d)
				leave <- struct{}{}
				busy.Expect(`CLOSE 1000`)
				busy.Send(`CLOSE 1000`)
				_ = busy.Close()
				other.Send(`TEXT "end"`) // now it is looked after, and the time ends
				other.Expect(`CLOSE 1000`)
				other.Send(`CLOSE 1000`)
				_ = other.Close()
			})
		})
	}
}
