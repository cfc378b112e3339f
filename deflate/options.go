// Package deflate is the extension permessage-deflate: messages are compressed
// with DEFLATE (RFC 7692).
//
// Clients of package websockets offer it, and servers agree to it, by default:
// DisableCompression in the settings of a connection switches it off, Deflate there
// has the [Options] that tune it, and DisableCompression in a message leaves that
// one out. Only who wants it in another place among extensions, or uses the layers
// below, needs [New].
//
// # What is compressed
//
// Messages of 256 bytes and more are compressed, unless less than a 16th is gained:
// what is compressed already is sent as it is, and costs the try. The first fragment
// of a message decides for all of it. Control frames are never compressed.
//
// It takes time: an echo of a kilobyte of JSON takes two to two and a half times as
// much on the processor as one that is not compressed. docs/explanation/compression.md
// has the figures.
//
// # Memory
//
// What compresses is large, about a megabyte, but shared by all connections: only
// who compresses at the moment has one. What decompresses takes 5 KiB, shared in
// the same way; a connection holds one for a message that has come by half.
//
// Between messages a connection keeps what went before, so that what comes again
// is sent as a reference: the window. That is as much as was sent or received, up
// to the agreed size: 4 KiB in each direction by default. Where context takeover
// is off it keeps nothing, and nothing is taken before the first message that is
// compressed.
//
// # Limits
//
// A message that comes in is decompressed as its bytes come, and never beyond the
// limit of the connection. A peer that sends more than 64 KiB and four times what
// they yield is refused with 1008 (policy violation): blocks without content cost
// work that no limit on the result would see. Distances beyond the agreed window
// are refused, as all data that is not DEFLATE, with 1002 (protocol error).
//
// # Secrets
//
// The size of what is compressed tells something about its content, and encryption
// does not hide sizes. If an attacker can have text of their choice sent together
// with a secret, in one message or, with context takeover, in one connection, they
// can find out the secret by trying. Do without compression there: for the
// connection, or for messages that hold the secret.
//
// # Broadcasts
//
// Connections without context takeover compress a message in the same way, so it is
// compressed once for all of them. With context takeover, the default, each of them
// compresses it anew.
package deflate

import "fmt"

// Name is the registered name of the extension (RFC 7692 §7).
const Name = "permessage-deflate"

// The defaults of [Options].
const (
	DefaultWindowBits = 12  // 4 KiB
	DefaultThreshold  = 256 // bytes
)

// Options tune the extension. The zero value of each field means its default.
//
// Settings that concern the peer are requirements once they are set: a server
// declines offers, and a client refuses answers, that do not comply.
type Options struct {
	// WindowBits is the size of the window that we compress with: 2^WindowBits
	// bytes, from 8 to 15 (RFC 7692 §7.1.2). More finds more to refer to, and is
	// what a connection keeps for what it sends; the RFC recommends 10 at least. It
	// is less if the peer asks for that. Default: 12.
	WindowBits int

	// PeerWindowBits is the largest window that the peer may compress with, 8 to
	// 15, which is what a connection keeps for what it receives. Default: on a
	// server 12 with clients that leave the choice to the server, 15 with others; on
	// a client 15, which leaves the choice to the server.
	PeerWindowBits int

	// DisableContextTakeover makes each message that we send be compressed on its
	// own (RFC 7692 §7.1.1): it compresses less, but nothing is kept in between,
	// and the size of a message does not depend on others.
	DisableContextTakeover bool

	// DisablePeerContextTakeover asks the same of the peer.
	DisablePeerContextTakeover bool

	// Level trades speed for size, from 1 (fast) to 9 (small). There is only one
	// level for windows of less than 15 bits, which is between the two; so a Level
	// needs WindowBits of 15, and is without effect if the peer asks for less.
	// Default: the same that smaller windows have.
	Level int

	// Threshold is the size in bytes from which on a message is compressed.
	// Smaller ones gain little, and under 128 bytes hardly anything. A message
	// that is sent in fragments is judged by its first. Default: 256; negative: all
	// messages but empty ones.
	Threshold int
}

// Check reports settings that mean nothing, which is a mistake of the program.
func (o Options) Check() error {
	for _, n := range []struct {
		name  string
		value int
	}{{"WindowBits", o.WindowBits}, {"PeerWindowBits", o.PeerWindowBits}} {
		if n.value != 0 && !validBits(n.value) {
			return fmt.Errorf("deflate: %s is %d: give 8 to 15, or 0 for the default", n.name, n.value)
		}
	}
	switch {
	case o.Level < 0 || o.Level > 9:
		return fmt.Errorf("deflate: Level is %d: give 1 to 9, or 0 for the default", o.Level)
	case o.Level > 0 && o.WindowBits != maxWindowBits:
		return fmt.Errorf("deflate: Level is %d, but WindowBits is not 15", o.Level)
	}
	return nil
}

const (
	minWindowBits = 8
	maxWindowBits = 15
)

func validBits(n int) bool { return n >= minWindowBits && n <= maxWindowBits }

func (o Options) windowBits() int {
	if o.WindowBits == 0 {
		return DefaultWindowBits
	}
	return o.WindowBits
}

// threshold is at least 1: there is nothing to compress in an empty message, and
// some peers fail over it.
func (o Options) threshold() int {
	if o.Threshold == 0 {
		return DefaultThreshold
	}
	return max(o.Threshold, 1)
}
