package httpheader

import (
	"strings"
	"testing"
)

func TestIsToken(t *testing.T) {
	if IsToken("") {
		t.Error("the empty string is a token")
	}
	const separators = "()<>@,;:\\\"/[]?={} \t"
	for c := range 256 {
		want := c > 0x20 && c < 0x7F && !strings.ContainsRune(separators, rune(c))
		if got := IsToken(string([]byte{byte(c)})); got != want {
			t.Errorf("IsToken(%q) = %v", []byte{byte(c)}, got)
		}
		if got := ValidFieldName(string([]byte{'a', byte(c)})); got != want {
			t.Errorf("ValidFieldName(%q) = %v", []byte{'a', byte(c)}, got)
		}
	}
}

func TestValidFieldValue(t *testing.T) {
	for c := range 256 {
		want := c >= 0x20 && c != 0x7F || c == '\t'
		if got := ValidFieldValue("a" + string([]byte{byte(c)}) + "b"); got != want {
			t.Errorf("ValidFieldValue with byte %#x = %v", c, got)
		}
	}
	for s, want := range map[string]bool{
		"":            true,
		"a b\tc":      true,
		"\xff":        true,
		" a":          false,
		"a\t":         false,
		" ":           false,
		"a\r\nX: y":   false,
		"a\nb":        false,
		"\x1b[31mred": false,
	} {
		if got := ValidFieldValue(s); got != want {
			t.Errorf("ValidFieldValue(%q) = %v", s, got)
		}
	}
}
