package websockets_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// A slow extension takes its time to encode: until it is told to go on.
type slow struct {
	entered chan string // the payloads that it was given
	leave   chan struct{}
}

func (slow) Name() string             { return "x-slow" }
func (slow) Reserved() extension.Bits { return 0 }

func (s slow) Encode(f frame.Frame) (frame.Frame, error) {
	s.entered <- string(f.Payload)
	<-s.leave
	return f, nil
}

func (slow) Decode(f frame.Frame, _ int64) (frame.Frame, error) { return f, nil }

// Extensions get one frame after the other, in the order in which the frames go
// out; and while they work, control frames are sent and answered.
func TestExtensionsEncodeOneFrameAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := slow{entered: make(chan string, 10), leave: make(chan struct{})}
		a, b := wstest.Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{Extensions: []extension.Extension{e}}, nil)
		defer c.CloseNow()
		p := wstest.NewPeer(t, b, websockets.RoleClient)
		ctx := context.Background()
		for i := range 3 {
			go func() {
				if err := c.Send(ctx, websockets.Text(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			}()
		}
		var order []string
		for i := range 3 {
			synctest.Wait()
			if len(e.entered) != 1 {
				t.Fatalf("%d frames are being encoded", len(e.entered))
			}
			order = append(order, <-e.entered)
			if err := websockets.Broadcast(slices.Values([]*websockets.Conn{c}), websockets.Text("x")); err == nil {
				t.Error("Broadcast did not skip a connection that is encoding")
			}
			p.Send(fmt.Sprintf("PING %q", fmt.Sprint(i)))
			p.Expect(fmt.Sprintf("PONG %q", fmt.Sprint(i)))
			if _, err := c.Ping(ctx, fmt.Append(nil, i)); err != nil {
				t.Error(err)
			}
			p.Expect(fmt.Sprintf("PING %q", fmt.Sprint(i)))
			e.leave <- struct{}{}
			p.Expect(fmt.Sprintf("TEXT %q", order[i]))
		}
	})
}

// A closing handshake does not wait for an extension, and what that was encoding
// is not sent behind the close frame.
func TestCloseDoesNotWaitForAnExtension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := slow{entered: make(chan string, 1), leave: make(chan struct{})}
		a, b := wstest.Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{Extensions: []extension.Extension{e}}, nil)
		defer c.CloseNow()
		p := wstest.NewPeer(t, b, websockets.RoleClient)
		sent := make(chan error, 1)
		go func() { sent <- c.Send(context.Background(), websockets.Text("too late")) }()
		<-e.entered
		go c.Close()
		p.Expect("CLOSE 1000")
		e.leave <- struct{}{}
		p.Send("CLOSE 1000")
		p.ExpectEOF()
		if err := <-sent; closeError(t, err).Code != websockets.CloseNormal {
			t.Errorf("Send: %v", err)
		}
	})
}
