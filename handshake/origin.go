package handshake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-websockets/websockets/httpheader"
)

// Two special entries for the list of allowed origins of [CheckOrigin].
const (
	AnyOrigin = "*" // any origin, and none
	NoOrigin  = ""  // no Origin header: the client is not a browser
)

// CheckOrigin decides whether a request may come from the page that it comes
// from, and returns its Origin header, "" if it has none (RFC 6455 §4.2.2,
// §10.2). Browsers send cookies whatever the page: a server that skips this
// check lets every page on the web act for its users. A request without an
// Origin header is not from a browser.
//
// If allowed is nil, the page must be from the same host, or the request without
// an Origin header. The origin's host and port must be those of host, the
// request's Host header; where that has no port, it means the default of the
// origin's scheme. The scheme must be https if the request came over TLS, which
// is what secure says. Else it may be http or https, because a proxy may have
// ended TLS.
//
// Otherwise each entry of allowed lets something pass, and nothing else passes:
//
//	https://example.com       this origin; without a port, the default port
//	https://example.com:8443  this origin
//	https://*.example.com     a host that has more labels in front, with this
//	                          scheme and port; not example.com itself
//	null, file://             an origin that browsers send for local files and
//	                          sandboxed frames; any page can arrange to have it
//	*                         any origin, and none
//	(empty string)            no Origin header
//
// Scheme and host compare without regard to case. Entries of any other form let
// nothing pass: find them at start-up with [CheckOriginPatterns].
//
// CheckOrigin fails with a *[httpheader.OriginError], or with a
// *[httpheader.Error] if there is more than one Origin header.
func CheckOrigin(h Header, host string, secure bool, allowed []string) (origin string, err error) {
	lines := h.Values("Origin")
	switch len(lines) {
	case 0:
		if allowed == nil || slices.Contains(allowed, NoOrigin) || slices.Contains(allowed, AnyOrigin) {
			return "", nil
		}
		return "", &httpheader.OriginError{}
	case 1:
		origin = lines[0]
	default:
		return "", &httpheader.Error{Name: "Origin", Value: strings.Join(lines, ", ")}
	}
	pass := slices.ContainsFunc(allowed, func(pattern string) bool { return matchOrigin(pattern, origin) })
	if allowed == nil {
		pass = sameHost(origin, host, secure)
	}
	if !pass {
		return "", &httpheader.OriginError{Origin: origin}
	}
	return origin, nil
}

// CheckOriginPatterns fails if one of the entries is not of a form that
// [CheckOrigin] knows.
func CheckOriginPatterns(allowed []string) error {
	for _, pattern := range allowed {
		if pattern == AnyOrigin || pattern == NoOrigin || isOpaque(pattern) {
			continue
		}
		base, _ := cutWildcard(pattern)
		if _, ok := parseOrigin(base); !ok {
			return fmt.Errorf("origin pattern %q is not scheme://host, scheme://host:port or one with *. before the host", pattern)
		}
	}
	return nil
}

// An origin is what a page comes from (RFC 6454 §4).
type origin struct {
	scheme string // in lower case
	host   string // as httpheader.ParseHost returns it
	port   int    // the default of the scheme if there is none, 0 if it has no default
}

func parseOrigin(s string) (o origin, ok bool) {
	scheme, host, found := strings.Cut(s, "://")
	if !found || !isScheme(scheme) || strings.HasSuffix(host, ":") {
		return origin{}, false
	}
	o.scheme = strings.ToLower(scheme)
	var err error
	if o.host, o.port, err = httpheader.ParseHost(host); err != nil {
		return origin{}, false
	}
	if o.port == 0 {
		o.port = defaultPort(o.scheme)
	}
	return o, true
}

// isScheme reports whether s is the scheme of a URI (RFC 3986 §3.1).
func isScheme(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return s != ""
}

func defaultPort(scheme string) int {
	switch scheme {
	case "http":
		return 80
	case "https":
		return 443
	}
	return 0
}

// isOpaque reports whether s is an origin without a host.
func isOpaque(s string) bool { return s == "null" || s == "file://" }

// sameHost reports whether s is an origin on the host that the request is for.
func sameHost(s, host string, secure bool) bool {
	o, ok := parseOrigin(s)
	if !ok || o.scheme != "https" && (secure || o.scheme != "http") {
		return false
	}
	name, port, err := httpheader.ParseHost(host)
	if port == 0 {
		port = defaultPort(o.scheme)
	}
	return err == nil && o.host == name && o.port == port
}

// matchOrigin reports whether an entry of the list of allowed origins lets the
// origin s pass.
func matchOrigin(pattern, s string) bool {
	if pattern == AnyOrigin || isOpaque(pattern) && s == pattern {
		return true
	}
	base, wildcard := cutWildcard(pattern)
	want, ok := parseOrigin(base)
	if !ok {
		return false
	}
	o, ok := parseOrigin(s)
	if !ok || o.scheme != want.scheme || o.port != want.port {
		return false
	}
	if wildcard {
		return strings.HasSuffix(o.host, "."+want.host)
	}
	return o.host == want.host
}

// cutWildcard takes the "*." before the host out of a pattern.
func cutWildcard(pattern string) (base string, found bool) {
	scheme, host, _ := strings.Cut(pattern, "://*.")
	if host == "" {
		return pattern, false
	}
	return scheme + "://" + host, true
}
