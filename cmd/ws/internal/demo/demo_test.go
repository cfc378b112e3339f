package demo

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

func TestMain(m *testing.M) { wstest.Main(m) }

// serve serves the demo on a network of its own, and returns a function that
// connects to one of its paths.
func serve(t *testing.T, s *websockets.Server) (dial func(path string) *websockets.Conn) {
	t.Helper()
	site := &Site{}
	s.Handler, s.ProcessRequest, s.Logger = site.Serve, site.Process, slog.New(slog.DiscardHandler)
	base, d := wstest.Server(t, s)
	return func(path string) *websockets.Conn {
		t.Helper()
		conn, err := d.Dial(t.Context(), strings.TrimSuffix(base, "/")+path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.CloseNow() })
		return conn
	}
}

// expect receives messages and compares their texts.
func expect(t *testing.T, conn *websockets.Conn, texts ...string) {
	t.Helper()
	for _, want := range texts {
		m, err := conn.Recv(t.Context())
		if err != nil || m.String() != want {
			t.Fatalf("received %q, %v, want %q", m, err, want)
		}
	}
}

func send(t *testing.T, conn *websockets.Conn, m websockets.Message) {
	t.Helper()
	if err := conn.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func TestEchoSendsBackWhatItGets(t *testing.T) {
	conn := serve(t, &websockets.Server{})("/echo")
	for _, m := range []websockets.Message{
		websockets.Text("héllo 🌍"), websockets.Text(""), websockets.Binary([]byte{0, 0xff}), websockets.Binary(make([]byte, 100_000)),
	} {
		send(t, conn, m)
		got, err := conn.Recv(t.Context())
		if err != nil || got.Type != m.Type || got.String() != m.String() {
			t.Errorf("sent %d bytes of %v, received %d of %v, %v", len(m.Data), m.Type, len(got.Data), got.Type, err)
		}
	}
}

func TestTimeComesAtTheIntervalAskedFor(t *testing.T) {
	for path, interval := range map[string]time.Duration{"/time": time.Second, "/time?every=100ms": 100 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			conn := serve(t, &websockets.Server{})(path)
			var last time.Time
			for i := range 4 {
				m, err := conn.Recv(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				now, err := time.Parse(time.RFC3339Nano, m.String())
				if err != nil || i > 0 && now.Sub(last) != interval {
					t.Errorf("%s: %q came %v after the one before, %v, want %v", path, m, now.Sub(last), err, interval)
				}
				last = now
			}
			if err := conn.Close(); err != nil {
				t.Errorf("%s: Close fails with %v", path, err)
			}
		})
	}
}

func TestTimeReadsWhatItDoesNotWant(t *testing.T) {
	conn := serve(t, &websockets.Server{Options: websockets.Options{MaxQueue: 1}})("/time?every=1h")
	for range 100 {
		send(t, conn, websockets.Text("never mind"))
	}
	ping, err := conn.Ping(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ping.Wait(t.Context()); err != nil {
		t.Errorf("no pong behind the messages: %v", err)
	}
}

func TestCloseClosesAsAsked(t *testing.T) {
	dial := serve(t, &websockets.Server{})
	for path, want := range map[string]websockets.CloseError{
		"/close":                           {Code: 1000},
		"/close?code=4000&reason=good+bye": {Code: 4000, Reason: "good bye"},
		"/close?code=1013":                 {Code: 1013},
	} {
		_, err := dial(path).Recv(t.Context())
		e, ok := errors.AsType[*websockets.CloseError](err)
		if !ok || e.Code != want.Code || e.Reason != want.Reason {
			t.Errorf("%s: %v, want %v", path, err, &want)
		}
	}
}

// process is the response to a request, with a status of 0 if it goes on to the
// opening handshake.
func process(r *http.Request) *websockets.RejectError {
	err := new(Site).Process(r)
	if err == nil {
		return &websockets.RejectError{}
	}
	e, _ := errors.AsType[*websockets.RejectError](err)
	return e
}

func TestParametersAreCheckedBeforeTheHandshake(t *testing.T) {
	for query, want := range map[string]string{
		"/time?every=soon":                          `every is "soon"`,
		"/time?every=9ms":                           "from 10ms to 1h",
		"/time?every=61m":                           "from 10ms to 1h",
		"/time?every=-1s":                           "from 10ms to 1h",
		"/close?code=1005":                          `code is "1005"`,
		"/close?code=x":                             `code is "x"`,
		"/close?code=66536":                         `code is "66536"`,
		"/close?reason=%ff":                         "not UTF-8",
		"/chat?room=%ff":                            "not UTF-8",
		"/chat?format=xml":                          `format is "xml"`,
		"/chat?name=a%0Ab":                          "printable",
		"/chat?name=%E2%80%AE":                      "printable",
		"/chat?room=" + strings.Repeat("r", 65):     "more than 64",
		"/chat?name=" + strings.Repeat("n", 33):     "more than 32",
		"/close?reason=" + strings.Repeat("r", 124): "at most 123",
	} {
		e := process(httptest.NewRequest("GET", query, nil))
		if e.Status != http.StatusBadRequest || !strings.Contains(string(e.Body), want) {
			t.Errorf("%s: %d %q, want 400 and %q", query, e.Status, e.Body, want)
		}
	}
	for _, query := range []string{"/echo", "/echo?any=thing", "/time?every=10ms", "/time?every=1h", "/close?code=4999", "/chat", "/chat?room=" + strings.Repeat("é", 64), "/chat?name=" + url.QueryEscape("Zoë 🌍")} {
		if e := process(httptest.NewRequest("GET", query, nil)); e.Status != 0 {
			t.Errorf("%s: %d %q, want a handshake", query, e.Status, e.Body)
		}
	}
}

func TestPagesAndUnknownPaths(t *testing.T) {
	get := func(path string) *http.Request { return httptest.NewRequest("GET", path, nil) }
	upgrade := get("/")
	upgrade.Header.Set("Upgrade", "websocket")
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		kind   string
		body   string
	}{
		{"page", get("/"), 200, "text/html; charset=utf-8", "<!doctype html>"},
		{"page with a query", get("/?x=y"), 200, "text/html; charset=utf-8", "<!doctype html>"},
		{"health", get("/healthz"), 200, "text/plain; charset=utf-8", "ok\n"},
		{"unknown", get("/favicon.ico"), 404, "text/plain; charset=utf-8", "/echo, /chat?room=lobby, /time"},
		{"below a service", get("/echo/"), 404, "text/plain; charset=utf-8", "nothing here"},
		{"handshake on the page", upgrade, 404, "text/plain; charset=utf-8", "nothing here"},
	} {
		e := process(c.r)
		if e.Status != c.status || e.Header.Get("Content-Type") != c.kind || !strings.Contains(string(e.Body), c.body) {
			t.Errorf("%s: %d, %q, %.80q", c.name, e.Status, e.Header.Get("Content-Type"), e.Body)
		}
		if e.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: browsers may guess the type", c.name)
		}
	}
}

func TestExamplePathsWork(t *testing.T) {
	for _, path := range Paths {
		if e := process(httptest.NewRequest("GET", path, nil)); e.Status != 0 {
			t.Errorf("%s: %d %q", path, e.Status, e.Body)
		}
	}
}

// A recorder is a log handler that keeps the messages.
type recorder struct {
	slog.Handler
	mu    sync.Mutex
	lines []string
	ended chan struct{}
}

func (r *recorder) WithAttrs([]slog.Attr) slog.Handler { return r }

func (r *recorder) Enabled(context.Context, slog.Level) bool { return true }

func (r *recorder) Handle(_ context.Context, rec slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	line := rec.Message
	rec.Attrs(func(a slog.Attr) bool {
		if a.Key != "after" {
			line += " " + a.Key + "=" + a.Value.String()
		}
		return true
	})
	r.lines = append(r.lines, line)
	if rec.Message == "end" {
		close(r.ended)
	}
	return nil
}

func TestEachConnectionIsLogged(t *testing.T) {
	rec := &recorder{ended: make(chan struct{})}
	site := &Site{Logger: slog.New(rec)}
	_ = site.Process(httptest.NewRequest("GET", "/favicon.ico", nil))
	base, d := wstest.Server(t, &websockets.Server{Handler: site.Serve, ProcessRequest: site.Process})
	conn, err := d.Dial(t.Context(), strings.TrimSuffix(base, "/")+"/echo?a=b")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.CloseWith(4000, "enough"); err != nil {
		t.Fatal(err)
	}
	<-rec.ended
	want := "answer conn=192.0.2.1:1234 path=/favicon.ico status=404|open path=/echo?a=b|end path=/echo why=closed with 4000 (private use)"
	if got := strings.Join(rec.lines, "|"); got != want {
		t.Errorf("logged %q, want %q", got, want)
	}
}
