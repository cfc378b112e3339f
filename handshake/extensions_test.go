package handshake

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/httpheader"
)

const extensionHeader = "Sec-WebSocket-Extensions"

// A kind makes extensions that do nothing. It declines offers and answers that
// have a parameter named after one of its refusals.
type kind struct {
	name    string
	bits    extension.Bits
	offers  [][]httpheader.Param
	answer  []httpheader.Param
	refuses []string
}

// An agreed extension remembers what it was made from.
type agreed struct {
	name   string
	bits   extension.Bits
	params string
	before string // names of the extensions accepted before it
}

func (e agreed) Name() string                                         { return e.name }
func (e agreed) Reserved() extension.Bits                             { return e.bits }
func (e agreed) Encode(f frame.Frame) (frame.Frame, error)            { return f, nil }
func (e agreed) Decode(f frame.Frame, max int64) (frame.Frame, error) { return f, nil }

func (k kind) Name() string                { return k.name }
func (k kind) Offer() [][]httpheader.Param { return k.offers }

func (k kind) Accept(params []httpheader.Param, accepted []extension.Extension) (extension.Extension, error) {
	for _, p := range params {
		if slices.Contains(k.refuses, p.Name) {
			return nil, &extension.ParameterError{Reason: extension.UnknownParameter, Extension: k.name, Name: p.Name}
		}
	}
	var before []string
	for _, e := range accepted {
		before = append(before, e.Name())
	}
	text := httpheader.BuildExtensions([]httpheader.Extension{{Name: k.name, Params: params}})
	return agreed{k.name, k.bits, text, strings.Join(before, " ")}, nil
}

func (k kind) Negotiate(offer []httpheader.Param, accepted []extension.Extension) ([]httpheader.Param, extension.Extension, error) {
	e, err := k.Accept(offer, accepted)
	return k.answer, e, err
}

var (
	bare = [][]httpheader.Param{nil}
	one  = []httpheader.Param{{Name: "one", Value: "1", HasValue: true}}
	two  = []httpheader.Param{{Name: "two"}}
)

func TestOfferExtensions(t *testing.T) {
	tests := []struct {
		fs   []extension.Factory
		want string
	}{
		{nil, ""},
		{[]extension.Factory{kind{name: "server-only"}}, ""},
		{[]extension.Factory{kind{name: "x", offers: bare}}, "x"},
		{
			[]extension.Factory{kind{name: "x", offers: [][]httpheader.Param{append(one, two...), one, nil}}, kind{name: "s"}, kind{name: "y", offers: bare}},
			"x; one=1; two, x; one=1, x, y",
		},
	}
	for _, test := range tests {
		if got := OfferExtensions(test.fs); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// WS-062, WS-063, WS-152.
func TestNegotiateExtensions(t *testing.T) {
	x := kind{name: "x", bits: extension.RSV1, answer: one, refuses: []string{"bad"}}
	y := kind{name: "y", bits: extension.RSV2}
	z := kind{name: "z", bits: extension.RSV1 | extension.RSV3}
	lenient := kind{name: "x", bits: extension.RSV2, answer: two}
	type factories = []extension.Factory
	type exts = []extension.Extension
	tests := []struct {
		name   string
		h      *http11.Headers
		fs     factories
		answer string
		want   exts
	}{
		{"no header", headersOf(), factories{x}, "", nil},
		{"no factories", headersOf(extensionHeader, "x"), nil, "", nil},
		{"unknown", headersOf(extensionHeader, "w; a=1, constructor"), factories{x}, "", nil},
		{"agreed", headersOf(extensionHeader, "x; a=1"), factories{x}, "x; one=1", exts{agreed{"x", extension.RSV1, "x; a=1", ""}}},
		{"the client's order", headersOf(extensionHeader, "y, x"), factories{x, y}, "y, x; one=1", exts{
			agreed{"y", extension.RSV2, "y", ""}, agreed{"x", extension.RSV1, "x", "y"},
		}},
		{"several lines", headersOf(extensionHeader, "w, x", extensionHeader, "y"), factories{x, y}, "x; one=1, y", exts{
			agreed{"x", extension.RSV1, "x", ""}, agreed{"y", extension.RSV2, "y", "x"},
		}},
		{"the next offer", headersOf(extensionHeader, "x; bad, x; good"), factories{x}, "x; one=1", exts{agreed{"x", extension.RSV1, "x; good", ""}}},
		{"no offer will do", headersOf(extensionHeader, "x; bad, x; bad=2"), factories{x}, "", nil},
		{"the next factory", headersOf(extensionHeader, "x; bad"), factories{x, lenient}, "x; two", exts{agreed{"x", extension.RSV2, "x; bad", ""}}},
		{"the same bit", headersOf(extensionHeader, "x, z, y"), factories{x, y, z}, "x; one=1, y", exts{
			agreed{"x", extension.RSV1, "x", ""}, agreed{"y", extension.RSV2, "y", "x"},
		}},
		{"the same bit, the other way round", headersOf(extensionHeader, "z, x"), factories{x, y, z}, "z", exts{agreed{"z", extension.RSV1 | extension.RSV3, "z", ""}}},
		{"the same one twice", headersOf(extensionHeader, "x, x"), factories{x}, "x; one=1", exts{agreed{"x", extension.RSV1, "x", ""}}},
		{"case counts", headersOf(extensionHeader, "X"), factories{x}, "", nil},
	}
	for _, test := range tests {
		answer, got, err := NegotiateExtensions(test.h, test.fs)
		if err != nil || answer != test.answer || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %q, %+v, %v, want %q, %+v", test.name, answer, got, err, test.answer, test.want)
		}
	}
}

// WS-154, in both directions, also if no extension is configured.
func TestMalformedExtensionsAreRefused(t *testing.T) {
	for _, value := range []string{"", ",", "x;", "x y", `x; a="`, `x; a="b c"`, "x\x00", strings.Repeat("x,", 100)} {
		h := headersOf(extensionHeader, value)
		for _, fs := range [][]extension.Factory{nil, {kind{name: "x", offers: bare}}} {
			answer, exts, err := NegotiateExtensions(h, fs)
			if e, ok := errors.AsType[*httpheader.FormatError](err); !ok || e.Name != extensionHeader || answer != "" || exts != nil || Status(err) != 400 {
				t.Errorf("server, %q: %q, %v, %v", value, answer, exts, err)
			}
			exts, err = AcceptExtensions(h, fs)
			if e, ok := errors.AsType[*httpheader.FormatError](err); !ok || e.Name != extensionHeader || exts != nil {
				t.Errorf("client, %q: %v, %v", value, exts, err)
			}
		}
	}
}

func TestAcceptExtensions(t *testing.T) {
	x := kind{name: "x", bits: extension.RSV1, offers: bare, refuses: []string{"bad"}}
	y := kind{name: "y", bits: extension.RSV2, offers: bare}
	lenient := kind{name: "x", bits: extension.RSV3, offers: bare}
	type factories = []extension.Factory
	type exts = []extension.Extension
	tests := []struct {
		value string
		fs    factories
		want  exts
	}{
		{"x", factories{x}, exts{agreed{"x", extension.RSV1, "x", ""}}},
		{`x; a="1"`, factories{x, y}, exts{agreed{"x", extension.RSV1, "x; a=1", ""}}},
		{"y; b, x", factories{x, y}, exts{agreed{"y", extension.RSV2, "y; b", ""}, agreed{"x", extension.RSV1, "x", "y"}}},
		{"x; bad", factories{x, lenient}, exts{agreed{"x", extension.RSV3, "x; bad", ""}}},
		{"x, x", factories{x, lenient}, exts{agreed{"x", extension.RSV1, "x", ""}, agreed{"x", extension.RSV3, "x", "x"}}},
	}
	for _, test := range tests {
		got, err := AcceptExtensions(headersOf(extensionHeader, test.value), test.fs)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: %+v, %v, want %+v", test.value, got, err, test.want)
		}
	}
	if got, err := AcceptExtensions(http.Header{}, factories{x}); got != nil || err != nil {
		t.Errorf("no header: %v, %v", got, err)
	}
}

// WS-044, WS-157, WS-175: the client refuses what it cannot live with.
func TestAcceptExtensionsRefuses(t *testing.T) {
	x := kind{name: "x", bits: extension.RSV1, offers: bare, refuses: []string{"bad"}}
	z := kind{name: "z", bits: extension.RSV1, offers: bare}
	twice := kind{name: "x", offers: [][]httpheader.Param{one, nil}}
	tests := []struct {
		value string
		fs    []extension.Factory
		want  string
	}{
		{"x", nil, `extension "x": not offered`},
		{"y", []extension.Factory{x}, `extension "y": not offered`},
		{"X", []extension.Factory{x}, `extension "X": not offered`},
		{"x, y", []extension.Factory{x}, `extension "y": not offered`},
		{"s", []extension.Factory{kind{name: "s"}, x}, `extension "s": not offered`},
		{"x, x", []extension.Factory{kind{name: "x", offers: bare}}, `extension "x": not offered`},
		{"x, x, x", []extension.Factory{twice}, `extension "x": not offered`},
		{"x; bad", []extension.Factory{x}, `extension "x": answer not acceptable: extension "x": unknown parameter "bad"`},
		{"x; bad", []extension.Factory{kind{name: "x"}, x}, `extension "x": answer not acceptable: extension "x": unknown parameter "bad"`},
		{"x, z", []extension.Factory{x, z}, `extension "z": answer not acceptable: extension "z": claims RSV1, as "x" does`},
		{"\x00", []extension.Factory{x}, ""},
	}
	for _, test := range tests {
		exts, err := AcceptExtensions(headersOf(extensionHeader, test.value), test.fs)
		if exts != nil || !errors.Is(err, httpheader.ErrHandshake) {
			t.Errorf("%q: %v, %v", test.value, exts, err)
			continue
		}
		if test.want != "" && (err.Error() != test.want || !errors.Is(err, extension.ErrNegotiation)) {
			t.Errorf("%q: %v, want %s", test.value, err, test.want)
		}
	}
	_, err := AcceptExtensions(headersOf(extensionHeader, "x", extensionHeader, "x"), []extension.Factory{twice})
	if want := (&httpheader.Error{Name: extensionHeader, Value: "x, x"}); !reflect.DeepEqual(err, want) {
		t.Errorf("two lines: %#v", err)
	}
	_, err = AcceptExtensions(headersOf(extensionHeader, "x; bad"), []extension.Factory{x})
	if e, ok := errors.AsType[*extension.ParameterError](err); !ok || e.Name != "bad" {
		t.Errorf("the cause is lost: %v", err)
	}
}

// FuzzNegotiate: what the server agrees to was offered, no bit is claimed twice,
// and a client that made the offer accepts the answer.
func FuzzNegotiate(f *testing.F) {
	for _, s := range []string{"", "x", "x; bad, x, y; a=\"1\"", "z, x, y", "y, y", "x;a=b;c,z;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		offers, parseErr := httpheader.ParseExtensions(value)
		fs := []extension.Factory{
			kind{name: "x", bits: extension.RSV1, answer: one, refuses: []string{"bad"}},
			kind{name: "y", bits: extension.RSV2},
			kind{name: "z", bits: extension.RSV1 | extension.RSV3},
		}
		answer, exts, err := NegotiateExtensions(headersOf(extensionHeader, value), fs)
		if (err != nil) != (parseErr != nil) || err != nil && (answer != "" || exts != nil || Status(err) != 400) {
			t.Fatalf("%q: %q, %v, %v", value, answer, exts, err)
		}
		if err := extension.CheckConflicts(exts); err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		if len(exts) == 0 {
			if answer != "" {
				t.Fatalf("%q: answer %q without extensions", value, answer)
			}
			return
		}
		rest := offers
		for _, e := range exts {
			i := slices.IndexFunc(rest, func(o httpheader.Extension) bool {
				return e.(agreed).params == httpheader.BuildExtensions([]httpheader.Extension{o})
			})
			if i < 0 {
				t.Fatalf("%q: %+v was not offered, or not in this order", value, e)
			}
			rest = rest[i+1:]
		}
		var client []extension.Factory
		for _, f := range fs {
			k := f.(kind)
			k.offers = make([][]httpheader.Param, len(offers))
			client = append(client, k)
		}
		accepted, err := AcceptExtensions(headersOf(extensionHeader, answer), client)
		if err != nil || len(accepted) != len(exts) {
			t.Fatalf("%q: the client refuses %q: %v", value, answer, err)
		}
		for i := range exts {
			if accepted[i].Name() != exts[i].Name() {
				t.Fatalf("%q: extensions %v and %v", value, exts, accepted)
			}
		}
	})
}
