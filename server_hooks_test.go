package websockets_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/httpheader"
	"github.com/go-websockets/websockets/wstest"
)

type contextKey struct{}

func TestServerProcessRequestAnswersAnyRequest(t *testing.T) {
	s := &websockets.Server{
		Options: quiet(),
		Handler: nothing,
		ProcessRequest: func(r *http.Request) error {
			switch r.URL.Path {
			case "/healthz":
				return &websockets.RejectError{Status: 200, Body: []byte("ok")}
			case "/login":
				return &websockets.RejectError{Status: 401, Header: http.Header{
					"Www-Authenticate": {`Basic realm="a"`, "Bearer"}, "Content-Type": {"text/html"}, "Content-Length": {"5"}, "Transfer-Encoding": {"chunked"}, "Connection": {"keep-alive"},
				}}
			case "/none":
				return &websockets.RejectError{Status: 204, Body: []byte("not sent")}
			case "/wrapped":
				return errors.Join(errors.New("secret"), &websockets.RejectError{Status: 404})
			}
			return nil
		},
	}
	url, d := wstest.Server(t, s)
	get := func(path string) (*http.Response, string) {
		return exchange(t, connect(t, url, d), wstest.HTTP("GET "+path+" HTTP/1.1", "Host: h"))
	}
	if resp, body := get("/healthz"); resp.StatusCode != 200 || body != "ok" || !resp.Close {
		t.Errorf("got %s %q", resp.Status, body)
	}
	resp, body := get("/login")
	if resp.StatusCode != 401 || body != "" || len(resp.Header["Www-Authenticate"]) != 2 || resp.Header.Get("Content-Type") != "text/html" || !resp.Close || resp.ContentLength != 0 {
		t.Errorf("got %s %v %q", resp.Status, resp.Header, body)
	}
	if resp, body := get("/none"); resp.StatusCode != 204 || body != "" || resp.Header["Content-Length"] != nil {
		t.Errorf("got %s %v %q", resp.Status, resp.Header, body)
	}
	if resp, body := get("/wrapped"); resp.StatusCode != 404 || body != "" {
		t.Errorf("got %s %q", resp.Status, body)
	}
	if resp, _ := get("/other"); resp.StatusCode != 426 {
		t.Errorf("got %s", resp.Status)
	}
}

func TestServerHookFaultsAre500AndTellThePeerNothing(t *testing.T) {
	boom := errors.New("SECRET of the database")
	header := func(name, value string) func(*http.Request) http.Header {
		return func(*http.Request) http.Header { return http.Header{name: {value}} }
	}
	for name, s := range map[string]*websockets.Server{
		"ProcessRequest fails":  {ProcessRequest: func(*http.Request) error { return boom }},
		"ProcessRequest panics": {ProcessRequest: func(*http.Request) error { panic(boom) }},
		"status too low":        {ProcessRequest: func(*http.Request) error { return &websockets.RejectError{Status: 103} }},
		"status 101":            {ProcessRequest: func(*http.Request) error { return &websockets.RejectError{Status: 101} }},
		"status too high":       {ProcessRequest: func(*http.Request) error { return &websockets.RejectError{Status: 1000} }},
		"reject header injection": {ProcessRequest: func(r *http.Request) error {
			return &websockets.RejectError{Status: 403, Header: header("A", "b\r\nC: d")(r)}
		}},
		"Header panics":         {Header: func(*http.Request) http.Header { panic(boom) }},
		"Header CR LF":          {Header: header("A", "b\r\nC: d")},
		"Header LF in name":     {Header: header("A\nB", "b")},
		"Header Upgrade":        {Header: header("Upgrade", "h2c")},
		"Header Connection":     {Header: header("connection", "close")},
		"Header Accept":         {Header: header("Sec-WebSocket-Accept", "x")},
		"Header Content-Length": {Header: header("Content-Length", "0")},
		"SelectSubprotocol panics": {SelectSubprotocol: func(_, _ []string) (string, error) {
			panic(boom)
		}},
		"subprotocol not offered": {SelectSubprotocol: func(_, _ []string) (string, error) { return "other", nil }},
		"extension panics":        {Options: websockets.Options{Extensions: []extension.Factory{badFactory{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var log records
			s.Logger, s.Handler = log.logger(), nothing
			url, d := wstest.Server(t, s)
			resp, body := exchange(t, connect(t, url, d), wstest.HTTP(with("Sec-WebSocket-Extensions: x-bad", "Sec-WebSocket-Protocol: a")...))
			if resp.StatusCode != 500 || body != "internal server error\n" || resp.Header["C"] != nil {
				t.Errorf("got %s %v %q", resp.Status, resp.Header, body)
			}
			if err := s.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			text := log.String()
			if strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=ERROR") {
				t.Errorf("logged %q", text)
			}
			if strings.Contains(name, "panics") && !strings.Contains(text, "stack=") {
				t.Errorf("no stack in %q", text)
			}
		})
	}
}

// badFactory is an extension that breaks the rules of factories.
type badFactory struct{ extension.Factory }

func (badFactory) Name() string { return "x-bad" }

func (badFactory) Negotiate([]httpheader.Param, []extension.Extension) ([]httpheader.Param, extension.Extension, error) {
	return nil, nil, nil
}

func TestServerHookThatCallsGoexitEndsTheConnection(t *testing.T) {
	wstest.NoLeaks(t)
	s := &websockets.Server{Options: quiet(), Handler: nothing, ProcessRequest: func(*http.Request) error {
		runtime.Goexit()
		return nil
	}}
	url, d := wstest.Server(t, s)
	p := connect(t, url, d)
	if _, err := p.Write(wstest.HTTP(goodRequest...)); err != nil {
		t.Fatal(err)
	}
	if got := p.ReadAll(); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestServerHookMayTakeOpenTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: quiet(), Handler: nothing, ProcessRequest: func(r *http.Request) error {
			<-r.Context().Done()
			return r.Context().Err()
		}}
		url, d := wstest.Server(t, s)
		start := time.Now()
		p := connect(t, url, d)
		p.Timeout = time.Minute
		resp, body := exchange(t, p, wstest.HTTP(goodRequest...))
		if resp.StatusCode != 503 || time.Since(start) != websockets.DefaultOpenTimeout {
			t.Errorf("got %s %q after %v", resp.Status, body, time.Since(start))
		}
	})
}

func TestServerHooksShapeTheConnection(t *testing.T) {
	got := make(chan string, 10)
	s := &websockets.Server{
		Options: websockets.Options{Logger: quiet().Logger, Subprotocols: []string{"b", "a"}},
		ProcessRequest: func(r *http.Request) error {
			*r = *r.WithContext(context.WithValue(r.Context(), contextKey{}, "user "+r.URL.Query().Get("room")))
			return nil
		},
		Header: func(r *http.Request) http.Header {
			return http.Header{"X-Value": {r.Context().Value(contextKey{}).(string)}, "Set-Cookie": {"a=1", "b=2"}}
		},
		SelectSubprotocol: func(offered, supported []string) (string, error) {
			got <- strings.Join(offered, ",") + " " + strings.Join(supported, ",")
			return offered[1], nil
		},
		ConnContext: func(ctx context.Context, c *websockets.Conn) context.Context {
			return context.WithValue(ctx, http.ServerContextKey, c.Subprotocol())
		},
		Handler: func(ctx context.Context, c *websockets.Conn) error {
			if _, ok := ctx.Deadline(); ok || ctx.Err() != nil || c.Request().Context().Err() != nil {
				return errors.New("the context of the handshake reached the handler")
			}
			got <- ctx.Value(contextKey{}).(string)
			got <- ctx.Value(http.ServerContextKey).(string)
			if c.Request().Header["Host"] != nil {
				return errors.New("Host is in the header")
			}
			got <- c.Request().URL.String() + " " + c.Request().Host + " " + c.Request().RequestURI
			got <- c.Response().Status + " " + c.Response().Header.Get("X-Value")
			return nil
		},
	}
	url, d := wstest.Server(t, s)
	p := connect(t, url, d)
	resp := p.ClientHandshake("/chat?room=7", "Sec-WebSocket-Protocol: c, d", "Sec-WebSocket-Protocol: a")
	p.Expect("CLOSE 1000")
	if resp.Header.Get("Sec-WebSocket-Protocol") != "d" || resp.Header.Get("X-Value") != "user 7" || !slices.Equal(resp.Header["Set-Cookie"], []string{"a=1", "b=2"}) {
		t.Errorf("got %v", resp.Header)
	}
	for _, want := range []string{"c,d,a b,a", "user 7", "d", "/chat?room=7 server.example /chat?room=7", "101 Switching Protocols user 7"} {
		if g := <-got; g != want {
			t.Errorf("got %q, want %q", g, want)
		}
	}
}

func TestServerSubprotocols(t *testing.T) {
	require := func(offered, _ []string) (string, error) {
		if len(offered) == 0 {
			return "", errors.New("SECRET")
		}
		return offered[0], nil
	}
	for _, test := range []struct {
		supported []string
		choose    func(_, _ []string) (string, error)
		offered   string
		status    int
		chosen    string
	}{
		{nil, nil, "", 101, ""},
		{nil, nil, "a", 101, ""},
		{[]string{"a", "b"}, nil, "", 101, ""},
		{[]string{"a", "b"}, nil, "c", 101, ""},
		{[]string{"a", "b"}, nil, "b", 101, "b"},
		{[]string{"a", "b"}, nil, "b, a", 101, "a"},
		{nil, require, "z", 101, "z"},
		{nil, require, "", 400, ""},
	} {
		url, d := wstest.Server(t, &websockets.Server{
			Options: websockets.Options{Logger: quiet().Logger, Subprotocols: test.supported}, Handler: nothing, SelectSubprotocol: test.choose,
		})
		lines := goodRequest
		if test.offered != "" {
			lines = with("Sec-WebSocket-Protocol: " + test.offered)
		}
		p := connect(t, url, d)
		if _, err := p.Write(wstest.HTTP(lines...)); err != nil {
			t.Fatal(err)
		}
		resp := p.RecvResponse()
		chosen, present := resp.Header["Sec-Websocket-Protocol"]
		if resp.StatusCode != test.status || strings.Join(chosen, "|") != test.chosen || present != (test.chosen != "") {
			t.Errorf("%+v: got %s %q", test, resp.Status, chosen)
		}
		if resp.StatusCode == 400 {
			if body := string(p.ReadAll()); body != "no acceptable subprotocol\n" {
				t.Errorf("got %q", body)
			}
		}
	}
}

// rsvFactory is an extension that claims RSV2 and does nothing.
type rsvFactory struct{}

type rsvExtension struct{}

func (rsvFactory) Name() string                { return "x-rsv" }
func (rsvFactory) Offer() [][]httpheader.Param { return [][]httpheader.Param{{{Name: "p"}}} }

func (rsvFactory) Accept([]httpheader.Param, []extension.Extension) (extension.Extension, error) {
	return rsvExtension{}, nil
}

func (rsvFactory) Negotiate(offer []httpheader.Param, _ []extension.Extension) ([]httpheader.Param, extension.Extension, error) {
	return offer, rsvExtension{}, nil
}

func (rsvExtension) Name() string             { return "x-rsv" }
func (rsvExtension) Reserved() extension.Bits { return extension.RSV2 }

func (rsvExtension) Encode(f frame.Frame) (frame.Frame, error) {
	if f.Opcode == frame.OpText {
		f.RSV2 = true
	}
	return f, nil
}

func (rsvExtension) Decode(f frame.Frame, _ int64) (frame.Frame, error) {
	f.RSV2 = false
	return f, nil
}

func TestServerAndDialerAgreeOnExtensionsAndSubprotocol(t *testing.T) {
	o := websockets.Options{Logger: quiet().Logger, Extensions: []extension.Factory{rsvFactory{}}, Subprotocols: []string{"chat"}}
	url, d := wstest.Server(t, &websockets.Server{Options: o, Handler: func(ctx context.Context, c *websockets.Conn) error {
		m, err := c.Recv(ctx)
		if err != nil {
			return err
		}
		return c.Send(ctx, m)
	}})
	d.Options = o
	c, err := d.Dial(t.Context(), url+"a/b?c=d")
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	const answer = "x-rsv; p, permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"
	if c.Subprotocol() != "chat" || c.Response().Header.Get("Sec-WebSocket-Extensions") != answer {
		t.Errorf("got %q, %v", c.Subprotocol(), c.Response().Header)
	}
	if r := c.Request(); r.URL.String() != url+"a/b?c=d" || r.Header.Get("Sec-WebSocket-Extensions") != "x-rsv; p, permessage-deflate; client_max_window_bits" || c.Role() != websockets.RoleClient {
		t.Errorf("got %v %v", r.URL, r.Header)
	}
	long := strings.Repeat("hi ", 1000) // worth compressing
	if err := c.Send(t.Context(), websockets.Text(long)); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Recv(t.Context()); err != nil || m.String() != long {
		t.Errorf("got %v, %v", m, err)
	}
}
