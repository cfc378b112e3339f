package frame

import "fmt"

// An Opcode says how to interpret a frame's payload (RFC 6455 §5.2).
type Opcode uint8

// The opcodes of RFC 6455 §11.8. All others are reserved.
const (
	OpContinuation Opcode = 0x0
	OpText         Opcode = 0x1
	OpBinary       Opcode = 0x2
	OpClose        Opcode = 0x8
	OpPing         Opcode = 0x9
	OpPong         Opcode = 0xA
)

// IsControl reports whether o has the control bit set: close, ping, pong or a
// reserved control opcode (RFC 6455 §5.5).
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

// IsKnown reports whether RFC 6455 defines o.
func (o Opcode) IsKnown() bool {
	const known = 1<<OpContinuation | 1<<OpText | 1<<OpBinary | 1<<OpClose | 1<<OpPing | 1<<OpPong
	return o < 16 && known>>o&1 == 1
}

// String returns the opcode's name in the frame notation: CONT, TEXT, BINARY,
// CLOSE, PING or PONG, and OP3 for the reserved opcode 0x3.
func (o Opcode) String() string {
	switch o {
	case OpContinuation:
		return "CONT"
	case OpText:
		return "TEXT"
	case OpBinary:
		return "BINARY"
	case OpClose:
		return "CLOSE"
	case OpPing:
		return "PING"
	case OpPong:
		return "PONG"
	}
	return fmt.Sprintf("OP%X", uint8(o))
}
