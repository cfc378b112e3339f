package bench

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"

	coder "github.com/coder/websocket"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/deflate"
)

// A candidate is an echo server with one way to compress.
type candidate struct {
	name  string
	serve func(t testing.TB, ln net.Listener)
	heavy bool // keeps a megabyte for each connection: fewer are opened
}

var candidates = []candidate{
	{name: "ours, off", serve: ours(websockets.Options{DisableCompression: true})},
	{name: "ours, default", serve: ours(websockets.Options{})},
	{name: "ours, 10 bits", serve: ours(websockets.Options{
		Deflate: deflate.Options{WindowBits: 10, PeerWindowBits: 10},
	})},
	{name: "ours, 15 bits", serve: ours(websockets.Options{
		Deflate: deflate.Options{WindowBits: 15, PeerWindowBits: 15},
	})},
	{name: "ours, no takeover", serve: ours(websockets.Options{
		Deflate: deflate.Options{DisableContextTakeover: true, DisablePeerContextTakeover: true},
	})},
	{name: "gws, off", serve: serveGws(gws.PermessageDeflate{})},
	{name: "gws, 12 bits", serve: serveGws(gws.PermessageDeflate{
		Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true,
		ServerMaxWindowBits: 12, ClientMaxWindowBits: 12,
	})},
	{name: "gws, 15 bits", serve: serveGws(gws.PermessageDeflate{
		Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true,
		ServerMaxWindowBits: 15, ClientMaxWindowBits: 15,
	})},
	{name: "gws, no takeover", serve: serveGws(gws.PermessageDeflate{Enabled: true})},
	{name: "coder, off", serve: serveCoder(coder.CompressionDisabled)},
	{name: "coder, takeover", serve: serveCoder(coder.CompressionContextTakeover), heavy: true},
	{name: "coder, no takeover", serve: serveCoder(coder.CompressionNoContextTakeover)},
	{name: "gorilla, off", serve: serveGorilla(false)},
	{name: "gorilla, no takeover", serve: serveGorilla(true)},
}

func ours(o websockets.Options) func(testing.TB, net.Listener) {
	return func(t testing.TB, ln net.Listener) {
		o.PingInterval = websockets.Off
		o.Logger = slog.New(slog.DiscardHandler)
		s := &websockets.Server{Options: o, Handler: func(ctx context.Context, c *websockets.Conn) error {
			for {
				m, err := c.Recv(ctx)
				if err == nil {
					err = c.Send(ctx, m)
				}
				if err != nil {
					return err
				}
			}
		}}
		go func() { _ = s.Serve(ln) }()
		t.Cleanup(func() { _ = s.Close() })
	}
}

// serveHTTP serves a handler that takes the connection over.
func serveHTTP(t testing.TB, ln net.Listener, h http.HandlerFunc) {
	s := &http.Server{Handler: h}
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Close() })
}

func serveGorilla(compress bool) func(testing.TB, net.Listener) {
	return func(t testing.TB, ln net.Listener) {
		u := gorilla.Upgrader{EnableCompression: compress}
		serveHTTP(t, ln, func(w http.ResponseWriter, r *http.Request) {
			c, err := u.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer c.Close()
			for {
				typ, p, err := c.ReadMessage()
				if err != nil || c.WriteMessage(typ, p) != nil {
					return
				}
			}
		})
	}
}

func serveCoder(mode coder.CompressionMode) func(testing.TB, net.Listener) {
	return func(t testing.TB, ln net.Listener) {
		serveHTTP(t, ln, func(w http.ResponseWriter, r *http.Request) {
			c, err := coder.Accept(w, r, &coder.AcceptOptions{CompressionMode: mode})
			if err != nil {
				return
			}
			defer c.CloseNow()
			for {
				typ, p, err := c.Read(r.Context())
				if err != nil || c.Write(r.Context(), typ, p) != nil {
					return
				}
			}
		})
	}
}

// gwsEcho is the handler that gws calls.
type gwsEcho struct{ gws.BuiltinEventHandler }

func (gwsEcho) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

func serveGws(d gws.PermessageDeflate) func(testing.TB, net.Listener) {
	return func(t testing.TB, ln net.Listener) {
		u := gws.NewUpgrader(gwsEcho{}, &gws.ServerOption{PermessageDeflate: d})
		serveHTTP(t, ln, func(w http.ResponseWriter, r *http.Request) {
			if c, err := u.Upgrade(w, r); err == nil {
				c.ReadLoop()
			}
		})
	}
}
