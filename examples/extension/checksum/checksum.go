// Package checksum is an example of a WebSocket extension that a program brings
// along: x-checksum puts a checksum behind each message, so that its receiver finds
// out when something on the way has changed it. TCP's own checksum is weak, and TLS
// ends at the first proxy.
//
// On the wire, RSV2 is set on the first frame of each message, and the last four
// bytes of the message are a CRC-32 of what goes before, the high byte first. Where
// the frames of a message end is of no importance. The parameter algorithm says
// which CRC-32:
//
//	Sec-WebSocket-Extensions: x-checksum; algorithm=crc32c
package checksum

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
)

// size is that of a checksum, in bytes.
const size = crc32.Size

// checksum is the extension on one connection.
type checksum struct {
	table *crc32.Table
	sent  uint32 // of what was sent of a message

	// What came in of a message: its checksum without the bytes in held, which are
	// the last ones, up to size of them. They may be the checksum that was sent.
	received uint32
	held     []byte
}

func (*checksum) Name() string             { return Name }
func (*checksum) Reserved() extension.Bits { return extension.RSV2 }

// Encode puts the checksum behind the last frame of a message.
func (c *checksum) Encode(f frame.Frame) (frame.Frame, error) {
	if f.Opcode != frame.OpContinuation {
		c.sent = 0
		f.RSV2 = true
	}
	c.sent = crc32.Update(c.sent, c.table, f.Payload)
	if f.FIN {
		payload := make([]byte, 0, len(f.Payload)+size) // the one that f has is not ours
		f.Payload = binary.BigEndian.AppendUint32(append(payload, f.Payload...), c.sent)
	}
	return f, nil
}

// Decode takes the checksum away, wherever frames end, and compares it.
func (c *checksum) Decode(f frame.Frame, max int64) (frame.Frame, error) {
	first := f.Opcode != frame.OpContinuation
	switch {
	case first && !f.RSV2:
		return f, wrong(frame.CloseProtocolError, "a message without a checksum")
	case !first && f.RSV2:
		return f, wrong(frame.CloseProtocolError, "RSV2 on a frame that is not the first of a message")
	case first:
		c.received, c.held = 0, c.held[:0]
	}
	f.RSV2 = false
	data := slices.Concat(c.held, f.Payload)
	n := len(data) - min(len(data), size)
	if max >= 0 && int64(n) > max {
		return f, &frame.PayloadTooBigError{Size: int64(n), Limit: max}
	}
	f.Payload = data[:n]
	c.received = crc32.Update(c.received, c.table, f.Payload)
	c.held = append(c.held[:0], data[n:]...)
	if f.FIN {
		return f, c.compare()
	}
	return f, nil
}

// compare checks a message that is whole.
func (c *checksum) compare() error {
	if len(c.held) < size {
		return wrong(frame.CloseProtocolError, "a message of %d bytes has no room for a checksum", len(c.held))
	}
	if sent := binary.BigEndian.Uint32(c.held); sent != c.received {
		return wrong(frame.CloseInvalidPayload, "the message has the checksum %08x, but came with %08x", c.received, sent)
	}
	return nil
}

// wrong makes the error that fails a connection with this code.
func wrong(code frame.CloseCode, format string, args ...any) error {
	return &frame.ProtocolError{Code: code, Reason: fmt.Sprintf(format, args...), Section: Name}
}
