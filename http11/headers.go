package http11

import (
	"iter"
	"maps"
	"slices"

	"github.com/go-websockets/websockets/httpheader"
)

// Headers holds the headers of a message in their order and as they were
// written. Names compare without regard to case; a name may occur several
// times. The zero value is empty and ready to use.
//
// Copies of a Headers share their memory: to change one of them, use
// [Headers.Clone].
type Headers struct {
	fields []field

	// index holds for each lower-case name the positions in fields. It is nil
	// while there are few fields: then looking at each of them is faster. It
	// changes only when fields does, so that concurrent reading is safe.
	index map[string][]int
}

type field struct{ name, value string }

// indexFrom is the number of fields from which on there is an index.
const indexFrom = 128

// FromMap returns the headers of a map such as a http.Header, sorted by name.
func FromMap(m map[string][]string) Headers {
	var h Headers
	for _, name := range slices.Sorted(maps.Keys(m)) {
		for _, value := range m[name] {
			h.Add(name, value)
		}
	}
	return h
}

// Map returns the headers as a map that converts to a http.Header: its keys
// are in canonical form, such as "Sec-Websocket-Key". It shares no memory with h.
func (h *Headers) Map() map[string][]string {
	m := make(map[string][]string, len(h.fields))
	first := make([]string, len(h.fields)) // memory for the first value of each name
	for i, f := range h.fields {
		key := canonical(f.name)
		if values := m[key]; values != nil {
			m[key] = append(values, f.value)
			continue
		}
		first[i] = f.value
		m[key] = first[i : i+1 : i+1]
	}
	return m
}

// Get returns the value of a header. It fails with [ErrHeaderMissing] if there
// is none, and with a *[MultipleValuesError] if there are several.
func (h *Headers) Get(name string) (string, error) {
	var value string
	count := 0
	for i := range h.positions(name) {
		value = h.fields[i].value
		count++
	}
	switch count {
	case 0:
		return "", ErrHeaderMissing
	case 1:
		return value, nil
	default:
		return "", &MultipleValuesError{Name: name, Count: count}
	}
}

// Values returns all values of a header in order, nil if there are none. The
// slice belongs to the caller.
func (h *Headers) Values(name string) []string {
	var values []string
	for i := range h.positions(name) {
		values = append(values, h.fields[i].value)
	}
	return values
}

// Has reports whether there is a header of this name.
func (h *Headers) Has(name string) bool {
	for range h.positions(name) {
		return true
	}
	return false
}

// Add appends a header.
func (h *Headers) Add(name, value string) {
	if h.fields == nil {
		h.fields = make([]field, 0, 4) // a response to an opening handshake
	}
	h.fields = append(h.fields, field{name, value})
	switch last := len(h.fields) - 1; {
	case h.index != nil:
		key := lower(name)
		h.index[key] = append(h.index[key], last)
	case last >= indexFrom:
		h.buildIndex()
	}
}

// Set gives a header one value: it is [Headers.Del] followed by [Headers.Add].
func (h *Headers) Set(name, value string) {
	h.Del(name)
	h.Add(name, value)
}

// Del removes all values of a header. It takes time in proportion to the number
// of all headers.
func (h *Headers) Del(name string) {
	if !h.Has(name) {
		return
	}
	// Not in place: copies of h keep what they have.
	fields := make([]field, 0, len(h.fields))
	for _, f := range h.fields {
		if !sameName(f.name, name) {
			fields = append(fields, f)
		}
	}
	h.fields, h.index = fields, nil
	if len(fields) > indexFrom {
		h.buildIndex()
	}
}

// Clear removes all headers.
func (h *Headers) Clear() { *h = Headers{} }

// Len returns the number of different names.
func (h *Headers) Len() int {
	if h.index != nil {
		return len(h.index)
	}
	return len(h.Keys())
}

// Keys returns the names in lower case, each once, in the order in which they
// first occur.
func (h *Headers) Keys() []string {
	keys := make([]string, 0, len(h.fields))
	seen := make(map[string]bool, len(h.fields))
	for _, f := range h.fields {
		if key := lower(f.name); !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}

// All yields the name and value of each header, as written and in order.
func (h *Headers) All() iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, f := range h.fields {
			if !yield(f.name, f.value) {
				return
			}
		}
	}
}

// Clone returns a copy that shares no memory with h.
func (h *Headers) Clone() Headers {
	var c Headers
	c.Update(*h)
	return c
}

// Equal reports whether h and other have the same names, without regard to
// case, and for each name the same values in the same order. The order of
// different names does not matter (RFC 9110 §5.3).
func (h *Headers) Equal(other Headers) bool {
	if len(h.fields) != len(other.fields) {
		return false
	}
	for _, key := range h.Keys() {
		if !slices.Equal(h.Values(key), other.Values(key)) {
			return false
		}
	}
	return true
}

// Update adds all headers of other after those of h.
func (h *Headers) Update(other Headers) {
	h.fields = slices.Grow(h.fields, len(other.fields))
	for name, value := range other.All() {
		h.Add(name, value)
	}
}

// positions yields where in h.fields the headers of a name are.
func (h *Headers) positions(name string) iter.Seq[int] {
	return func(yield func(int) bool) {
		if h.index != nil {
			for _, i := range h.index[lower(name)] {
				if !yield(i) {
					return
				}
			}
			return
		}
		for i, f := range h.fields {
			if sameName(f.name, name) && !yield(i) {
				return
			}
		}
	}
}

func (h *Headers) buildIndex() {
	h.index = make(map[string][]int, len(h.fields))
	for i, f := range h.fields {
		key := lower(f.name)
		h.index[key] = append(h.index[key], i)
	}
}

// sameName compares names. Only ASCII letters have a case: for strings.EqualFold
// "K" is also the Kelvin sign.
func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lowerByte(a[i]) != lowerByte(b[i]) {
			return false
		}
	}
	return true
}

func lower(name string) string {
	for i := range len(name) {
		if c := name[i]; c != lowerByte(c) {
			b := []byte(name)
			for ; i < len(b); i++ {
				b[i] = lowerByte(b[i])
			}
			return string(b)
		}
	}
	return name
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// canonical returns the form of a name that net/http uses for its keys: capital
// letters at the start and after each hyphen, if the name is a token at all.
func canonical(name string) string {
	if !httpheader.ValidFieldName(name) || isCanonical(name) {
		return name
	}
	if key := handshakeNames[name]; key != "" {
		return key
	}
	b := []byte(lower(name))
	start := true
	for i, c := range b {
		if start && 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
		start = c == '-'
	}
	return string(b)
}

func isCanonical(name string) bool {
	start := true
	for i := range len(name) {
		c := name[i]
		if start && 'a' <= c && c <= 'z' || !start && 'A' <= c && c <= 'Z' {
			return false
		}
		start = c == '-'
	}
	return true
}

// handshakeNames saves memory for names that each opening handshake has.
var handshakeNames = map[string]string{
	"Sec-WebSocket-Key":        "Sec-Websocket-Key",
	"Sec-WebSocket-Version":    "Sec-Websocket-Version",
	"Sec-WebSocket-Extensions": "Sec-Websocket-Extensions",
	"Sec-WebSocket-Protocol":   "Sec-Websocket-Protocol",
	"Sec-WebSocket-Accept":     "Sec-Websocket-Accept",
}
