package frame

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// A CloseCode tells why a connection was closed (RFC 6455 §7.4).
type CloseCode uint16

// The close codes of RFC 6455 §7.4.1 and of the IANA registry. CloseNoStatus,
// CloseAbnormal and CloseTLSHandshake are never on the wire: they name what
// happened when there was no close code.
const (
	CloseNormal             CloseCode = 1000 // the purpose is fulfilled
	CloseGoingAway          CloseCode = 1001 // a server goes down, a browser leaves the page
	CloseProtocolError      CloseCode = 1002
	CloseUnsupportedData    CloseCode = 1003 // a type of data that it cannot accept
	CloseNoStatus           CloseCode = 1005 // the close frame had no code
	CloseAbnormal           CloseCode = 1006 // no close frame came
	CloseInvalidPayload     CloseCode = 1007 // for example a text message that is not UTF-8
	ClosePolicyViolation    CloseCode = 1008
	CloseMessageTooBig      CloseCode = 1009
	CloseMandatoryExtension CloseCode = 1010 // a client misses an extension in the server's answer
	CloseInternalError      CloseCode = 1011
	CloseServiceRestart     CloseCode = 1012
	CloseTryAgainLater      CloseCode = 1013
	CloseBadGateway         CloseCode = 1014
	CloseTLSHandshake       CloseCode = 1015
)

// IsWire reports whether c may stand in a close frame: 1000 to 1003, 1007 to
// 1014 and 3000 to 4999 (RFC 6455 §7.4, IANA registry).
func (c CloseCode) IsWire() bool {
	switch {
	case c >= 1000 && c <= 1003, c >= 1007 && c <= 1014, c >= 3000 && c <= 4999:
		return true
	}
	return false
}

// String returns the number and its registered name, for example
// "1001 (going away)", or the range it belongs to.
func (c CloseCode) String() string { return fmt.Sprintf("%d (%s)", uint16(c), c.name()) }

func (c CloseCode) name() string {
	switch c {
	case CloseNormal:
		return "normal closure"
	case CloseGoingAway:
		return "going away"
	case CloseProtocolError:
		return "protocol error"
	case CloseUnsupportedData:
		return "unsupported data"
	case CloseNoStatus:
		return "no status received"
	case CloseAbnormal:
		return "abnormal closure"
	case CloseInvalidPayload:
		return "invalid payload data"
	case ClosePolicyViolation:
		return "policy violation"
	case CloseMessageTooBig:
		return "message too big"
	case CloseMandatoryExtension:
		return "mandatory extension"
	case CloseInternalError:
		return "internal error"
	case CloseServiceRestart:
		return "service restart"
	case CloseTryAgainLater:
		return "try again later"
	case CloseBadGateway:
		return "bad gateway"
	case CloseTLSHandshake:
		return "TLS handshake"
	}
	switch {
	case c >= 3000 && c <= 3999:
		return "registered"
	case c >= 4000 && c <= 4999:
		return "private use"
	}
	return "unknown"
}

// MaxCloseReason is the longest close reason in bytes: a control frame's
// payload less the close code.
const MaxCloseReason = MaxControlPayload - 2

// ParseClose decodes the payload of a close frame. An empty payload gives
// [CloseNoStatus] (RFC 6455 §7.1.5). It fails with a *[ProtocolError]: 1002 for
// a payload of one byte or more than [MaxControlPayload] or for a code that may
// not be on the wire, 1007 for a reason that is not UTF-8.
func ParseClose(p []byte) (code CloseCode, reason string, err error) {
	switch {
	case len(p) == 0:
		return CloseNoStatus, "", nil
	case len(p) == 1:
		return 0, "", broken("RFC 6455 §5.5.1", "close frame with a payload of 1 byte")
	case len(p) > MaxControlPayload:
		return 0, "", broken("RFC 6455 §5.5", "close frame with %d bytes of payload, the limit is %d", len(p), MaxControlPayload)
	}
	code = CloseCode(binary.BigEndian.Uint16(p))
	if !code.IsWire() {
		return 0, "", errCode(code)
	}
	if !utf8.Valid(p[2:]) {
		return 0, "", errReason(string(p[2:]))
	}
	return code, string(p[2:]), nil
}

// AppendClose appends the payload of a close frame to dst: it is the reverse of
// [ParseClose]. [CloseNoStatus] with an empty reason gives an empty payload. It
// fails with a *[ProtocolError], and appends nothing, if the code may not be on
// the wire or the reason is longer than [MaxCloseReason] (1002), or if the reason
// is not UTF-8 (1007).
func AppendClose(dst []byte, code CloseCode, reason string) ([]byte, error) {
	switch {
	case code == CloseNoStatus && reason == "":
		return dst, nil
	case !code.IsWire():
		return dst, errCode(code)
	case len(reason) > MaxCloseReason:
		return dst, broken("RFC 6455 §5.5", "close reason of %d bytes, the limit is %d", len(reason), MaxCloseReason)
	case !utf8.ValidString(reason):
		return dst, errReason(reason)
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, reason...), nil
}

func errCode(code CloseCode) error {
	return broken("RFC 6455 §7.4", "close code %d is not allowed in a close frame", uint16(code))
}

func errReason(reason string) error {
	return &ProtocolError{
		Code:    CloseInvalidPayload,
		Reason:  fmt.Sprintf("close reason %q is not UTF-8", reason),
		Section: "RFC 6455 §5.5.1",
	}
}
