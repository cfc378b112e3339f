package wsuri

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-websockets/websockets/httpheader"
)

// Parse parses a ws, wss or ws+unix URI. It fails with an *[Error]:
//   - if the scheme is another one (upper case is fine) or the host is missing;
//   - if there is a fragment, even an empty one: a "#" elsewhere is written %23
//     (RFC 6455 §3);
//   - if the port is not from 1 to 65535;
//   - if a character may not stand where it does, such as a space;
//   - if the host is not ASCII, see [ParseIDN];
//   - if the user name or the password cannot be sent by Basic authentication
//     (RFC 7617 §2): control characters, a colon in the user name.
func Parse(s string) (URI, error) { return ParseIDN(s, nil) }

// ParseIDN is [Parse], but converts hosts that are not ASCII with toASCII, for
// example the ToASCII method of idna.Lookup in golang.org/x/net/idna. A nil
// toASCII refuses them.
func ParseIDN(s string, toASCII func(host string) (string, error)) (URI, error) {
	u, err := parse(s, toASCII)
	if err != nil {
		return URI{}, &Error{URI: redact(s), Reason: err.Error()}
	}
	return u, nil
}

// redact hides what might be user information, a query or a fragment: where tokens
// are. In a string that is not a URI nobody knows where user information ends, so it
// hides everything up to the last "@".
func redact(s string) string {
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		scheme := ""
		if i := strings.Index(s[:at], "://"); i >= 0 {
			scheme = s[:i+len("://")]
		}
		s = scheme + hidden + s[at:]
	}
	if i := strings.IndexAny(s, "?#"); i >= 0 && i+1 < len(s) {
		s = s[:i+1] + hidden
	}
	return s
}

const hidden = "xxxxx"

// The errors of the functions below become Error.Reason. They never show a part
// of the URI that might be a password.
func parse(s string, toASCII func(string) (string, error)) (URI, error) {
	if strings.Contains(s, "#") {
		return URI{}, errors.New("fragment") // RFC 6455 §3
	}
	if err := checkText(s); err != nil {
		return URI{}, err
	}
	scheme, rest, found := strings.Cut(s, "://")
	if !found {
		return URI{}, errors.New("no ws:// or wss:// at the start")
	}
	switch strings.ToLower(scheme) {
	case "ws":
		return parseAuthority(rest, false, toASCII)
	case "wss":
		return parseAuthority(rest, true, toASCII)
	case "ws+unix":
		return parseUnix(rest)
	}
	return URI{}, errors.New("scheme is not ws or wss")
}

// checkText refuses what may stand nowhere in a URI, encoded or not.
func checkText(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("not UTF-8")
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7F {
			return errors.New("space or control character")
		}
	}
	return nil
}

// parseAuthority parses what follows "ws://": [ userinfo "@" ] host [ ":" port ]
// path [ "?" query ].
func parseAuthority(s string, secure bool, toASCII func(string) (string, error)) (u URI, err error) {
	u.Secure = secure
	authority, resource := s, ""
	if end := strings.IndexAny(s, "/?"); end >= 0 {
		authority, resource = s[:end], s[end:]
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		if u.User, err = parseUser(authority[:at]); err != nil {
			return URI{}, err
		}
		authority = authority[at+1:]
	}
	if u.Host, u.Port, err = parseHost(authority, toASCII); err != nil {
		return URI{}, err
	}
	switch {
	case u.Port != 0:
	case secure:
		u.Port = 443
	default:
		u.Port = 80
	}
	if u.ResourceName, err = parseResource(resource); err != nil {
		return URI{}, err
	}
	return u, nil
}

// parseUser parses user [ ":" password ]. Empty user information is none.
func parseUser(s string) (*url.Userinfo, error) {
	if s == "" {
		return nil, nil
	}
	encoded, err := encode(s, subDelims+":")
	if err != nil {
		return nil, errors.New("bad character or escape in the user name or password")
	}
	name, password, hasPassword := strings.Cut(encoded, ":")
	name, password = decode(name), decode(password)
	if _, err := httpheader.BuildBasicAuth(name, password); err != nil {
		return nil, errors.New("user name or password that Basic authentication cannot carry")
	}
	if !hasPassword {
		return url.User(name), nil
	}
	return url.UserPassword(name, password), nil
}

// parseHost parses host [ ":" port ]. The port is 0 if there is none.
func parseHost(s string, toASCII func(string) (string, error)) (host string, port int, err error) {
	if s == "" || s[0] == ':' {
		return "", 0, errors.New("no host")
	}
	if s, err = convertHost(s, toASCII); err != nil {
		return "", 0, err
	}
	s, zone, err := cutZone(s)
	if err != nil {
		return "", 0, err
	}
	host, port, err = httpheader.ParseHost(s)
	if bad, ok := errors.AsType[*httpheader.FormatError](err); ok {
		return "", 0, errors.New("no " + bad.Want)
	}
	return host + zone, port, nil
}

// convertHost converts a host that is not ASCII, and leaves the port as it is.
func convertHost(s string, toASCII func(string) (string, error)) (string, error) {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i:]
	}
	switch {
	case isASCII(host):
		return s, nil
	case toASCII == nil:
		return "", fmt.Errorf("host %q is not ASCII: write it in its xn-- form", host)
	}
	host, err := toASCII(host)
	if err != nil {
		return "", fmt.Errorf("host has no ASCII form: %w", err)
	}
	return host + port, nil
}

// cutZone takes the zone out of an IPv6 address in brackets (RFC 6874 §2) and
// returns it with the "%" that an address has before it outside of URIs.
func cutZone(s string) (host, zone string, err error) {
	open, rest, found := strings.Cut(s, "%25")
	if !found || s[0] != '[' {
		return s, "", nil
	}
	name, port, _ := strings.Cut(rest, "]")
	if plain, err := encode(name, ""); err != nil || plain == "" || strings.Contains(plain, "%") {
		return "", "", errors.New("bad zone of an IPv6 address")
	}
	return open + "]" + port, "%" + name, nil
}

// parseResource builds the resource name out of the path and the query (RFC
// 6455 §3): an empty path becomes "/", an empty query nothing.
func parseResource(s string) (string, error) {
	path, query, _ := strings.Cut(s, "?")
	switch {
	case path == "":
		path = "/"
	case path[0] != '/':
		return "", errors.New("path without a slash at the start")
	}
	path, err := encode(path, pathChars)
	if err != nil || query == "" {
		return path, err
	}
	query, err = encode(query, queryChars)
	return path + "?" + query, err
}

// parseUnix parses what follows "ws+unix://": path of the socket [ ":" path [
// "?" query ] ].
func parseUnix(s string) (URI, error) {
	socket, resource, _ := strings.Cut(s, ":")
	if !strings.HasPrefix(socket, "/") {
		return URI{}, errors.New("no absolute path of a Unix socket")
	}
	socket, err := encode(socket, socketChars)
	if err != nil {
		return URI{}, err
	}
	socket = decode(socket)
	if strings.Contains(socket, "\x00") {
		return URI{}, errors.New("zero byte in the path of a Unix socket")
	}
	resource, err = parseResource(resource)
	if err != nil {
		return URI{}, err
	}
	return URI{Host: "localhost", Port: 80, ResourceName: resource, Unix: socket}, nil
}
