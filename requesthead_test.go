package websockets_test

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// A request that was forgotten is made again as it was.
func TestRequestIsMadeWheneverSomebodyAsks(t *testing.T) {
	type seen struct{ uri, host, remote, header, status, protocol, response string }
	look := func(c *websockets.Conn) seen {
		r, resp := c.Request(), c.Response()
		return seen{
			r.URL.String() + " " + r.RequestURI, r.Host, r.RemoteAddr, r.Header.Get("X-Value"),
			resp.Status, resp.Header.Get("Sec-WebSocket-Protocol"), resp.Header.Get("Sec-WebSocket-Accept"),
		}
	}
	result := make(chan [2]seen, 1)
	s := &websockets.Server{
		Options: websockets.Options{Subprotocols: []string{"chat"}},
		Handler: func(_ context.Context, c *websockets.Conn) error {
			before := look(c)
			kept, response := c.Request(), c.Response()
			for range 3 { // what nobody has is forgotten
				runtime.GC()
			}
			if c.Request() != kept || c.Response() != response {
				t.Error("somebody has it, and there is another")
			}
			if response.Request != kept {
				t.Error("the response has another request")
			}
			runtime.KeepAlive(kept)
			runtime.KeepAlive(response)
			kept, response = nil, nil
			for range 3 {
				runtime.GC()
			}
			result <- [2]seen{before, look(c)}
			return nil
		},
	}
	url, d := wstest.Server(t, s)
	p := connect(t, url, d)
	p.ClientHandshake("/a?b=c", "X-Value: 7", "Sec-WebSocket-Protocol: chat")
	p.Expect("CLOSE 1000")
	got := <-result
	want := seen{"/a?b=c /a?b=c", "server.example", got[0].remote, "7", "101 Switching Protocols", "chat", got[0].response}
	if got[0] != want || got[1] != want || want.remote == "" || want.response == "" {
		t.Errorf("first %v, then %v", got[0], got[1])
	}
}

// Many may ask at the same time, and all get the same request.
func TestRequestForMany(t *testing.T) {
	s := &websockets.Server{Handler: func(_ context.Context, c *websockets.Conn) error {
		var all [8]*http.Request
		var wait sync.WaitGroup
		for i := range all {
			wait.Go(func() {
				_ = c.Response()
				all[i] = c.Request()
			})
		}
		wait.Wait()
		for _, r := range all {
			if r != all[0] {
				t.Error("there are two requests")
			}
		}
		return nil
	}}
	url, d := wstest.Server(t, s)
	for range 20 {
		p := connect(t, url, d)
		p.ClientHandshake("/")
		p.Expect("CLOSE 1000")
		_ = p.Close()
	}
}
