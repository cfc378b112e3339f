package handshake

import (
	"errors"

	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/httpheader"
)

// Status returns the HTTP status to answer a request with if err is what was
// wrong with it:
//
//	101  nothing: err is nil
//	400  the handshake is not valid, and none of the below
//	403  *[httpheader.OriginError]
//	405, 414, 431, 505  as an *[http11.MessageError] says
//	426  no handshake at all, *[httpheader.UpgradeError], or for another version
//	     of the protocol
//	500  err is not of the family [httpheader.ErrHandshake]
func Status(err error) int {
	if err == nil {
		return 101
	}
	if _, ok := errors.AsType[*httpheader.OriginError](err); ok {
		return 403
	}
	if _, ok := errors.AsType[*httpheader.UpgradeError](err); ok {
		return 426
	}
	if e, ok := errors.AsType[*httpheader.ValueError](err); ok && e.Name == "Sec-WebSocket-Version" {
		return 426
	}
	if e, ok := errors.AsType[*http11.MessageError](err); ok && e.Status != 0 {
		return e.Status
	}
	if errors.Is(err, httpheader.ErrHandshake) {
		return 400
	}
	return 500
}

// BuildRejection sets the headers that a response must have which refuses a
// handshake because of err, and returns its status, [Status](err): always
// Connection: close, so that nobody takes what follows the request for another
// one; with 405 the allowed method, with 426 the protocol to upgrade to and its
// version (RFC 9110 §15.5.6, §15.5.22, RFC 6455 §4.4).
func BuildRejection(h Header, err error) (status int) {
	status = Status(err)
	h.Set("Connection", "close")
	switch status {
	case 405:
		h.Set("Allow", "GET")
	case 426:
		h.Set("Connection", "Upgrade, close") // RFC 9110 §7.8: whoever sends Upgrade names it here
		h.Set("Upgrade", "websocket")
		h.Set("Sec-WebSocket-Version", Version)
	}
	return status
}
