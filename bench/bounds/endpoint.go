//go:build linux

package bounds

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/go-websockets/websockets"
)

// An endpoint is the process that is measured: a server, and clients.
type endpoint struct {
	server    *websockets.Server
	addr      string
	delivered atomic.Int64 // bytes, to the application and from it

	mu      sync.Mutex
	clients map[*websockets.Conn]bool
}

func runEndpoint() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	e := &endpoint{addr: ln.Addr().String(), clients: make(map[*websockets.Conn]bool)}
	e.server = &websockets.Server{Handler: func(ctx context.Context, conn *websockets.Conn) error {
		return e.serve(ctx, conn, conn.Request().URL.Path)
	}}
	e.server.Logger = slog.New(slog.DiscardHandler)
	go func() { _ = e.server.Serve(ln) }()
	return answers(e.do)
}

func (e *endpoint) do(o order) (answer, error) {
	switch o.Do {
	case "start":
		return answer{Addr: e.addr}, nil
	case "dial":
		return answer{}, e.dial(o)
	case "measure":
		return answer{Measure: e.measure()}, nil
	case "idle":
		return answer{Measure: Measure{CPU: cpu()}}, nil
	}
	return answer{}, fmt.Errorf("no order %q", o.Do)
}

// serve does what the path says.
func (e *endpoint) serve(ctx context.Context, conn *websockets.Conn, path string) error {
	drop := func(m websockets.Message) error {
		e.delivered.Add(int64(len(m.Data)))
		return nil
	}
	switch path {
	case "/flood":
		m := websockets.Binary(make([]byte, 4000))
		m.DisableCompression = true // or the system's buffers would hold too many
		for {
			if err := e.send(ctx, conn, m); err != nil {
				return err
			}
		}
	case "/echo":
		for m, err := range conn.Messages(ctx) {
			if err != nil {
				return err
			}
			_ = drop(m)
			if err := e.send(ctx, conn, m); err != nil {
				return err
			}
		}
		return nil
	case "/receive":
		return conn.Receive(ctx, drop)
	}
	for m, err := range conn.Messages(ctx) {
		if err != nil {
			return err
		}
		_ = drop(m)
	}
	return nil
}

// send sends a message and counts it.
func (e *endpoint) send(ctx context.Context, conn *websockets.Conn, m websockets.Message) error {
	err := conn.Send(ctx, m)
	if err == nil {
		e.delivered.Add(int64(len(m.Data)))
	}
	return err
}

// dial opens connections to a hostile server. They end with it.
func (e *endpoint) dial(o order) error {
	s := find(o.Script)
	var dialing sync.WaitGroup
	places := make(chan struct{}, 16)
	for i := range o.N {
		places <- struct{}{}
		dialing.Go(func() {
			defer func() { <-places }()
			conn, err := (&websockets.Dialer{}).Dial(context.Background(), "ws://"+o.Addr)
			if err != nil {
				return // some scripts see to that
			}
			e.mu.Lock()
			e.clients[conn] = true
			e.mu.Unlock()
			go func() {
				_ = e.serve(context.Background(), conn, s.path(i))
				_ = conn.Close()
				e.mu.Lock()
				delete(e.clients, conn)
				e.mu.Unlock()
			}()
		})
	}
	dialing.Wait()
	return nil
}

// path is how the endpoint serves a connection with this script. One half receives by
// calls.
func (s *Script) path(i int) string {
	switch {
	case s.Flood:
		return "/flood"
	case s.Echo:
		return "/echo"
	case i%2 == 0:
		return "/receive"
	}
	return "/"
}

func (e *endpoint) measure() Measure {
	m := Measure{CPU: cpu(), Delivered: e.delivered.Load()}
	runtime.GC()
	runtime.GC() // a pool forgets at the second
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	m.Heap, m.Goroutines = float64(s.HeapAlloc), runtime.NumGoroutine()
	add := func(c *websockets.Conn) {
		n := c.Retained()
		m.Conns++
		if c.State() == websockets.StateOpen {
			m.Open++
		}
		m.Retained += n
		m.Most = max(m.Most, n)
	}
	for c := range e.server.Conns() {
		add(c)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.clients {
		add(c)
	}
	m.Pending = e.server.Stats().Pending
	return m
}
