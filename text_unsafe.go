//go:build !purego

package websockets

import "unsafe"

// Text makes a text message of s without a copy: its Data must not be changed.
// Send fails if s is not valid UTF-8.
func Text(s string) Message {
	// Nothing in this package writes to the Data of a message to send: masking
	// copies, and extensions may not encode in place.
	return Message{Type: TextMessage, Data: unsafe.Slice(unsafe.StringData(s), len(s))}
}
