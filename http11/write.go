package http11

import (
	"strconv"

	"github.com/go-websockets/websockets/httpheader"
)

// AppendRequest appends a GET request to dst: the request line and h. The
// target must be an absolute path or an absolute http or https URI, maybe with
// a query, in visible ASCII (RFC 9112 §3.2).
//
// It fails with a *[MessageError], and appends nothing, if the target, a name
// or a value is not valid: nothing that is put into a request can add a line to
// it.
func AppendRequest(dst []byte, target string, h Headers) ([]byte, error) {
	if !isTarget(target) || !isASCII(target) {
		return dst, malformed(0, "bad request target", withoutQuery(target))
	}
	if err := checkFields(h); err != nil {
		return dst, err
	}
	dst = append(dst, "GET "...)
	dst = append(dst, target...)
	dst = append(dst, " HTTP/1.1\r\n"...)
	return appendFields(dst, h), nil
}

// AppendResponse appends a response to dst: the status line, h and the body. It
// adds no headers; for a body, h should hold its Content-Length.
//
// It fails with a *[MessageError], and appends nothing, if the status is not
// from 100 to 999, or the reason, a name or a value is not valid.
func AppendResponse(dst []byte, status int, reason string, h Headers, body []byte) ([]byte, error) {
	if status < 100 || status > 999 {
		return dst, malformed(0, "bad status", strconv.Itoa(status))
	}
	if !isReason(reason) {
		return dst, malformed(0, "bad reason", reason)
	}
	if err := checkFields(h); err != nil {
		return dst, err
	}
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ') // even before an empty reason (RFC 9112 §4)
	dst = append(dst, reason...)
	dst = append(dst, "\r\n"...)
	return append(appendFields(dst, h), body...), nil
}

func checkFields(h Headers) error {
	for name, value := range h.All() {
		if !httpheader.ValidFieldName(name) {
			return malformed(0, "bad header name", name)
		}
		if !httpheader.ValidFieldValue(value) {
			return malformed(0, "control character or outer blank in the value of header", name)
		}
	}
	return nil
}

func appendFields(dst []byte, h Headers) []byte {
	for name, value := range h.All() {
		dst = append(dst, name...)
		dst = append(dst, ": "...)
		dst = append(dst, value...)
		dst = append(dst, "\r\n"...)
	}
	return append(dst, "\r\n"...)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
