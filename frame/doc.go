// Package frame encodes and decodes one WebSocket frame (RFC 6455 §5).
//
// It knows what a single frame may look like and nothing of the order in which
// frames may come: that is package protocol. It keeps no state and takes masking
// keys as arguments.
//
// There are two levels. [ParseHeader], [AppendHeader], [ParseClose] and
// [AppendClose] turn bytes into values and back, without I/O and almost without
// allocation: a connection is built on them. [Read], [Frame.Append] and
// [Frame.Write] handle a [Frame] with its payload in one call, including masking
// and extensions: they suit tools and tests.
//
// Terminology: a frame has a header (FIN, RSV1 to RSV3, opcode, MASK, payload
// length, masking key) and a payload. Control frames are close, ping and pong;
// data frames are text, binary and continuation. A message is one data frame,
// or several fragments of which the last has FIN set.
//
// # Notation
//
// There is one way to write a frame as a line of text, for logs, tests and
// tools. It shows what the frame is, not how it is encoded:
//
//	> TEXT "hi"
//	< PING 01 02
//	> TEXT "hel" more
//	> CONT "lo" fin
//	< BINARY 00*65536 rsv1
//	< CLOSE 1000 "bye"
//	< EOF
//
// [Line] defines it.
package frame
