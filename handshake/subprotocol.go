package handshake

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-websockets/websockets/httpheader"
)

const subprotocolHeader = "Sec-WebSocket-Protocol"

// CheckSubprotocolOffer checks the subprotocols that a client is about to offer:
// they must be tokens, and different from each other (RFC 6455 §4.1, request
// 10). It fails with a *[httpheader.ValueError] for the first which is not. The
// error tells which that is, but leaves the value out: for want of another header,
// browsers send secrets among subprotocols.
func CheckSubprotocolOffer(subprotocols []string) error {
	for i, s := range subprotocols {
		fault := ""
		switch {
		case !httpheader.IsToken(s):
			fault = "no token"
		case slices.Contains(subprotocols[:i], s):
			fault = "offered twice"
		default:
			continue
		}
		return fmt.Errorf("%w: number %d is %s", &httpheader.ValueError{Name: subprotocolHeader}, i+1, fault)
	}
	return nil
}

// OfferedSubprotocols returns the subprotocols that a client offers, in its
// order of preference, nil if none. The header may have several lines. It fails
// with a *[httpheader.FormatError], or with a *[httpheader.ValueError] if one is
// offered twice (RFC 6455 §4.1, request 10). Errors leave the value out, as those of
// [CheckSubprotocolOffer] do.
func OfferedSubprotocols(h Header) ([]string, error) {
	offered, err := joined(h, subprotocolHeader, httpheader.ParseSubprotocols)
	if err != nil {
		return nil, withoutValue(err)
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
// *[httpheader.ValueError] if there are several or if it was not offered, or with a
// *[httpheader.FormatError]. Errors have the value only if it was not offered, since
// a server may send back what is secret.
func CheckSubprotocol(h Header, offered []string) (string, error) {
	if len(h.Values(subprotocolHeader)) == 0 {
		return "", nil
	}
	line, err := only(h, subprotocolHeader) // RFC 6455 §11.3.4
	if err != nil {
		return "", errManySubprotocols
	}
	chosen, err := httpheader.ParseSubprotocols(line)
	switch {
	case err != nil:
		return "", withoutValue(err)
	case len(chosen) > 1:
		return "", errManySubprotocols
	case !slices.Contains(offered, chosen[0]):
		return "", &httpheader.ValueError{Name: subprotocolHeader, Value: chosen[0]}
	}
	return chosen[0], nil
}

var errManySubprotocols = fmt.Errorf("%w: more than one subprotocol was selected", &httpheader.ValueError{Name: subprotocolHeader})

// withoutValue returns an error of the parser without the value.
func withoutValue(err error) error {
	e, ok := errors.AsType[*httpheader.FormatError](err)
	if ok {
		err = &httpheader.FormatError{Name: e.Name, Pos: e.Pos, Want: e.Want}
	}
	return err
}
