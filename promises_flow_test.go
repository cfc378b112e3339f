package websockets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// A deaf transport delivers what the peer sends and takes nothing.
type deaf struct{ net.Conn }

func (deaf) Write([]byte) (int, error) { return 0, syscall.EPIPE }

// When nothing can be written any more, what the peer has sent is still received,
// and how it closed is known.
func TestWhatThePeerSentIsReceivedAfterWritesFail(t *testing.T) {
	for _, role := range []websockets.Role{websockets.RoleServer, websockets.RoleClient} {
		synctest.Test(t, func(t *testing.T) {
			a, b := wstest.Pipe()
			c := websockets.NewConn(deaf{a}, role, websockets.Handshake{}, nil)
			defer c.CloseNow()
			p := wstest.NewPeer(t, b, 3-role)
			ctx := context.Background()
			_ = c.Send(ctx, websockets.Text("to nobody"))
			synctest.Wait()
			if c.State() != websockets.StateClosing {
				t.Errorf("state %v", c.State())
			}
			p.Send(`PING "?"`, `TEXT "last"`, `CLOSE 1001 "bye"`)
			_ = p.Close()
			if m, err := c.Recv(ctx); err != nil || m.String() != "last" {
				t.Errorf("got %q, %v", m, err)
			}
			_, err := c.Recv(ctx)
			if e := closeError(t, err); e.Code != 1001 || e.Reason != "bye" || e.Sent != 0 || !errors.Is(e, syscall.EPIPE) {
				t.Errorf("ended with %v", e)
			}
		})
	}
}

// Who waits for a message in fragments goes on when that is given up.
func TestWaitingSendGoesOnWhenTheMessageBeforeIsGivenUp(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		w, err := c.Writer(ctx, websockets.TextMessage)
		if err != nil {
			t.Fatal(err)
		}
		sent := make(chan error, 1)
		go func() { sent <- c.Send(ctx, websockets.Text("next")) }()
		synctest.Wait()
		if len(sent) > 0 {
			t.Fatal("Send did not wait")
		}
		if _, err := io.WriteString(w, "\xff"); err == nil {
			t.Fatal("no error")
		}
		p.Expect(`TEXT "next"`)
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}

// A sender writes what others add meanwhile, but not for ever.
func TestASenderDoesNotWriteForOthersForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := (&wstest.Network{Window: 1}).Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, &websockets.Options{PingInterval: websockets.Off})
		defer b.Close()
		defer c.CloseNow()
		ctx := context.Background()
		first := make(chan error, 1)
		go func() { first <- c.Send(ctx, websockets.Text("0")) }()
		synctest.Wait() // it is in the middle of its frame
		const frameSize = 3
		for i := 1; len(first) == 0; i++ {
			if i > 9 {
				t.Fatalf("the first Send is still busy with message %d", i)
			}
			if err := c.Send(ctx, websockets.Text(strconv.Itoa(i))); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(b, make([]byte, frameSize)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
		pass(time.Second)
		go func() { _, _ = io.Copy(io.Discard, b) }()
		if err := c.Send(ctx, websockets.Text("and later ones go out")); err != nil {
			t.Error(err)
		}
	})
}

// Without CloseTimeout a closing handshake may take as long as the peer does.
func TestCloseWaitsForEverWithoutCloseTimeout(t *testing.T) {
	bothRoles(t, &websockets.Options{CloseTimeout: websockets.Off, PingInterval: websockets.Off}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		closed := make(chan error, 1)
		go func() { closed <- c.CloseWith(websockets.CloseGoingAway, "") }()
		p.Expect("CLOSE 1001")
		pass(24 * time.Hour)
		if len(closed) > 0 || c.State() != websockets.StateClosing {
			t.Errorf("state %v after a day", c.State())
		}
		p.Send("CLOSE 1001")
		_ = p.Close()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if e := closeError(t, c.Err()); e.Code != websockets.CloseGoingAway || e.Err != nil {
			t.Errorf("ended with %v", e)
		}
	})
}

// While the application receives now and then, nobody reads in its place.
func TestStandbyReadsOnlyWhenNobodyElseHasForAWhile(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		for i := range 20 {
			p.Send(`TEXT "now and then"`)
			if _, err := c.Recv(context.Background()); err != nil {
				t.Fatal(err)
			}
			pass(40 * time.Millisecond)
			if n := standbys(); n > 0 {
				t.Fatalf("%d goroutines stand by in round %d", n, i)
			}
		}
		pass(100 * time.Millisecond)
		if n := standbys(); n != 1 {
			t.Errorf("%d goroutines stand by when nobody receives, want 1", n)
		}
	})
}

// standbys counts the goroutines that read because nobody receives.
func standbys() int {
	synctest.Wait()
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("websockets.(*reader).standby("))
}

// A pong that is late because the application did not receive is not the peer's
// fault, also if the application has come back a moment before.
func TestKeepaliveSparesThePeerOfAnApplicationThatHasJustComeBack(t *testing.T) {
	opts := &websockets.Options{PingInterval: 10 * time.Second, PingTimeout: 5 * time.Second, MaxQueue: 2}
	bothRoles(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Timeout = time.Minute
		p.Send(`TEXT "1"`, `TEXT "2"`, `TEXT "3"`)
		ping, err := p.Recv() // after 10s
		if err != nil {
			t.Fatal(err)
		}
		pass(4900 * time.Millisecond)
		go func() {
			for range 4 { // the last one waits
				if _, err := c.Recv(context.Background()); err != nil {
					return
				}
			}
		}()
		pass(600 * time.Millisecond) // the pong was due meanwhile
		if c.State() != websockets.StateOpen {
			t.Fatalf("state %v, %v", c.State(), c.Err())
		}
		p.Send(fmt.Sprintf("PONG %q", ping.Frame.Payload))
		pass(6 * time.Second)
		if c.State() != websockets.StateOpen || c.Latency() != 5500*time.Millisecond {
			t.Errorf("state %v, latency %v", c.State(), c.Latency())
		}
		_ = c.CloseNow()
	})
}
