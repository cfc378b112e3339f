package handshake

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/httpheader"
)

// WS-057, WS-159, WS-160: without a list, only pages of the same host pass.
func TestCheckOriginSameHost(t *testing.T) {
	const (
		plain  = false
		secure = true
	)
	tests := []struct {
		origin string
		host   string
		secure bool
		want   bool
	}{
		{"http://good.example", "good.example", plain, true},
		{"https://good.example", "good.example", secure, true},
		{"https://good.example", "good.example", plain, true},  // a proxy ended TLS
		{"http://good.example", "good.example", secure, false}, // a page that anybody on the way could change
		{"HTTPS://GOOD.example", "good.EXAMPLE", secure, true},

		// Ports, also the default ones.
		{"http://good.example:80", "good.example", plain, true},
		{"http://good.example", "good.example:80", plain, true},
		{"https://good.example:443", "good.example", secure, true},
		{"https://good.example", "good.example:443", secure, true},
		{"https://good.example:443", "good.example", plain, true},
		{"http://good.example:8080", "good.example:8080", plain, true},
		{"http://good.example:8080", "good.example", plain, false},
		{"http://good.example", "good.example:8080", plain, false},
		{"http://good.example:8080", "good.example:8081", plain, false},
		{"http://good.example:443", "good.example", plain, false},
		{"https://good.example:80", "good.example", secure, false},
		{"https://good.example", "good.example:80", secure, false},
		{"https://good.example", "good.example:80", plain, false},
		{"http://good.example:0", "good.example", plain, false},
		{"http://good.example:", "good.example", plain, false},
		{"http://good.example:99999", "good.example", plain, false},
		{"http://good.example:80x", "good.example", plain, false},

		// Other hosts that look alike.
		{"http://evil.example", "good.example", plain, false},
		{"https://good.example.evil", "good.example", secure, false},
		{"https://evilgood.example", "good.example", secure, false},
		{"https://sub.good.example", "good.example", secure, false},
		{"https://example", "good.example", secure, false},
		{"https://good.example.", "good.example", secure, false},
		{"https://good.example", "good.example.", secure, false},
		{"https://good.example.", "good.example.", secure, true},
		{"https://goOd.example\u200b", "good.example", secure, false},
		{"https://xn--good-.example", "good.example", secure, false},
		{"https://xn--bcher-kva.example", "xn--bcher-kva.example", secure, true},
		{"https://b\u00fccher.example", "xn--bcher-kva.example", secure, false},

		// Other schemes.
		{"ws://good.example", "good.example", plain, false},
		{"wss://good.example", "good.example", secure, false},
		{"ftp://good.example", "good.example", plain, false},
		{"chrome-extension://good.example", "good.example", plain, false},
		{"file://", "good.example", plain, false},
		{"javascript:alert(1)", "good.example", plain, false},

		// What is not an origin.
		{"", "good.example", plain, false},
		{"null", "good.example", plain, false},
		{"null", "null", plain, false},
		{"good.example", "good.example", plain, false},
		{"//good.example", "good.example", plain, false},
		{"://good.example", "good.example", plain, false},
		{"http:good.example", "good.example", plain, false},
		{"http://", "good.example", plain, false},
		{"http://good.example/", "good.example", plain, false},
		{"http://good.example/path", "good.example", plain, false},
		{"http://good.example?a", "good.example", plain, false},
		{"http://good.example#a", "good.example", plain, false},
		{"http://user@good.example", "good.example", plain, false},
		{"http://good.example@evil.example", "good.example", plain, false},
		{"http://evil.example@good.example", "good.example", plain, false},
		{"http://good.example http://good.example", "good.example", plain, false},
		{"http://good.example, http://good.example", "good.example", plain, false},
		{" http://good.example", "good.example", plain, false},
		{"http://good.example\x00", "good.example", plain, false},
		{"http://*", "good.example", plain, false},
		{"*", "good.example", plain, false},
		{"1http://good.example", "good.example", plain, false},
		{"ht tp://good.example", "good.example", plain, false},

		// Addresses.
		{"http://127.0.0.1:9", "127.0.0.1:9", plain, true},
		{"http://127.0.0.1", "127.0.0.2", plain, false},
		{"http://localhost", "127.0.0.1", plain, false},
		{"http://[::1]", "[::1]", plain, true},
		{"http://[::1]:8080", "[::1]:8080", plain, true},
		{"http://[::1]", "[0:0:0:0:0:0:0:1]:80", plain, true},
		{"http://[2001:DB8::A]", "[2001:db8::a]", plain, true},
		{"http://[::1]", "[::2]", plain, false},
		{"http://::1", "[::1]", plain, false},
		{"http://[::1", "[::1]", plain, false},
		{"http://[::ffff:127.0.0.1]", "127.0.0.1", plain, false},
		{"http://[::1%25eth0]", "[::1]", plain, false},

		// A Host header that is none.
		{"http://good.example", "", plain, false},
		{"http://good.example", "good.example:x", plain, false},
		{"http://good.example", "good.example/", plain, false},
		{"http://[", "[", plain, false},
	}
	if len(tests) < 60 {
		t.Errorf("%d rows", len(tests))
	}
	for _, test := range tests {
		origin, err := CheckOrigin(headersOf("Origin", test.origin), test.host, test.secure, nil)
		switch {
		case test.want && (err != nil || origin != test.origin):
			t.Errorf("origin %q, host %q, secure %v: %q, %v", test.origin, test.host, test.secure, origin, err)
		case !test.want && !isOriginError(err, test.origin):
			t.Errorf("origin %q, host %q, secure %v passes: %q, %v", test.origin, test.host, test.secure, origin, err)
		}
	}
}

func isOriginError(err error, origin string) bool {
	return reflect.DeepEqual(err, &httpheader.OriginError{Origin: origin}) && Status(err) == 403
}

func TestCheckOriginList(t *testing.T) {
	list := func(patterns ...string) []string { return patterns }
	tests := []struct {
		allowed []string
		pass    []string
		refuse  []string
	}{
		{
			list("https://example.com"),
			list("https://example.com", "https://example.com:443", "HTTPS://EXAMPLE.COM"),
			list("http://example.com", "https://example.com:8443", "https://www.example.com", "https://example.com.evil", "null", "",
				"https://evilexample.com", "https://example.com.", "https://example.com/", "https://self.example"),
		},
		{
			list("https://example.com:8443", "HTTP://Other.Example"),
			list("https://example.com:8443", "http://other.example", "http://other.example:80"),
			list("https://example.com", "http://example.com:8443", "https://other.example", "http://other.example:443"),
		},
		{
			list("https://*.example.com"),
			list("https://a.example.com", "https://a.b.c.example.com", "https://A.Example.Com:443", "https://xn--a.example.com"),
			list("https://example.com", "https://evilexample.com", "https://.example.com", "https://..example.com", "https://a..example.com",
				"http://a.example.com", "https://a.example.com:8443", "https://a.example.com.evil", "https://a.example.com.", "https://*.example.com",
				"https://evil.example/.example.com", "https://evil@a.example.com", "https://a\x00.example.com", "https://evil.com#.example.com"),
		},
		{
			list("https://*.example.com:8443"),
			list("https://a.example.com:8443"),
			list("https://a.example.com", "https://a.example.com:443"),
		},
		{
			list("chrome-extension://abcdef", "capacitor://localhost"),
			list("chrome-extension://abcdef", "capacitor://localhost"),
			list("chrome-extension://abcdefg", "https://abcdef", "capacitor://localhost:1", "moz-extension://abcdef"),
		},
		{list("null"), list("null"), list("", "NULL", "http://null", "file://")},
		{list("file://"), list("file://"), list("", "null", "file:///a")},
		{list("*"), list("https://any.example", "null", "", "anything"), nil},
		{list(""), nil, list("https://any.example", "null", "", "*")}, // an empty Origin header is one
		{[]string{}, nil, list("https://self.example", "https://any.example", "null", "")},
		// Entries of other forms let nothing pass, not even themselves.
		{
			list("example.com", "https://", "https://*", "https://exa*mple.com", "https://*.", "*.example.com", "https://example.com/",
				"https://*example.com", "https://a.*.example.com", "https://*.*.example.com", "//example.com", "**"),
			nil,
			list("example.com", "https://", "https://*", "https://exa*mple.com", "https://*.", "*.example.com", "https://example.com/",
				"https://a.example.com", "https://example.com", "https://a.b.example.com", "https://aexample.com", "//example.com", "**"),
		},
	}
	for _, test := range tests {
		for _, origin := range test.pass {
			if got, err := CheckOrigin(headersOf("Origin", origin), "self.example", true, test.allowed); err != nil || got != origin {
				t.Errorf("%q: %q, %v", test.allowed, got, err)
			}
		}
		for _, origin := range test.refuse {
			if got, err := CheckOrigin(headersOf("Origin", origin), "self.example", true, test.allowed); got != "" || !isOriginError(err, origin) {
				t.Errorf("%q lets %q pass: %q, %v", test.allowed, origin, got, err)
			}
		}
	}
}

func TestSchemesOfOrigins(t *testing.T) {
	for c := range 256 {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		inside := letter || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
		if got := isScheme(string([]byte{byte(c), 'a'})); got != letter {
			t.Errorf("byte %#x starts a scheme: %v", c, got)
		}
		if got := isScheme(string([]byte{'a', byte(c)})); got != inside {
			t.Errorf("byte %#x stands in a scheme: %v", c, got)
		}
	}
}

// WS-054: what is not from a browser has no Origin header.
func TestCheckOriginWithoutOne(t *testing.T) {
	for _, allowed := range [][]string{nil, {NoOrigin}, {AnyOrigin}, {"https://a.example", ""}} {
		if got, err := CheckOrigin(http.Header{}, "a.example", true, allowed); got != "" || err != nil {
			t.Errorf("%q: %q, %v", allowed, got, err)
		}
	}
	for _, allowed := range [][]string{{}, {"https://a.example"}, {"null"}, {"https://*.a.example"}} {
		if _, err := CheckOrigin(http.Header{}, "a.example", true, allowed); !isOriginError(err, "") {
			t.Errorf("%q: %v", allowed, err)
		}
	}
}

func TestCheckOriginRefusesSeveral(t *testing.T) {
	for _, allowed := range [][]string{nil, {AnyOrigin}, {"https://a.example"}} {
		_, err := CheckOrigin(headersOf("Origin", "https://a.example", "origin", "https://a.example"), "a.example", true, allowed)
		want := &httpheader.Error{Name: "Origin", Value: "https://a.example, https://a.example"}
		if !reflect.DeepEqual(err, want) || Status(err) != 400 {
			t.Errorf("%q: %#v", allowed, err)
		}
	}
}

func TestCheckOriginPatterns(t *testing.T) {
	for _, pattern := range []string{
		"", "*", "null", "file://", "https://example.com", "https://example.com:8443", "http://*.example.com", "http://[::1]:80",
		"chrome-extension://abc", "https://*.localhost:1",
	} {
		if err := CheckOriginPatterns([]string{"https://first.example", pattern}); err != nil {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	for _, pattern := range []string{
		"example.com", "*.example.com", "https://", "https://*", "https://*.", "https://exa*mple.com", "https://*example.com",
		"https://example.com/", "https://u@example.com", "https://example.com:", "https://example.com:0", "https://b\u00fccher.example",
		"https://*.*.example.com", " ", "HTTPS//a", "1x://a", "https://a b",
	} {
		if err := CheckOriginPatterns([]string{pattern}); err == nil || errors.Is(err, httpheader.ErrHandshake) {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	if err := CheckOriginPatterns(nil); err != nil {
		t.Error(err)
	}
}

// FuzzCheckOrigin holds what passes against a second opinion, written on top of
// net/url.
func FuzzCheckOrigin(f *testing.F) {
	f.Add("https://example.com", "example.com", true, "https://*.example.com")
	f.Add("https://a.example.com:443", "a.example.com:443", false, "https://a.example.com")
	f.Add("http://[::1]:80", "[::1]", false, "null")
	f.Add("https://evil@good.example", "good.example", true, "*")
	f.Fuzz(func(t *testing.T, origin, host string, secure bool, pattern string) {
		h := headersOf("Origin", origin)
		got, err := CheckOrigin(h, host, secure, nil)
		checkOriginResult(t, origin, got, err)
		if err == nil {
			o, target := parseWeb(t, origin), parseWeb(t, strings.ToLower(origin[:strings.Index(origin, "://")])+"://"+host)
			if o != target || o.scheme != "https" && (o.scheme != "http" || secure) {
				t.Fatalf("origin %q passes for host %q, secure %v", origin, host, secure)
			}
		}
		got, err = CheckOrigin(h, host, secure, []string{pattern})
		checkOriginResult(t, origin, got, err)
		if err == nil && CheckOriginPatterns([]string{pattern}) != nil {
			t.Fatalf("pattern %q is not valid, but lets %q pass", pattern, origin)
		}
		if err != nil || pattern == AnyOrigin || isOpaque(pattern) && pattern == origin {
			return
		}
		o := parseWeb(t, origin)
		base, isWildcard := strings.CutPrefix(pattern[strings.Index(pattern, "://")+3:], "*.")
		want := parseWeb(t, pattern[:strings.Index(pattern, "://")+3]+base)
		if isWildcard {
			label, rest, _ := strings.Cut(o.host, ".")
			for label != "" && rest != want.host {
				label, rest, _ = strings.Cut(rest, ".")
			}
			o.host = rest
		}
		if o != want {
			t.Fatalf("pattern %q lets %q pass", pattern, origin)
		}
	})
}

func checkOriginResult(t *testing.T, origin, got string, err error) {
	t.Helper()
	if err != nil && !isOriginError(err, origin) || err == nil && got != origin {
		t.Fatalf("origin %q: %q, %#v", origin, got, err)
	}
}

// parseWeb reads an origin that passed with net/url: that must find nothing in
// it but a scheme, a host and a port.
func parseWeb(t *testing.T, s string) origin {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		t.Fatalf("%q is an origin, but for net/url %+v, %v", s, u, err)
	}
	o := origin{scheme: u.Scheme, host: strings.ToLower(u.Hostname())}
	host, _, err := httpheader.ParseHost(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(o.host, ":") {
		o.host = host // one of many forms of an IPv6 address
	} else if o.host != host {
		t.Fatalf("%q has host %q, for net/url %q", s, host, o.host)
	}
	for _, c := range strings.TrimLeft(u.Port(), "0") {
		o.port = o.port*10 + int(c-'0')
	}
	if o.port == 0 {
		o.port = map[string]int{"http": 80, "https": 443}[o.scheme]
	}
	return o
}
