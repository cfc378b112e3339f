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
