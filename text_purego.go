//go:build purego

package websockets

// Text makes a text message of s. Send fails if s is not valid UTF-8.
func Text(s string) Message { return Message{Type: TextMessage, Data: []byte(s)} }
