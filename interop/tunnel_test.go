package interop

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
)

// TestProxies runs a client and a server of ours with somebody's proxy between
// them.
func TestProxies(t *testing.T) {
	t.Parallel()
	for _, p := range proxies {
		for _, b := range []struct {
			name, network string
			secure        bool
		}{{"TCP", "tcp", false}, {"Unix socket", "unix", false}, {"TLS", "tcp", true}} {
			t.Run(p.name+" "+b.name, func(t *testing.T) {
				t.Parallel()
				u := p.dig(t, newBackend(t, b.network, b.secure), nil)
				t.Run("messages", u.messages)
				t.Run("headers", u.headers)
				t.Run("pings", u.pings)
				t.Run("client closes", u.clientCloses)
				t.Run("server closes", u.serverCloses)
				t.Run("client drops", u.clientDrops)
				t.Run("server drops", u.serverDrops)
				t.Run("Shutdown", u.shutdown)
			})
		}
		t.Run(p.name+" idle", func(t *testing.T) { t.Parallel(); idle(t, p) })
		t.Run(p.name+" refused", func(t *testing.T) { t.Parallel(); refused(t, p) })
		t.Run(p.name+" smuggling", func(t *testing.T) { t.Parallel(); smuggling(t, p) })
	}
}

func (u *tunnel) messages(t *testing.T) {
	u.open(t)
	for _, m := range []websockets.Message{
		websockets.Text("hello"),
		websockets.Text(nonASCII),
		websockets.Text(""),
		websockets.Binary(bytes.Repeat([]byte("\x00\xff"), 35_000)),
		websockets.Text(strings.Repeat("0123456789", 300_000)),
	} {
		for _, way := range [][2]*websockets.Conn{{u.client, u.remote}, {u.remote, u.client}} {
			sent := make(chan error, 1)
			go func() { sent <- way[0].Send(u.ctx, m) }() // ends with u.ctx
			got, err := way[1].Recv(u.ctx)
			if err != nil || got.Type != m.Type || !bytes.Equal(got.Data, m.Data) {
				t.Fatalf("%v received %v %.50q, %v; want %v %.50q", way[1].Role(), got.Type, got, err, m.Type, m)
			}
			if err := receive(t, sent); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := u.client.Subprotocol() + u.remote.Subprotocol(); got != "chatchat" {
		t.Errorf("the subprotocols are %q", got)
	}
	u.part(t, u.client, u.remote, 1000, "")
}

// headers looks at what the proxy makes of the request.
func (u *tunnel) headers(t *testing.T) {
	page := *u.dialer
	page.Origin = u.page + u.front // a page from the proxy is one of the same host
	conn, err := page.Dial(u.ctx, u.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	r := receive(t, u.conns).Request()
	if got := r.Header.Get("X-Forwarded-For"); got != "127.0.0.1" {
		t.Errorf("X-Forwarded-For is %q", got)
	}
	if r.Host != u.front {
		t.Errorf("Host is %q, want %q", r.Host, u.front)
	}
	if got := r.URL.RequestURI(); got != "/here?a=b" {
		t.Errorf("the path is %q", got)
	}
	other := *u.dialer
	other.Origin = "http://other.example"
	_, err = other.Dial(u.ctx, u.url)
	wantStatus(t, err, http.StatusForbidden)
}

func (u *tunnel) pings(t *testing.T) {
	u.open(t)
	for _, conn := range []*websockets.Conn{u.client, u.remote} {
		ping, err := conn.Ping(u.ctx, []byte("through"))
		if err != nil {
			t.Fatal(err)
		}
		if took, err := ping.Wait(u.ctx); err != nil || took <= 0 {
			t.Errorf("%v: the pong took %v, %v", conn.Role(), took, err)
		}
	}
	u.part(t, u.client, u.remote, 1000, "")
}

func (u *tunnel) clientCloses(t *testing.T) {
	u.open(t)
	u.part(t, u.client, u.remote, 4001, "genug für heute")
}

func (u *tunnel) serverCloses(t *testing.T) {
	u.open(t)
	u.part(t, u.remote, u.client, 4002, "genug für heute")
}

// part has one end close the connection and looks at both.
func (u *tunnel) part(t *testing.T, starts, answers *websockets.Conn, code websockets.CloseCode, reason string) {
	t.Helper()
	if err := starts.CloseWith(code, reason); err != nil {
		t.Errorf("CloseWith: %v", err)
	}
	for _, conn := range []*websockets.Conn{starts, answers} {
		got := u.ended(t, conn)
		if got.Code != code || got.Sent != code || got.Err != nil {
			t.Errorf("%v: %+v, want code %d both ways", conn.Role(), got, code)
		}
	}
	if got := u.ended(t, answers).Reason; got != reason {
		t.Errorf("%v: the reason is %q, want %q", answers.Role(), got, reason)
	}
}

func (u *tunnel) ended(t *testing.T, conn *websockets.Conn) *websockets.CloseError {
	t.Helper()
	return (&link{ctx: u.ctx, conn: conn}).closed(t)
}

func (u *tunnel) clientDrops(t *testing.T) {
	u.open(t)
	u.drop(t, u.client, u.remote)
}

func (u *tunnel) serverDrops(t *testing.T) {
	u.open(t)
	u.drop(t, u.remote, u.client)
}

func (u *tunnel) drop(t *testing.T, drops, other *websockets.Conn) {
	t.Helper()
	if err := drops.CloseNow(); err != nil {
		t.Errorf("CloseNow: %v", err)
	}
	for _, conn := range []*websockets.Conn{drops, other} {
		if got := u.ended(t, conn); got.Code != 1006 {
			t.Errorf("%v: %+v, want 1006", conn.Role(), got)
		}
	}
}

func (u *tunnel) shutdown(t *testing.T) {
	u.open(t)
	if err := u.server.Shutdown(u.ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if got := u.ended(t, u.client); got.Code != 1001 {
		t.Errorf("client: %+v, want 1001", got)
	}
	if got := u.ended(t, u.remote); got.Sent != 1001 || got.Err != nil {
		t.Errorf("server: %+v, want sent 1001", got)
	}
}

// idle proves that our pings keep a connection through a proxy alive on which
// the application says nothing, and that the proxy ends it without them.
func idle(t *testing.T, p proxy) {
	const timeout = time.Second
	b := newBackend(t, "tcp", false)
	b.timeout = "1s"
	u := p.dig(t, b, func(s *websockets.Server) { s.PingInterval = timeout / 4 })
	pings := make(chan struct{}, 100)
	u.dialer.Logger = slog.New(&frameCounter{Handler: slog.DiscardHandler, prefix: "< PING", seen: pings})
	u.open(t)
	for range 10 { // two and a half times as long as the proxy has patience
		receive(t, pings)
	}
	if err := u.client.Send(u.ctx, websockets.Text("still there")); err != nil {
		t.Fatal(err)
	}
	if got, err := u.remote.Recv(u.ctx); err != nil || got.String() != "still there" {
		t.Errorf("after a while of pings: received %q, %v", got, err)
	}
	if u.remote.Latency() <= 0 {
		t.Error("the server knows no latency")
	}
	u.part(t, u.client, u.remote, 1000, "")

	b.address = freePort(t)
	u = p.dig(t, b, nil)
	u.open(t)
	for _, conn := range []*websockets.Conn{u.client, u.remote} {
		if got := u.ended(t, conn); got.Code != 1006 {
			t.Errorf("without pings, %v: %+v, want 1006", conn.Role(), got)
		}
	}
}

// refused passes statuses through, and reports a server that is down.
func refused(t *testing.T, p proxy) {
	u := p.dig(t, newBackend(t, "tcp", false), func(s *websockets.Server) {
		s.ProcessRequest = func(*http.Request) error {
			return &websockets.RejectError{Status: http.StatusUnauthorized, Body: []byte("who are you?\n")}
		}
	})
	_, err := u.dialer.Dial(u.ctx, u.url)
	wantStatus(t, err, http.StatusUnauthorized)
	if err == nil || !strings.Contains(err.Error(), "who are you?") {
		t.Errorf("Dial: %v, want it to say what the server says", err)
	}
	if err := u.server.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = u.dialer.Dial(u.ctx, u.url)
	wantStatus(t, err, p.down)
}

func wantStatus(t *testing.T, err error, status int) {
	t.Helper()
	if reject, ok := errors.AsType[*websockets.RejectError](err); !ok || reject.Status != status {
		t.Errorf("Dial: %v, want a *RejectError with status %d", err, status)
	}
}

// smuggling tries to make the proxy believe in a connection that our server has
// refused, and to speak to the server past the proxy's rules.
func smuggling(t *testing.T, p proxy) {
	requests := make(chan string, 10)
	u := p.dig(t, newBackend(t, "tcp", false), func(s *websockets.Server) {
		s.ProcessRequest = func(r *http.Request) error {
			requests <- fmt.Sprint(r.RemoteAddr, " ", r.URL.Path)
			return nil
		}
	})
	conn, err := net.Dial("tcp", u.front)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	deadline, _ := u.ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /first HTTP/1.1\r\nHost: %[1]s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 777\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"+
		"GET /second HTTP/1.1\r\nHost: %[1]s\r\nConnection: close\r\n\r\n", u.front)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("a handshake of version 777 is answered with %s", response.Status)
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("the connection does not end: %v", err)
	}
	first := receive(t, requests)
	select {
	case second := <-requests: // the proxy took it for a request: that is its right
		if from := strings.Fields(first)[0]; strings.HasPrefix(second, from) {
			t.Errorf("the server read %q behind the refused %q", second, first)
		}
	default:
	}
}
