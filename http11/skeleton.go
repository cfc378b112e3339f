// Package http11 reads and writes just enough HTTP/1.1 for a WebSocket opening
// handshake (RFC 9112).
package http11

import (
	"bufio"
	"errors"
	"iter"

	"github.com/go-websockets/websockets/httpheader"
)

var errTODO = errors.New("skeleton")

// ErrHeaderMissing says that there is no header of that name.
var ErrHeaderMissing = errors.New("header is missing")

// ErrMultipleValues says that there is more than one header of that name.
var ErrMultipleValues = errors.New("header has more than one value")

// A MultipleValuesError is what [Headers.Get] returns for a header with more
// than one value. It matches [ErrMultipleValues].
type MultipleValuesError struct {
	Name  string // header name
	Count int    // number of values
}

func (e *MultipleValuesError) Error() string { return ErrMultipleValues.Error() }

// Unwrap returns [ErrMultipleValues].
func (e *MultipleValuesError) Unwrap() error { return ErrMultipleValues }

// A MessageError says what is wrong with an HTTP message.
type MessageError struct {
	What   string // the part of the message
	Value  string // the offending text, cut to a sane length
	Status int    // the status for the answer to such a request: 400, 405, 414, 431 or 505; 0 if there is none
	Err    error  // the cause, or nil
}

func (e *MessageError) Error() string { return e.What }

// Unwrap returns the cause.
func (e *MessageError) Unwrap() error { return e.Err }

// Is reports whether target is [httpheader.ErrHandshake].
func (e *MessageError) Is(target error) bool { return target == httpheader.ErrHandshake }

// Headers is an ordered list of headers. The zero value is empty and ready.
type Headers struct {
	fields []field
}

type field struct{ name, value string }

// FromMap makes Headers from a map such as an http.Header.
func FromMap(m map[string][]string) Headers { return Headers{} }

// Map returns the headers as a map such as an http.Header.
func (h *Headers) Map() map[string][]string { return nil }

// Get returns the only value of a header.
func (h *Headers) Get(name string) (string, error) { return "", errTODO }

// Values returns all values of a header.
func (h *Headers) Values(name string) []string { return nil }

// Add appends a header.
func (h *Headers) Add(name, value string) {}

// Set replaces all values of a header.
func (h *Headers) Set(name, value string) {}

// Del removes all values of a header.
func (h *Headers) Del(name string) {}

// Has reports whether there is a header of that name.
func (h *Headers) Has(name string) bool { return false }

// Len returns the number of different names.
func (h *Headers) Len() int { return len(h.fields) }

// Clear removes all headers.
func (h *Headers) Clear() {}

// Keys returns the lower-case names, each once.
func (h *Headers) Keys() []string { return nil }

// All yields names and values as received, in order.
func (h *Headers) All() iter.Seq2[string, string] { return func(func(string, string) bool) {} }

// Clone returns a copy.
func (h *Headers) Clone() Headers { return Headers{} }

// Equal reports whether h and other have the same headers.
func (h *Headers) Equal(other Headers) bool { return false }

// Update adds all headers of other.
func (h *Headers) Update(other Headers) {}

// Limits bound what is read of a message. For each, 0 is the default and a
// negative number no limit.
type Limits struct {
	MaxLine        int // bytes of one line without its CRLF: 8 KiB
	MaxHeaders     int // number of header lines: 128
	MaxHeaderBytes int // bytes of the start line and all header lines: 64 KiB
}

// ReadRequest reads a GET request up to the blank line after its headers.
func ReadRequest(r *bufio.Reader, l Limits) (path string, h Headers, err error) {
	return "", Headers{}, errTODO
}

// ReadResponse reads a response up to the blank line after its headers.
func ReadResponse(r *bufio.Reader, l Limits) (status int, h Headers, err error) {
	return 0, Headers{}, errTODO
}

// CheckNoBody fails with a *[MessageError] if the headers announce a body.
func CheckNoBody(h Headers) error { return errTODO }

// AppendRequest appends a GET request to dst.
func AppendRequest(dst []byte, target string, h Headers) ([]byte, error) { return dst, errTODO }

// AppendResponse appends a response to dst.
func AppendResponse(dst []byte, status int, reason string, h Headers, body []byte) ([]byte, error) {
	return dst, errTODO
}
