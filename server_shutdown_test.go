package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

func echoHandler(ctx context.Context, c *websockets.Conn) error {
	for m, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := c.Send(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func TestServerShutdownClosesBusyConnectionsWith1001(t *testing.T) {
	wstest.NoLeaks(t)
	s := &websockets.Server{Options: quiet(), Handler: echoHandler}
	url, d := wstest.Server(t, s)
	const clients = 20
	var wg sync.WaitGroup
	for range clients {
		c, err := d.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Send(t.Context(), websockets.Text("ready")); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Recv(t.Context()); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for i := 0; ; i++ {
				text := fmt.Sprint(i)
				err := c.Send(t.Context(), websockets.Text(text))
				var m websockets.Message
				if err == nil {
					m, err = c.Recv(t.Context())
				}
				if err != nil {
					if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != websockets.CloseGoingAway {
						t.Errorf("after %d echoes: %v", i, err)
					}
					return
				}
				if m.String() != text {
					t.Errorf("got %v, want %q", m, text)
				}
			}
		})
	}
	if n := len(slices.Collect(s.Conns())); n != clients {
		t.Errorf("%d connections", n)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(slices.Collect(s.Conns())); n != 0 || s.Addrs() != nil {
		t.Errorf("%d connections, listening on %v", n, s.Addrs())
	}
	wg.Wait()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("second Shutdown: %v", err)
	}
}

func TestServerShutdownLosesNoMessageThatSendTook(t *testing.T) {
	const messages = 300 // together less than the network holds
	sent := make(chan struct{})
	s := &websockets.Server{
		Options: quiet(),
		Handler: func(ctx context.Context, c *websockets.Conn) error {
			for i := range messages {
				if err := c.Send(ctx, websockets.Text(fmt.Sprint(i, strings.Repeat("x", 100)))); err != nil {
					return err
				}
			}
			close(sent)
			<-ctx.Done()
			return nil
		},
	}
	url, d := wstest.Server(t, s)
	c, err := d.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	<-sent
	done := make(chan error)
	go func() { done <- s.Shutdown(t.Context()) }()
	for i := range messages {
		m, err := c.Recv(t.Context())
		if err != nil || !strings.HasPrefix(m.String(), fmt.Sprint(i)) {
			t.Fatalf("message %d: got %.20q, %v", i, m, err)
		}
	}
	_, err = c.Recv(t.Context())
	if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != websockets.CloseGoingAway {
		t.Errorf("got %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestServerShutdownTakesCloseTimeoutWithMutePeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: quiet(), Handler: echoHandler}
		url, d := wstest.Server(t, s)
		for range 50 {
			connect(t, url, d).ClientHandshake("/")
		}
		synctest.Wait()
		start := time.Now()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != websockets.DefaultCloseTimeout {
			t.Errorf("took %v", took)
		}
	})
}

func TestServerShutdownAnswersHandshakesInFlightWith503(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inHook := make(chan struct{})
		s := &websockets.Server{Options: quiet(), Handler: nothing, ProcessRequest: func(r *http.Request) error {
			close(inHook)
			<-r.Context().Done()
			if !errors.Is(context.Cause(r.Context()), http.ErrServerClosed) {
				t.Errorf("cause %v", context.Cause(r.Context()))
			}
			return nil // as one that does not look at its context
		}}
		url, d := wstest.Server(t, s)
		mute, partial, hooked := connect(t, url, d), connect(t, url, d), connect(t, url, d)
		fmt.Fprint(partial, "GET / HTTP/1.1\r\nHost")
		hooked.Write(wstest.HTTP(goodRequest...))
		<-inHook
		synctest.Wait()
		start := time.Now()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		for name, p := range map[string]*wstest.Peer{"mute": mute, "partial": partial, "hooked": hooked} {
			if resp := p.RecvResponse(); resp.StatusCode != 503 {
				t.Errorf("%s: got %s", name, resp.Status)
			}
			p.ReadAll()
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// A hook that does not know of the end of the server does not delay it, and makes
// no connection either.
func TestServerShutdownWhileAHookRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: quiet(), Handler: nothing, SelectSubprotocol: func(_, _ []string) (string, error) {
			pass(5 * time.Second)
			return "", nil
		}}
		url, d := wstest.Server(t, s)
		p := connect(t, url, d)
		p.Timeout = time.Minute
		p.Write(wstest.HTTP(goodRequest...))
		synctest.Wait()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if resp := p.RecvResponse(); resp.StatusCode != 503 {
			t.Errorf("got %s", resp.Status)
		}
		p.ReadAll()
	})
}

// A connection that is accepted at the last moment is closed as the others are.
func TestServerShutdownWhileTheResponseIsWritten(t *testing.T) {
	for name, stop := range map[string]func(*websockets.Server) error{
		"Shutdown": func(s *websockets.Server) error { return s.Shutdown(context.Background()) },
		"Close":    (*websockets.Server).Close,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &wstest.Network{Window: wstest.Rendezvous}
				s := &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, _ *websockets.Conn) error {
					<-ctx.Done()
					return ctx.Err()
				}}
				url, d := n.Server(t, s)
				p := connect(t, url, d)
				p.Write(wstest.HTTP(goodRequest...))
				synctest.Wait() // the server is writing
				go stop(s)
				synctest.Wait()
				if name == "Close" {
					p.ReadAll() // it is dropped in the middle of the response
					return
				}
				if resp := p.RecvResponse(); resp.StatusCode != 101 {
					t.Errorf("got %s", resp.Status)
				}
				p.Expect("CLOSE 1001")
				p.Send("CLOSE 1001")
				p.ExpectEOF()
			})
		})
	}
}

func TestServerShutdownWaitsForConnectionsOfUpgrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: quiet()}
		upgraded := make(chan *websockets.Conn, 1)
		url, d := serveHTTP(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := s.Upgrade(w, r)
			if err != nil {
				t.Error(err)
			}
			upgraded <- c
		})})
		connect(t, url, d).ClientHandshake("/")
		c := <-upgraded
		synctest.Wait()
		start := time.Now()
		if err := s.Shutdown(t.Context()); err != nil || time.Since(start) != websockets.DefaultCloseTimeout {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if c.Err() == nil {
			t.Error("the connection is not closed")
		}
	})
}

func TestServerKeepsNothingOfHandshakesAndConnections(t *testing.T) {
	s := &websockets.Server{Options: quiet(), Handler: nothing}
	url, d := wstest.Server(t, s)
	for range 20 {
		p := connect(t, url, d)
		p.ClientHandshake("/")
		p.Expect("CLOSE 1000")
		p.Send("CLOSE 1000")
		p.ReadAll()
		exchange(t, connect(t, url, d), wstest.HTTP("GET / HTTP/1.1", "Host: h"))
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := websockets.Kept(s); n != 0 {
		t.Errorf("%d are left", n)
	}
}

func TestServerShutdownGivesUpOnStuckHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		s := &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, c *websockets.Conn) error {
			if c.Request().URL.Path == "/stuck" {
				<-free
			}
			if c.Request().URL.Path != "/done" {
				<-ctx.Done()
			}
			return nil
		}}
		url, d := wstest.Server(t, s)
		connect(t, url, d).ClientHandshake("/done") // and does not answer the close frame
		for _, path := range []string{"/stuck", "/stuck", "/"} {
			p := connect(t, url, d)
			p.ClientHandshake(path)
			go func() {
				p.Expect("CLOSE 1001")
				p.Send("CLOSE 1001")
			}()
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		err := s.Shutdown(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 handlers") || time.Since(start) != 3*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		if n := len(slices.Collect(s.Conns())); n != 0 {
			t.Errorf("%d connections are left", n)
		}
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(free)
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestServerCloseDropsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, c *websockets.Conn) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		url, d := wstest.Server(t, s)
		c, err := d.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		pending := connect(t, url, d)
		fmt.Fprint(pending, "GET / ")
		synctest.Wait()
		start := time.Now()
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		_, err = c.Recv(t.Context())
		if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != websockets.CloseAbnormal {
			t.Errorf("got %v", err)
		}
		if got := pending.ReadAll(); len(got) > 0 {
			t.Errorf("got %q", got)
		}
		if err := s.Shutdown(t.Context()); err != nil || time.Since(start) > 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestServerIsOfNoUseAfterItWasStopped(t *testing.T) {
	for name, stop := range map[string]func(*websockets.Server) error{
		"Close":    (*websockets.Server).Close,
		"Shutdown": func(s *websockets.Server) error { return s.Shutdown(context.Background()) },
	} {
		s := &websockets.Server{Options: quiet(), Handler: nothing}
		if err := stop(s); err != nil {
			t.Error(err)
		}
		ln, err := new(wstest.Network).Listen("server.example:80")
		if err != nil {
			t.Fatal(err)
		}
		for call, err := range map[string]error{
			"Start":          s.Start("tcp", "127.0.0.1:0"),
			"ListenAndServe": s.ListenAndServe("tcp", "127.0.0.1:0"),
			"Serve":          s.Serve(ln),
		} {
			if err != http.ErrServerClosed {
				t.Errorf("%s after %s: %v", call, name, err)
			}
		}
		if _, err := ln.Accept(); err == nil {
			t.Error("Serve did not close its listener")
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		if _, err := s.Upgrade(w, r); w.Code != 503 || !errors.Is(err, websockets.ErrHandshakeCanceled) || !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Upgrade after %s: %d, %v", name, w.Code, err)
		}
		w = httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != 503 {
			t.Errorf("ServeHTTP after %s: %d", name, w.Code)
		}
	}
}
