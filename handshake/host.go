package handshake

import (
	"fmt"
	"strings"

	"github.com/go-websockets/websockets/httpheader"
)

// CheckHost returns the value of a request's Host header, as it was sent. It
// fails with a *[httpheader.Error] if there is not exactly one, and with a
// *[httpheader.FormatError] if it is not a host, maybe with a port, as
// [httpheader.ParseHost] accepts it (RFC 6455 §4.2.1, RFC 9112 §3.2).
//
// net/http moves the header into Request.Host.
func CheckHost(h Header) (string, error) {
	host, err := only(h, "Host")
	if err != nil {
		if lines := h.Values("Host"); strings.Contains(strings.Join(lines, ""), "@") {
			err = fmt.Errorf("%w: %d of them", &httpheader.ValueError{Name: "Host"}, len(lines)) // a password may stand before the @
		}
		return "", err
	}
	if _, _, err := httpheader.ParseHost(host); err != nil {
		return "", err
	}
	return host, nil
}
