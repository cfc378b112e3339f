package wsuri

import (
	"fmt"
	"net/url"
	"strings"
)

// What may stand in the parts of a URI besides unreserved characters and
// escapes (RFC 3986 §3.3, §3.4).
const (
	subDelims   = "!$&'()*+,;="
	socketChars = subDelims + "@/"
	pathChars   = socketChars + ":"
	queryChars  = pathChars + "?"
)

// encode returns s with every byte that is not ASCII percent-encoded. It fails
// if s holds a character which is neither unreserved nor in allowed, or a "%"
// without two hexadecimal digits.
func encode(s, allowed string) (string, error) {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case isUnreserved(c), strings.IndexByte(allowed, c) >= 0:
			b.WriteByte(c)
		case c >= 0x80:
			fmt.Fprintf(&b, "%%%02X", c)
		case c != '%':
			return "", fmt.Errorf("character %q must be written %%%02X", c, c)
		case i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]):
			return "", fmt.Errorf("%q without two hexadecimal digits after it", "%")
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// decode undoes the escapes of what encode returned.
func decode(s string) string {
	s, _ = url.PathUnescape(s) // the escapes are good: encode looked at them
	return s
}

// escapeSocket escapes the path of a Unix socket, also the "%" in it.
func escapeSocket(path string) string {
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; isUnreserved(c) || strings.IndexByte(socketChars, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// isUnreserved reports whether c is a letter, a digit or one of -._~ (RFC 3986
// §2.3).
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
