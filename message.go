package websockets

import (
	"strconv"

	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/utf8stream"
)

// A MessageType tells text from binary messages (RFC 6455 §5.6).
type MessageType uint8

// The types of messages.
const (
	TextMessage   = MessageType(frame.OpText)   // UTF-8 text
	BinaryMessage = MessageType(frame.OpBinary) // any bytes
)

// String returns "text" or "binary".
func (t MessageType) String() string {
	switch t {
	case TextMessage:
		return "text"
	case BinaryMessage:
		return "binary"
	}
	return "message type " + strconv.Itoa(int(t))
}

// A Message is whole: it may have come in, and may go out, in several frames.
//
// The Data of a received message belongs to the caller, and that of a text
// message is valid UTF-8. The Data of a sent message is neither changed nor kept
// once Send has returned.
type Message struct {
	Type MessageType
	Data []byte

	// DisableCompression has this message sent as it is, for example because it
	// holds a secret: see package deflate. It is not set on received messages.
	DisableCompression bool
}

// Binary makes a binary message of b. It keeps b and makes no copy.
func Binary(b []byte) Message { return Message{Type: BinaryMessage, Data: b} }

// frame returns m in one frame.
func (m Message) frame() frame.Frame {
	return frame.Frame{FIN: true, Opcode: frame.Opcode(m.Type), Payload: m.Data}
}

// String returns Data as a string.
func (m Message) String() string { return string(m.Data) }

// check says why m may not be sent, if so.
func (m Message) check() error {
	switch m.Type {
	case TextMessage:
		if !utf8stream.Valid(m.Data) {
			return errInvalidUTF8
		}
	case BinaryMessage:
	default:
		return errMessageType
	}
	return nil
}
