package auth

import (
	"context"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-websockets/websockets/httpheader"
)

// Basic demands user and password in the Authorization header (RFC 7617). Without
// TLS they can be read by anybody on the way. Browsers ask for them when they load
// a page, and then send them with every request to that server, whatever page makes
// it: Origins must not be AnyOrigin.
//
// [Passwords] makes the function verify of a list. One that has hashes of passwords
// compares them in constant time, which bcrypt, scrypt and Argon2 packages do, and
// does the work for users that do not exist too, with any hash.
//
// The realm tells the user what the password is for. Basic panics if it is not
// printable ASCII.
func Basic[T any](realm string, verify func(ctx context.Context, user, password string) (T, error)) Guard {
	const where = "Basic authentication"
	challenge := "Basic realm=" + quoted(realm) + `, charset="UTF-8"`
	return func(r *http.Request) (*http.Request, error) {
		value, err := authorization(r, "Basic", where, challenge)
		if err != nil {
			return nil, err
		}
		user, password, err := httpheader.ParseBasicAuth(value)
		if err != nil || !utf8.ValidString(user) || !utf8.ValidString(password) {
			return nil, unauthorized(where, ErrMalformed, challenge)
		}
		defer withholding(password)
		identity, err := verify(r.Context(), user, password)
		if err := verified(err, password, func() error { return unauthorized(where, ErrDenied, challenge) }); err != nil {
			return nil, err
		}
		return withoutAuthorization(r, identity), nil
	}
}

// authorization returns the one Authorization header if it is of this scheme.
func authorization(r *http.Request, scheme, where, challenge string) (string, error) {
	switch lines := r.Header.Values("Authorization"); {
	case len(lines) > 1: // RFC 9110 §11.6.2; who reads which?
		return "", badRequest(where, ErrMalformed)
	case len(lines) == 1:
		if word, _, _ := strings.Cut(lines[0], " "); strings.EqualFold(word, scheme) {
			return lines[0], nil
		}
	}
	return "", unauthorized(where, ErrMissing, challenge)
}

// withoutAuthorization is the request after its Authorization has been accepted.
func withoutAuthorization[T any](r *http.Request, identity T) *http.Request {
	c := stripped(r)
	c.Header.Del("Authorization")
	return c.WithContext(WithIdentity(c.Context(), identity))
}
