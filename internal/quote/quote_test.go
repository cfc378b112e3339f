package quote

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	a := strings.Repeat("a", Max)
	for s, want := range map[string]string{
		"":                    `""`,
		"a\x1b\r\n\u202e\xff": `"a\x1b\r\n\u202e\xff"`,
		a:                     `"` + a + `"`,
		a + "b":               `"` + a + `"... (65 bytes)`,
	} {
		if got := Text(s); got != want {
			t.Errorf("Text(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestAround(t *testing.T) {
	a := strings.Repeat("a", 100)
	tests := []struct {
		s    string
		pos  int
		want string
	}{
		{"a\n", 1, `"a\n"`},
		{a[:Max], 60, `"` + a[:Max] + `"`},
		{a, 3, `"` + a[:64] + `"... (100 bytes)`},
		{a, 100, `..."` + a[:64] + `" (100 bytes)`},
		{a + ";" + a, 100, `..."` + a[:32] + ";" + a[:31] + `"... (201 bytes)`},
	}
	for _, test := range tests {
		if got := Around(test.s, test.pos); got != test.want {
			t.Errorf("Around(%q, %d) = %s, want %s", test.s, test.pos, got, test.want)
		}
	}
}
