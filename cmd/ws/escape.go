package main

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape makes text from elsewhere safe for a terminal: nothing in it can move
// the cursor, change colours or the direction of writing, or be answered by the
// terminal. Tabs and printable characters stay, whatever their script; the rest
// becomes what it would be in a Go string literal.
func escape(s string) string {
	if !strings.ContainsFunc(s, isUnsafe) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case isUnsafe(r):
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// escapeLines is escape for text that may have several lines: the first is as
// escape makes it, the others begin with indent, so that none can pass for
// something else.
func escapeLines(s, indent string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = escape(strings.TrimSuffix(line, "\r"))
	}
	return strings.Join(lines, "\n"+indent)
}

// isUnsafe reports whether r must not reach a terminal. Spaces of all widths are
// safe, and so is the zero-width joiner, which joins emoji. A byte that is no
// UTF-8 comes as utf8.RuneError and is unsafe.
func isUnsafe(r rune) bool {
	const zeroWidthJoiner = '\u200d'
	return r == utf8.RuneError || r != '\t' && r != zeroWidthJoiner && !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r)
}

// hexDump is b for a terminal, cut when it is long.
func hexDump(b []byte) string {
	const most = 64
	if len(b) <= most {
		return spaced(b)
	}
	return spaced(b[:most]) + " …"
}

func spaced(b []byte) string {
	digits := hex.EncodeToString(b)
	var s strings.Builder
	for i := 0; i < len(digits); i += 2 {
		if i > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(digits[i : i+2])
	}
	return s.String()
}
