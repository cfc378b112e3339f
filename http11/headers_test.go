package http11

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
)

func headersOf(pairs ...string) Headers {
	var h Headers
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func pairsOf(h Headers) []string {
	var pairs []string
	for name, value := range h.All() {
		pairs = append(pairs, name, value)
	}
	return pairs
}

func checkPairs(t *testing.T, h Headers, want ...string) {
	t.Helper()
	if got := pairsOf(h); !slices.Equal(got, want) {
		t.Errorf("headers are %q, want %q", got, want)
	}
}

func TestZeroHeadersAreEmpty(t *testing.T) {
	var h Headers
	if _, err := h.Get("a"); !errors.Is(err, ErrHeaderMissing) {
		t.Errorf("Get: %v", err)
	}
	if h.Values("a") != nil || h.Has("a") || h.Len() != 0 || len(h.Keys()) != 0 || len(h.Map()) != 0 {
		t.Error("not empty")
	}
	h.Del("a")
	h.Clear()
	checkPairs(t, h)
	var other Headers
	if !h.Equal(other) {
		t.Error("not equal to another one")
	}
	h.Set("a", "b")
	checkPairs(t, h, "a", "b")
}

func TestHeadersKeepOrderAndCase(t *testing.T) {
	h := headersOf("Host", "a", "X-One", "1", "x-one", "2", "HOST", "b")
	checkPairs(t, h, "Host", "a", "X-One", "1", "x-one", "2", "HOST", "b")
	for _, name := range []string{"X-One", "x-one", "X-ONE"} {
		if got := h.Values(name); !slices.Equal(got, []string{"1", "2"}) {
			t.Errorf("Values(%q) = %q", name, got)
		}
		if !h.Has(name) {
			t.Errorf("Has(%q) = false", name)
		}
	}
	if got := h.Keys(); !slices.Equal(got, []string{"host", "x-one"}) {
		t.Errorf("Keys() = %q", got)
	}
	if h.Len() != 2 {
		t.Errorf("Len() = %d", h.Len())
	}
	// Only ASCII letters have a case.
	if h.Add("K", "1"); h.Has("\u212a") {
		t.Error("the Kelvin sign is the name K")
	}
}

func TestGetTellsOneValueFromMany(t *testing.T) {
	h := headersOf("One", "1", "Two", "1", "two", "2", "Empty", "")
	if v, err := h.Get("ONE"); v != "1" || err != nil {
		t.Errorf("one value: %q, %v", v, err)
	}
	if v, err := h.Get("empty"); v != "" || err != nil {
		t.Errorf("an empty value: %q, %v", v, err)
	}
	if _, err := h.Get("none"); err != ErrHeaderMissing {
		t.Errorf("no value: %v", err)
	}
	_, err := h.Get("TWO")
	e, ok := errors.AsType[*MultipleValuesError](err)
	if !ok || *e != (MultipleValuesError{Name: "TWO", Count: 2}) || !errors.Is(err, ErrMultipleValues) {
		t.Errorf("two values: %#v", err)
	}
	if want := `header "TWO" has 2 values`; err.Error() != want {
		t.Errorf("text %q, want %q", err, want)
	}
}

func TestSetReplacesAllValues(t *testing.T) {
	h := headersOf("A", "1", "B", "2", "a", "3")
	h.Set("a", "4")
	checkPairs(t, h, "B", "2", "a", "4")
	h.Del("B")
	h.Del("B")
	checkPairs(t, h, "a", "4")
	h.Clear()
	checkPairs(t, h)
}

func TestAllStopsWhenAsked(t *testing.T) {
	h := headersOf("A", "1", "B", "2")
	n := 0
	for range h.All() {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d headers", n)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	h := headersOf("A", "1")
	c := h.Clone()
	c.Add("B", "2")
	c.Set("A", "3")
	h.Add("C", "4")
	checkPairs(t, h, "A", "1", "C", "4")
	checkPairs(t, c, "B", "2", "A", "3")
	values := h.Values("A")
	values[0] = "changed"
	checkPairs(t, h, "A", "1", "C", "4")
}

// A copy made by assignment keeps what it has when the original loses headers.
func TestDelLeavesCopiesAlone(t *testing.T) {
	h := headersOf("A", "1", "B", "2")
	copied := h
	h.Del("A")
	h.Add("C", "3")
	checkPairs(t, copied, "A", "1", "B", "2")
}

func TestUpdateAdds(t *testing.T) {
	h := headersOf("A", "1")
	h.Update(headersOf("a", "2", "B", "3"))
	checkPairs(t, h, "A", "1", "a", "2", "B", "3")
	h.Update(h)
	checkPairs(t, h, "A", "1", "a", "2", "B", "3", "A", "1", "a", "2", "B", "3")
}

func TestEqual(t *testing.T) {
	base := headersOf("A", "1", "B", "2", "a", "3")
	tests := []struct {
		h    Headers
		want bool
	}{
		{headersOf("A", "1", "B", "2", "a", "3"), true},
		{headersOf("b", "2", "a", "1", "A", "3"), true}, // the order of different names does not count
		{headersOf("A", "3", "B", "2", "a", "1"), false},
		{headersOf("A", "1", "B", "2"), false},
		{headersOf("A", "1", "B", "2", "C", "3"), false},
		{headersOf("A", "1", "B", "2", "a", "3", "a", "3"), false},
	}
	for _, test := range tests {
		if base.Equal(test.h) != test.want || test.h.Equal(base) != test.want {
			t.Errorf("%q equal to %q is not %v", pairsOf(base), pairsOf(test.h), test.want)
		}
	}
}

func TestMapConversion(t *testing.T) {
	h := headersOf("sec-websocket-KEY", "1", "host", "2", "Host", "3", "a-x--y_1z-Z", "4", "not a token", "5")
	m := http.Header(h.Map())
	want := http.Header{}
	for name, value := range h.All() {
		want.Add(name, value)
	}
	if !maps.EqualFunc(m, want, slices.Equal) {
		t.Errorf("Map() = %q, want %q", m, want)
	}
	for name := range h.All() {
		if got, want := canonical(name), textproto.CanonicalMIMEHeaderKey(name); got != want {
			t.Errorf("canonical(%q) = %q, want %q", name, got, want)
		}
	}
	checkPairs(t, FromMap(m), "A-X--Y_1z-Z", "4", "Host", "2", "Host", "3", "Sec-Websocket-Key", "1", "not a token", "5")
	checkPairs(t, FromMap(nil))
	m["Host"][0] = "changed"
	if got := h.Values("host"); got[0] != "2" {
		t.Error("Map shares memory with the headers")
	}
}

// A model: a slice of pairs. Small and large sets must behave alike, though only
// large ones have an index.
func TestHeadersBehaveLikeAList(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h Headers
	var model []string
	names := []string{"A", "a", "B", "b", "Long-Name", "long-name"}
	for i := range 60 {
		names = append(names, fmt.Sprint("X-", i))
	}
	for step := range 4000 {
		name := names[random.IntN(len(names))]
		value := fmt.Sprint(step)
		switch random.IntN(8) {
		case 0:
			h.Del(name)
			model = without(model, name)
		case 1:
			h.Set(name, value)
			model = append(without(model, name), name, value)
		default:
			h.Add(name, value)
			model = append(model, name, value)
		}
		if random.IntN(200) == 0 {
			h.Clear()
			model = nil
		}
		var values []string
		keys := map[string]bool{}
		for i := 0; i < len(model); i += 2 {
			keys[strings.ToLower(model[i])] = true
			if strings.EqualFold(model[i], name) {
				values = append(values, model[i+1])
			}
		}
		if got := h.Values(name); !slices.Equal(got, values) || h.Has(name) != (values != nil) {
			t.Fatalf("step %d: Values(%q) = %q, want %q", step, name, got, values)
		}
		if got := pairsOf(h); !slices.Equal(got, model) {
			t.Fatalf("step %d: headers are %q, want %q", step, got, model)
		}
		if h.Len() != len(keys) || len(h.Keys()) != len(keys) {
			t.Fatalf("step %d: Len() = %d, Keys() = %q, want %d names", step, h.Len(), h.Keys(), len(keys))
		}
	}
}

func without(pairs []string, name string) []string {
	var rest []string
	for i := 0; i < len(pairs); i += 2 {
		if !strings.EqualFold(pairs[i], name) {
			rest = append(rest, pairs[i], pairs[i+1])
		}
	}
	return rest
}

// Adding and looking up must not slow down with the number of headers.
func BenchmarkHeaders(b *testing.B) {
	for _, n := range []int{8, 128, 10_000} {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprint("X-Header-", i)
		}
		b.Run(fmt.Sprint("add", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var h Headers
				for _, name := range names {
					h.Add(name, "value")
				}
			}
		})
		b.Run(fmt.Sprint("get", n), func(b *testing.B) {
			var h Headers
			for _, name := range names {
				h.Add(name, "value")
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Get(names[n-1]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
