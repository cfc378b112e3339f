package httpheader

// IsToken reports whether s is a token: one or more letters, digits and
// characters of !#$%&'*+-.^_`|~ (RFC 9110 §5.6.2).
func IsToken(s string) bool {
	for i := range len(s) {
		if !isTokenChar[s[i]] {
			return false
		}
	}
	return s != ""
}

// ValidFieldName reports whether s may be the name of a header (RFC 9110 §5.1).
func ValidFieldName(s string) bool { return IsToken(s) }

// ValidFieldValue reports whether s may be the value of a header (RFC 9110
// §5.5): visible ASCII, bytes from 0x80, and blanks and tabs between them. No
// control character passes, so that a value cannot end its header line. The
// empty value is valid.
func ValidFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return s == "" || !isBlank(s[0]) && !isBlank(s[len(s)-1])
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
