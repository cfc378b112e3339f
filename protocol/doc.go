// Package protocol is the order in which WebSocket frames may come and go
// (RFC 6455 §5.4 to §7).
//
// It sees headers and the payloads of control frames, and says what is legal
// and what is owed to the peer. It holds no buffer, lock or clock and does no
// I/O, so that the whole protocol can be tested, fuzzed and read in one place.
//
// A [State] is the life of a connection, a [Receiver] judges what comes in, a
// [Sender] what goes out.
package protocol
