package websockets_test

import (
	"context"
	"encoding/json"
	"errors"
	"expvar"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// mounts are the ways in which requests come to a server.
var mounts = map[string]func(t *testing.T, s *websockets.Server) (url string, d *websockets.Dialer){
	"listener": func(t *testing.T, s *websockets.Server) (string, *websockets.Dialer) { return wstest.Server(t, s) },
	"net/http": func(t *testing.T, s *websockets.Server) (string, *websockets.Dialer) {
		url, d := serveHTTP(t, &http.Server{Handler: s})
		t.Cleanup(func() { s.Close() })
		return url, d
	},
}

// mounted runs a test for both of them, in a bubble.
func mounted(t *testing.T, s func() *websockets.Server, test func(t *testing.T, s *websockets.Server, url string, d *websockets.Dialer)) {
	for name, mount := range mounts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := s()
				s.Logger = quiet().Logger
				if s.Handler == nil {
					s.Handler = untilDone
				}
				url, d := mount(t, s)
				test(t, s, url, d)
			})
		})
	}
}

func dialOK(t *testing.T, d *websockets.Dialer, url string) *websockets.Conn {
	t.Helper()
	c, err := d.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

func expectRefusal(t *testing.T, d *websockets.Dialer, url string, status int, retryAfter string) {
	t.Helper()
	c, err := d.Dial(t.Context(), url)
	if err == nil {
		c.CloseNow()
	}
	e, ok := errors.AsType[*websockets.RejectError](err)
	if !ok || e.Status != status || e.Header.Get("Retry-After") != retryAfter {
		t.Errorf("got %v (%+v), want %d, Retry-After %q", err, e, status, retryAfter)
	}
}

func TestServerLimitsConnectionsInTotal(t *testing.T) {
	mounted(t, func() *websockets.Server {
		return &websockets.Server{ConnLimits: websockets.ConnLimits{Total: 2, RetryAfter: 1500 * time.Millisecond}}
	}, func(t *testing.T, s *websockets.Server, url string, d *websockets.Dialer) {
		for range 3 { // places come back
			first, second := dialOK(t, d, url), dialOK(t, d, url)
			expectRefusal(t, d, url, 503, "2")
			first.Close()
			synctest.Wait()
			third := dialOK(t, d, url)
			expectRefusal(t, d, url, 503, "2")
			second.Close()
			third.Close()
			synctest.Wait()
		}
		if got := s.Stats(); got.Open != 0 || got.Pending != 0 || got.Accepted != 9 || got.Refused[websockets.RefusedLimit] != 6 || got.Limits[websockets.LimitTotal] != 6 {
			t.Errorf("%+v", got)
		}
	})
}

// A refused opening handshake gives its place back, whatever the reason.
func TestServerFreesThePlacesOfHandshakesThatFail(t *testing.T) {
	mounted(t, func() *websockets.Server {
		return &websockets.Server{
			ConnLimits: websockets.ConnLimits{Total: 1, PerAddress: 1, Pending: 1},
			ProcessRequest: func(r *http.Request) error {
				switch r.URL.Path {
				case "/reject":
					return &websockets.RejectError{Status: 404}
				case "/panic":
					panic("boom")
				}
				return nil
			},
		}
	}, func(t *testing.T, s *websockets.Server, url string, d *websockets.Dialer) {
		for _, lines := range [][]string{
			{"GET / HTTP/1.1", "Host: h"},
			requestLine("GET /reject HTTP/1.1"),
			requestLine("GET /panic HTTP/1.1"),
			with("Origin: https://evil.example"),
			{"nonsense"},
		} {
			p := connect(t, url, d)
			p.Write(append(wstest.HTTP(lines...), "\r\n"...))
			_ = p.ReadAll()
			p.Close()
			synctest.Wait()
		}
		gone := connect(t, url, d) // says nothing and leaves
		gone.Close()
		synctest.Wait()
		dialOK(t, d, url).Close()
		synctest.Wait()
		if got := s.Stats(); got.Open != 0 || got.Pending != 0 || got.Accepted != 1 || len(got.Limits) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// The server's own listeners know enough to refuse before the request.
func TestServerRefusesWithoutReading(t *testing.T) {
	for name, limits := range map[string]websockets.ConnLimits{
		"503": {Total: 1}, "429": {PerAddress: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limits.RetryAfter = websockets.Off
				s := &websockets.Server{Options: quiet(), Handler: untilDone, ConnLimits: limits}
				url, d := wstest.Server(t, s)
				dialOK(t, d, url)
				p := connect(t, url, d)
				start := time.Now()
				resp, body := exchange(t, p, nil) // and then half a request never comes
				if !strings.HasPrefix(resp.Status, name) || resp.Header["Retry-After"] != nil || body == "" || !resp.Close || time.Since(start) > 2*time.Second {
					t.Errorf("got %s %v %q after %v", resp.Status, resp.Header, body, time.Since(start))
				}
			})
		})
	}
}

func TestServerLimitsPendingHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: quiet(), Handler: untilDone, ConnLimits: websockets.ConnLimits{Pending: 2}}
		url, d := wstest.Server(t, s)
		one := dialOK(t, d, url) // not pending any more
		mute := []*wstest.Peer{connect(t, url, d), connect(t, url, d)}
		synctest.Wait()
		if got := s.Stats(); got.Pending != 2 || got.Open != 1 {
			t.Errorf("%+v", got)
		}
		expectRefusal(t, d, url, 503, "10")
		mute[0].Close()
		synctest.Wait()
		dialOK(t, d, url)
		pass(11 * time.Second) // OpenTimeout for the other one
		got := s.Stats()
		if got.Pending != 0 || got.Limits[websockets.LimitPending] != 1 || got.Refused[websockets.RefusedTimeout] != 1 || got.Refused[websockets.RefusedLost] != 1 {
			t.Errorf("%+v", got)
		}
		one.Close()
	})
}

// Of too many clients at once, those beyond some hundreds get no answer.
func TestServerDoesNotSpendItselfOnRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: quiet(), Handler: untilDone, ConnLimits: websockets.ConnLimits{Total: 1}}
		url, d := wstest.Server(t, s)
		dialOK(t, d, url)
		var peers []*wstest.Peer
		for range 300 {
			peers = append(peers, connect(t, url, d))
		}
		told := 0
		for _, p := range peers {
			if len(p.ReadAll()) > 0 {
				told++
			}
		}
		if told != 256 {
			t.Errorf("%d were told", told)
		}
		pass(2 * time.Second) // the refused may take one to read
		expectRefusal(t, d, url, 503, "10")
	})
}

// addressed has each connection come from the address in its header.
func addressed(d *websockets.Dialer, header, value string) *websockets.Dialer {
	return &websockets.Dialer{NetDial: d.NetDial, Header: http.Header{header: {value}}}
}

func TestServerLimitsConnectionsOfAnAddress(t *testing.T) {
	mounted(t, func() *websockets.Server {
		return &websockets.Server{
			ConnLimits: websockets.ConnLimits{PerAddress: 2},
			Proxies:    websockets.Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
		}
	}, func(t *testing.T, s *websockets.Server, url string, d *websockets.Dialer) {
		from := func(addr string) *websockets.Dialer { return addressed(d, "X-Forwarded-For", addr) }
		a := dialOK(t, from("198.51.100.1"), url)
		dialOK(t, from("198.51.100.1"), url)
		expectRefusal(t, from("198.51.100.1"), url, 429, "10")
		expectRefusal(t, from("10.0.0.9, 198.51.100.1"), url, 429, "10") // a claim changes nothing
		expectRefusal(t, from("::ffff:198.51.100.1"), url, 429, "10")
		dialOK(t, from("198.51.100.2"), url)
		dialOK(t, from("2001:db8:1:2::1"), url)
		dialOK(t, from("2001:db8:1:2:ffff::1"), url)
		expectRefusal(t, from("2001:db8:1:2:3::1"), url, 429, "10") // the same /64
		dialOK(t, from("2001:db8:1:3::1"), url)
		a.Close()
		synctest.Wait()
		dialOK(t, from("198.51.100.1"), url)
		synctest.Wait()
		if got := s.Stats(); got.Limits[websockets.LimitPerAddress] != 4 || got.Open != 6 {
			t.Errorf("%+v", got)
		}
	})
}

func TestClientAddrIsWhatTrustedProxiesSay(t *testing.T) {
	near, far := netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("203.0.113.0/24")
	for name, test := range map[string]struct {
		proxies       websockets.Proxies
		header, value string
		want          string
	}{
		"nobody is trusted":   {websockets.Proxies{}, "X-Forwarded-For", "198.51.100.1", "192.0.2.1"},
		"another is trusted":  {websockets.Proxies{Trusted: []netip.Prefix{far}}, "X-Forwarded-For", "198.51.100.1", "192.0.2.1"},
		"trusted":             {websockets.Proxies{Trusted: []netip.Prefix{far, near}}, "X-Forwarded-For", "198.51.100.1", "198.51.100.1"},
		"two trusted":         {websockets.Proxies{Trusted: []netip.Prefix{far, near}}, "X-Forwarded-For", "198.51.100.1, 203.0.113.5", "198.51.100.1"},
		"claimed":             {websockets.Proxies{Trusted: []netip.Prefix{near}}, "X-Forwarded-For", "127.0.0.1, 198.51.100.1", "198.51.100.1"},
		"malformed":           {websockets.Proxies{Trusted: []netip.Prefix{near}}, "X-Forwarded-For", "198.51.100.1, nonsense", "192.0.2.1"},
		"no header":           {websockets.Proxies{Trusted: []netip.Prefix{near}}, "X-Other", "198.51.100.1", "192.0.2.1"},
		"the other header":    {websockets.Proxies{Trusted: []netip.Prefix{near}}, "Forwarded", "for=198.51.100.1", "192.0.2.1"},
		"Forwarded":           {websockets.Proxies{Trusted: []netip.Prefix{near}, Header: "Forwarded"}, "Forwarded", `proto=https;for="[2001:db8::7]:99"`, "2001:db8::7"},
		"not X-Forwarded-For": {websockets.Proxies{Trusted: []netip.Prefix{near}, Header: "Forwarded"}, "X-Forwarded-For", "198.51.100.1", "192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			type seen struct{ process, conn string }
			got := make(chan seen, 1)
			mounted(t, func() *websockets.Server {
				var s seen
				return &websockets.Server{
					Proxies:        test.proxies,
					ProcessRequest: func(r *http.Request) error { s.process = websockets.ClientAddr(r).String(); return nil },
					Handler: func(_ context.Context, c *websockets.Conn) error {
						s.conn = c.ClientAddr().String()
						got <- s
						return nil
					},
				}
			}, func(t *testing.T, _ *websockets.Server, url string, d *websockets.Dialer) {
				c := dialOK(t, addressed(d, test.header, test.value), url)
				if s := <-got; s.process != test.want || s.conn != test.want {
					t.Errorf("got %+v, want %s", s, test.want)
				}
				c.Close()
			})
		})
	}
}

func TestClientAddrWithoutARequest(t *testing.T) {
	_, b := new(wstest.Network).Pipe()
	c := onServer(b, nil)
	defer c.CloseNow()
	if got := c.ClientAddr().String(); got != "192.0.2.1" {
		t.Errorf("got %s", got)
	}
}

func TestServerTrustsUnixSocketsOnlyIfTold(t *testing.T) {
	for _, trust := range []bool{false, true} {
		addrs := make(chan netip.Addr, 1)
		s := &websockets.Server{
			Options:    quiet(),
			Proxies:    websockets.Proxies{TrustUnix: trust},
			ConnLimits: websockets.ConnLimits{PerAddress: 1},
			Handler: func(_ context.Context, c *websockets.Conn) error {
				addrs <- c.ClientAddr()
				return nil
			},
		}
		path := t.TempDir() + "/s"
		if err := s.Start("unix", path); err != nil {
			t.Skip(err)
		}
		d := &websockets.Dialer{Header: http.Header{"X-Forwarded-For": {"198.51.100.1"}}}
		c := dialOK(t, d, "ws+unix://"+path)
		if addr := <-addrs; addr.IsValid() != trust || trust && addr.String() != "198.51.100.1" {
			t.Errorf("trusted %v: got %v", trust, addr)
		}
		c.Close()
		s.Shutdown(t.Context())
	}
}

func TestServerRefusesSenselessLimits(t *testing.T) {
	for name, s := range map[string]*websockets.Server{
		"ConnLimits.Total":      {ConnLimits: websockets.ConnLimits{Total: -2}},
		"ConnLimits.PerAddress": {ConnLimits: websockets.ConnLimits{PerAddress: -2}},
		"ConnLimits.Pending":    {ConnLimits: websockets.ConnLimits{Pending: -2}},
		"ConnLimits.IPv6Bits":   {ConnLimits: websockets.ConnLimits{IPv6Bits: 129}},
		"ConnLimits.RetryAfter": {ConnLimits: websockets.ConnLimits{RetryAfter: -2}},
		"Proxies.Header":        {Proxies: websockets.Proxies{Header: "X-Real-IP"}},
		"Proxies.Trusted":       {Proxies: websockets.Proxies{Trusted: []netip.Prefix{{}}}},
	} {
		s.Handler = nothing
		if err := s.Start("tcp", "server.example:0"); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStatsCountWhatGoesWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log records
		stop := errors.New("stop")
		s := &websockets.Server{
			Options: websockets.Options{Logger: log.logger(), PingInterval: websockets.Off, MaxMessageSize: 10, PeerLimits: websockets.PeerLimits{
				Messages: websockets.Rate{PerSecond: 1}, Lifetime: time.Hour,
			}},
			Handler: func(ctx context.Context, c *websockets.Conn) error {
				return c.Receive(ctx, func(websockets.Message) error { return nil })
			},
			ProcessRequest: func(r *http.Request) error {
				if r.URL.Path == "/fault" {
					return stop
				}
				return nil
			},
		}
		url, d := wstest.Server(t, s)
		open := func() *wstest.Peer {
			p := connect(t, url, d)
			p.Timeout = 2 * time.Hour
			p.ClientHandshake("/")
			return p
		}
		for _, line := range []string{`TEXT "0123456789a"`, `CONT "x" fin`} {
			p := open()
			p.Send(line)
			_, _ = p.Recv()
			p.Close()
		}
		p := open()
		p.Send(`TEXT "1"`, `TEXT "2"`)
		p.Expect(`CLOSE 1008 "too many messages: the limit is 1 a second"`)
		p.Close()
		open().Close() // without a word
		p = open()
		p.Send(`CLOSE 1000`)
		p.Expect(`CLOSE 1000`)
		p = open()
		p.Expect(`CLOSE 1001 ...`)
		p.Send(`CLOSE 1001`)
		exchange(t, connect(t, url, d), wstest.HTTP(requestLine("GET /fault HTTP/1.1")...))
		exchange(t, connect(t, url, d), wstest.HTTP(with("Origin: https://evil.example")...))
		exchange(t, connect(t, url, d), wstest.HTTP("GET / HTTP/1.1", "Host: h"))
		pass(2 * time.Second) // the refused may take one to read

		text, err := json.Marshal(expvar.Func(func() any { return s.Stats() }).Value())
		want := `{"Open":0,"Pending":0,"Accepted":6,` +
			`"Refused":{"fault":1,"malformed":1,"origin":1},` +
			`"Failed":{"1002":1,"1006":1,"1008":1,"1009":1},` +
			`"Limits":{"lifetime":1,"messages":1}}`
		if err != nil || string(text) != want {
			t.Errorf("got %s, %v\nwant %s", text, err, want)
		}
		for _, want := range []string{
			`level=WARN msg="websockets: connection failed" remote=192.0.2.1:`, `too many messages`,
			`level=INFO msg="websockets: connection closed by a limit"`, "has lasted its 1h0m0s",
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%q is not in %s", want, log.String())
			}
		}
	})
}
