package httpheader

import (
	"encoding/base64"
	"strings"
)

// ParseBasicAuth parses the value of an Authorization or Proxy-Authorization
// header of the Basic scheme (RFC 7617 §2). Neither part may hold control
// characters. It fails with a *[FormatError], which names the header
// Authorization and leaves the value out: it is a secret. Package auth compares
// passwords in constant time.
func ParseBasicAuth(s string) (user, password string, err error) {
	p := &scanner{name: "Authorization", s: s}
	scheme, _ := p.token()
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", basicAuthError(0, "Basic scheme")
	}
	if !p.at(' ') {
		return "", "", basicAuthError(p.pos, "space")
	}
	p.skip(" ")
	// The decoder leaves out line ends wherever they are.
	if strings.ContainsAny(s, "\r\n") {
		return "", "", basicAuthError(p.pos, "base64")
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(s[p.pos:])
	if err != nil {
		return "", "", basicAuthError(p.pos, "base64")
	}
	user, password, found := strings.Cut(string(decoded), ":")
	if !found || hasControl(user) || hasControl(password) {
		return "", "", basicAuthError(p.pos, "user:password without control characters, in base64")
	}
	return user, password, nil
}

func basicAuthError(pos int, want string) error {
	return &FormatError{Name: "Authorization", Pos: pos, Want: want}
}

// BuildBasicAuth builds the value of an Authorization or Proxy-Authorization
// header of the Basic scheme: it is the reverse of [ParseBasicAuth]. It fails
// with a *[ValueError], which leaves the value out, if user holds a colon or
// either holds a control character.
func BuildBasicAuth(user, password string) (string, error) {
	if strings.Contains(user, ":") || hasControl(user) || hasControl(password) {
		return "", &ValueError{Name: "Authorization"}
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)), nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7F })
}
