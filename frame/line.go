package frame

import "fmt"

// A Line is one frame, or one of two other things that can happen on a stream,
// in the notation for logs, tests and tools. [ParseLine] and [AppendLine]
// translate between a line of text and a Line without loss; [Line.String] gives
// a form for people, in which long payloads are cut.
//
// The notation:
//
//	line      = [ direction ] ( frame | raw | "EOF" ) [ comment ] .
//	direction = "<" | ">" .                     received, sent
//	frame     = opcode [ payload ] { flag } .
//	opcode    = "CONT" | "TEXT" | "BINARY" | "CLOSE" | "PING" | "PONG" | "OP" hex .
//	payload   = items | code [ items ] .        a code only after CLOSE
//	raw       = "RAW" [ items ] .               bytes that need not be a frame
//	items     = item { item } .
//	item      = ( byte | text ) [ "*" count ] . count times the same
//	byte      = hex hex .
//	text      = '"' … '"' .                     an interpreted Go string literal
//	count     = digit { digit } .               at least 1
//	code      = digit digit digit digit [ digit ] .
//	flag      = "fin" | "more" | "rsv1" | "rsv2" | "rsv3" | "masked" | "unmasked" .
//	comment   = "#" { any character } .
//
// Spaces or tabs separate all words; an item and its count are one word.
//
// A frame has FIN set unless it says "more". A CONT frame always says either
// "more" or "fin", because there neither is the common case. OP3 is the reserved
// opcode 3. "masked" and "unmasked" stand only where a frame breaks the rule of
// RFC 6455 §5.1 that a client masks and a server does not. A payload is the items
// one after the other; the code of a close frame is its first two bytes, and one
// below 1000 has leading zeros. EOF is the end of the stream.
//
//	> TEXT "hi"
//	> TEXT "hel" more            the first fragment
//	> CONT "lo" fin              the last fragment
//	< PING 01 02
//	< CLOSE                      no code, no reason
//	< CLOSE 1000 "bye"
//	< CLOSE 03                   half a code
//	> BINARY 00*65536 "end"
//	> OP3 rsv1 rsv3
//	> TEXT "hi" unmasked         from a client that forgets to mask
//	> RAW 81 7E 00 05 "Hello"    a length that is not minimal
//	< EOF
//
// No character of a payload gets out of the line: all but printable characters
// (as in [strconv.IsPrint]) are escaped.
type Line struct {
	Direction Direction // zero if the line has none
	Kind      LineKind
	Frame     Frame   // if Kind is FrameLine
	Masking   Masking // if Kind is FrameLine
	Raw       []byte  // if Kind is RawLine
}

// A Direction says who sent a frame, seen from one end of the connection.
type Direction byte

// The directions.
const (
	Received Direction = '<'
	Sent     Direction = '>'
)

// String returns "<" or ">", and "" for no direction.
func (d Direction) String() string {
	if d != Received && d != Sent {
		return ""
	}
	return string(rune(d))
}

// A LineKind says what a [Line] is about.
type LineKind uint8

// The kinds of lines.
const (
	FrameLine LineKind = iota // a frame
	RawLine                   // any bytes
	EOFLine                   // the end of the stream
)

// String returns "frame", "RAW" or "EOF".
func (k LineKind) String() string {
	switch k {
	case FrameLine:
		return "frame"
	case RawLine:
		return "RAW"
	case EOFLine:
		return "EOF"
	}
	return fmt.Sprintf("line kind %d", uint8(k))
}

// Masking says whether a frame is masked on the wire.
type Masking uint8

// The ways to mask.
const (
	ByRole   Masking = iota // a client masks, a server does not (RFC 6455 §5.1)
	Masked                  // masked, against the role
	Unmasked                // not masked, against the role
)

// String returns "masked", "unmasked", or "by role".
func (m Masking) String() string {
	switch m {
	case ByRole:
		return "by role"
	case Masked:
		return "masked"
	case Unmasked:
		return "unmasked"
	}
	return fmt.Sprintf("masking %d", uint8(m))
}
