// Package wsuri parses ws and wss URIs (RFC 6455 §3).
package wsuri

import (
	"fmt"
	"net/url"
)

// A URI is a parsed WebSocket URI.
type URI struct {
	Secure       bool          // wss
	Host         string        // lower case, an IPv6 address without brackets
	Port         int           // 80 or 443 if the URI has none
	ResourceName string        // path and query as sent, at least "/"
	User         *url.Userinfo // nil if there is none
	Unix         string        // path of a Unix socket, usually ""
}

// An Error says why a string is not a WebSocket URI.
type Error struct {
	URI    string // the string, without user and password
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("invalid WebSocket URI %q: %s", e.URI, e.Reason) }

// Parse parses a WebSocket URI. It fails with an *[Error].
func Parse(s string) (URI, error) { return URI{}, &Error{s, "skeleton"} }

// ParseIDN is Parse with a conversion of non-ASCII hosts.
func ParseIDN(s string, toASCII func(host string) (string, error)) (URI, error) {
	return URI{}, &Error{s, "skeleton"}
}

// String returns the URI, with its password.
func (u URI) String() string { return "" }

// Redacted is String without user and password.
func (u URI) Redacted() string { return "" }

// HostPort returns the value of the Host header.
func (u URI) HostPort() string { return "" }

// Network returns the network to dial: "tcp" or "unix".
func (u URI) Network() string { return "tcp" }

// Addr returns the address to dial: "host:port", or the path of the Unix socket.
func (u URI) Addr() string { return "" }

// Origin returns the http or https origin of the URI.
func (u URI) Origin() string { return "" }
