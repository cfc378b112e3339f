package websockets

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/wsuri"
)

const maxRedirects = 10

// secretHeaders are what must not reach another origin than they are meant for.
var secretHeaders = []string{"Authorization", "Cookie", "Proxy-Authorization"}

// A route is where Dial goes, as redirects change it.
type route struct {
	uri     wsuri.URI // its User is nil without secrets
	secrets bool      // credentials may be sent: all redirects led to the same origin
	hops    int       // redirects so far
}

// A redirect is a response that tells to go elsewhere.
type redirect struct {
	reject   *RejectError
	location string
}

func (r *redirect) Error() string { return r.reject.Error() }
func (r *redirect) Unwrap() error { return r.reject }

// A redirectError says why a redirect was not followed.
type redirectError struct {
	reason string
	reject *RejectError
}

func (e *redirectError) Error() string {
	return fmt.Sprintf("redirect with HTTP status %d not followed: %s", e.reject.Status, e.reason)
}
func (e *redirectError) Unwrap() error { return e.reject }

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow goes where a redirect leads.
func (r *route) follow(moved *redirect) error {
	next, err := resolve(r.uri, moved.location)
	switch {
	case err != nil:
	case r.hops == maxRedirects:
		err = fmt.Errorf("more than %d redirects", maxRedirects)
	case r.uri.Secure && !next.Secure:
		err = errors.New("it leads from TLS to plain TCP")
	}
	if err != nil {
		return &redirectError{err.Error(), moved.reject}
	}
	if sameOrigin(r.uri, next) {
		next.User = r.uri.User
	} else {
		r.secrets = false
	}
	r.uri = next
	r.hops++
	return nil
}

func sameOrigin(a, b wsuri.URI) bool {
	return a.Secure == b.Secure && a.Host == b.Host && a.Port == b.Port && a.Unix == b.Unix
}

// resolve returns the URI that a Location header means (RFC 9110 §10.2.2),
// without user: whom we talk to does not tell us who we are. Errors do not show
// the location, which may have secrets.
func resolve(from wsuri.URI, location string) (wsuri.URI, error) {
	ref, err := url.Parse(location)
	if err != nil {
		return wsuri.URI{}, errors.New("its Location is no URL")
	}
	socket := from.Unix
	if socket != "" && (ref.Scheme != "" || ref.Host != "") {
		return wsuri.URI{}, errors.New("it leads away from a Unix socket")
	}
	from.User, from.Unix = nil, ""
	base, err := url.Parse(from.String())
	if err != nil {
		return wsuri.URI{}, errors.New("the URL has no successor")
	}
	to := base.ResolveReference(ref)
	switch to.Scheme {
	case "http", "https":
		to.Scheme = strings.Replace(to.Scheme, "http", "ws", 1)
	case "ws", "wss":
	default:
		return wsuri.URI{}, fmt.Errorf("its Location has the scheme %q", to.Scheme)
	}
	to.User, to.Fragment, to.RawFragment = nil, "", ""
	next, err := wsuri.Parse(to.String())
	if err != nil {
		return wsuri.URI{}, errors.New("its Location is no WebSocket URI")
	}
	next.Unix = socket
	return next, nil
}

// maxRejectBody is how much of the body of a refusal is kept, in bytes.
const maxRejectBody = 64 << 10

// readBody reads the start of a response's body (RFC 9112 §6.3), as much as comes
// before the end of the transport's time.
func readBody(r *bufio.Reader, status int, headers http11.Headers) []byte {
	if status == http.StatusNoContent || status == http.StatusNotModified {
		return nil
	}
	var body io.Reader = r // until the connection ends
	if encoding := headers.Values("Transfer-Encoding"); len(encoding) > 0 {
		if !strings.EqualFold(encoding[len(encoding)-1], "chunked") {
			return nil
		}
		body = httputil.NewChunkedReader(r)
	} else if length := headers.Values("Content-Length"); len(length) > 0 {
		n, err := strconv.ParseInt(length[0], 10, 64)
		if err != nil || n < 0 || slices.ContainsFunc(length, func(l string) bool { return l != length[0] }) {
			return nil
		}
		body = io.LimitReader(r, n)
	}
	b, _ := io.ReadAll(io.LimitReader(body, maxRejectBody))
	return b
}
