package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/deflate"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
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

// What would be too big is refused while it is decompressed.
func TestCompressionBombIs1009(t *testing.T) {
	opts := &websockets.Options{MaxMessageSize: 1 << 20}
	ext, answer := agreed(t)
	a, b := wstest.Pipe()
	c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{Extensions: []extension.Extension{ext}}, opts)
	defer c.CloseNow()
	f, err := answer.Encode(frame.Frame{FIN: true, Opcode: frame.OpBinary, Payload: make([]byte, 64<<20)})
	if err != nil || len(f.Payload) > 128<<10 {
		t.Fatalf("the bomb has %d bytes, %v", len(f.Payload), err)
	}
	h := f.Header()
	h.Masked = true
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	go func() {
		_, _ = b.Write(frame.AppendHeader(nil, h))
		_, _ = b.Write(f.Payload)
	}()
	p := wstest.NewPeer(t, b, websockets.RoleClient)
	p.Expect("CLOSE 1009 ...")
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 8<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
	_ = p.Close()
	_, err = c.Recv(within(t))
	if e, ok := errors.AsType[*websockets.PayloadTooBigError](err); !ok || e.Limit != 1<<20 {
		t.Errorf("ended with %v", err)
	}
}

// agreed returns the two ends of the extension.
func agreed(t *testing.T) (server, client extension.Extension) {
	t.Helper()
	f := deflate.New(deflate.Options{})
	answer, server, err := f.Negotiate(f.Offer()[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	if client, err = f.Accept(answer, nil); err != nil {
		t.Fatal(err)
	}
	return server, client
}
