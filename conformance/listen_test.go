package conformance_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/conformance"
	"github.com/go-websockets/websockets/wstest"
)

// A listening is a conformance server that runs.
type listening struct {
	addr string
	stop context.CancelFunc
	over chan struct{} // closed when Serve has returned
	r    *conformance.Report
	err  error
}

func listen(t *testing.T, s *conformance.Server) *listening {
	ln, addr := listenOn(t, nil)
	ctx, stop := context.WithCancel(t.Context())
	l := &listening{addr: addr, stop: stop, over: make(chan struct{})}
	go func() {
		defer close(l.over)
		l.r, l.err = s.Serve(ctx, ln)
	}()
	t.Cleanup(func() {
		stop()
		<-l.over
	})
	return l
}

// ask connects and returns the only message that comes, if any.
func (l *listening) ask(t *testing.T, path string) string {
	t.Helper()
	conn, err := (&websockets.Dialer{Options: websockets.Options{Logger: quiet}}).Dial(t.Context(), "ws://"+l.addr+path)
	if err != nil {
		e, ok := errors.AsType[*websockets.RejectError](err)
		if !ok {
			t.Fatalf("%s: %v", path, err)
		}
		return http.StatusText(e.Status)
	}
	defer conn.Close()
	var all []string
	for m, err := range conn.Messages(t.Context()) {
		if err != nil {
			t.Errorf("%s: %v", path, err)
			break
		}
		if m.Type != websockets.TextMessage {
			t.Errorf("%s: a message of another type", path)
		}
		all = append(all, string(m.Data))
	}
	if e, ok := errors.AsType[*websockets.CloseError](conn.Err()); ok && e.Code != websockets.CloseNoStatus {
		t.Errorf("%s: %v", path, e)
	}
	return strings.Join(all, "|")
}

func (l *listening) run(t *testing.T, query string) {
	echoes(t.Context(), &websockets.Dialer{Options: websockets.Options{Logger: quiet}}, "ws://"+l.addr+"/runCase?"+query)
}

func TestTheControlProtocol(t *testing.T) {
	wstest.NoLeaks(t)
	cases := classicalCases(t, "1.1.1", "2.1", "7.1.1")
	updated := make(chan *conformance.Report, 10)
	var progress []string
	l := listen(t, &conformance.Server{
		Suite: &conformance.Suite{Cases: cases, Progress: func(p conformance.Progress) {
			progress = append(progress, p.Result.Case.ID)
			if p.Total != 3 || p.Done < 1 || p.Done > 3 {
				t.Errorf("progress is %+v", p)
			}
		}},
		Update: func(r *conformance.Report) { updated <- r },
	})
	for path, want := range map[string]string{
		"/getCaseCount":                           "3",
		"/getCaseInfo?case=1":                     `{"id":"1.1.1","description":"A text message of 0 bytes"}`,
		"/getCaseInfo?casetuple=7.1.1":            `{"id":"7.1.1","description":"A text message, and a close frame once it came back"}`,
		"/getCaseInfo?case=2&casetuple=1.1.1":     `{"id":"2.1","description":"A ping without payload"}`,
		"/getCaseInfo?case=0":                     "Bad Request",
		"/getCaseInfo?case=4":                     "Bad Request",
		"/getCaseInfo?case=x":                     "Bad Request",
		"/getCaseInfo?casetuple=9.1.1":            "Bad Request", // not chosen
		"/getCaseInfo":                            "Bad Request",
		"/getCaseStatus?agent=a":                  "Bad Request",
		"/runCase?case=1":                         "Bad Request",
		"/runCase?agent=a":                        "Bad Request",
		"/updateReports":                          "Bad Request",
		"/unknown":                                "Not Found",
		"/getCaseCount?more=than&was=asked&for=1": "3",
	} {
		if got := l.ask(t, path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	waiting := make(chan string)
	go func() { waiting <- l.ask(t, "/getCaseStatus?casetuple=2.1&agent=a") }()
	l.run(t, "case=3&agent=b")
	if got := l.ask(t, "/updateReports?agent=b"); got != "" {
		t.Errorf("updateReports sent %q", got)
	}
	<-updated
	for _, query := range []string{"casetuple=7.1.1&agent=a", "case=1&agent=a", "case=1&agent=a", "case=2&agent=a"} {
		l.run(t, query)
	}
	if got, want := <-waiting, `{"behavior":"OK"}`; got != want {
		t.Errorf("the status is %q, want %q", got, want)
	}
	if got := l.ask(t, "/updateReports?agent=a"); got != "" {
		t.Errorf("updateReports sent %q", got)
	}
	select {
	case r := <-updated:
		if len(r.Agents) != 2 || r.Agents[0].Name != "b" || r.Agents[1].Name != "a" || r.Agents[1].Peers != conformance.Clients {
			t.Fatalf("the agents are %+v", r.Agents)
		}
		var ids []string
		for _, result := range r.Agents[1].Results {
			ids = append(ids, result.Case.ID)
			if !result.Passed(true) || result.Agent != "a" || !strings.HasPrefix(result.Request, "GET /runCase?case") {
				t.Errorf("%+v", result)
			}
		}
		if got := strings.Join(ids, " "); got != "1.1.1 2.1 7.1.1" {
			t.Errorf("the results are of %s", got)
		}
	default:
		t.Error("the reports were not updated before the connection was closed")
	}
	slices.Sort(progress)
	if got := strings.Join(progress, " "); got != "1.1.1 1.1.1 2.1 7.1.1 7.1.1" {
		t.Errorf("progress was %s", got)
	}
	l.ask(t, "/updateReports?agent=a&shutdownOnComplete=true")
	<-l.over
	if l.err != nil || len(l.r.Agents) != 2 {
		t.Errorf("Serve returned %v, %v", l.r, l.err)
	}
}

func TestWhatEndsAListeningSuite(t *testing.T) {
	wstest.NoLeaks(t)
	for path, s := range map[string]*conformance.Server{
		"/stopServer": {},
		"/updateReports?agent=a&shutdownOnComplete=yes": {},
		"/updateReports?agent=b":                        {Agents: 1},
	} {
		l := listen(t, s)
		l.ask(t, path)
		<-l.over
		if l.err != nil {
			t.Errorf("%s: %v", path, l.err)
		}
	}
	l := listen(t, &conformance.Server{})
	l.stop()
	<-l.over
	if !errors.Is(l.err, context.Canceled) || l.r == nil {
		t.Errorf("the end of the context: %v, %v", l.r, l.err)
	}
	ln, _ := listenOn(t, nil)
	_ = ln.Close()
	if _, err := new(conformance.Server).Serve(t.Context(), ln); err == nil {
		t.Error("a listener that is closed has no error")
	}
}

func TestACaseThatIsCutShortHasNoResult(t *testing.T) {
	wstest.NoLeaks(t)
	l := listen(t, &conformance.Server{})
	conn := l.request(t, "/runCase?casetuple=5.19&agent=a")
	l.stop()
	<-l.over
	_, _ = io.Copy(io.Discard, conn)
	if len(l.r.Agents) != 0 {
		t.Errorf("there are results: %+v", l.r.Agents[0])
	}
}

// request sends a request by hand, and waits for the response.
func (l *listening) request(t *testing.T, path string) net.Conn {
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
	if _, err := io.ReadFull(conn, make([]byte, len("HTTP/1.1 101"))); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestMoreConnectionsThanMaxConnsWait(t *testing.T) {
	wstest.NoLeaks(t)
	l := listen(t, &conformance.Server{MaxConns: 1})
	first := l.request(t, "/runCase?casetuple=5.19&agent=a")
	second := make(chan string)
	go func() { second <- l.ask(t, "/getCaseCount") }()
	select {
	case <-second:
		t.Error("the second one was served beside the first")
	case <-time.After(50 * time.Millisecond):
	}
	_ = first.Close()
	<-second
}

func TestRequestsThatAreNone(t *testing.T) {
	wstest.NoLeaks(t)
	l := listen(t, &conformance.Server{})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + l.addr + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), "/getCaseCount") {
		t.Errorf("a browser sees %s %s", response.Status, body)
	}
	for request, want := range map[string]string{
		"nonsense\r\n\r\n": "HTTP/1.1 400",
		"GET / HTTP/1.1\r\n" + strings.Repeat("a", 70000):                                                      "",
		"GET /runCase?case=1&agent=a HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n": "HTTP/1.1 400",
	} {
		conn, err := net.Dial("tcp", l.addr)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, request)
		got, _ := io.ReadAll(conn)
		_ = conn.Close()
		if !strings.HasPrefix(string(got), want) || want == "" && len(got) > 0 {
			t.Errorf("%.50q: %.100q, want %q", request, got, want)
		}
	}
}
