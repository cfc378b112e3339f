package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextCannotReachIntoTheTerminal(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, \ttabs":   "plain text, \ttabs",
		"héllo 🌍 世界 עברית":     "héllo 🌍 世界 עברית",
		"👩\u200d💻 ❤\ufe0f":     "👩\u200d💻 ❤\ufe0f",
		"wide\u3000and\u00a0":  "wide\u3000and\u00a0",
		`a\b "c"`:              `a\b "c"`,
		"\x1b[2Jcleared":       `\x1b[2Jcleared`,
		"\x1b]0;title\a":       `\x1b]0;title\a`,
		"\u009b31m":            `\u009b31m`,
		"over\rwritten":        `over\rwritten`,
		"back\b\x7f":           `back\b\x7f`,
		"a\nb":                 `a\nb`,
		"nul\x00":              `nul\x00`,
		"\u202egnp.exe":        `\u202egnp.exe`,
		"\u2066isolated\u2069": `\u2066isolated\u2069`,
		"zero\u200bwidth":      `zero\u200bwidth`,
		"\xff\xfe":             `\xff\xfe`,
		"\ufffd":               "\ufffd",
	} {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLinesOfTheTextCannotPassForOthers(t *testing.T) {
	got := escapeLines("one\r\n> two\n\x1b[A< three", "  ")
	if want := "one\n  > two\n  \\x1b[A< three"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLongBytesAreCut(t *testing.T) {
	if got, want := hexDump([]byte{0, 0xff, 16}), "00 ff 10"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := hexDump(make([]byte, 64)); strings.Contains(got, "…") || len(got) != 64*3-1 {
		t.Errorf("64 bytes give %q", got)
	}
	if got := hexDump(make([]byte, 65)); got != strings.TrimSpace(strings.Repeat("00 ", 64))+" …" {
		t.Errorf("65 bytes give %q", got)
	}
	if got := hexDump(nil); got != "" {
		t.Errorf("no bytes give %q", got)
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b[31m\r\n\u202e\xff\u200d")
	f.Fuzz(func(t *testing.T, s string) {
		got := escape(s)
		if !utf8.ValidString(got) {
			t.Fatalf("escape(%q) = %q is not UTF-8", s, got)
		}
		for _, r := range got {
			if r != utf8.RuneError && isUnsafe(r) {
				t.Fatalf("escape(%q) = %q has %q", s, got, r)
			}
		}
		if escape(got) != got {
			t.Fatalf("escape(%q) = %q changes when it is escaped again", s, got)
		}
	})
}
