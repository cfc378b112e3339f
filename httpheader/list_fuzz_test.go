package httpheader

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func FuzzParseExtensions(f *testing.F) {
	for _, s := range []string{
		"", "foo", "permessage-deflate; client_max_window_bits, foo;a=\"\\1\"",
		`a; b="\c\c\c`, ",;=\"\\", "a;b=1;c;d=\"x\",\te",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		exts, err := ParseExtensions(s)
		if err != nil {
			checkFuzzFault(t, s, s, err)
			return
		}
		for _, e := range exts {
			checkToken(t, e.Name)
			for _, p := range e.Params {
				checkToken(t, p.Name)
				if p.HasValue {
					checkToken(t, p.Value)
				} else if p.Value != "" {
					t.Fatalf("parameter %q has value %q without HasValue", p.Name, p.Value)
				}
			}
		}
		again, err := ParseExtensions(BuildExtensions(exts))
		if err != nil || !reflect.DeepEqual(again, exts) {
			t.Fatalf("%q parses to %v, and that, built, to %v, %v", s, exts, again, err)
		}
	})
}

func FuzzParseSubprotocols(f *testing.F) {
	for _, s := range []string{"", "chat", "chat, superchat", ", ,a", "a b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseSubprotocols(s)
		if err != nil {
			checkFuzzFault(t, s, s, err)
			return
		}
		for _, p := range list {
			checkToken(t, p)
		}
		again, err := ParseSubprotocols(BuildSubprotocols(list))
		if err != nil || !slices.Equal(again, list) {
			t.Fatalf("%q parses to %q, and that, built, to %q, %v", s, list, again, err)
		}
	})
}

func FuzzParseConnection(f *testing.F) {
	for _, s := range []string{"", "Upgrade", "keep-alive, Upgrade", "websocket/13", "a/b/c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		options, err := ParseConnection(s)
		if err != nil {
			checkFuzzFault(t, s, s, err)
		}
		protocols, upgradeErr := ParseUpgrade(s)
		if upgradeErr != nil {
			checkFuzzFault(t, s, s, upgradeErr)
		}
		// Each list of options is a list of protocols without versions.
		if err == nil && (upgradeErr != nil || !slices.Equal(protocols, options)) {
			t.Fatalf("%q: options %q, but protocols %q, %v", s, options, protocols, upgradeErr)
		}
		// An independent reading of what was accepted.
		var want []string
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.Trim(part, " \t"); part != "" {
				want = append(want, part)
			}
		}
		if upgradeErr == nil && !slices.Equal(protocols, want) {
			t.Fatalf("%q parses to %q, want %q", s, protocols, want)
		}
	})
}

func checkToken(t *testing.T, s string) {
	t.Helper()
	if !IsToken(s) {
		t.Fatalf("%q is not a token", s)
	}
}

// checkFuzzFault checks an error about s. What it tells of s is shown.
func checkFuzzFault(t *testing.T, s, shown string, err error) {
	t.Helper()
	e, ok := errors.AsType[*FormatError](err)
	if !ok || e.Value != shown || e.Pos < 0 || e.Pos > len(s) || e.Want == "" || e.Name == "" {
		t.Fatalf("%q: error %#v", s, err)
	}
	for _, r := range fmt.Sprint(err) {
		if r < ' ' || r == 0x7F {
			t.Fatalf("control character in %q", err)
		}
	}
}
