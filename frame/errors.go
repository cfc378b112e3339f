package frame

import "fmt"

// A ProtocolError says which rule of the WebSocket protocol the peer broke.
// The connection fails with Code.
type ProtocolError struct {
	Code    CloseCode // the close code to fail the connection with, for example 1002
	Reason  string    // what was wrong, with the offending value
	Section string    // where the rule stands, for example "RFC 6455 §5.5"
}

func (e *ProtocolError) Error() string {
	if e.Section == "" {
		return "protocol error: " + e.Reason
	}
	return fmt.Sprintf("protocol error: %s (%s)", e.Reason, e.Section)
}

// A PayloadTooBigError says that a frame or a message exceeds the limit on its
// size. The connection fails with 1009 (RFC 6455 §7.4.1).
type PayloadTooBigError struct {
	Size  int64 // bytes announced or received so far
	Limit int64 // bytes allowed
}

func (e *PayloadTooBigError) Error() string {
	return fmt.Sprintf("message too big: %d bytes, the limit is %d", e.Size, e.Limit)
}

// A SyntaxError says why a line is not a frame in the notation of [Line].
type SyntaxError struct {
	Line   string // the whole line
	Offset int    // the bytes of Line before the fault
	Reason string // what is wrong, with the offending text
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("frame notation: %s at offset %d", e.Reason, e.Offset)
}

// broken returns the error for a broken rule of the framing: 1002.
func broken(section, format string, args ...any) error {
	return &ProtocolError{Code: CloseProtocolError, Reason: fmt.Sprintf(format, args...), Section: section}
}
