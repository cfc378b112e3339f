package websockets_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// serveHTTP starts a server of net/http in memory.
func serveHTTP(t *testing.T, hs *http.Server) (url string, d *websockets.Dialer) {
	t.Helper()
	n := new(wstest.Network)
	ln, err := n.Listen("server.example:80")
	if err != nil {
		t.Fatal(err)
	}
	hs.ErrorLog = log.New(io.Discard, "", 0)
	served := make(chan error, 1)
	go func() { served <- hs.Serve(ln) }()
	t.Cleanup(func() {
		hs.Close()
		<-served
	})
	return "ws://server.example:80/", &websockets.Dialer{NetDial: n.Dial}
}

func TestUpgradeTakesTheConnectionOver(t *testing.T) {
	wstest.NoLeaks(t)
	closed := make(chan error, 1)
	url, d := serveHTTP(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		w.Header().Set("Content-Length", "5")
		w.Header().Set("X-Id", " 7 ")
		conn, err := websockets.Upgrade(w, r)
		if err != nil {
			t.Error(err)
			return
		}
		if conn.Role() != websockets.RoleServer || conn.Request().URL.Path != "/chat" || conn.Request().Header.Get("Upgrade") != "websocket" {
			t.Errorf("request %v", conn.Request())
		}
		echoHandler(context.Background(), conn)
		closed <- conn.Err()
	})})
	p := connect(t, url, d)
	frames, err := p.Encode(`TEXT "early"`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(slices.Concat(wstest.HTTP(goodRequest...), frames)); err != nil {
		t.Fatal(err)
	}
	resp := p.RecvResponse()
	if resp.StatusCode != 101 || resp.Header.Get("Set-Cookie") != "a=b" || resp.Header.Get("X-Id") != "7" || resp.Header["Content-Length"] != nil {
		t.Errorf("got %s %v", resp.Status, resp.Header)
	}
	p.Expect(`TEXT "early"`)
	p.Send(`TEXT "hi"`)
	p.Expect(`TEXT "hi"`)
	p.Send(`CLOSE 4000 "bye"`)
	p.Expect(`CLOSE 4000 "bye"`)
	p.ExpectEOF()
	if e, ok := errors.AsType[*websockets.CloseError](<-closed); !ok || e.Code != 4000 {
		t.Errorf("closed with %v", e)
	}
}

func TestUpgradeRefusesWithStatus(t *testing.T) {
	var got error
	url, d := serveHTTP(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Kept", "yes")
		_, got = websockets.Upgrade(w, r)
	})})
	for _, test := range []struct {
		lines  []string
		status int
		header string
		check  func(error) bool
	}{
		{[]string{"GET / HTTP/1.1", "Host: h"}, 426, "Upgrade: websocket", is[*websockets.UpgradeError]},
		{without("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), 426, "Sec-Websocket-Version: 13", is[*websockets.HeaderValueError]},
		{without("Sec-WebSocket-Key"), 400, "", is[*websockets.HeaderError]},
		{with("Origin: https://evil.example"), 403, "", is[*websockets.OriginError]},
		{with("Sec-WebSocket-Extensions: ;"), 400, "", is[*websockets.HeaderFormatError]},
		{append(requestLine("POST / HTTP/1.1"), "Content-Length: 0"), 405, "Allow: GET", is[*websockets.MessageError]},
		{requestLine("GET / HTTP/1.0"), 505, "", is[*websockets.MessageError]},
		{with("Content-Length: 5", "", "12345"), 400, "", is[*websockets.MessageError]},
		{with("Transfer-Encoding: chunked", "", "0", ""), 400, "", is[*websockets.MessageError]},
	} {
		p := connect(t, url, d)
		resp, body := exchange(t, p, wstest.HTTP(test.lines...))
		if resp.StatusCode != test.status || !strings.HasSuffix(body, "\n") || resp.Header.Get("X-Kept") != "yes" || !resp.Close {
			t.Errorf("%q: got %s %v %q", test.lines, resp.Status, resp.Header, body)
		}
		if name, value, ok := strings.Cut(test.header, ": "); ok && resp.Header.Get(name) != value {
			t.Errorf("%q: got %v, want %q", test.lines, resp.Header, test.header)
		}
		if !test.check(got) || !errors.Is(got, websockets.ErrHandshake) || strings.Count(got.Error(), "websockets: ") != 1 || !strings.HasPrefix(got.Error(), "websockets: upgrade: ") {
			t.Errorf("%q: got %v", test.lines, got)
		}
	}
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// wrapper is a middleware's ResponseWriter.
type wrapper struct {
	http.ResponseWriter
	wrote int
}

func (w *wrapper) WriteHeader(status int) {
	w.wrote = status
	w.ResponseWriter.WriteHeader(status)
}

type unwrapper struct{ *wrapper }

func (u unwrapper) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func TestUpgradeBehindMiddleware(t *testing.T) {
	var got error
	upgrade := func(w http.ResponseWriter, r *http.Request) {
		var c *websockets.Conn
		if c, got = websockets.Upgrade(w, r); got == nil {
			c.Close()
		}
	}
	url, d := serveHTTP(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/unwrap" {
			upgrade(unwrapper{&wrapper{ResponseWriter: w}}, r)
		} else {
			upgrade(&wrapper{ResponseWriter: w}, r)
		}
	})})
	p := connect(t, url, d)
	p.ClientHandshake("/unwrap")
	p.Expect("CLOSE 1000")
	p.Send("CLOSE 1000")
	p.ExpectEOF()

	resp, body := exchange(t, connect(t, url, d), wstest.HTTP(goodRequest...))
	if resp.StatusCode != 500 || body != "internal server error\n" {
		t.Errorf("got %s %q", resp.Status, body)
	}
	if !errors.Is(got, http.ErrNotSupported) || !strings.Contains(got.Error(), "wrapper has neither Hijack nor Unwrap") {
		t.Errorf("got %v", got)
	}
}

func TestUpgradeOfHTTP2Is505(t *testing.T) {
	r := httptest.NewRequest("GET", "https://server.example/", nil)
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
	w := httptest.NewRecorder()
	_, err := websockets.Upgrade(w, r)
	if w.Code != 505 || !strings.Contains(w.Body.String(), "HTTP/1.1") || w.Header()["Connection"] != nil || w.Header()["Upgrade"] != nil {
		t.Errorf("got %d %v %q", w.Code, w.Header(), w.Body)
	}
	if !is[*websockets.MessageError](err) {
		t.Errorf("got %v", err)
	}
}

func TestUpgradeRefusesHeadersOfMiddlewareThatBreakOut(t *testing.T) {
	for name, value := range map[string]string{"X": "a\r\nB: c", "X\r\nB": "c"} {
		url, d := serveHTTP(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header()[name] = []string{value}
			if _, err := websockets.Upgrade(w, r); err == nil {
				t.Errorf("%q: accepted", value)
			}
		})})
		resp, _ := exchange(t, connect(t, url, d), wstest.HTTP(goodRequest...))
		if resp.StatusCode != 500 || resp.Header["B"] != nil {
			t.Errorf("got %s %v", resp.Status, resp.Header)
		}
	}
}

func TestUpgradeWithSettings(t *testing.T) {
	s := &websockets.Server{
		Options: websockets.Options{Logger: quiet().Logger, Subprotocols: []string{"a"}},
		Origins: []string{"https://page.example"},
		ProcessRequest: func(r *http.Request) error {
			if r.URL.Path == "/no" {
				return &websockets.RejectError{Status: 418, Header: http.Header{"X": {"1", "2"}}, Body: []byte("teapot")}
			}
			if r.Context().Value(contextKey{}) != "outer" {
				return errors.New("values of the request's context are lost")
			}
			if _, ok := r.Context().Deadline(); !ok {
				return errors.New("no deadline")
			}
			return nil
		},
		Header: func(*http.Request) http.Header { return http.Header{"X-Header": {"v"}} },
	}
	var got error
	url, d := serveHTTP(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c *websockets.Conn
		c, got = s.Upgrade(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, "outer")))
		if got == nil {
			if c.Request().Context().Value(contextKey{}) != "outer" {
				t.Error("values of the request's context are lost")
			}
			c.Close()
		}
	})})
	p := connect(t, url, d)
	resp := p.ClientHandshake("/", "Origin: https://page.example", "Sec-WebSocket-Protocol: a")
	if resp.Header.Get("X-Header") != "v" || resp.Header.Get("Sec-WebSocket-Protocol") != "a" {
		t.Errorf("got %v", resp.Header)
	}
	p.Expect("CLOSE 1000")
	resp, body := exchange(t, connect(t, url, d), wstest.HTTP("GET /no HTTP/1.1", "Host: h"))
	if resp.StatusCode != 418 || body != "teapot" || !slices.Equal(resp.Header["X"], []string{"1", "2"}) {
		t.Errorf("got %s %v %q", resp.Status, resp.Header, body)
	}
	if e, ok := errors.AsType[*websockets.RejectError](got); !ok || e.Status != 418 || strings.Count(got.Error(), "websockets: ") != 1 {
		t.Errorf("got %v", got)
	}
}

func TestUpgradeWithSettingsThatMeanNothing(t *testing.T) {
	w := httptest.NewRecorder()
	_, err := (&websockets.Server{Origins: []string{"nonsense"}}).Upgrade(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || err == nil || !strings.Contains(err.Error(), "nonsense") || strings.Contains(w.Body.String(), "nonsense") {
		t.Errorf("got %d %q, %v", w.Code, w.Body, err)
	}
	var log records
	s := &websockets.Server{Options: websockets.Options{Logger: log.logger()}}
	w = httptest.NewRecorder()
	if s.ServeHTTP(w, httptest.NewRequest("GET", "/", nil)); w.Code != 500 || !strings.Contains(log.String(), "Handler is nil") {
		t.Errorf("got %d, logged %q", w.Code, log.String())
	}
}

// Deadlines that net/http has set for the request must not end the connection.
func TestUpgradeOutlivesTimeoutsOfNetHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := quiet()
		o.PingInterval = websockets.Off
		s := &websockets.Server{Options: o, Handler: echoHandler}
		url, d := serveHTTP(t, &http.Server{Handler: s, ReadTimeout: time.Second, WriteTimeout: time.Second, IdleTimeout: time.Second})
		p := connect(t, url, d)
		p.Timeout = time.Hour
		p.ClientHandshake("/")
		pass(time.Minute)
		p.Send(`TEXT "late"`)
		p.Expect(`TEXT "late"`)
		p.Send("CLOSE 1000")
		p.Expect("CLOSE 1000")
		p.Close()
	})
}

func TestServerServeHTTPBlocksUntilTheHandlerIsDone(t *testing.T) {
	wstest.NoLeaks(t)
	events := make(chan string, 10)
	s := &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, c *websockets.Conn) error {
		events <- "handler has " + ctx.Value(contextKey{}).(string)
		_, err := c.Recv(ctx)
		events <- "handler ends"
		return err
	}}
	url, d := serveHTTP(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(context.WithValue(r.Context(), contextKey{}, "value"))
		cancel() // what middleware did with the request's context does not end the handler's
		s.ServeHTTP(w, r.WithContext(ctx))
		events <- "ServeHTTP returns"
	})})
	p := connect(t, url, d)
	p.ClientHandshake("/")
	if got := <-events; got != "handler has value" {
		t.Fatal(got)
	}
	p.Send("CLOSE 1000")
	p.Expect("CLOSE 1000")
	for _, want := range []string{"handler ends", "ServeHTTP returns"} {
		if got := <-events; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestServerShutdownClosesConnectionsOfNetHTTP(t *testing.T) {
	wstest.NoLeaks(t)
	entered := make(chan bool)
	s := &websockets.Server{Options: quiet(), Handler: func(ctx context.Context, c *websockets.Conn) error {
		close(entered)
		return echoHandler(ctx, c)
	}}
	mux := http.NewServeMux()
	mux.Handle("/handled", s)
	upgraded := make(chan *websockets.Conn, 1)
	mux.HandleFunc("/upgraded", func(w http.ResponseWriter, r *http.Request) {
		c, err := s.Upgrade(w, r)
		if err != nil {
			t.Error(err)
		}
		upgraded <- c // nobody serves it
	})
	hs := &http.Server{Handler: mux}
	url, d := serveHTTP(t, hs)
	var peers []*wstest.Peer
	for _, path := range []string{"/handled", "/upgraded"} {
		p := connect(t, url, d)
		p.ClientHandshake(path)
		peers = append(peers, p)
	}
	c := <-upgraded
	<-entered
	if n := len(slices.Collect(s.Conns())); n != 2 {
		t.Errorf("%d connections", n)
	}
	done := make(chan error)
	hs.RegisterOnShutdown(func() { done <- s.Shutdown(t.Context()) })
	if err := hs.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for _, p := range peers {
		p.Expect("CLOSE 1001")
		p.Send("CLOSE 1001")
		p.ExpectEOF()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if e, ok := errors.AsType[*websockets.CloseError](c.Err()); !ok || e.Sent != websockets.CloseGoingAway {
		t.Errorf("got %v", c.Err())
	}
}

func TestServerServeHTTPLogsRefusals(t *testing.T) {
	var log records
	s := &websockets.Server{Options: websockets.Options{Logger: log.logger()}, Handler: nothing}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/a?SECRET", nil))
	text := log.String()
	if w.Code != 426 || strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=WARN") || !strings.Contains(text, "path=/a ") || strings.Contains(text, "SECRET") {
		t.Errorf("%d, logged %q", w.Code, text)
	}
}

// A client that is gone when the response is written gets no connection made.
func TestUpgradeOfALostConnection(t *testing.T) {
	got := make(chan error, 1)
	entered, release := make(chan struct{}), make(chan struct{})
	s := &websockets.Server{Options: quiet(), Header: func(*http.Request) http.Header {
		close(entered)
		<-release
		return nil
	}}
	url, d := serveHTTP(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := s.Upgrade(w, r)
		got <- err
	})})
	p := connect(t, url, d)
	if _, err := p.Write(wstest.HTTP(goodRequest...)); err != nil {
		t.Fatal(err)
	}
	<-entered
	p.Conn().(*wstest.Conn).Reset()
	close(release)
	if err := <-got; !errors.Is(err, websockets.ErrHandshakeCanceled) || !errors.Is(err, websockets.ErrHandshake) {
		t.Errorf("got %v", err)
	}
	if n := len(slices.Collect(s.Conns())); n != 0 {
		t.Errorf("%d connections", n)
	}
}

func TestUpgradeLogsPanicsOfHooks(t *testing.T) {
	var log records
	s := &websockets.Server{
		Options:        websockets.Options{Logger: log.logger()},
		ProcessRequest: func(*http.Request) error { panic("boom") },
	}
	w := httptest.NewRecorder()
	_, err := s.Upgrade(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || err == nil || !strings.Contains(err.Error(), "ProcessRequest: panic: boom") || !errors.Is(err, websockets.ErrHandshake) {
		t.Errorf("got %d, %v", w.Code, err)
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "stack=") {
		t.Errorf("logged %q", text)
	}
}
