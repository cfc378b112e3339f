package interop

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/go-websockets/websockets"
)

// serverCases are those where we are the server.
var serverCases = []extraCase{
	{"no subprotocol in common", setsHeaders, func(t *testing.T, s *session) {
		l := s.open(t, setup{ours: websockets.Options{Subprotocols: []string{"chat"}}})
		wantSubprotocol("")(t, l)
	}},
	{"headers", setsHeaders, serveHeaders},
	{"compression", 0, compress},
	{"compression declined", 0, declineCompression},
	{"Basic auth from the URL", passesUserinfo, serveAuth},
	{"Origin", sendsOrigin, serveOrigin},
	{"refused", 0, serveRefusal},
	{"Shutdown", 0, serveShutdown},
}

func serveHeaders(t *testing.T, s *session) {
	l := s.open(t, setup{
		peerHeaders: map[string]string{"X-From-Peer": "one, two"},
		serverSettings: func(server *websockets.Server) {
			server.Header = func(*http.Request) http.Header {
				return http.Header{"X-From-Us": {"three"}}
			}
		},
	})
	if got := l.conn.Request().Header.Get("X-From-Peer"); got != "one, two" {
		t.Errorf("our side received the header %q", got)
	}
	if got := l.opened.Headers["x-from-us"]; got != "three" && s.can&seesStatus != 0 {
		t.Errorf("the peer received the header %q", got)
	}
	if got := l.conn.Request().URL.Path; got != "/here" {
		t.Errorf("the path is %q", got)
	}
	l.finish(t)
}

// serveAuth has a password of letters only: not every client decodes what is
// percent-encoded in a URL.
func serveAuth(t *testing.T, s *session) {
	authorize := func(server *websockets.Server) {
		server.ProcessRequest = func(r *http.Request) error {
			if user, password, _ := r.BasicAuth(); user != "alice" || password != "wonderland" {
				return &websockets.RejectError{Status: http.StatusUnauthorized}
			}
			return nil
		}
	}
	s.open(t, setup{serverSettings: authorize, userinfo: url.UserPassword("alice", "wonderland")}).finish(t)
	s.refuse(t, setup{serverSettings: authorize, userinfo: url.UserPassword("alice", "wrong")}, 401)
	s.refuse(t, setup{serverSettings: authorize}, 401)
}

func serveOrigin(t *testing.T, s *session) {
	only := func(server *websockets.Server) { server.Origins = []string{"https://good.example"} }
	s.open(t, setup{serverSettings: only, peerOrigin: "https://good.example"}).finish(t)
	s.refuse(t, setup{serverSettings: only, peerOrigin: "https://good.example.evil.example"}, 403)
	s.refuse(t, setup{peerOrigin: "https://other.example"}, 403) // the default: the same host
	s.refuse(t, setup{serverSettings: only}, 403)
}

func serveRefusal(t *testing.T, s *session) {
	s.refuse(t, setup{serverSettings: func(server *websockets.Server) {
		server.ProcessRequest = func(*http.Request) error {
			return &websockets.RejectError{Status: http.StatusServiceUnavailable, Body: []byte("not now\n")}
		}
	}}, 503)
}

// refuse has the peer connect to a server of ours that refuses it.
func (s *session) refuse(t *testing.T, u setup, status int) {
	t.Helper()
	server, _ := s.serve(t, u)
	s.Do(t, s.connectTo(server, u))
	if e := s.Expect(t, "rejected"); e.Status != status && s.can&seesStatus != 0 {
		t.Errorf("rejected with %d, want %d", e.Status, status)
	}
}

func serveShutdown(t *testing.T, s *session) {
	l := s.open(t, setup{})
	if err := l.server.Shutdown(l.ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if e := l.peer.Expect(t, "closed"); e.Code != 1001 {
		t.Errorf("the peer's side: code %d, want 1001", e.Code)
	}
	if got := l.closed(t); got.Sent != 1001 || got.Code != l.answer(1001) {
		t.Errorf("our side: %+v, want code and sent 1001", got)
	}
}

// clientCases are those where we are the client.
var clientCases = []extraCase{
	{"no subprotocol in common", 0, func(t *testing.T, s *session) {
		l := s.open(t, setup{ours: websockets.Options{Subprotocols: []string{"chat"}}})
		wantSubprotocol("")(t, l)
	}},
	{"compression", 0, compress},
	{"headers", setsHeaders, dialHeaders},
	{"Basic auth from the URL", 0, dialAuth},
}

func dialHeaders(t *testing.T, s *session) {
	l := s.open(t, setup{
		peerHeaders: map[string]string{"X-From-Peer": "one, two"},
		clientSettings: func(d *websockets.Dialer) {
			d.Header = http.Header{"X-From-Us": {"three"}}
			d.Origin = "https://good.example"
		},
	})
	if got := l.conn.Response().Header.Get("X-From-Peer"); got != "one, two" {
		t.Errorf("our side received the header %q", got)
	}
	if got := l.opened.Headers["x-from-us"]; got != "three" {
		t.Errorf("the peer received the header %q", got)
	}
	if got := l.opened.Headers["origin"]; got != "https://good.example" {
		t.Errorf("the peer received the origin %q", got)
	}
	if got := l.opened.Path; got != "/here" {
		t.Errorf("the path is %q", got)
	}
	l.finish(t)
}

func dialAuth(t *testing.T, s *session) {
	const user = "alice:pa:ss w"
	s.open(t, setup{peerUser: user, userinfo: url.UserPassword("alice", "pa:ss w")}).finish(t)
	for _, userinfo := range []*url.Userinfo{nil, url.UserPassword("alice", "wrong")} {
		conn, err := s.dial(t, setup{peerUser: user, userinfo: userinfo})
		if err == nil {
			conn.CloseNow()
		}
		if reject, ok := errors.AsType[*websockets.RejectError](err); !ok || reject.Status != 401 {
			t.Errorf("Dial: %v, want a *RejectError with status 401", err)
		}
	}
}
