package websockets_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// moved returns a response that redirects.
func moved(status int, location string) []byte {
	return wstest.HTTP(fmt.Sprintf("HTTP/1.1 %d Moved", status), "Location: "+location, "Content-Length: 100")
}

// secretsOf returns which of the client's secrets are in a request.
func secretsOf(request string) string {
	var found []string
	for line := range strings.SplitSeq(request, "\r\n") {
		if strings.Contains(line, "SECRET") || strings.HasPrefix(line, "Authorization: Basic") {
			name, _, _ := strings.Cut(line, ":")
			found = append(found, strings.ToLower(name))
		}
	}
	slices.Sort(found)
	return strings.Join(found, " ")
}

func TestDialSendsSecretsToTheSameOriginOnly(t *testing.T) {
	const all = "authorization cookie cookie proxy-authorization"
	for name, test := range map[string]struct {
		url, location string
		secrets       string // in the second request
	}{
		"path":               {"ws://a.example/x", "/y", all},
		"relative path":      {"ws://a.example/x/", "y?z", all},
		"same":               {"ws://a.example/", "ws://a.example/y", all},
		"same, other scheme": {"ws://a.example/", "http://a.example/y", all},
		"same, upper case":   {"ws://a.example/", "HTTP://A.EXAMPLE:80/y", all},
		"same, default port": {"ws://a.example/", "ws://a.example:80/y", all},
		"no scheme":          {"ws://a.example/", "//a.example/y", all},
		"other host":         {"ws://a.example/", "ws://b.example/", ""},
		"no scheme, other":   {"ws://a.example/", "//b.example/", ""},
		"subdomain":          {"ws://a.example/", "ws://b.a.example/", ""},
		"parent domain":      {"ws://b.a.example/", "ws://a.example/", ""},
		"other port":         {"ws://a.example/", "ws://a.example:8080/", ""},
		"userinfo there":     {"ws://a.example/", "ws://SECRET:SECRET@b.example/", ""},
		"trailing dot":       {"ws://a.example/", "ws://a.example./", ""},
		"IPv6":               {"ws://[::1]/", "ws://[::2]/", ""},
		"IPv6, same":         {"ws://[::1]/", "ws://[0:0::1]/y", all},
		"address":            {"ws://a.example/", "ws://127.0.0.1/", ""},
	} {
		t.Run(name, func(t *testing.T) {
			first := true
			s := playServer(t, func(c net.Conn, r *http.Request) {
				if first {
					first = false
					c.Write(moved(302, test.location))
					return
				}
				accept(c, r)
			}, "a.example:80", "b.example:80", "b.a.example:80", "a.example:8080", "a.example.:80", "[::1]:80", "[::2]:80", "127.0.0.1:80")
			d := websockets.Dialer{NetDial: s.net.Dial, Header: http.Header{
				"authorization": {"SECRET"}, "COOKIE": {"a=SECRET", "b=SECRET"}, "Proxy-Authorization": {"SECRET"}, "X-Other": {"sent"},
			}}
			c, err := d.Dial(t.Context(), test.url)
			if err != nil {
				t.Fatal(err)
			}
			c.CloseNow()
			if got := secretsOf(s.requests[0]); got != all {
				t.Errorf("first request has %q", got)
			}
			if got := secretsOf(s.requests[1]); got != test.secrets {
				t.Errorf("second request has %q, want %q", got, test.secrets)
			}
			if !strings.Contains(s.requests[1], "X-Other: sent") {
				t.Errorf("second request is %q", s.requests[1])
			}
		})
	}
}

func TestDialSendsUserOfTheURLToTheSameOriginOnly(t *testing.T) {
	for location, want := range map[string]string{"/y": "authorization", "ws://b.example/": ""} {
		s := playServer(t, func(c net.Conn, r *http.Request) {
			if r.URL.Path == "/first" {
				c.Write(moved(307, location))
				return
			}
			accept(c, r)
		}, "a.example:80", "b.example:80")
		d := websockets.Dialer{NetDial: s.net.Dial}
		c, err := d.Dial(t.Context(), "ws://user:password@a.example/first")
		if err != nil {
			t.Fatal(err)
		}
		c.CloseNow()
		if secretsOf(s.requests[0]) != "authorization" || secretsOf(s.requests[1]) != want {
			t.Errorf("to %s: requests have %q, %q", location, secretsOf(s.requests[0]), secretsOf(s.requests[1]))
		}
	}
}

// Secrets that were dropped on the way do not come back at the first origin: it
// may have been told by the second one what to ask for.
func TestDialSendsNoSecretsAfterARoundTripByAnotherOrigin(t *testing.T) {
	s := playServer(t, func(c net.Conn, r *http.Request) {
		switch r.Host + r.URL.Path {
		case "a.example/":
			c.Write(moved(301, "ws://b.example/"))
		case "b.example/":
			c.Write(moved(308, "ws://a.example/end"))
		default:
			accept(c, r)
		}
	}, "a.example:80", "b.example:80")
	d := websockets.Dialer{NetDial: s.net.Dial, Header: http.Header{"Cookie": {"SECRET"}}}
	c, err := d.Dial(t.Context(), "ws://user:password@a.example/")
	if err != nil {
		t.Fatal(err)
	}
	c.CloseNow()
	for i, want := range []string{"authorization cookie", "", ""} {
		if got := secretsOf(s.requests[i]); got != want {
			t.Errorf("request %d has %q, want %q", i, got, want)
		}
	}
	if got := c.Request().URL.String(); got != "ws://a.example/end" {
		t.Errorf("connected to %s", got)
	}
}

func TestDialDoesNotFollowEveryRedirect(t *testing.T) {
	for name, test := range map[string]struct {
		location string
		want     string // in the error
	}{
		"loop":           {"/", "more than 10 redirects"},
		"scheme":         {"ftp://b.example/", `"ftp"`},
		"socket":         {"ws+unix:///run/secret.sock", `"ws+unix"`},
		"file":           {"file:///etc/passwd", `"file"`},
		"script":         {"javascript:alert(1)", `"javascript"`},
		"no URL":         {"http://[::1", "no URL"},
		"bad host":       {"http://a b/", "no URL"},
		"bad port":       {"http://b.example:99999/?SECRET", "no WebSocket URI"},
		"control":        {"http://b.example/\x01", ""},
		"non-ASCII host": {"http://b\u00e9.example/", "no WebSocket URI"},
	} {
		s := playServer(t, func(c net.Conn, _ *http.Request) { c.Write(moved(302, test.location)) })
		d := websockets.Dialer{NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if network != "tcp" || addr != "server.example:80" {
				t.Errorf("%s: dials %s %s", name, network, addr)
			}
			return s.net.Dial(ctx, network, addr)
		}}
		_, err := d.Dial(t.Context(), "ws://server.example/")
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "SECRET") || strings.Count(err.Error(), "websockets: ") != 1 {
			t.Errorf("%s: got %v", name, err)
		}
		if e, ok := errors.AsType[*websockets.RejectError](err); name != "control" && (!ok || e.Status != 302 || e.Header.Get("Location") == "") {
			t.Errorf("%s: got %T", name, err)
		}
		if want := 1; name == "loop" {
			if want = 11; len(s.requests) != want {
				t.Errorf("%s: %d requests, want %d", name, len(s.requests), want)
			}
		} else if len(s.requests) != want {
			t.Errorf("%s: %d requests, want %d", name, len(s.requests), want)
		}
	}
}

func TestDialRedirectsToTLSButNotBack(t *testing.T) {
	certificate := testCertificate(t, "server.example", time.Now().Add(time.Hour))
	n := new(wstest.Network)
	secure := &websockets.Server{
		Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
		ProcessRequest: func(r *http.Request) error {
			if r.URL.Path == "/back" {
				return &websockets.RejectError{Status: 302, Header: http.Header{"Location": {"http://server.example/"}}}
			}
			return nil
		},
	}
	url, d := n.Server(t, secure)
	plain := &websockets.Server{Options: quiet(), Handler: nothing, ProcessRequest: func(r *http.Request) error {
		return &websockets.RejectError{Status: 301, Header: http.Header{"Location": {"https" + strings.TrimPrefix(url, "wss") + r.URL.Path[1:]}}}
	}}
	plainURL, _ := n.Server(t, plain)

	c, err := d.Dial(t.Context(), plainURL+"there")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.NetConn().(*tls.Conn); !ok || c.Request().URL.Path != "/there" {
		t.Errorf("connected to %v by %T", c.Request().URL, c.NetConn())
	}
	c.Close()
	_, err = d.Dial(t.Context(), plainURL+"back")
	if !is[*websockets.RejectError](err) || !strings.Contains(err.Error(), "from TLS to plain TCP") || !strings.Contains(err.Error(), "redirected to") {
		t.Errorf("got %v", err)
	}
}

// With TLS it is another origin, even at the same port.
func TestDialSendsNoSecretsWhenOnlyTLSDiffers(t *testing.T) {
	n := new(wstest.Network)
	var seen []string
	note := func(r *http.Request) {
		seen = append(seen, fmt.Sprint(r.TLS != nil, r.Header["Cookie"], r.Header["Authorization"]))
	}
	secureURL, d := n.Server(t, &websockets.Server{
		Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{Certificates: []tls.Certificate{testCertificate(t, "a.example", time.Now().Add(time.Hour))}},
		ProcessRequest: func(r *http.Request) error { note(r); return nil },
	})
	plainURL, _ := n.Server(t, &websockets.Server{Options: quiet(), Handler: nothing, ProcessRequest: func(r *http.Request) error {
		note(r)
		return &websockets.RejectError{Status: 308, Header: http.Header{"Location": {"https://a.example:8443/"}}}
	}})
	hosts := []string{strings.Split(plainURL, "/")[2], strings.Split(secureURL, "/")[2]}
	d.NetDial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		host := hosts[0]
		hosts = hosts[1:]
		return n.Dial(ctx, network, host)
	}
	d.Header = http.Header{"Cookie": {"a=b"}}
	c, err := d.Dial(t.Context(), "ws://user:password@a.example:8443/")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if got := strings.Join(seen, ", "); got != "false [a=b] [Basic dXNlcjpwYXNzd29yZA==], true [] []" {
		t.Errorf("got %s", got)
	}
}

func TestDialStaysAtItsUnixSocket(t *testing.T) {
	for location, ok := range map[string]bool{"/y?z": true, "y": true, "http://localhost/y": false, "//localhost/y": false} {
		s := playServer(t, func(c net.Conn, r *http.Request) {
			if r.URL.Path == "/x" {
				c.Write(moved(302, location))
				return
			}
			accept(c, r)
		})
		d := websockets.Dialer{NetDial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if network != "unix" || addr != "/run/a.sock" {
				t.Errorf("dials %s %s", network, addr)
			}
			return s.net.Dial(ctx, network, "server.example:80")
		}}
		c, err := d.Dial(t.Context(), "ws+unix:///run/a.sock:/x")
		if (err == nil) != ok {
			t.Errorf("%s: got %v", location, err)
		}
		if err == nil {
			c.CloseNow()
		} else if !is[*websockets.RejectError](err) {
			t.Errorf("%s: got %v", location, err)
		}
	}
}

// endless yields bytes for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestDialReturnsTheRefusal(t *testing.T) {
	const most = 64 << 10
	chunks := func(n int) string {
		return strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", 1000, strings.Repeat("x", 1000)), n) + "0\r\n\r\n"
	}
	for name, test := range map[string]struct {
		head []string
		body io.Reader
		want int // length of the body
	}{
		"length":          {[]string{"HTTP/1.1 404 Not Found", "Content-Length: 5"}, strings.NewReader("hello and more"), 5},
		"to the end":      {[]string{"HTTP/1.1 500 No"}, strings.NewReader("hello"), 5},
		"chunks":          {[]string{"HTTP/1.1 403 No", "Transfer-Encoding: chunked"}, strings.NewReader(chunks(3) + "more"), 3000},
		"empty":           {[]string{"HTTP/1.1 401 No", "WWW-Authenticate: Basic", "WWW-Authenticate: Bearer", "Content-Length: 0"}, strings.NewReader("more"), 0},
		"no content":      {[]string{"HTTP/1.1 204 No"}, strings.NewReader("more"), 0},
		"endless":         {[]string{"HTTP/1.1 500 No"}, endless{}, most},
		"endless length":  {[]string{"HTTP/1.1 500 No", "Content-Length: 9000000000000000000"}, endless{}, most},
		"endless chunks":  {[]string{"HTTP/1.1 500 No", "Transfer-Encoding: chunked"}, strings.NewReader(chunks(100)), most},
		"two lengths":     {[]string{"HTTP/1.1 500 No", "Content-Length: 5", "Content-Length: 6"}, strings.NewReader("hello!"), 0},
		"bad length":      {[]string{"HTTP/1.1 500 No", "Content-Length: -5"}, strings.NewReader("hello!"), 0},
		"unknown coding":  {[]string{"HTTP/1.1 500 No", "Transfer-Encoding: gzip"}, strings.NewReader("hello!"), 0},
		"bad chunks":      {[]string{"HTTP/1.1 500 No", "Transfer-Encoding: chunked"}, strings.NewReader("5\r\nhello\r\nxyz"), 5},
		"redirect, no to": {[]string{"HTTP/1.1 302 Found", "Content-Length: 2"}, strings.NewReader("hi"), 2},
		"two places":      {[]string{"HTTP/1.1 302 Found", "Location: /a", "Location: /b", "Content-Length: 2"}, strings.NewReader("hi"), 2},
		"not modified":    {[]string{"HTTP/1.1 304 No", "Location: /a"}, strings.NewReader("hi"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			wstest.NoLeaks(t)
			s := playServer(t, func(c net.Conn, _ *http.Request) {
				c.Write(wstest.HTTP(test.head...))
				io.Copy(c, test.body)
			})
			d := websockets.Dialer{NetDial: s.net.Dial}
			_, err := d.Dial(t.Context(), "ws://server.example/")
			e, ok := errors.AsType[*websockets.RejectError](err)
			if !ok || !errors.Is(err, websockets.ErrHandshake) {
				t.Fatalf("got %v", err)
			}
			if status := fmt.Sprintf("HTTP/1.1 %d ", e.Status); !strings.HasPrefix(test.head[0], status) || len(e.Body) != test.want {
				t.Errorf("got status %d and %d bytes, want %d", e.Status, len(e.Body), test.want)
			}
			if name == "empty" && len(e.Header["Www-Authenticate"]) != 2 {
				t.Errorf("got %v", e.Header)
			}
			if text := err.Error(); strings.Count(text, "websockets: ") != 1 || !strings.Contains(text, fmt.Sprintf("rejected with HTTP status %d", e.Status)) || len(text) > 300 {
				t.Errorf("got %q", text)
			}
		})
	}
}
