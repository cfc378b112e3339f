package httpheader

import (
	"errors"
	"strings"
	"testing"
)

// The tree of errors: each precise error is found as an *Error, and all belong
// to the family of the opening handshake.
func TestErrorTree(t *testing.T) {
	tests := []struct {
		err  error
		want Error
	}{
		{&FormatError{Name: "Upgrade", Value: "a b", Pos: 2, Want: "comma"}, Error{"Upgrade", "a b"}},
		{&ValueError{Name: "Sec-WebSocket-Version", Value: "12"}, Error{"Sec-WebSocket-Version", "12"}},
		{&UpgradeError{Name: "Connection", Value: "close"}, Error{"Connection", "close"}},
		{&OriginError{Origin: "https://evil.example"}, Error{"Origin", "https://evil.example"}},
		{&Error{Name: "Host"}, Error{"Host", ""}},
	}
	for _, test := range tests {
		if !errors.Is(test.err, ErrHandshake) {
			t.Errorf("%T is not of the family ErrHandshake", test.err)
		}
		got, ok := errors.AsType[*Error](test.err)
		if !ok || *got != test.want {
			t.Errorf("%T as *Error = %+v, want %+v", test.err, got, test.want)
		}
	}
}

func TestErrorText(t *testing.T) {
	long := strings.Repeat("a", 100)
	tests := []struct {
		err  error
		want string
	}{
		{ErrHandshake, `opening handshake`},
		{&Error{Name: "Host"}, `missing or empty header "Host"`},
		{&Error{Name: "Host", Value: "a, b"}, `invalid header "Host": "a, b"`},
		{&ValueError{Name: "X", Value: "y"}, `wrong value of header "X": "y"`},
		{&ValueError{Name: "X"}, `wrong value of header "X"`},
		{&UpgradeError{Name: "Upgrade"}, `no upgrade to WebSocket: missing or empty header "Upgrade"`},
		{&UpgradeError{Name: "Upgrade", Value: "h2c"}, `no upgrade to WebSocket: header "Upgrade" is "h2c"`},
		{&OriginError{}, `a request without an origin is not allowed`},
		{&OriginError{Origin: "null"}, `origin "null" is not allowed`},
		{&FormatError{Name: "X", Want: "token", Pos: 6}, `invalid header "X": want token at byte 6`},
		{&FormatError{Name: "X", Value: "a=", Want: "token", Pos: 2}, `invalid header "X": want token at byte 2 of "a="`},
		// A long value is cut: at its start, or around the fault.
		{&Error{Name: "X", Value: long}, `invalid header "X": "` + long[:64] + `"... (100 bytes)`},
		{
			&FormatError{Name: "X", Value: long + ";" + long, Want: "token", Pos: 101},
			`invalid header "X": want token at byte 101 of ..."` + long[:31] + `;` + long[:32] + `"... (201 bytes)`,
		},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

// What a peer sends must not reach a terminal or a log as it is.
func TestErrorTextEscapesControlCharacters(t *testing.T) {
	const evil = "\x1b[2J\r\n\x00\u202e\x7f"
	for _, err := range []error{
		&Error{Name: evil, Value: evil},
		&FormatError{Name: evil, Value: evil},
		&FormatError{Name: evil, Value: strings.Repeat(evil, 20), Pos: 70},
		&ValueError{Name: evil, Value: evil},
		&UpgradeError{Name: evil, Value: evil},
		&OriginError{Origin: evil},
	} {
		if text := err.Error(); strings.ContainsAny(text, evil[:1]+"\r\n\x00\u202e\x7f") {
			t.Errorf("%T: %q has control characters", err, text)
		}
	}
}
