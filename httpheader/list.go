package httpheader

import "errors"

// A Param is a parameter of an extension (RFC 6455 §9.1).
type Param struct {
	Name     string // a token
	Value    string // a token, or "" without a value
	HasValue bool   // tells whether there is a value
}

// An Extension is one element of a Sec-WebSocket-Extensions header: an
// extension and its parameters in order (RFC 6455 §9.1).
type Extension struct {
	Name   string // a token, for example "permessage-deflate"
	Params []Param
}

var errTODO = errors.New("skeleton")

// ParseConnection parses a Connection header into its options.
func ParseConnection(s string) ([]string, error) { return nil, errTODO }

// ParseUpgrade parses an Upgrade header into its protocols.
func ParseUpgrade(s string) ([]string, error) { return nil, errTODO }

// ParseExtensions parses a Sec-WebSocket-Extensions header.
func ParseExtensions(s string) ([]Extension, error) { return nil, errTODO }

// BuildExtensions is the reverse of [ParseExtensions].
func BuildExtensions(exts []Extension) string { return "" }

// ParseSubprotocols parses a Sec-WebSocket-Protocol header.
func ParseSubprotocols(s string) ([]string, error) { return nil, errTODO }

// BuildSubprotocols is the reverse of [ParseSubprotocols].
func BuildSubprotocols(subprotocols []string) string { return "" }

// ParseBasicAuth parses an Authorization header of the Basic scheme.
func ParseBasicAuth(s string) (user, password string, err error) { return "", "", errTODO }

// BuildBasicAuth is the reverse of [ParseBasicAuth].
func BuildBasicAuth(user, password string) (string, error) { return "", errTODO }

// ParseHost parses a Host header: lower-case host without brackets, and port, 0 if absent.
func ParseHost(s string) (host string, port int, err error) { return "", 0, errTODO }

// BuildHost builds a Host header.
func BuildHost(host string, port int, secure bool) string { return "" }

// IsToken reports whether s is a token.
func IsToken(s string) bool { return false }

// ValidFieldName reports whether s may be a header name.
func ValidFieldName(s string) bool { return false }

// ValidFieldValue reports whether s may be a header value.
func ValidFieldValue(s string) bool { return false }
