package wsuri

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-websockets/websockets/httpheader"
)

// A URI is a WebSocket URI.
type URI struct {
	Secure       bool          // use TLS
	Host         string        // in lower case, an IPv6 address without brackets; "localhost" for a Unix socket
	Port         int           // from 1 to 65535; if the URI has none 80, or 443 if Secure
	ResourceName string        // path and query, as they stand in the request line; at least "/"
	User         *url.Userinfo // for Basic authentication, or nil
	Unix         string        // path of a Unix socket, or ""
}

// An Error says why a string is not a WebSocket URI.
type Error struct {
	URI    string // the string; the user information is replaced by "xxxxx"
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("invalid WebSocket URI %q: %s", e.URI, e.Reason)
}

// String returns the URI in its normal form: [Parse] of it gives u again. It
// shows the password; see [URI.Redacted].
func (u URI) String() string {
	user := ""
	if u.User != nil {
		user = u.User.String() + "@"
	}
	return u.join(user)
}

// Redacted is [URI.String] with the user information replaced by "xxxxx", for
// logs. The query is still there.
func (u URI) Redacted() string {
	user := ""
	if u.User != nil {
		user = "xxxxx@"
	}
	return u.join(user)
}

func (u URI) join(user string) string {
	switch {
	case u.Unix != "":
		return "ws+unix://" + escapeSocket(u.Unix) + ":" + u.ResourceName
	case u.Secure:
		return "wss://" + user + u.authority() + u.ResourceName
	default:
		return "ws://" + user + u.authority() + u.ResourceName
	}
}

// authority is like HostPort, but keeps the zone of an IPv6 address.
func (u URI) authority() string {
	addr, zone, found := strings.Cut(u.Host, "%")
	s := httpheader.BuildHost(addr, u.Port, u.Secure)
	if found {
		s = strings.Replace(s, "]", "%25"+zone+"]", 1) // RFC 6874 §2
	}
	return s
}

// HostPort returns the value of the Host header: the port is left out if it is
// the default (RFC 6455 §4.1).
func (u URI) HostPort() string { return httpheader.BuildHost(u.Host, u.Port, u.Secure) }

// Network returns the network to dial: "unix" for a Unix socket, else "tcp".
func (u URI) Network() string {
	if u.Unix != "" {
		return "unix"
	}
	return "tcp"
}

// Addr returns the address to dial: the path of the Unix socket, else host:port,
// always with the port and with an IPv6 address in brackets.
func (u URI) Addr() string {
	if u.Unix != "" {
		return u.Unix
	}
	host := u.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(u.Port)
}

// Origin returns the origin that a browser would have on a page from the same
// server (RFC 6454 §6.2), for example "https://example.com:8443". All Unix
// sockets have the origin "http://localhost".
func (u URI) Origin() string {
	if u.Secure {
		return "https://" + u.HostPort()
	}
	return "http://" + u.HostPort()
}
