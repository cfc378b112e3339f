package servers

import (
	"context"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

var coders = []*Candidate{
	{
		Name: "coder", Family: Rival, Compresses: []Compression{NoTakeover, Takeover},
		About: "coder/websocket as documented: Read and Write",
		serve: coderWith(coderEcho),
	},
	{
		Name: "coder-stream", Family: Rival, Fragments: true, Streams: true,
		About: "coder/websocket with Reader and Writer",
		serve: coderWith(coderStream),
	},
}

func coderWith(echo func(context.Context, *websocket.Conn)) func(net.Listener, Setup) error {
	return func(ln net.Listener, setup Setup) error {
		options := &websocket.AcceptOptions{}
		switch setup.Compression {
		case NoTakeover:
			options.CompressionMode = websocket.CompressionNoContextTakeover
		case Takeover:
			options.CompressionMode = websocket.CompressionContextTakeover
		}
		room := &hub[coderMessage]{}
		return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := websocket.Accept(w, r, options)
			if err != nil {
				return
			}
			defer func() { _ = c.CloseNow() }()
			c.SetReadLimit(-1)
			switch r.URL.Path {
			case PathHear:
				coderHear(c, room)
			case PathSay:
				coderSay(r.Context(), c, room)
			default:
				echo(r.Context(), c)
			}
		}))
	}
}

func coderEcho(ctx context.Context, c *websocket.Conn) {
	for {
		t, p, err := c.Read(ctx)
		if err != nil || c.Write(ctx, t, p) != nil {
			return
		}
	}
}

func coderStream(ctx context.Context, c *websocket.Conn) {
	for {
		t, r, err := c.Reader(ctx)
		if err != nil {
			return
		}
		w, err := c.Writer(ctx, t)
		if err != nil || copyThrough(w, r) != nil || w.Close() != nil {
			return
		}
	}
}

type coderMessage struct {
	t websocket.MessageType
	p []byte
}

// coderHear is as the chat example of the library does it.
func coderHear(c *websocket.Conn, room *hub[coderMessage]) {
	queue, leave := room.join(func() { _ = c.CloseNow() })
	defer leave()
	ctx := c.CloseRead(context.Background())
	for {
		select {
		case m := <-queue:
			if c.Write(ctx, m.t, m.p) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func coderSay(ctx context.Context, c *websocket.Conn, room *hub[coderMessage]) {
	for {
		t, p, err := c.Read(ctx)
		if err != nil {
			return
		}
		room.say(coderMessage{t, p})
	}
}
