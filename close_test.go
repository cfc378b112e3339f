package websockets_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// A badPeer is the other end of a connection that does not do its part.
type badPeer struct {
	name string
	// act plays the peer once the transport is set up, until the test ends.
	act func(c net.Conn)
	// blocked makes the endpoint under test have more to write than is taken.
	blocked bool
}

var badPeers = []badPeer{
	{name: "dead", act: func(c net.Conn) { // the cable is cut: nothing arrives, nothing comes back
		if m, ok := c.(*wstest.Conn); ok {
			m.In().DropAfter(0)
		}
	}},
	{name: "mute", act: func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }},
	{name: "blocked", act: func(net.Conn) {}, blocked: true},
}

// Close returns within CloseTimeout whatever the peer does, for either role, with
// and without TLS; and no goroutine is left, which the bubble checks.
func TestCloseIsBounded(t *testing.T) {
	for _, peer := range badPeers {
		for _, role := range []websockets.Role{websockets.RoleServer, websockets.RoleClient} {
			for _, scheme := range []string{"ws", "wss"} {
				t.Run(fmt.Sprintf("%s/%v/%s", peer.name, role, scheme), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { closeAgainst(t, peer, role, scheme) })
				})
			}
		}
	}
}

func closeAgainst(t *testing.T, peer badPeer, role websockets.Role, scheme string) {
	near, far := wstest.Pipe()
	var transport net.Conn = near
	var other net.Conn = far
	if scheme == "wss" {
		transport, other = tlsPair(t, near, far, role)
	}
	const timeout = 3 * time.Second
	c := websockets.NewConn(transport, role, websockets.Handshake{}, &websockets.Options{CloseTimeout: timeout})
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if peer.name == "dead" {
		peer.act(far) // below TLS
	} else {
		go peer.act(other)
	}
	if peer.blocked {
		for ctx.Err() == nil {
			_ = c.Send(ctx, websockets.Binary(make([]byte, 10000)))
		}
	}
	received := make(chan error, 1)
	go func() {
		_, err := c.Recv(context.Background())
		received <- err
	}()
	start := time.Now()
	if err := c.CloseWith(websockets.CloseGoingAway, "bye"); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > timeout {
		t.Errorf("Close took %v, CloseTimeout is %v", took, timeout)
	}
	e := closeError(t, <-received)
	if e.Code != websockets.CloseAbnormal || e.Sent != websockets.CloseGoingAway || e.Err == nil {
		t.Errorf("ended with %v", e)
	}
	if c.State() != websockets.StateClosed || c.Err() != error(e) {
		t.Errorf("state %v, error %v", c.State(), c.Err())
	}
	_ = far.Close()
}

// tlsPair sets up TLS between the two ends.
func tlsPair(t testing.TB, near, far net.Conn, role websockets.Role) (a, b net.Conn) {
	t.Helper()
	server := &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	client := &tls.Config{InsecureSkipVerify: true}
	var x, y *tls.Conn
	if role == websockets.RoleServer {
		x, y = tls.Server(near, server), tls.Client(far, client)
	} else {
		x, y = tls.Client(near, client), tls.Server(far, server)
	}
	done := make(chan error)
	go func() { done <- y.Handshake() }()
	if err := errors.Join(x.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	return x, y
}

func TestCloseHandshakes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		peer   string // what the peer sends first
		code   websockets.CloseCode
		reason string
		expect string // what we send
		answer string // what the peer answers
		want   string // Code, Reason, Sent
	}{
		{"ours", "", 1000, "", "CLOSE 1000", "CLOSE 1000", `1000 "" 1000`},
		{"ours with another answer", "", 1001, "off", `CLOSE 1001 "off"`, `CLOSE 4000 "me too"`, `4000 "me too" 1001`},
		{"ours without a code", "", 1005, "", "CLOSE", "CLOSE", `1005 "" 1005`},
		{"theirs", `CLOSE 3333 "because"`, 1000, "", `CLOSE 3333 "because"`, "", `3333 "because" 3333`},
		{"theirs without a code", "CLOSE", 1000, "", "CLOSE", "", `1005 "" 1005`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
				closed := make(chan error, 2)
				if tt.peer != "" {
					p.Send(tt.peer)
					synctest.Wait()
					pass(time.Second)
				}
				for range 2 { // however often
					go func() { closed <- c.CloseWith(tt.code, tt.reason) }()
				}
				p.Expect(tt.expect)
				if tt.answer != "" {
					p.Send(tt.answer)
				}
				if c.Role() == websockets.RoleClient {
					synctest.Wait()
					select {
					case <-c.Done():
						t.Error("the client has not waited for the server to end TCP")
					default:
					}
					_ = p.Close()
				} else {
					p.ExpectEOF()
				}
				if err := errors.Join(<-closed, <-closed, c.Close()); err != nil {
					t.Error(err)
				}
				e := closeError(t, c.Err())
				if got := fmt.Sprintf("%d %q %d", e.Code, e.Reason, e.Sent); got != tt.want || e.Err != nil {
					t.Errorf("ended with %s, %v, want %s", got, e.Err, tt.want)
				}
			})
		})
	}
}

func TestBothCloseAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := wstest.Pair(t, nil, nil)
		done := make(chan error, 2)
		go func() { done <- c.CloseWith(4001, "client") }()
		go func() { done <- s.CloseWith(4002, "server") }()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
		for _, x := range []struct {
			c          *websockets.Conn
			code, sent websockets.CloseCode
		}{{c, 4002, 4001}, {s, 4001, 4002}} {
			// Who is later may have echoed the other's close frame instead.
			e := closeError(t, x.c.Err())
			if e.Err != nil || e.Code != 4001 && e.Code != 4002 || e.Sent != 4001 && e.Sent != 4002 {
				t.Errorf("%v ended with %v", x.c.Role(), e)
			}
		}
	})
}

func TestWhatSendAcceptedGoesOutBeforeTheClose(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		for i := range 100 {
			if err := c.Send(context.Background(), websockets.Text(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		go c.Close()
		for i := range 100 {
			p.Expect(fmt.Sprintf("TEXT %q", fmt.Sprint(i)))
		}
		p.Expect("CLOSE 1000")
	})
}

func TestCloseRefusesWhatMayNotBeSent(t *testing.T) {
	c, _ := wstest.Pair(t, nil, nil)
	for _, tt := range []struct {
		code   websockets.CloseCode
		reason string
	}{
		{0, ""},
		{999, ""},
		{1004, ""},
		{1005, "no code, but a reason"},
		{1006, ""},
		{1015, ""},
		{1016, ""},
		{2999, ""},
		{5000, ""},
		{1000, strings.Repeat("x", 124)},
		{1000, "\xff"},
	} {
		err := c.CloseWith(tt.code, tt.reason)
		if _, ok := errors.AsType[*websockets.ProtocolError](err); !ok || !strings.HasPrefix(err.Error(), "websockets: ") {
			t.Errorf("CloseWith(%d, %q): %v", tt.code, tt.reason, err)
		}
	}
	if c.State() != websockets.StateOpen {
		t.Errorf("state %v", c.State())
	}
	if err := c.CloseWith(1000, strings.Repeat("é", 61)); err != nil {
		t.Error(err)
	}
}

func TestDataAfterTheCloseIsDiscarded(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`TEXT "before"`, `CLOSE 1000`, `TEXT "after"`, `PING`, `CLOSE 1001`)
		if m, err := c.Recv(context.Background()); err != nil || m.String() != "before" {
			t.Fatal(m, err)
		}
		p.Expect("CLOSE 1000")
		_ = p.Close()
		if _, err := c.Recv(context.Background()); closeError(t, err).Code != websockets.CloseNormal {
			t.Error(err)
		}
	})
}

// Messages that cross our close frame still arrive.
func TestDataBeforeThePeersCloseIsReceived(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		go c.Close()
		p.Expect("CLOSE 1000")
		p.Send(`TEXT "crossing"`, `CLOSE 1000`)
		_ = p.Close()
		<-c.Done()
		if m, err := c.Recv(context.Background()); err != nil || m.String() != "crossing" {
			t.Error(m, err)
		}
	})
}

func TestEndWithoutCloseFrame(t *testing.T) {
	for _, tt := range []struct {
		name, before string
		end          func(p *wstest.Peer)
	}{
		{"end of stream", ``, func(p *wstest.Peer) { _ = p.Close() }},
		{"inside a header", `RAW 81`, func(p *wstest.Peer) { _ = p.Close() }},
		{"inside a payload", `TEXT "hel" length=5`, func(p *wstest.Peer) { _ = p.Close() }},
		{"inside a message", `TEXT "hel" more`, func(p *wstest.Peer) { _ = p.Close() }},
		{"reset", ``, func(p *wstest.Peer) { p.Conn().(*wstest.Conn).Reset() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
				p.Send(`TEXT "whole"`)
				if m, err := c.Recv(context.Background()); err != nil || m.String() != "whole" {
					t.Fatal(m, err)
				}
				if tt.before != "" {
					p.Send(tt.before)
				}
				start := time.Now()
				tt.end(p)
				_, err := c.Recv(context.Background())
				if e := closeError(t, err); e.Code != websockets.CloseAbnormal || e.Sent != 0 || e.Err == nil {
					t.Errorf("ended with %v", e)
				}
				if !errors.Is(err, net.ErrClosed) || !errors.Is(err, websockets.ErrState) {
					t.Errorf("%v matches neither net.ErrClosed nor ErrState", err)
				}
				if took := time.Since(start); took > 100*time.Millisecond {
					t.Errorf("noticed after %v", took)
				}
				if got := c.Send(context.Background(), websockets.Text("x")); got != err {
					t.Errorf("Send: %v", got)
				}
			})
		})
	}
}

func TestCloseNow(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		start := time.Now()
		if err := c.CloseNow(); err != nil || time.Since(start) > 0 {
			t.Error(err, time.Since(start))
		}
		p.ExpectEOF()
		if e := closeError(t, c.Err()); e.Code != websockets.CloseAbnormal || e.Sent != 0 {
			t.Error(e)
		}
		_ = c.CloseNow()
	})
}

// Whoever waits for something learns of the end.
func TestCloseEndsEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := wstest.Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, nil)
		defer b.Close()
		ctx := context.Background()
		p, err := c.Ping(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		errs := make(chan error)
		go func() { _, err := c.Recv(ctx); errs <- err }()
		go func() { _, err := p.Wait(ctx); errs <- err }()
		go func() {
			var err error
			for err == nil { // until the peer, who does not read, blocks it
				err = c.Send(ctx, websockets.Binary(make([]byte, 10000)))
			}
			errs <- err
		}()
		synctest.Wait()
		_ = c.CloseNow()
		for range 3 {
			if err := <-errs; err != c.Err() {
				t.Errorf("got %v, want %v", err, c.Err())
			}
		}
		for name, err := range map[string]error{
			"Send":   c.Send(ctx, websockets.Text("")),
			"Pong":   c.Pong(ctx, nil),
			"Ping":   second(c.Ping(ctx, nil)),
			"Writer": second(c.Writer(ctx, websockets.TextMessage)),
			"Recv":   second(c.Recv(ctx)),
		} {
			if err != c.Err() {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }
