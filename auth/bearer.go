package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/httpheader"
)

// Bearer demands a token in the Authorization header (RFC 6750 §2.1). Programs can
// send it, and browsers cannot: for them there are [Subprotocol], [Query] and
// [FirstMessage]. Without TLS it can be read by anybody on the way.
//
// [Tokens] makes the function verify of a list. Bearer panics if the realm is not
// printable ASCII.
func Bearer[T any](realm string, verify func(ctx context.Context, token string) (T, error)) Guard {
	const where = "bearer token"
	challenge := "Bearer realm=" + quoted(realm)
	invalid := challenge + `, error="invalid_token"` // RFC 6750 §3.1
	return func(r *http.Request) (*http.Request, error) {
		value, err := authorization(r, "Bearer", where, challenge)
		if err != nil {
			return nil, err
		}
		token := strings.TrimLeft(value[len("Bearer"):], " ")
		if !isB64Token(token) {
			return nil, unauthorized(where, ErrMalformed, invalid)
		}
		identity, err := call(r.Context(), token, verify, func() error { return unauthorized(where, ErrDenied, invalid) })
		if err != nil {
			return nil, err
		}
		return withoutAuthorization(r, identity), nil
	}
}

// call calls a function of the program for a token.
func call[T any](ctx context.Context, token string, verify func(context.Context, string) (T, error), deny func() error) (T, error) {
	defer withholding(token)
	identity, err := verify(ctx, token)
	return identity, verified(err, token, deny)
}

// isB64Token reports whether s has the form of a token (RFC 6750 §2.1).
func isB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		switch c := body[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~+/", c) >= 0:
		default:
			return false
		}
	}
	return body != ""
}

// What the guards for browsers answer: nobody shows it, but a 401 must have one.
const (
	webChallenge = `Bearer realm="websocket"`
	webInvalid   = webChallenge + `, error="invalid_token"`
)

// Subprotocol demands a token in the Sec-WebSocket-Protocol header, behind an
// element name. That is the only header which a page can set:
//
//	new WebSocket(url, ["bearer", token])
//	new WebSocket(url, ["chat.v2", "bearer", token])
//
// Both elements are taken out before the subprotocol is negotiated, so that the
// token is never sent back; only if nothing is left does name stay. Browsers fail a
// connection to a server that selects none of the subprotocols they offer (the
// WebSockets standard of the WHATWG, in difference from RFC 6455 §4.1): the
// Subprotocols of the Server must have what is left, so name for the first line and
// chat.v2 for the second.
//
// Proxies and other servers may log the header, since it is not meant for secrets.
// A token must be of the characters that RFC 9110 §5.6.2 allows, as JSON Web Tokens
// and the tickets of [Tickets] are; others can be sent as base64url. Subprotocol
// panics if name is no token in that sense.
func Subprotocol[T any](name string, verify func(ctx context.Context, token string) (T, error)) Guard {
	if !httpheader.IsToken(name) {
		panic(fmt.Sprintf("websockets/auth: Subprotocol: %q is no token", name))
	}
	const where = "token among subprotocols"
	return func(r *http.Request) (*http.Request, error) {
		offered, err := handshake.OfferedSubprotocols(r.Header)
		if err != nil {
			return nil, badRequest(where, ErrMalformed)
		}
		i := slices.Index(offered, name)
		switch {
		case i < 0:
			return nil, unauthorized(where, ErrMissing, webChallenge)
		case i+1 == len(offered):
			return nil, badRequest(where, ErrMalformed)
		}
		identity, err := call(r.Context(), offered[i+1], verify, func() error { return unauthorized(where, ErrDenied, webInvalid) })
		if err != nil {
			return nil, err
		}
		rest := slices.Delete(offered, i, i+2)
		if len(rest) == 0 {
			rest = []string{name}
		}
		c := stripped(r)
		c.Header.Set("Sec-WebSocket-Protocol", httpheader.BuildSubprotocols(rest))
		return c.WithContext(WithIdentity(c.Context(), identity)), nil
	}
}

// Query demands a token as a parameter of the URL's query. It is what works
// everywhere, and what leaks most: servers and proxies log URLs. So give it tokens
// that are good once and for seconds, such as the tickets of [Tickets], and not
// those which clients log in with.
//
// The parameter is taken out of the request's URL and RequestURI; others stay as
// they are. Query panics if name is empty.
func Query[T any](name string, verify func(ctx context.Context, token string) (T, error)) Guard {
	if name == "" {
		panic("websockets/auth: Query: the name is empty")
	}
	const where = "token in the query"
	return func(r *http.Request) (*http.Request, error) {
		values, rest, err := cutQuery(r.URL.RawQuery, name)
		switch {
		case err != nil || len(values) > 1:
			return nil, badRequest(where, ErrMalformed)
		case len(values) == 0:
			return nil, unauthorized(where, ErrMissing, webChallenge)
		case values[0] == "":
			return nil, unauthorized(where, ErrMalformed, webInvalid)
		}
		identity, err := call(r.Context(), values[0], verify, func() error { return unauthorized(where, ErrDenied, webInvalid) })
		if err != nil {
			return nil, err
		}
		c := stripped(r)
		c.URL.RawQuery, c.URL.ForceQuery = rest, false
		c.RequestURI, _, _ = strings.Cut(r.RequestURI, "?")
		if rest != "" {
			c.RequestURI += "?" + rest
		}
		return c.WithContext(WithIdentity(c.Context(), identity)), nil
	}
}

// cutQuery takes a parameter out of a query. It returns its values, decoded, and
// what is left. It fails if a value cannot be decoded.
func cutQuery(query, name string) (values []string, rest string, err error) {
	var others []string
	for part := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(part, "=")
		if key, err := url.QueryUnescape(key); err != nil || key != name {
			others = append(others, part)
			continue
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, "", ErrMalformed
		}
		values = append(values, value)
	}
	return values, strings.Join(others, "&"), nil
}
