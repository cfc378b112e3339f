package http11

import (
	"errors"
	"fmt"

	"github.com/go-websockets/websockets/httpheader"
	"github.com/go-websockets/websockets/internal/quote"
)

// ErrHeaderMissing is what [Headers.Get] returns if there is no such header.
var ErrHeaderMissing = errors.New("header is missing")

// ErrMultipleValues is matched by *[MultipleValuesError].
var ErrMultipleValues = errors.New("header has more than one value")

// A MultipleValuesError is what [Headers.Get] returns for a header with more
// than one value. It matches [ErrMultipleValues].
type MultipleValuesError struct {
	Name  string // header name
	Count int    // number of values
}

func (e *MultipleValuesError) Error() string {
	return fmt.Sprintf("header %q has %d values", e.Name, e.Count)
}

// Is reports whether target is [ErrMultipleValues].
func (e *MultipleValuesError) Is(target error) bool { return target == ErrMultipleValues }

// A MessageError says what is wrong with an HTTP message. It belongs to the
// family [httpheader.ErrHandshake].
type MessageError struct {
	What   string // what is wrong, for example "bad request line"
	Value  string // the offending text or its first 64 bytes, "" if there is none
	Status int    // the status to answer such a request with: 400, 405, 414, 431 or 505; 0 without a request to answer
	Err    error  // why the message could not be read, for example io.EOF, or nil
}

func (e *MessageError) Error() string {
	text := "HTTP message: " + e.What
	if e.Value != "" {
		text += fmt.Sprintf(" %q", e.Value)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns e.Err.
func (e *MessageError) Unwrap() error { return e.Err }

// Is reports whether target is [httpheader.ErrHandshake].
func (e *MessageError) Is(target error) bool { return target == httpheader.ErrHandshake }

// maxValue bounds MessageError.Value in bytes.
const maxValue = quote.Max

func malformed(status int, what, value string) *MessageError {
	return &MessageError{What: what, Value: value[:min(len(value), maxValue)], Status: status}
}
