package websockets_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// ways are how a program gets a connection. Each returns one with the given
// options, and the scripted peer at its other end.
var ways = map[string]func(t *testing.T, o websockets.Options) (*websockets.Conn, *wstest.Peer){
	"Server": func(t *testing.T, o websockets.Options) (*websockets.Conn, *wstest.Peer) {
		s := &websockets.Server{Options: o, Handler: untilDone}
		url, d := wstest.Server(t, s)
		p := connect(t, url, d)
		p.ClientHandshake("/")
		return onlyConn(t, s), p
	},
	"ServeHTTP": func(t *testing.T, o websockets.Options) (*websockets.Conn, *wstest.Peer) {
		s := &websockets.Server{Options: o, Handler: untilDone}
		url, d := serveHTTP(t, &http.Server{Handler: s})
		p := connect(t, url, d)
		p.ClientHandshake("/")
		return onlyConn(t, s), p
	},
	"Upgrade": func(t *testing.T, o websockets.Options) (*websockets.Conn, *wstest.Peer) {
		s := &websockets.Server{Options: o}
		url, d := serveHTTP(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := s.Upgrade(w, r)
			if err != nil {
				t.Error(err)
				return
			}
			<-c.Done()
		})})
		p := connect(t, url, d)
		p.ClientHandshake("/")
		return onlyConn(t, s), p
	},
	"Dialer": func(t *testing.T, o websockets.Options) (*websockets.Conn, *wstest.Peer) {
		near, far := wstest.Pipe()
		p := wstest.NewPeer(t, far, websockets.RoleServer)
		d := websockets.Dialer{Options: o, NetDial: func(context.Context, string, string) (net.Conn, error) { return near, nil }}
		conns := make(chan *websockets.Conn, 1)
		go func() {
			c, err := d.Dial(t.Context(), "ws://server.example/")
			if err != nil {
				t.Error(err)
			}
			conns <- c
		}()
		p.ServerHandshake()
		return <-conns, p
	},
}

func untilDone(ctx context.Context, _ *websockets.Conn) error {
	<-ctx.Done()
	return nil
}

func onlyConn(t *testing.T, s *websockets.Server) *websockets.Conn {
	t.Helper()
	synctest.Wait()
	conns := slices.Collect(s.Conns())
	if len(conns) != 1 {
		t.Fatalf("%d connections", len(conns))
	}
	return conns[0]
}

// However a connection came to be, it has the settings that the program gave.
func TestSettingsReachTheConnection(t *testing.T) {
	checks := map[string]struct {
		opts  websockets.Options
		check func(t *testing.T, c *websockets.Conn, p *wstest.Peer)
	}{
		"PingInterval": {websockets.Options{PingInterval: 3 * time.Second}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
			start := time.Now()
			if l, err := p.Recv(); err != nil || l.Frame.Opcode.String() != "PING" || time.Since(start) != 3*time.Second {
				t.Errorf("%v, %v after %v", l, err, time.Since(start))
			}
		}},
		"PingTimeout": {websockets.Options{PingInterval: time.Second, PingTimeout: 2 * time.Second}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
			start := time.Now()
			if l, err := p.Recv(); err != nil || l.Frame.Opcode.String() != "PING" {
				t.Error(l, err)
			}
			if p.Expect("CLOSE 1011 ..."); time.Since(start) != 3*time.Second {
				t.Errorf("after %v", time.Since(start))
			}
		}},
		"CloseTimeout": {websockets.Options{CloseTimeout: 4 * time.Second}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
			start := time.Now()
			if _ = c.Close(); time.Since(start) != 4*time.Second {
				t.Errorf("Close took %v", time.Since(start))
			}
		}},
		"MaxMessageSize": {websockets.Options{MaxMessageSize: 5}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
			p.Send(`TEXT "12345"`, `TEXT "123456"`)
			p.Expect("CLOSE 1009 ...")
		}},
		"MaxQueue": {websockets.Options{MaxQueue: 1}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
			p.Send(`TEXT "1"`, `PING "x"`)
			p.ExpectSilence(time.Second)
			if _, err := c.Recv(t.Context()); err != nil {
				t.Error(err)
			}
			p.Expect(`PONG "x"`)
		}},
		"WriteLimit": {websockets.Options{WriteLimit: 10}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			for c.Send(ctx, websockets.Binary(make([]byte, 70_000))) == nil { // the first is more than the network takes
			}
			if err := websockets.Broadcast(slices.Values([]*websockets.Conn{c}), websockets.Text("x")); err == nil {
				t.Error("Broadcast found room")
			}
		}},
	}
	for way, open := range ways {
		for name, tt := range checks {
			t.Run(way+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tt.opts.Logger = quiet().Logger
					c, p := open(t, tt.opts)
					defer c.CloseNow()
					tt.check(t, c, p)
				})
			})
		}
	}
}

func TestListenAndServeTellsWhyItCannotListen(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	err = websockets.ListenAndServe(ln.Addr().String(), nothing)
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.HasPrefix(err.Error(), "websockets: ") {
		t.Errorf("an address in use: %v", err)
	}
	if err := websockets.ListenAndServe("127.0.0.1:0", nil); err == nil || !strings.Contains(err.Error(), "Handler is nil") {
		t.Errorf("no handler: %v", err)
	}
}

// Whoever uses a connection of a server learns that it stops.
func TestCallsOfHandlersLearnOfShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errs := make(chan error, 5)
		s := &websockets.Server{Options: quiet(), Handler: func(_ context.Context, c *websockets.Conn) error {
			ctx := context.Background()
			ping, err := c.Ping(ctx, nil)
			if err != nil {
				return err
			}
			go func() { errs <- second(c.Recv(ctx)) }()
			go func() { errs <- second(ping.Wait(ctx)) }()
			<-c.Done()
			errs <- c.Send(ctx, websockets.Text("next"))
			errs <- second(c.Ping(ctx, nil))
			errs <- second(c.Writer(ctx, websockets.TextMessage))
			return nil
		}}
		url, d := wstest.Server(t, s)
		p := connect(t, url, d)
		p.ClientHandshake("/")
		if l, err := p.Recv(); err != nil || l.Frame.Opcode.String() != "PING" {
			t.Fatal(l, err)
		}
		stopped := make(chan error, 1)
		go func() { stopped <- s.Shutdown(t.Context()) }()
		p.Expect("CLOSE 1001")
		p.Send("CLOSE 1001")
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		for range cap(errs) {
			if e := closeError(t, <-errs); e.Code != websockets.CloseGoingAway || e.Sent != websockets.CloseGoingAway || e.Err != nil {
				t.Errorf("got %v", e)
			}
		}
	})
}
