package servers

import (
	"bytes"
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

var gorillas = []*Candidate{
	{
		Name: "gorilla", Family: Rival, Compresses: []Compression{NoTakeover},
		About: "gorilla/websocket as documented: ReadMessage and WriteMessage",
		serve: gorillaWith(websocket.Upgrader{}, gorillaEcho),
	},
	{
		Name: "gorilla-tuned", Family: Rival, Compresses: []Compression{NoTakeover},
		About: "gorilla/websocket with a pool for write buffers, buffers of 4 KiB, and a message buffer that is kept",
		serve: gorillaWith(websocket.Upgrader{
			ReadBufferSize: 4 << 10, WriteBufferSize: 4 << 10, WriteBufferPool: &sync.Pool{},
		}, gorillaTuned),
	},
}

func gorillaWith(u websocket.Upgrader, echo func(*websocket.Conn)) func(net.Listener, Setup) error {
	return func(ln net.Listener, setup Setup) error {
		u := u
		u.EnableCompression = setup.Compression != Off
		room := &hub[*websocket.PreparedMessage]{}
		return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := u.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer c.Close()
			switch r.URL.Path {
			case PathHear:
				gorillaHear(c, room)
			case PathSay:
				gorillaSay(c, room)
			default:
				echo(c)
			}
		}))
	}
}

func gorillaEcho(c *websocket.Conn) {
	for {
		t, p, err := c.ReadMessage()
		if err != nil || c.WriteMessage(t, p) != nil {
			return
		}
	}
}

func gorillaTuned(c *websocket.Conn) {
	var message bytes.Buffer
	for {
		t, r, err := c.NextReader()
		if err != nil {
			return
		}
		message.Reset()
		if _, err := message.ReadFrom(r); err != nil || c.WriteMessage(t, message.Bytes()) != nil {
			return
		}
	}
}

func gorillaHear(c *websocket.Conn, room *hub[*websocket.PreparedMessage]) {
	queue, leave := room.join(func() { _ = c.Close() })
	gone := make(chan struct{})
	go func() { // ends with the connection
		for {
			select {
			case m := <-queue:
				if c.WritePreparedMessage(m) != nil {
					return
				}
			case <-gone:
				return
			}
		}
	}()
	_, _, _ = c.ReadMessage()
	leave()
	close(gone)
}

func gorillaSay(c *websocket.Conn, room *hub[*websocket.PreparedMessage]) {
	for {
		t, p, err := c.ReadMessage()
		if err != nil {
			return
		}
		m, err := websocket.NewPreparedMessage(t, p)
		if err != nil {
			return
		}
		room.say(m)
	}
}
