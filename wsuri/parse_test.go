package wsuri

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// WS-003, WS-004, WS-026, WS-171, WS-173: what comes out of a URI.
func TestParse(t *testing.T) {
	tests := []struct {
		s        string
		want     URI
		hostPort string // Host header
		addr     string // to dial
		text     string // normal form, "" if it is s
	}{
		{"ws://example.com/chat", URI{false, "example.com", 80, "/chat", nil, ""}, "example.com", "example.com:80", ""},
		{"wss://example.com/chat", URI{true, "example.com", 443, "/chat", nil, ""}, "example.com", "example.com:443", ""},
		{"ws://example.com", URI{false, "example.com", 80, "/", nil, ""}, "example.com", "example.com:80", "ws://example.com/"},
		{"WS://Example.COM/Chat", URI{false, "example.com", 80, "/Chat", nil, ""}, "example.com", "example.com:80", "ws://example.com/Chat"},
		{"wSs://h/", URI{true, "h", 443, "/", nil, ""}, "h", "h:443", "wss://h/"},
		{"ws://h:80/", URI{false, "h", 80, "/", nil, ""}, "h", "h:80", "ws://h/"},
		{"ws://h:443/", URI{false, "h", 443, "/", nil, ""}, "h:443", "h:443", ""},
		{"wss://h:80/", URI{true, "h", 80, "/", nil, ""}, "h:80", "h:80", ""},
		{"wss://h:8443/", URI{true, "h", 8443, "/", nil, ""}, "h:8443", "h:8443", ""},
		{"ws://h:1/", URI{false, "h", 1, "/", nil, ""}, "h:1", "h:1", ""},
		{"ws://h:65535/", URI{false, "h", 65535, "/", nil, ""}, "h:65535", "h:65535", ""},
		{"ws://h:/", URI{false, "h", 80, "/", nil, ""}, "h", "h:80", "ws://h/"},
		{"ws://h./", URI{false, "h.", 80, "/", nil, ""}, "h.", "h.:80", ""},
		{"ws://127.0.0.1:8080/", URI{false, "127.0.0.1", 8080, "/", nil, ""}, "127.0.0.1:8080", "127.0.0.1:8080", ""},
		{"ws://[::1]/", URI{false, "::1", 80, "/", nil, ""}, "[::1]", "[::1]:80", ""},
		{"wss://[2001:DB8::0]:9/", URI{true, "2001:db8::", 9, "/", nil, ""}, "[2001:db8::]:9", "[2001:db8::]:9", "wss://[2001:db8::]:9/"},
		{"ws://[fe80::1%25eth0]/", URI{false, "fe80::1%eth0", 80, "/", nil, ""}, "[fe80::1]", "[fe80::1%eth0]:80", ""},
		{"ws://[fe80::1%25En-0.~_]:81/", URI{false, "fe80::1%En-0.~_", 81, "/", nil, ""}, "[fe80::1]:81", "[fe80::1%En-0.~_]:81", ""},
		{"ws://xn--bcher-kva.example/", URI{false, "xn--bcher-kva.example", 80, "/", nil, ""}, "xn--bcher-kva.example", "xn--bcher-kva.example:80", ""},

		// Path and query.
		{"ws://h?a=b", URI{false, "h", 80, "/?a=b", nil, ""}, "h", "h:80", "ws://h/?a=b"},
		{"ws://h/?", URI{false, "h", 80, "/", nil, ""}, "h", "h:80", "ws://h/"},
		{"ws://h?", URI{false, "h", 80, "/", nil, ""}, "h", "h:80", "ws://h/"},
		{"ws://h/a?b?c/d", URI{false, "h", 80, "/a?b?c/d", nil, ""}, "h", "h:80", ""},
		{"ws://h//a//", URI{false, "h", 80, "//a//", nil, ""}, "h", "h:80", ""},
		{"ws://h/../a/./b", URI{false, "h", 80, "/../a/./b", nil, ""}, "h", "h:80", ""},
		{"ws://h/a;b=c,d:e@f!$&'()*+", URI{false, "h", 80, "/a;b=c,d:e@f!$&'()*+", nil, ""}, "h", "h:80", ""},
		{"ws://h/-._~%23%2f", URI{false, "h", 80, "/-._~%23%2f", nil, ""}, "h", "h:80", ""}, // WS-002
		{"ws://h/azAZ09%09%90%aa%ff%AA%FF", URI{false, "h", 80, "/azAZ09%09%90%aa%ff%AA%FF", nil, ""}, "h", "h:80", ""},
		{"ws://h/é?ü=€", URI{false, "h", 80, "/%C3%A9?%C3%BC=%E2%82%AC", nil, ""}, "h", "h:80", "ws://h/%C3%A9?%C3%BC=%E2%82%AC"},
		{"ws://h/😀\u202e", URI{false, "h", 80, "/%F0%9F%98%80%E2%80%AE", nil, ""}, "h", "h:80", "ws://h/%F0%9F%98%80%E2%80%AE"},
		{"ws://h/a@b", URI{false, "h", 80, "/a@b", nil, ""}, "h", "h:80", ""},
		{"ws://h/://x", URI{false, "h", 80, "/://x", nil, ""}, "h", "h:80", ""},

		// User information.
		{"ws://user:pass@h/", URI{false, "h", 80, "/", url.UserPassword("user", "pass"), ""}, "h", "h:80", ""},
		{"ws://user@h/", URI{false, "h", 80, "/", url.User("user"), ""}, "h", "h:80", ""},
		{"ws://user:@h/", URI{false, "h", 80, "/", url.UserPassword("user", ""), ""}, "h", "h:80", ""},
		{"ws://:pass@h/", URI{false, "h", 80, "/", url.UserPassword("", "pass"), ""}, "h", "h:80", ""},
		{"ws://@h/", URI{false, "h", 80, "/", nil, ""}, "h", "h:80", "ws://h/"},
		{"ws://u:p:q@h/", URI{false, "h", 80, "/", url.UserPassword("u", "p:q"), ""}, "h", "h:80", "ws://u:p%3Aq@h/"},
		{"ws://u%40x:%2F%3f%23@h/", URI{false, "h", 80, "/", url.UserPassword("u@x", "/?#"), ""}, "h", "h:80", "ws://u%40x:%2F%3F%23@h/"},
		{"ws://ü:é@h/", URI{false, "h", 80, "/", url.UserPassword("ü", "é"), ""}, "h", "h:80", "ws://%C3%BC:%C3%A9@h/"},
		{"wss://u:p@[::1]:9/", URI{true, "::1", 9, "/", url.UserPassword("u", "p"), ""}, "[::1]:9", "[::1]:9", ""},

		// Unix sockets.
		{"ws+unix:///run/app.sock:/chat?a=b", URI{false, "localhost", 80, "/chat?a=b", nil, "/run/app.sock"}, "localhost", "/run/app.sock", ""},
		{"WS+UNIX:///run/app.sock", URI{false, "localhost", 80, "/", nil, "/run/app.sock"}, "localhost", "/run/app.sock", "ws+unix:///run/app.sock:/"},
		{"ws+unix:///a:", URI{false, "localhost", 80, "/", nil, "/a"}, "localhost", "/a", "ws+unix:///a:/"},
		{"ws+unix:///a:?b", URI{false, "localhost", 80, "/?b", nil, "/a"}, "localhost", "/a", "ws+unix:///a:/?b"},
		{"ws+unix:///a:/b:c", URI{false, "localhost", 80, "/b:c", nil, "/a"}, "localhost", "/a", ""},
		{"ws+unix:///a%3Ab%20c%25@!:/", URI{false, "localhost", 80, "/", nil, "/a:b c%@!"}, "localhost", "/a:b c%@!", ""},
		{"ws+unix:///é:/é", URI{false, "localhost", 80, "/%C3%A9", nil, "/é"}, "localhost", "/é", "ws+unix:///%C3%A9:/%C3%A9"},
	}
	for _, test := range tests {
		u, err := Parse(test.s)
		if err != nil || !reflect.DeepEqual(u, test.want) {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", test.s, u, err, test.want)
			continue
		}
		if u.HostPort() != test.hostPort {
			t.Errorf("%q: HostPort() = %q, want %q", test.s, u.HostPort(), test.hostPort)
		}
		if u.Addr() != test.addr {
			t.Errorf("%q: Addr() = %q, want %q", test.s, u.Addr(), test.addr)
		}
		text := test.text
		if text == "" {
			text = test.s
		}
		if u.String() != text {
			t.Errorf("%q: String() = %q, want %q", test.s, u.String(), text)
		}
	}
}

// WS-001, WS-006, WS-007, WS-170, WS-172: a URI that is not valid is refused.
func TestParseRefuses(t *testing.T) {
	const (
		noScheme  = "no ws:// or wss:// at the start"
		badScheme = "scheme is not ws or wss"
		fragment  = "fragment"
		noHost    = "no host"
		badHost   = "no host name"
		badIPv6   = "no IPv6 address in brackets"
		badPort   = "no port from 1 to 65535"
		control   = "space or control character"
		badUser   = "bad character or escape in the user name or password"
		noBasic   = "user name or password that Basic authentication cannot carry"
		noSocket  = "no absolute path of a Unix socket"
		badEscape = `"%" without two hexadecimal digits after it`
	)
	tests := map[string]string{
		"":                     noScheme,
		"example.com":          noScheme,
		"/chat":                noScheme,
		"//example.com/":       noScheme,
		"ws:":                  noScheme,
		"ws:example.com":       noScheme,
		"ws:/example.com":      noScheme,
		"://example.com":       badScheme,
		"http://example.com/":  badScheme,
		"https://example.com/": badScheme,
		"w\u017f://h/":         badScheme, // a long s is an s for strings.EqualFold
		"wss+unix:///a":        badScheme,
		"ftp://h/":             badScheme,

		"ws://h/#":       fragment,
		"ws://h/#x":      fragment,
		"ws://h#":        fragment,
		"ws://h/a?b#c":   fragment,
		"ws://h/a#b?c":   fragment,
		"http://h/#":     fragment,
		"ws://u:p#q@h/":  fragment,
		"ws://u:p%23#@h": fragment,

		"ws://":          noHost,
		"ws:///":         noHost,
		"ws:///chat":     noHost,
		"ws://?a":        noHost,
		"ws://:80/":      noHost,
		"ws://user@":     noHost,
		"ws://user@:80/": noHost,

		"ws://.":               badHost,
		"ws://a..b":            badHost,
		"ws://.a":              badHost,
		"ws://a,b/":            badHost,
		"ws://a\\b/":           badHost,
		"ws://a%41/":           badHost,
		"ws://%00/":            badHost,
		"ws://a%2525/":         badHost,
		"ws://*/":              badHost,
		"ws://a\"/":            badHost,
		"ws://<a>/":            badHost,
		"ws://::1/":            noHost,
		"ws://[::1/":           badIPv6,
		"ws://[]/":             badIPv6,
		"ws://[::1]:x/":        badPort,
		"ws://[::1]80/":        "no port or end",
		"ws://[1.2.3.4]/":      badIPv6,
		"ws://[h]/":            badIPv6,
		"ws://[fe80::1%a]/":    badIPv6,
		"ws://[::1%25]/":       "bad zone of an IPv6 address",
		"ws://[::1%25a%20]/":   "bad zone of an IPv6 address",
		"ws://[::1%25\u0141]/": "bad zone of an IPv6 address",

		"ws://h:0/":                    badPort,
		"ws://h:65536/":                badPort,
		"ws://h:-1/":                   badPort,
		"ws://h:+1/":                   badPort,
		"ws://h:1e3/":                  badPort,
		"ws://h:http/":                 badPort,
		"ws://h:80:80/":                badPort,
		"ws://h:\u0661/":               badPort, // an Arabic digit
		"ws://h:99999999999999999999/": badPort,

		"ws://h/a b":          control,
		" ws://h/":            control,
		"ws://h/ ":            control,
		"ws://h/\t":           control,
		"ws://h/\r\nX: y":     control,
		"ws://h/\x00":         control,
		"ws://h\x7f/":         control,
		"ws://u:p w@h/":       control,
		"ws://h/\xff":         "not UTF-8",
		"ws://\xc3\x28/":      "not UTF-8",
		"ws://h/\xed\xa0\x80": "not UTF-8",

		"ws://h/%":    badEscape,
		"ws://h/%2":   badEscape,
		"ws://h/%zz":  badEscape,
		"ws://h/%2g":  badEscape,
		"ws://h/?a=%": badEscape,
		"ws://h/a|b":  `character '|' must be written %7C`,
		"ws://h/<a>":  `character '<' must be written %3C`,
		"ws://h/{a}":  `character '{' must be written %7B`,
		"ws://h/a\\b": `character '\\' must be written %5C`,
		"ws://h/\"":   `character '"' must be written %22`,
		"ws://h/^`":   `character '^' must be written %5E`,
		"ws://h/?a[]": `character '[' must be written %5B`,

		"ws://u@x@h/":     badUser,
		"ws://u%zz:p@h/":  badUser,
		"ws://u:p%2@h/":   badUser,
		"ws://[u]:p@h/":   badUser,
		"ws://a%3Ab:c@h/": noBasic,
		"ws://a:b%0Ac@h/": noBasic,
		"ws://a%00@h/":    noBasic,
		"ws://a%7f:b@h/":  noBasic,

		"ws://b\u00fccher.example/":    `host "bücher.example" is not ASCII: write it in its xn-- form`,
		"ws://b\u00fccher.example:80/": `host "bücher.example" is not ASCII: write it in its xn-- form`,
		"ws://\uff21.example/":         `host "Ａ.example" is not ASCII: write it in its xn-- form`,
		"ws://a\u3002b/":               `host "a。b" is not ASCII: write it in its xn-- form`,
		"ws://\u212a.example/":         "host \"\u212a.example\" is not ASCII: write it in its xn-- form",

		"ws+unix://":             noSocket,
		"ws+unix://run/app.sock": noSocket,
		"ws+unix://:/chat":       noSocket,
		"ws+unix:///a:chat":      "path without a slash at the start",
		"ws+unix:///a?b":         `character '?' must be written %3F`,
		"ws+unix:///a%0:/":       badEscape,
		"ws+unix:///a%00b:/":     "zero byte in the path of a Unix socket",
		"ws+unix:///a:/<":        `character '<' must be written %3C`,
	}
	for s, want := range tests {
		u, err := Parse(s)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Reason != want {
			t.Errorf("Parse(%q) = %+v, %v, want reason %s", s, u, err, want)
			continue
		}
		if u != (URI{}) {
			t.Errorf("Parse(%q) returns %+v with the error", s, u)
		}
		i := strings.IndexAny(s+"?", "?#") // tokens are behind it
		if !strings.Contains(s, "@") && e.URI != s && e.URI != (s + "?")[:i+1]+"xxxxx" {
			t.Errorf("Parse(%q): the error has URI %q", s, e.URI)
		}
	}
}

// A password never reaches the text of an error, whatever else is wrong.
func TestErrorsHidePasswords(t *testing.T) {
	const secret = "s3cret"
	for _, s := range []string{
		"ws://user:s3cret@h/#", "ws://user:s3cret@h:0/", "ws://user:s3cret@/", "ws://user:s3cret@h/%",
		"ws://user:s3cret%zz@h/", "ws://user:s3cret@x@h/", "ws://user:pa/s3cret@h/",
		"ws://user:s3cret/@h/", "ws://us#er:s3cret@h/", "http://user:s3cret@h/", "user:s3cret@h", "ws:user:s3cret@h",
		"ws://user:s3cret%00@h/", "ws://s3cret%3A:x@h/", "ws://user:s3cret @h/", "ws://user:s3cret\xff@h/",
		"ws://user:s3cret@h\u00e9/", "ws://user:x@s3cret@h\u00e9/", "://user:s3cret@h",
	} {
		_, err := ParseIDN(s, func(host string) (string, error) { return "", errors.New("no form of " + host) })
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.(*Error).URI, secret) {
			t.Errorf("%q: %v", s, err)
		}
	}
	for s, want := range map[string]string{"@h": "xxxxx@h", "://u@h": "://xxxxx@h", "ws://@h:0": "ws://xxxxx@h:0", "h": "h"} {
		_, err := Parse(s)
		if e, ok := errors.AsType[*Error](err); !ok || e.URI != want {
			t.Errorf("%q: %#v, want URI %q", s, err, want)
		}
	}
	_, err := Parse("wss://user:s3cret@h:0/?q")
	if want := `invalid WebSocket URI "wss://xxxxx@h:0/?xxxxx": no port from 1 to 65535`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	// Nor do control characters reach a terminal.
	if _, err := Parse("ws://h/\x1b[2J\r\n\u202e"); err == nil || strings.ContainsAny(err.Error(), "\x1b\r\n\u202e") {
		t.Errorf("%v", err)
	}
}

func TestRedacted(t *testing.T) {
	for s, want := range map[string]string{
		"ws://user:pass@h:81/a?b": "ws://xxxxx@h:81/a?b",
		"wss://user@h/":           "wss://xxxxx@h/",
		"wss://h/a@b":             "wss://h/a@b",
		"ws+unix:///a@b:/":        "ws+unix:///a@b:/",
	} {
		u, err := Parse(s)
		if err != nil || u.Redacted() != want {
			t.Errorf("%q: Redacted() = %q, %v, want %q", s, u.Redacted(), err, want)
		}
	}
}

func TestNetworkAndOrigin(t *testing.T) {
	for s, want := range map[string][2]string{
		"ws://h/":              {"tcp", "http://h"},
		"ws://h:443/":          {"tcp", "http://h:443"},
		"wss://H:443/a?b":      {"tcp", "https://h"},
		"wss://u:p@[::1]:8443": {"tcp", "https://[::1]:8443"},
		"ws+unix:///a:/b":      {"unix", "http://localhost"},
	} {
		u, err := Parse(s)
		if got := [2]string{u.Network(), u.Origin()}; got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", s, got, err, want)
		}
	}
}

// toASCII converts a host with the tables inside net/http: before its client
// dials, it converts.
func toASCII(host string) (string, error) {
	var ascii string
	transport := &http.Transport{DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
		ascii, _, _ = net.SplitHostPort(addr)
		return nil, errors.ErrUnsupported
	}}
	_, err := transport.RoundTrip(&http.Request{Method: "GET", URL: &url.URL{Scheme: "http", Host: host, Path: "/"}, Header: http.Header{}})
	if !errors.Is(err, errors.ErrUnsupported) {
		return "", err
	}
	return ascii, nil
}

// WS-170: hosts that are not ASCII are converted, if the caller brings the
// conversion.
func TestParseIDN(t *testing.T) {
	for s, want := range map[string]string{
		"ws://bücher.example/":       "xn--bcher-kva.example",
		"ws://BÜCHER.example:81/é":   "xn--bcher-kva.example",
		"wss://u:p@例え.テスト/":          "xn--r8jz45g.xn--zckzah",
		"ws://bu\u0308cher.example/": "xn--bcher-kva.example", // not in normal form
		"ws://ＦＡＳＳ.example/":         "fass.example",
		"ws://faß.example/":          "xn--fa-hia.example",
		"ws://a。b/":                  "a.b",
		"ws://plain.example/":        "plain.example",
	} {
		u, err := ParseIDN(s, toASCII)
		if err != nil || u.Host != want {
			t.Errorf("ParseIDN(%q): host %q, %v, want %q", s, u.Host, err, want)
		}
	}
	for s, want := range map[string]string{
		"ws://bad\u00e9/":  "host has no ASCII form: no",
		"ws://evil\u00e9/": "no host name", // what comes back is checked too
		"ws://h:\u00e9/":   "no port from 1 to 65535",
	} {
		_, err := ParseIDN(s, func(host string) (string, error) {
			switch host {
			case "badé":
				return "", errors.New("no")
			case "evilé":
				return "a/b@c", nil
			}
			panic("asked for " + host)
		})
		if e, ok := errors.AsType[*Error](err); !ok || e.Reason != want {
			t.Errorf("ParseIDN(%q): %v, want %s", s, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"ws://h/", "wss://u:p@[::1]:9/a?b", "ws+unix:///run/a%3Ab:/c?d", "ws://[fe80::1%25eth0]/", "ws://h/é?%zz",
		"ws://h#", "ws://u%40:p%3A@H:080?", "ws://:@h", "ws://a..b", "ws://h:65536/", "http://h/",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := Parse(s)
		if err != nil {
			if e, ok := errors.AsType[*Error](err); !ok || e.Reason == "" {
				t.Fatalf("%q: %#v", s, err)
			}
			return
		}
		again, err := Parse(u.String())
		if err != nil || !reflect.DeepEqual(again, u) {
			t.Fatalf("%q is %+v, but its form %q is %+v, %v", s, u, u.String(), again, err)
		}
		if u.Port < 1 || u.Port > 65535 || u.Host == "" || u.Host != strings.ToLower(u.Host) && !strings.Contains(u.Host, "%") {
			t.Fatalf("%q is %+v", s, u)
		}
		// The request line can hold the resource name.
		if _, err := url.ParseRequestURI(u.ResourceName); err != nil || u.ResourceName[0] != '/' || strings.ContainsAny(u.ResourceName, " #\r\n") {
			t.Fatalf("%q has resource name %q, %v", s, u.ResourceName, err)
		}
		if u.Unix != "" {
			return
		}
		// Other parsers agree on where it leads.
		theirs, err := url.Parse(u.String())
		if err != nil || theirs.Hostname() != u.Host || theirs.RequestURI() != u.ResourceName {
			t.Fatalf("%q is %q, which net/url reads as %+v, %v", s, u.String(), theirs, err)
		}
		host, port, err := net.SplitHostPort(u.Addr())
		if err != nil || host != u.Host || port != strconv.Itoa(u.Port) {
			t.Fatalf("%q: address %q, %v", s, u.Addr(), err)
		}
	})
}
