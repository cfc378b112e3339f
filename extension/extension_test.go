package extension

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/httpheader"
)

// A claim is an extension that only claims reserved bits.
type claim struct {
	name string
	bits Bits
}

func (c claim) Name() string                                         { return c.name }
func (c claim) Reserved() Bits                                       { return c.bits }
func (c claim) Encode(f frame.Frame) (frame.Frame, error)            { return f, nil }
func (c claim) Decode(f frame.Frame, max int64) (frame.Frame, error) { return f, nil }

func TestClaimedBits(t *testing.T) {
	tests := []struct {
		exts []Extension
		want Bits
	}{
		{nil, 0},
		{[]Extension{claim{"a", 0}}, 0},
		{[]Extension{claim{"a", RSV1}, claim{"b", 0}, claim{"c", RSV3}}, RSV1 | RSV3},
		{[]Extension{claim{"a", RSV1 | RSV2}, claim{"b", RSV2 | RSV3}}, RSV1 | RSV2 | RSV3},
	}
	for _, test := range tests {
		if got := ClaimedBits(test.exts); got != test.want {
			t.Errorf("ClaimedBits(%v) = %s, want %s", test.exts, got, test.want)
		}
	}
}

func TestCheckConflicts(t *testing.T) {
	for _, exts := range [][]Extension{
		nil,
		{claim{"a", RSV1 | RSV2 | RSV3}},
		{claim{"a", RSV1}, claim{"b", RSV2}, claim{"c", RSV3}, claim{"d", 0}, claim{"e", 0}},
	} {
		if err := CheckConflicts(exts); err != nil {
			t.Errorf("%v: %v", exts, err)
		}
	}
	tests := []struct {
		exts []Extension
		want string
	}{
		{[]Extension{claim{"a", RSV1}, claim{"b", RSV1}}, `extension "b": claims RSV1, as "a" does`},
		{[]Extension{claim{"a", RSV1}, claim{"b", RSV2}, claim{"c", RSV2 | RSV3}}, `extension "c": claims RSV2, as "b" does`},
		{[]Extension{claim{"a", RSV1 | RSV3}, claim{"a", RSV1 | RSV2 | RSV3}}, `extension "a": claims RSV1 RSV3, as "a" does`},
	}
	for _, test := range tests {
		err := CheckConflicts(test.exts)
		if err == nil || err.Error() != test.want || !errors.Is(err, ErrNegotiation) {
			t.Errorf("%v: %v, want %s", test.exts, err, test.want)
		}
	}
}

func TestBitsString(t *testing.T) {
	for b, want := range map[Bits]string{0: "none", RSV1: "RSV1", RSV2: "RSV2", RSV3: "RSV3", RSV1 | RSV2 | RSV3: "RSV1 RSV2 RSV3"} {
		if got := b.String(); got != want {
			t.Errorf("Bits(%d) is %q, want %q", b, got, want)
		}
	}
}

// ParameterError and Error belong to the negotiation, and that to the opening
// handshake.
func TestErrorTree(t *testing.T) {
	if !errors.Is(ErrNegotiation, httpheader.ErrHandshake) {
		t.Error("ErrNegotiation is not of the family ErrHandshake")
	}
	for _, err := range []error{&ParameterError{}, &Error{}, &Error{Err: io.EOF}} {
		if !errors.Is(err, ErrNegotiation) || !errors.Is(err, httpheader.ErrHandshake) {
			t.Errorf("%T is not of the families ErrNegotiation and ErrHandshake", err)
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%T matches anything", err)
		}
	}
	if !errors.Is(&Error{Err: io.EOF}, io.EOF) {
		t.Error("Error does not unwrap to its cause")
	}
}

func TestErrorText(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{ErrNegotiation, `extension negotiation: opening handshake`},
		{&ParameterError{DuplicateParameter, "x", "a", ""}, `extension "x": duplicate parameter "a"`},
		{&ParameterError{UnknownParameter, "x", "a\x1b", "1"}, `extension "x": unknown parameter "a\x1b"`},
		{&ParameterError{BadParameterValue, "x", "a", "7"}, `extension "x": bad parameter value "a" = "7"`},
		{&ParameterError{0, "x", "a", ""}, `extension "x": parameter reason 0 "a"`},
		{&ParameterError{9, "x", "a", "7"}, `extension "x": parameter reason 9 "a"`},
		{
			&ParameterError{BadParameterValue, "x", strings.Repeat("a", 99), strings.Repeat("b", 99)},
			`extension "x": bad parameter value "` + strings.Repeat("a", 64) + `"... (99 bytes) = "` + strings.Repeat("b", 64) + `"... (99 bytes)`,
		},
		{&Error{Extension: strings.Repeat("a", 99)}, `extension "` + strings.Repeat("a", 64) + `"... (99 bytes): `},
		{&Error{Extension: "x", Reason: "not offered"}, `extension "x": not offered`},
		{&Error{Extension: "x", Reason: "not acceptable", Err: io.EOF}, `extension "x": not acceptable: EOF`},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
