package websockets_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// Shutdown with 1,000 busy connections: every client sees 1001, receives every
// message whose Send returned nil, and no goroutine is left.
func TestShutdownLosesNothing(t *testing.T) {
	wstest.NoLeaks(t)
	const conns = 1000
	var network wstest.Network
	ln, err := network.Listen("server.example:80")
	if err != nil {
		t.Fatal(err)
	}
	var accepted [conns]atomic.Int64 // messages whose Send returned nil
	server := &websockets.Server{
		Options: websockets.Options{OpenTimeout: websockets.Off},
		Handler: func(ctx context.Context, c *websockets.Conn) error {
			id, err := strconv.Atoi(c.Request().URL.Query().Get("id"))
			if err != nil {
				return err
			}
			for i := int64(0); ; i++ {
				if err := c.Send(ctx, websockets.Text(strconv.FormatInt(i, 10))); err != nil {
					return err
				}
				accepted[id].Store(i + 1)
				if i%5 == 4 { // busy, but two cores are to carry all of them
					select {
					case <-ctx.Done():
					case <-time.After(200 * time.Millisecond):
					}
				}
			}
		},
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dialer := &websockets.Dialer{NetDial: network.Dial}
	dialer.OpenTimeout = websockets.Off // a thousand at once take their time
	var wg sync.WaitGroup
	var open sync.WaitGroup
	open.Add(conns)
	for id := range conns {
		wg.Go(func() {
			c, err := dialer.Dial(ctx, "ws://server.example/?id="+strconv.Itoa(id))
			if err != nil {
				open.Done()
				t.Error(err)
				return
			}
			defer c.CloseNow()
			received := int64(0)
			for {
				m, err := c.Recv(ctx)
				if received == 0 {
					open.Done() // the connection is busy
				}
				if err != nil {
					if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != websockets.CloseGoingAway || e.Err != nil {
						t.Errorf("client %d: %v", id, err)
					}
					break
				}
				if m.String() != strconv.FormatInt(received, 10) {
					t.Errorf("client %d: message %d is %q", id, received, m)
					break
				}
				received++
			}
			<-c.Done()
			if want := accepted[id].Load(); received < want {
				t.Errorf("client %d received %d messages, %d were accepted", id, received, want)
			}
		})
	}
	open.Wait()
	if n := len(collect(server)); n != conns {
		t.Errorf("%d connections", n)
	}
	if err := server.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	wg.Wait()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Serve: %v", err)
	}
	if server.Addrs() != nil || len(collect(server)) != 0 {
		t.Errorf("left: %v, %d connections", server.Addrs(), len(collect(server)))
	}
	if _, err := dialer.Dial(ctx, "ws://server.example/"); err == nil || errors.Is(err, net.ErrClosed) {
		t.Errorf("Dial after Shutdown: %v", err)
	}
}

func collect(s *websockets.Server) (conns []*websockets.Conn) {
	for c := range s.Conns() {
		conns = append(conns, c)
	}
	return conns
}
