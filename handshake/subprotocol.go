package handshake

import (
	"slices"

	"github.com/go-websockets/websockets/httpheader"
)

const subprotocolHeader = "Sec-WebSocket-Protocol"

// CheckSubprotocolOffer checks the subprotocols that a client is about to offer:
// they must be tokens, and different from each other (RFC 6455 §4.1, request
// 10). It fails with a *[httpheader.ValueError] that has the first which is not.
func CheckSubprotocolOffer(subprotocols []string) error {
	for i, s := range subprotocols {
		if !httpheader.IsToken(s) || slices.Contains(subprotocols[:i], s) {
			return &httpheader.ValueError{Name: subprotocolHeader, Value: s}
		}
	}
	return nil
}

// OfferedSubprotocols returns the subprotocols that a client offers, in its
// order of preference, nil if none. The header may have several lines. It fails
// with a *[httpheader.FormatError], or with a *[httpheader.ValueError] if one is
// offered twice (RFC 6455 §4.1, request 10).
func OfferedSubprotocols(h Header) ([]string, error) {
	offered, err := joined(h, subprotocolHeader, httpheader.ParseSubprotocols)
	if err != nil {
		return nil, err
	}
	if err := CheckSubprotocolOffer(offered); err != nil {
		return nil, err
	}
	return offered, nil
}

// SelectSubprotocol returns the subprotocol of both lists whose ranks in the two
// have the lowest sum, so that both sides' preferences weigh the same. Of
// several, it is the first in supported. It returns "" if there is none: then
// the response has no Sec-WebSocket-Protocol header.
func SelectSubprotocol(offered, supported []string) string {
	best, lowest := "", len(offered)+len(supported)
	for rank, s := range supported {
		i := slices.Index(offered, s)
		if i >= 0 && rank+i < lowest {
			best, lowest = s, rank+i
		}
	}
	return best
}

// CheckSubprotocol returns the subprotocol that the server chose among those
// that the client offered, "" if none (RFC 6455 §4.1). It fails with a
// *[httpheader.Error] if there are several, with a *[httpheader.ValueError] if
// it was not offered, or with a *[httpheader.FormatError].
func CheckSubprotocol(h Header, offered []string) (string, error) {
	if len(h.Values(subprotocolHeader)) == 0 {
		return "", nil
	}
	line, err := only(h, subprotocolHeader) // RFC 6455 §11.3.4
	if err != nil {
		return "", err
	}
	chosen, err := httpheader.ParseSubprotocols(line)
	switch {
	case err != nil:
		return "", err
	case len(chosen) > 1:
		return "", &httpheader.Error{Name: subprotocolHeader, Value: line}
	case !slices.Contains(offered, chosen[0]):
		return "", &httpheader.ValueError{Name: subprotocolHeader, Value: chosen[0]}
	}
	return chosen[0], nil
}
