package httpheader

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestParseBasicAuth(t *testing.T) {
	tests := []struct{ s, user, password string }{
		{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"}, // RFC 7617 §2
		{"Basic dGVzdDoxMjPCow==", "test", "123£"},                       // RFC 7617 §2.1
		{"bAsIc   QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},
		{"Basic Og==", "", ""},
		{"Basic YTpiOmM=", "a", "b:c"},
	}
	for _, test := range tests {
		user, password, err := ParseBasicAuth(test.s)
		if err != nil || user != test.user || password != test.password {
			t.Errorf("ParseBasicAuth(%q) = %q, %q, %v", test.s, user, password, err)
		}
	}
}

func TestParseBasicAuthRefuses(t *testing.T) {
	const secret = "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
	tests := map[string]fault{
		"":                       {0, "Basic scheme"},
		secret:                   {0, "Basic scheme"},
		"Bearer " + secret:       {0, "Basic scheme"},
		"Ba\u017fic " + secret:   {0, "Basic scheme"}, // a long s is an s for strings.EqualFold
		"Basic":                  {5, "space"},
		"Basic\t" + secret:       {5, "space"},
		"Basic ":                 {6, "user:password without control characters, in base64"},
		"Basic Zm9v":             {6, "user:password without control characters, in base64"},
		"Basic ZgA6Zg==":         {6, "user:password without control characters, in base64"},
		"Basic Zjp/":             {6, "user:password without control characters, in base64"},
		"Basic " + secret[:27]:   {6, "base64"},
		"Basic " + secret + " ":  {6, "base64"},
		"Basic " + secret + "\n": {6, "base64"},
		"Basic Zjp\r\nm":         {6, "base64"},
		"Basic Zjpm, Basic Zjpm": {6, "base64"},
		"Basic Zjp_":             {6, "base64"},
		"Basic Og=":              {6, "base64"},
		"Basic Oh==":             {6, "base64"}, // bits that no encoder sets
	}
	for s, want := range tests {
		_, _, err := ParseBasicAuth(s)
		e, ok := errors.AsType[*FormatError](err)
		if !ok || (fault{e.Pos, e.Want}) != want {
			t.Errorf("ParseBasicAuth(%q): %v, want %+v", s, err, want)
			continue
		}
		if e.Name != "Authorization" || e.Value != "" || strings.Contains(err.Error(), secret[:8]) {
			t.Errorf("ParseBasicAuth(%q): the error shows the secret: %#v", s, e)
		}
	}
}

func TestBuildBasicAuth(t *testing.T) {
	for _, test := range [][2]string{{"Aladdin", "open sesame"}, {"", ""}, {"a", "b:c"}, {"ü", "\xff"}} {
		s, err := BuildBasicAuth(test[0], test[1])
		if err != nil {
			t.Errorf("%q: %v", test, err)
		}
		// net/http reads it in the same way.
		r := &http.Request{Header: http.Header{"Authorization": {s}}}
		if user, password, ok := r.BasicAuth(); !ok || user != test[0] || password != test[1] {
			t.Errorf("%q: net/http reads %q, %q from %q", test, user, password, s)
		}
	}
	for _, test := range [][2]string{{"a:b", "c"}, {"a\nb", "c"}, {"a", "\x7f"}} {
		_, err := BuildBasicAuth(test[0], test[1])
		if e, ok := errors.AsType[*ValueError](err); !ok || e.Value != "" {
			t.Errorf("%q: %#v", test, err)
		}
	}
}

func FuzzParseBasicAuth(f *testing.F) {
	for _, s := range []string{"", "Basic ", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "basic Og==", "Bearer x", "Basic Oh=="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		user, password, err := ParseBasicAuth(s)
		if err != nil {
			if _, ok := errors.AsType[*FormatError](err); !ok {
				t.Fatalf("%q: %#v", s, err)
			}
			return
		}
		built, err := BuildBasicAuth(user, password)
		if err != nil {
			t.Fatalf("%q parses to %q, %q, which do not build: %v", s, user, password, err)
		}
		// Nothing but the case of the scheme and the number of spaces is free.
		if want := "Basic " + strings.TrimLeft(s[len("Basic"):], " "); built != want {
			t.Fatalf("%q parses to %q, %q, which build %q", s, user, password, built)
		}
		if _, err := base64.StdEncoding.DecodeString(built[len("Basic "):]); err != nil {
			t.Fatal(err)
		}
	})
}
