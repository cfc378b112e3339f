// Package handshake checks and builds the headers of the opening handshake
// (RFC 6455 §4).
package handshake

import (
	"errors"

	"github.com/go-websockets/websockets/extension"
)

var errTODO = errors.New("skeleton")

// A Header is a set of HTTP headers: http.Header and *http11.Headers are.
type Header interface {
	Values(name string) []string
	Set(name, value string)
}

// BuildRequest sets the headers of a client's request.
func BuildRequest(h Header, nonce [16]byte) (key string) { return "" }

// CheckRequest checks the headers of a client's request.
func CheckRequest(h Header) (key string, err error) { return "", errTODO }

// BuildResponse sets the headers of a server's 101 response.
func BuildResponse(h Header, key string) {}

// CheckResponse checks the headers of a server's 101 response.
func CheckResponse(h Header, key string) error { return errTODO }

// AcceptKey returns the Sec-WebSocket-Accept for a Sec-WebSocket-Key.
func AcceptKey(key string) string { return "" }

// Status returns the HTTP status to answer err with.
func Status(err error) int { return 400 }

// BuildRejection sets the headers which a response that refuses the handshake
// because of err must have, and returns its status.
func BuildRejection(h Header, err error) (status int) { return 400 }

// CheckOrigin checks the Origin header of a request.
func CheckOrigin(h Header, host string, secure bool, allowed []string) (origin string, err error) {
	return "", errTODO
}

// CheckOriginPatterns checks a list for [CheckOrigin].
func CheckOriginPatterns(allowed []string) error { return errTODO }

// OfferedSubprotocols returns the subprotocols that a client offers.
func OfferedSubprotocols(h Header) ([]string, error) { return nil, errTODO }

// SelectSubprotocol returns the best subprotocol for both sides, or "".
func SelectSubprotocol(offered, supported []string) string { return "" }

// CheckSubprotocol returns the subprotocol that the server chose, or "".
func CheckSubprotocol(h Header, offered []string) (string, error) { return "", errTODO }

// CheckSubprotocolOffer checks that subprotocols are different tokens.
func CheckSubprotocolOffer(subprotocols []string) error { return errTODO }

// OfferExtensions returns the Sec-WebSocket-Extensions of a client.
func OfferExtensions(fs []extension.Factory) string { return "" }

// NegotiateExtensions chooses extensions on a server.
func NegotiateExtensions(h Header, fs []extension.Factory) (answer string, exts []extension.Extension, err error) {
	return "", nil, errTODO
}

// AcceptExtensions makes a client's extensions from the server's answer.
func AcceptExtensions(h Header, fs []extension.Factory) ([]extension.Extension, error) {
	return nil, errTODO
}

// CheckHost returns the value of the Host header.
func CheckHost(h Header) (string, error) { return "", errTODO }
