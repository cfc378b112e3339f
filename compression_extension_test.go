package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/deflate"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/wstest"
)

// compressed opens a connection whose ends have agreed on permessage-deflate.
func compressed(t *testing.T, client, server deflate.Options, handler websockets.Handler) *websockets.Conn {
	t.Helper()
	s := &websockets.Server{Handler: handler}
	s.Extensions = []extension.Factory{deflate.New(server)}
	url, d := wstest.Server(t, s)
	d.Extensions = []extension.Factory{deflate.New(client)}
	c, err := d.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	if got := c.Response().Header.Get("Sec-WebSocket-Extensions"); !strings.HasPrefix(got, deflate.Name) {
		t.Fatalf("agreed on %q", got)
	}
	return c
}

// With permessage-deflate in the list of extensions, messages arrive as they were,
// whole, in fragments and as streams, and take less on the wire.
func TestCompressionAsAnExtension(t *testing.T) {
	for name, o := range map[string]deflate.Options{
		"default":     {},
		"no takeover": {DisableContextTakeover: true, DisablePeerContextTakeover: true},
		"small":       {WindowBits: 8},
		"all":         {Threshold: -1, WindowBits: 15, Level: 9},
	} {
		t.Run(name, func(t *testing.T) {
			c := compressed(t, o, o, func(_ context.Context, c *websockets.Conn) error { return echo(c) })
			ctx := within(t)
			for i, size := range []int{0, 1, 100, 1000, 70_000, 900_000} {
				text := strings.Repeat(fmt.Sprintf("message %d, again and again; ", i), size/20+1)[:size]
				if err := c.Send(ctx, websockets.Text(text)); err != nil {
					t.Fatal(err)
				}
				if m, err := c.Recv(ctx); err != nil || m.String() != text {
					t.Fatalf("size %d: got %d bytes, %v", size, len(m.Data), err)
				}
				if err := sendInFragments(ctx, c, text); err != nil {
					t.Fatal(err)
				}
				_, r, err := c.Reader(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if b, err := io.ReadAll(r); err != nil || string(b) != text {
					t.Fatalf("size %d: streamed %d bytes, %v", size, len(b), err)
				}
			}
			stats := c.NetConn().(*wstest.Conn).Stats()
			if stats.BytesRead > 700_000 { // of two million
				t.Errorf("%d bytes came back on the wire", stats.BytesRead)
			}
			_ = c.Close()
		})
	}
}

// The limit is on the message, and not on what another extension makes of it before
// it is compressed.
func TestLimitIsThatOfTheMessageBetweenExtensions(t *testing.T) {
	const limit = 5000
	for size, fits := range map[int]bool{limit - 1: true, limit: true, limit + 1: false} {
		x, y := wstest.Pipe()
		ends := map[websockets.Role]*websockets.Conn{}
		for role, transport := range map[websockets.Role]*wstest.Conn{websockets.RoleClient: x, websockets.RoleServer: y} {
			ends[role] = websockets.NewConn(transport, role, websockets.Handshake{
				Extensions: []extension.Extension{suffix{extension.RSV2, 'b'}, deflateAs(t, role, "")},
			}, &websockets.Options{MaxMessageSize: limit})
			defer ends[role].CloseNow()
		}
		if err := ends[websockets.RoleClient].Send(t.Context(), websockets.Text(prose(size))); err != nil {
			t.Fatal(err)
		}
		m, err := ends[websockets.RoleServer].Recv(t.Context())
		if fits && (err != nil || m.String() != prose(size)) {
			t.Errorf("%d bytes: got %d, %v", size, len(m.Data), err)
		}
		if e, ok := errors.AsType[*websockets.PayloadTooBigError](err); !fits && (!ok || e.Limit != limit) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
