package servers

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/deflate"
)

// The ways to write a server with this library. A way that it gets later is one
// more entry here.
var ours = []*Candidate{
	{
		Name: "ours", Family: Ours, ChecksText: true, Compresses: []Compression{NoTakeover, Takeover},
		About: "Recv and Send, on the library's Server, with its defaults",
		serve: oursWith(oursEcho, (*websockets.Server).Serve),
	},
	{
		Name: "ours-into", Family: Ours, ChecksText: true, Compresses: []Compression{NoTakeover, Takeover},
		About: "RecvInto a buffer that is kept, and Send",
		serve: oursWith(oursInto, (*websockets.Server).Serve),
	},
	{
		Name: "ours-calls", Family: Ours, ChecksText: true, Compresses: []Compression{NoTakeover, Takeover},
		About: "OnMessage: a call for each message",
		serve: oursWith(websockets.OnMessage(oursCall), (*websockets.Server).Serve),
	},
	{
		Name: "ours-stream", Family: Ours, ChecksText: true, Fragments: true, Streams: true,
		About: "Reader, copied to Writer",
		serve: oursWith(oursStream, (*websockets.Server).Serve),
	},
	{
		Name: "ours-handover", Family: Ours, ChecksText: true, Trial: true,
		About: "a goroutine that receives, a channel, and the handler",
		serve: oursWith(oursHandover, (*websockets.Server).Serve),
	},
	{
		Name: "ours-http", Family: Ours, ChecksText: true, Compresses: []Compression{NoTakeover, Takeover},
		About: "Recv and Send, mounted on net/http",
		serve: oursWith(oursEcho, onNetHTTP),
	},
	{
		Name: "ours-http-calls", Family: Ours, ChecksText: true, Compresses: []Compression{NoTakeover, Takeover},
		About: "OnMessage, mounted on net/http",
		serve: oursWith(websockets.OnMessage(oursCall), onNetHTTP),
	},
}

func onNetHTTP(s *websockets.Server, ln net.Listener) error {
	return (&http.Server{Handler: s}).Serve(ln)
}

func oursCall(ctx context.Context, c *websockets.Conn, m websockets.Message) error {
	return c.Send(ctx, m)
}

// oursHandover is how most libraries do it: a goroutine reads, and hands over to the
// handler.
func oursHandover(ctx context.Context, c *websockets.Conn) error {
	queue := make(chan websockets.Message, websockets.DefaultMaxQueue)
	failed := make(chan error, 1)
	go func() {
		defer close(queue)
		for {
			m, err := c.Recv(ctx)
			if err != nil {
				failed <- err
				return
			}
			select {
			case queue <- m:
			case <-ctx.Done():
				failed <- ctx.Err()
				return
			}
		}
	}()
	for m := range queue {
		if err := c.Send(ctx, m); err != nil {
			return err
		}
	}
	return <-failed
}

func oursWith(echo websockets.Handler, serve func(*websockets.Server, net.Listener) error) func(net.Listener, Setup) error {
	return func(ln net.Listener, setup Setup) error {
		s := &websockets.Server{Options: websockets.Options{
			DisableCompression: setup.Compression == Off,
			Deflate:            deflate.Options{DisableContextTakeover: setup.Compression == NoTakeover},
			Logger:             slog.New(slog.DiscardHandler),
		}}
		members := &connSet[*websockets.Conn]{}
		s.Handler = func(ctx context.Context, c *websockets.Conn) error {
			switch c.Request().URL.Path {
			case PathHear:
				defer members.add(c)()
				_, err := c.Recv(ctx)
				return err
			case PathSay:
				for {
					m, err := c.Recv(ctx)
					if err != nil {
						return err
					}
					_ = websockets.Broadcast(members.all, m) // those who cannot take it miss it
				}
			}
			return echo(ctx, c)
		}
		return serve(s, ln)
	}
}

func oursEcho(ctx context.Context, c *websockets.Conn) error {
	for {
		m, err := c.Recv(ctx)
		if err != nil {
			return err
		}
		if err := c.Send(ctx, m); err != nil {
			return err
		}
	}
}

func oursInto(ctx context.Context, c *websockets.Conn) error {
	var buf []byte
	for {
		m, err := c.RecvInto(ctx, buf[:0])
		if err != nil {
			return err
		}
		if err := c.Send(ctx, m); err != nil {
			return err
		}
		buf = m.Data
	}
}

// copyBuffers are what streams are copied through.
var copyBuffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

func copyThrough(w io.Writer, r io.Reader) error {
	buf := copyBuffers.Get().(*[64 << 10]byte)
	defer copyBuffers.Put(buf)
	_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, buf[:])
	return err
}

func oursStream(ctx context.Context, c *websockets.Conn) error {
	for {
		t, r, err := c.Reader(ctx)
		if err != nil {
			return err
		}
		w, err := c.Writer(ctx, t)
		if err != nil {
			return err
		}
		if err := copyThrough(w, r); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
}
