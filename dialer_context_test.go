package websockets_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// stages are servers that stop at one step of the opening handshake. Each gets
// the server's end of the connection.
var stages = map[string]func(net.Conn){
	"connect":       nil, // NetDial blocks
	"TLS handshake": func(net.Conn) {},
	"request":       func(c net.Conn) { io.ReadFull(c, make([]byte, 10)) },
	"response":      func(c net.Conn) { readRequest(c) },
	"status line": func(c net.Conn) {
		readRequest(c)
		c.Write([]byte("HTTP/1.1 101 "))
	},
	"headers": func(c net.Conn) {
		readRequest(c)
		c.Write([]byte("HTTP/1.1 101 \r\n"))
		for {
			pass(time.Minute)
			if _, err := c.Write([]byte("A: b\r\n")); err != nil {
				return
			}
		}
	},
	"body of a refusal": func(c net.Conn) {
		readRequest(c)
		c.Write([]byte("HTTP/1.1 500 No\r\n\r\nbecause"))
	},
	"redirect": func(c net.Conn) {
		if readRequest(c) == "/" {
			c.Write(moved(302, "/next"))
		}
	},
}

// readRequest reads a request and returns its path, "" if it does not come.
func readRequest(c net.Conn) string {
	var raw []byte
	for b := make([]byte, 1); len(raw) < 4 || string(raw[len(raw)-4:]) != "\r\n\r\n"; raw = append(raw, b[0]) {
		if _, err := c.Read(b); err != nil {
			return ""
		}
	}
	var path string
	for _, b := range raw[len("GET "):] {
		if b == ' ' {
			break
		}
		path += string(b)
	}
	return path
}

func TestDialEndsWithItsContextAtEveryStage(t *testing.T) {
	why := errors.New("the user went away")
	for stage, play := range stages {
		for name, test := range map[string]struct {
			timeout time.Duration // Options.OpenTimeout
			ctx     func(context.Context) (context.Context, context.CancelFunc)
			after   time.Duration
			want    error
		}{
			"cancel": {0, func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancelCause(ctx)
				time.AfterFunc(3*time.Second, func() { cancel(why) })
				return ctx, func() { cancel(nil) }
			}, 3 * time.Second, context.Canceled},
			"deadline": {0, func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 4*time.Second)
			}, 4 * time.Second, context.DeadlineExceeded},
			"default": {0, context.WithCancel, websockets.DefaultOpenTimeout, context.DeadlineExceeded},
			"timeout": {5 * time.Second, context.WithCancel, 5 * time.Second, context.DeadlineExceeded},
			"off": {websockets.Off, func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Hour)
			}, time.Hour, context.DeadlineExceeded},
		} {
			t.Run(stage+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := test.ctx(t.Context())
					defer cancel()
					closed := make(chan struct{}, 2)
					d := websockets.Dialer{Options: websockets.Options{OpenTimeout: test.timeout}, NetDial: stuckAt(play, closed)}
					url := "ws://server.example/"
					if stage == "TLS handshake" {
						url = "wss://server.example/"
					}
					start := time.Now()
					_, err := d.Dial(ctx, url)
					if !errors.Is(err, test.want) || !errors.Is(err, websockets.ErrHandshake) || time.Since(start) != test.after {
						t.Errorf("got %v after %v", err, time.Since(start))
					}
					if name == "cancel" && !errors.Is(err, why) {
						t.Errorf("%v does not tell the cause", err)
					}
					if e, ok := errors.AsType[*websockets.RejectError](err); ok != (stage == "body of a refusal") || ok && (e.Status != 500 || string(e.Body) != "because") {
						t.Errorf("got %v", err)
					}
					if play != nil {
						<-closed
					}
				})
			})
		}
	}
}

// stuckAt returns a NetDial to servers that play, then do nothing, not even read,
// until the client has closed the connection. It tells when it has.
func stuckAt(play func(net.Conn), closed chan<- struct{}) func(context.Context, string, string) (net.Conn, error) {
	n := &wstest.Network{Window: wstest.Rendezvous}
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		if play == nil {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		client, server := n.Pipe()
		watched := &watchedConn{Conn: client, ended: make(chan time.Time, 1)}
		go func() {
			play(server)
			<-watched.ended
			server.Close()
			closed <- struct{}{}
		}()
		return watched, nil
	}
}

func TestDialWithAContextThatHasEndedDoesNotDial(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := websockets.Dialer{NetDial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("dialed")
		return nil, io.EOF
	}}
	if _, err := d.Dial(ctx, "ws://server.example"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDialContextHasNoSayAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet()
		o.PingInterval = websockets.Off
		url, d := wstest.Server(t, &websockets.Server{Options: o, Handler: echoHandler})
		d.Options = o
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		c, err := d.Dial(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		pass(time.Minute)
		if err := c.Send(t.Context(), websockets.Text("late")); err != nil {
			t.Error(err)
		}
		if m, err := c.Recv(t.Context()); err != nil || m.String() != "late" {
			t.Errorf("got %v, %v", m, err)
		}
		c.Close()
	})
}

// Whenever the context ends, either there is a connection or there is nothing.
func TestDialCanceledAtAnyMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &wstest.Network{Connected: func(client, server *wstest.Conn) {
			for _, c := range []*wstest.Conn{client, server} {
				c.Out().Split(7)
				c.Out().Delay(time.Millisecond)
			}
		}}
		s := &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, c *websockets.Conn) error {
			_, err := c.Recv(ctx)
			return err
		}, ProcessRequest: func(*http.Request) error { pass(time.Millisecond); return nil }}
		url, d := n.Server(t, s)
		opened, canceled := 0, 0
		for after := time.Duration(0); after < 8*time.Millisecond; after += 100 * time.Microsecond {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			c, err := d.Dial(ctx, url)
			switch {
			case err == nil:
				opened++
				c.Close()
			case errors.Is(err, context.DeadlineExceeded):
				canceled++
			default:
				t.Errorf("after %v: %v", after, err)
			}
			cancel()
		}
		if opened == 0 || canceled == 0 {
			t.Errorf("%d opened, %d canceled", opened, canceled)
		}
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
