package websockets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// limited returns options without a keepalive, whose pings would be in the way.
func limited(l websockets.PeerLimits) *websockets.Options {
	o := quiet()
	o.PingInterval = websockets.Off
	o.PeerLimits = l
	return &o
}

// expectLimit checks that a connection ends because of a limit.
func expectLimit(t *testing.T, c *websockets.Conn, p *wstest.Peer, limit websockets.Limit, value int64) {
	t.Helper()
	<-c.Done()
	e := closeError(t, c.Err())
	l, ok := errors.AsType[*websockets.LimitError](c.Err())
	if !ok || *l != (websockets.LimitError{Limit: limit, Value: value}) || e.Sent != websockets.ClosePolicyViolation {
		t.Errorf("ended with %v (%+v)", e, l)
	}
}

func repeat(line string, n int) (lines []string) {
	for range n {
		lines = append(lines, line)
	}
	return lines
}

// drain receives what comes, so that no queue is full.
func drain(c *websockets.Conn) {
	_ = c.Receive(context.Background(), func(websockets.Message) error { return nil })
}

func TestRateOfMessagesIsATokenBucket(t *testing.T) {
	opts := limited(websockets.PeerLimits{Messages: websockets.Rate{PerSecond: 2, Burst: 5}})
	bothRoles(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		go drain(c)
		p.Send(repeat(`TEXT "x"`, 5)...) // the burst
		pass(1500 * time.Millisecond)
		p.Send(`TEXT "x" more`, `CONT "x" more`, `CONT "x" fin`, `BINARY 01`, `TEXT ""`) // what 1.5 s bring: three messages, fragments or not
		synctest.Wait()
		if c.State() != websockets.StateOpen {
			t.Fatal("ended within its limit")
		}
		pass(400 * time.Millisecond)
		p.Send(`TEXT "x"`)
		p.Expect(`CLOSE 1008 "too many messages: the limit is 2 a second"`)
		p.Close()
		expectLimit(t, c, p, websockets.LimitMessages, 2)
	})
}

func TestRateOfMessagesRefillsNoMoreThanTheBurst(t *testing.T) {
	opts := limited(websockets.PeerLimits{Messages: websockets.Rate{PerSecond: 3}}) // the burst: one second's
	bothRoles(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		go drain(c)
		pass(time.Hour)
		p.Send(repeat(`TEXT "x"`, 3)...)
		synctest.Wait()
		if c.State() != websockets.StateOpen {
			t.Fatal("ended within its limit")
		}
		p.Send(`TEXT "x"`)
		p.Expect(`CLOSE 1008 ...`)
		p.Close()
		expectLimit(t, c, p, websockets.LimitMessages, 3)
	})
}

func TestRateOfBytesCountsPayloadOfAllFrames(t *testing.T) {
	opts := limited(websockets.PeerLimits{Bytes: websockets.Rate{PerSecond: 100, Burst: 300}})
	bothRoles(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		go drain(c)
		hundred := fmt.Sprintf("TEXT %q", strings.Repeat("x", 100))
		p.Send(hundred, `PONG "`+strings.Repeat("x", 100)+`"`, hundred)
		pass(time.Second)
		p.Send(hundred)
		synctest.Wait()
		if c.State() != websockets.StateOpen {
			t.Fatal("ended within its limit")
		}
		p.Send(`TEXT "x" length=101`) // by its header alone
		p.Expect(`CLOSE 1008 "too many bytes: the limit is 100 a second"`)
		p.Close()
		expectLimit(t, c, p, websockets.LimitBytes, 100)
	})
}

// By default, a rate of bytes that is lower than MaxMessageSize still lets the
// longest message pass, if it is the only one.
func TestRateOfBytesLetsALongMessagePass(t *testing.T) {
	opts := limited(websockets.PeerLimits{Bytes: websockets.Rate{PerSecond: 10}})
	bothRoles(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		go p.Send("BINARY " + hexOf(make([]byte, websockets.DefaultMaxMessageSize)))
		if m, err := c.Recv(t.Context()); err != nil || len(m.Data) != websockets.DefaultMaxMessageSize {
			t.Fatal(len(m.Data), err)
		}
	})
}

func TestRateOfBytesCountsWhatCompressedMessagesBecome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		srv := &websockets.Server{
			Options: *limited(websockets.PeerLimits{Bytes: websockets.Rate{PerSecond: 1000, Burst: 10000}}),
			Handler: func(_ context.Context, c *websockets.Conn) error {
				drain(c)
				ended <- c.Err()
				return nil
			},
		}
		url, d := wstest.Server(t, srv)
		c := dialOK(t, d, url)
		if c.Response().Header.Get("Sec-WebSocket-Extensions") == "" {
			t.Fatal("no compression")
		}
		for n := range 3 { // of some 20 bytes on the wire
			if err := c.Send(t.Context(), websockets.Binary(make([]byte, 5000))); err != nil {
				t.Fatal(err)
			}
			pass(200 * time.Millisecond) // until the standby reads
			if open := c.State() == websockets.StateOpen; open != (n < 2) {
				t.Fatalf("after %d messages: %v", n+1, c.State())
			}
		}
		if l, ok := errors.AsType[*websockets.LimitError](<-ended); !ok || l.Limit != websockets.LimitBytes {
			t.Errorf("ended with %v", l)
		}
	})
}

func TestPingsAreBoundedByDefault(t *testing.T) {
	for name, test := range map[string]struct {
		limits websockets.PeerLimits
		within int
		perSec int64
	}{
		"default": {websockets.PeerLimits{}, websockets.DefaultPingBurst, websockets.DefaultPings},
		"set":     {websockets.PeerLimits{Pings: websockets.Rate{PerSecond: 1, Burst: 3}}, 3, 1},
	} {
		t.Run(name, func(t *testing.T) {
			bothRoles(t, limited(test.limits), func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
				go drain(c)
				for range test.within {
					p.Send(`PING`)
					p.Expect(`PONG`)
				}
				p.Send(`PONG`, `PONG`, `PONG`, `PONG`, `TEXT "no ping"`)
				p.Send(`PING`)
				p.Expect(fmt.Sprintf(`CLOSE 1008 "too many pings: the limit is %d a second"`, test.perSec))
				p.Close()
				expectLimit(t, c, p, websockets.LimitPings, test.perSec)
			})
		})
	}
}

func TestFragmentsAreBounded(t *testing.T) {
	for name, test := range map[string]struct {
		opts  websockets.Options
		limit int
	}{
		"default":         {websockets.Options{}, 131072},
		"set":             {websockets.Options{PeerLimits: websockets.PeerLimits{Fragments: 7}}, 7},
		"set, any length": {websockets.Options{MaxMessageSize: websockets.NoLimit, PeerLimits: websockets.PeerLimits{Fragments: 7}}, 7},
		"off":             {websockets.Options{PeerLimits: websockets.PeerLimits{Fragments: websockets.NoLimit}}, 0},
		"any length":      {websockets.Options{MaxMessageSize: websockets.NoLimit}, 0},
	} {
		test.opts.PingInterval = websockets.Off
		t.Run(name, func(t *testing.T) {
			bothRoles(t, &test.opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
				n := test.limit
				if n == 0 {
					n = 1<<16 + 1
				}
				one, err := p.Encode(`CONT "x" more`)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 { // they are counted for each message
					p.Send(`TEXT "x" more`)
					p.Write(bytes.Repeat(one, n-2))
					p.Send(`CONT "y" fin`)
					if m, err := c.Recv(t.Context()); err != nil || len(m.Data) != n {
						t.Fatal(len(m.Data), err)
					}
				}
				if test.limit == 0 {
					return
				}
				p.Send(`TEXT "x" more`)
				p.Write(bytes.Repeat(one, n-1))
				p.Send(`CONT "y" fin`)
				go drain(c)
				p.Expect(fmt.Sprintf(`CLOSE 1008 "too many fragments: the limit is %d in a message"`, n))
				p.Close()
				expectLimit(t, c, p, websockets.LimitFragments, int64(n))
			})
		})
	}
}

func TestLifetimeEndsInGoodOrder(t *testing.T) {
	bothRoles(t, limited(websockets.PeerLimits{Lifetime: 100 * time.Second}), func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Timeout = time.Hour
		start := time.Now()
		p.Expect(`CLOSE 1001 "connection has lasted its 1m40s"`)
		if took := time.Since(start); took < 90*time.Second || took > 100*time.Second {
			t.Errorf("after %v", took)
		}
		p.Send(`TEXT "on its way"`, `CLOSE 1001`)
		p.Close()
		var got []string
		err := c.Receive(t.Context(), func(m websockets.Message) error {
			got = append(got, m.String())
			return nil
		})
		if err != nil || len(got) != 1 {
			t.Errorf("received %q, %v", got, err)
		}
		<-c.Done()
		e := closeError(t, c.Err())
		l, ok := e.Err.(*websockets.LimitError)
		if !ok || l.Limit != websockets.LimitLifetime || time.Duration(l.Value) != 100*time.Second || e.Code != 1001 || e.Sent != 1001 {
			t.Errorf("ended with %v", e)
		}
	})
}

func TestLifetimesThatBeganTogetherDoNotEndTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ends := make(chan time.Duration)
		for range 2 {
			_, p := scripted(t, websockets.RoleServer, limited(websockets.PeerLimits{Lifetime: time.Hour}))
			p.Timeout = 2 * time.Hour
			go func() {
				_, _ = p.Recv()
				p.Close()
				ends <- time.Since(start)
			}()
		}
		if a, b := <-ends, <-ends; a == b {
			t.Errorf("both after %v", a)
		}
	})
}

func TestLifetimeOfAMutePeerIsTold(t *testing.T) {
	bothRoles(t, limited(websockets.PeerLimits{Lifetime: 10 * time.Second}), func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		<-c.Done() // CloseTimeout after
		l, ok := errors.AsType[*websockets.LimitError](c.Err())
		if !ok || l.Limit != websockets.LimitLifetime {
			t.Errorf("ended with %v", c.Err())
		}
	})
}

func TestLifetimeDoesNotClaimAnotherEnd(t *testing.T) {
	bothRoles(t, limited(websockets.PeerLimits{Lifetime: 10 * time.Second}), func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		go c.Close()
		p.Expect(`CLOSE 1000`)
		pass(9 * time.Second) // CloseTimeout is ten
		p.Send(`CLOSE 1000`)
		p.Close()
		<-c.Done()
		if e := closeError(t, c.Err()); e.Err != nil || e.Sent != 1000 {
			t.Errorf("ended with %v", e)
		}
		pass(time.Minute)
	})
}

func TestIdleTimeout(t *testing.T) {
	bothRoles(t, limited(websockets.PeerLimits{IdleTimeout: 10 * time.Second}), func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		go drain(c)
		p.Timeout = time.Minute
		for range 5 {
			pass(9 * time.Second)
			p.Send(`TEXT "x" more`)
			pass(9 * time.Second)
			p.Send(`CONT "x" fin`)
		}
		start := time.Now()
		for range 9 { // what is no message does not count
			pass(time.Second)
			p.Send(`PING`)
			p.Expect(`PONG`)
			p.Send(`PONG`)
			if err := c.Send(t.Context(), websockets.Text("x")); err != nil {
				t.Fatal(err)
			}
			p.Expect(`TEXT "x"`)
		}
		p.Expect(`CLOSE 1001 "no message for 10s"`)
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("after %v", took)
		}
		p.Send(`CLOSE 1001`)
		p.Close()
		<-c.Done()
		if l, ok := errors.AsType[*websockets.LimitError](c.Err()); !ok || l.Limit != websockets.LimitIdle {
			t.Errorf("ended with %v", c.Err())
		}
	})
}

// A peer whose messages wait for the program has not been idle.
func TestIdleTimeoutSparesWhoWaitsForTheProgram(t *testing.T) {
	opts := limited(websockets.PeerLimits{IdleTimeout: 10 * time.Second})
	opts.MaxQueue = 1
	bothRoles(t, opts, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`TEXT "1"`)
		pass(time.Second)
		p.Send(`TEXT "2"`) // nobody reads it
		pass(time.Minute)
		for _, want := range []string{"1", "2"} {
			if m, err := c.Recv(t.Context()); err != nil || m.String() != want {
				t.Fatal(m, err)
			}
		}
		start := time.Now()
		go drain(c)
		p.Timeout = time.Minute
		p.Expect(`CLOSE 1001 ...`)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("after %v", took)
		}
	})
}

func TestSenselessLimitsAreRefused(t *testing.T) {
	for name, l := range map[string]websockets.PeerLimits{
		"Messages":    {Messages: websockets.Rate{PerSecond: -2}},
		"Bytes":       {Bytes: websockets.Rate{PerSecond: 1, Burst: -1}},
		"Pings":       {Pings: websockets.Rate{Burst: 1}},
		"Fragments":   {Fragments: -2},
		"Lifetime":    {Lifetime: -time.Second},
		"IdleTimeout": {IdleTimeout: -time.Second},
	} {
		d := websockets.Dialer{Options: websockets.Options{PeerLimits: l}}
		if _, err := d.Dial(t.Context(), "ws://server.example/"); err == nil || !strings.Contains(err.Error(), "PeerLimits."+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	all := websockets.PeerLimits{
		Messages: websockets.Rate{PerSecond: 1 << 30}, Bytes: websockets.Rate{PerSecond: websockets.NoLimit}, Pings: websockets.Rate{PerSecond: websockets.NoLimit},
		Fragments: websockets.NoLimit, Lifetime: websockets.Off, IdleTimeout: websockets.Off,
	}
	bothRoles(t, limited(all), func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		for range websockets.DefaultPingBurst + 1 {
			p.Send(`PING "x"`)
			p.Expect(`PONG "x"`)
		}
	})
}
