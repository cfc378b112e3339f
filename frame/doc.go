// Package frame encodes and decodes one WebSocket frame (RFC 6455 §5).
//
// It knows what a single frame may look like and nothing of the order in which
// frames may come: that is package protocol. It does no I/O but for the two
// helpers [Read] and [Write], keeps no state and takes masking keys as
// arguments.
//
// Terminology: a frame has a header (FIN, RSV1 to RSV3, opcode, MASK, payload
// length, masking key) and a payload. Control frames are close, ping and pong;
// data frames are text, binary and continuation. A message is one data frame,
// or several fragments of which the last has FIN set.
package frame
