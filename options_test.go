package websockets_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// A setting that means nothing is a mistake of the program, found at once.
func TestSenselessOptionsPanic(t *testing.T) {
	for name, o := range map[string]websockets.Options{
		"OpenTimeout":    {OpenTimeout: -2},
		"PingInterval":   {PingInterval: -time.Second},
		"PingTimeout":    {PingTimeout: -time.Second},
		"CloseTimeout":   {CloseTimeout: -time.Second},
		"MaxMessageSize": {MaxMessageSize: -2},
		"MaxQueue":       {MaxQueue: -3},
		"ReadBuffer":     {ReadBuffer: -1},
		"WriteLimit":     {WriteLimit: -9},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, "websockets: "+name) {
					t.Errorf("%s: panic %s", name, got)
				}
			}()
			a, _ := wstest.Pipe()
			websockets.NewConn(a, websockets.RoleClient, websockets.Handshake{}, &o)
		}()
	}
	defer func() {
		if recover() == nil {
			t.Error("a role that is none was accepted")
		}
	}()
	a, _ := wstest.Pipe()
	websockets.NewConn(a, 7, websockets.Handshake{}, nil)
}

func TestEverythingOff(t *testing.T) {
	off := &websockets.Options{
		OpenTimeout:    websockets.Off,
		PingInterval:   websockets.Off,
		PingTimeout:    websockets.Off,
		CloseTimeout:   websockets.Off,
		MaxMessageSize: websockets.NoLimit,
		MaxQueue:       websockets.NoLimit,
		ReadBuffer:     1,
		WriteLimit:     websockets.NoLimit,
	}
	pairs(t, off, off, func(t *testing.T, c, s *websockets.Conn) {
		ctx := within(t)
		for range 1000 {
			if err := c.Send(ctx, websockets.Binary(make([]byte, 5000))); err != nil {
				t.Fatal(err)
			}
		}
		for range 1000 {
			if m, err := s.Recv(ctx); err != nil || len(m.Data) != 5000 {
				t.Fatal(len(m.Data), err)
			}
		}
		_ = c.Close()
	})
}

func TestConnTellsWhatItIs(t *testing.T) {
	a, b := wstest.Pipe()
	hs := websockets.Handshake{
		Request:     &http.Request{RequestURI: "/x"},
		Response:    &http.Response{StatusCode: 101},
		Subprotocol: "chat",
		Buffered:    []byte("\x81\x02hi"),
	}
	c := websockets.NewConn(a, websockets.RoleClient, hs, nil)
	defer c.CloseNow()
	if c.Request() != hs.Request || c.Response() != hs.Response || c.Subprotocol() != "chat" {
		t.Error("the handshake is another")
	}
	if c.LocalAddr() != a.LocalAddr() || c.RemoteAddr() != b.LocalAddr() || c.NetConn() != a {
		t.Error("the transport is another")
	}
	if c.Role() != websockets.RoleClient || c.State() != websockets.StateOpen || c.Err() != nil || c.Latency() != 0 {
		t.Error(c.Role(), c.State(), c.Err(), c.Latency())
	}
	if m, err := c.Recv(within(t)); err != nil || m.String() != "hi" {
		t.Errorf("the bytes behind the handshake gave %q, %v", m, err)
	}
	_ = c.CloseNow()
	if c.State() != websockets.StateClosed {
		t.Error(c.State())
	}
	for v, want := range map[fmt.Stringer]string{
		websockets.RoleServer: "server", websockets.RoleClient: "client",
		websockets.StateOpen: "open", websockets.StateClosing: "closing", websockets.StateClosed: "closed", websockets.State(0): "no state",
		websockets.TextMessage: "text", websockets.BinaryMessage: "binary", websockets.MessageType(9): "message type 9",
	} {
		if v.String() != want {
			t.Errorf("%q, want %q", v, want)
		}
	}
}

// Without a limit Send never waits, whatever the transport and the peer do.
func TestSendWithoutLimitNeverWaits(t *testing.T) {
	pairs(t, nil, &websockets.Options{WriteLimit: websockets.NoLimit}, func(t *testing.T, c, s *websockets.Conn) {
		ctx := within(t)
		const messages = 300 // 30 MB: more than all buffers between hold
		for range messages {
			if err := s.Send(context.Background(), websockets.Binary(make([]byte, 100_000))); err != nil {
				t.Fatal(err)
			}
		}
		for range messages {
			if m, err := c.Recv(ctx); err != nil || len(m.Data) != 100_000 {
				t.Fatal(len(m.Data), err)
			}
		}
	})
}
