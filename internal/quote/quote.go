// Package quote shows text of a peer in errors and logs: as a Go string literal,
// so that no control character gets through, and cut, because the peer chooses
// its length.
package quote

import "fmt"

// Max is how many bytes of a text are shown.
const Max = 64

// Text returns s as a Go string literal. If s is longer than [Max], the literal
// has its start, and its whole length follows.
func Text(s string) string {
	if len(s) <= Max {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q... (%d bytes)", s[:Max], len(s))
}

// Around is like [Text], but shows the part of s around byte pos.
func Around(s string, pos int) string {
	if len(s) <= Max {
		return fmt.Sprintf("%q", s)
	}
	start := max(0, min(pos-Max/2, len(s)-Max))
	text := fmt.Sprintf("%q", s[start:start+Max])
	if start > 0 {
		text = "..." + text
	}
	if start+Max < len(s) {
		text += "..."
	}
	return fmt.Sprintf("%s (%d bytes)", text, len(s))
}
