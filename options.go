package websockets

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-websockets/websockets/deflate"
	"github.com/go-websockets/websockets/extension"
)

// Values that switch a setting off, where zero means its default.
const (
	Off     = -1 // as a timeout or an interval: none
	NoLimit = -1 // as a size or a count: no limit
)

// The defaults of [Options].
const (
	DefaultOpenTimeout    = 10 * time.Second
	DefaultPingInterval   = 20 * time.Second
	DefaultPingTimeout    = 20 * time.Second
	DefaultCloseTimeout   = 10 * time.Second
	DefaultMaxMessageSize = 1 << 20 // bytes
	DefaultMaxQueue       = 32      // messages
	DefaultReadBuffer     = 4 << 10 // bytes, to begin with
	DefaultWriteLimit     = 64 << 10
)

// mostReadBuffer is up to where the default of ReadBuffer may grow.
const mostReadBuffer = 64 << 10

// Options are the settings that clients and servers share. The zero value of
// each field means its default. Options must not be changed once in use; one
// value may serve any number of connections.
type Options struct {
	// Subprotocols are the application protocols spoken on top of WebSocket, in
	// order of preference. Default: none.
	Subprotocols []string

	// DisableCompression switches the extension permessage-deflate (RFC 7692) off.
	// Default: a client offers it, behind Extensions, and a server agrees to it; a
	// connection then keeps up to 8 KiB between messages, and a client up to 36 KiB
	// if the server insists on the largest window. What it costs, and what
	// compression tells about secrets, stands in package deflate. A single message
	// is left out by its own DisableCompression.
	DisableCompression bool

	// Deflate tunes permessage-deflate: windows, context takeover, and from which
	// size on messages are compressed. The zero value is its default. It is without
	// effect where DisableCompression is set or Extensions have permessage-deflate.
	Deflate deflate.Options

	// Extensions are more extensions, offered by a client and accepted by a server,
	// in order of preference. If permessage-deflate is among them, it is the one
	// that is used, in this place. Default: none.
	Extensions []extension.Factory

	// OpenTimeout bounds the whole opening handshake. A client counts from the
	// start of Dial, a server from accepting the connection. Default: 10s; Off:
	// no bound but the context's.
	OpenTimeout time.Duration

	// PingInterval is the time between pings that keep the connection alive and
	// measure its latency. Default: 20s; Off: no pings.
	PingInterval time.Duration

	// PingTimeout is how long to wait for the pong of such a ping before the
	// connection fails with 1011. Default: 20s; Off: for ever. While the
	// application leaves MaxQueue messages unread no pong can be read either,
	// and the time does not count.
	PingTimeout time.Duration

	// CloseTimeout bounds the whole closing handshake, with the end of the TCP
	// connection: Close returns within it. Default: 10s; Off: no bound.
	CloseTimeout time.Duration

	// MaxMessageSize is the longest message accepted, in bytes, all fragments
	// together. A longer one closes the connection with 1009. Default: 1 MiB;
	// NoLimit: any.
	MaxMessageSize int64

	// MaxQueue is how many messages are read ahead of Recv. When so many wait, or
	// so many that they have MaxMessageSize bytes together, but at least 64 KiB,
	// nothing more is read, and TCP slows the peer down. Default: 32; NoLimit: any
	// number, of any size.
	MaxQueue int

	// ReadBuffer is the size in bytes of the buffer for reading. A connection
	// that waits for data holds none. Default: 4 KiB, and up to 64 KiB while reads
	// fill it.
	ReadBuffer int

	// WriteLimit is how many bytes may wait to be written before Send blocks; it
	// goes on when they are down to a quarter. Default: 64 KiB; NoLimit: any
	// number.
	WriteLimit int

	// PeerLimits bound what the peer may do: how often, how much, how long. Default:
	// pings and fragments are bounded.
	PeerLimits PeerLimits

	// Logger gets what cannot be returned: errors of handlers and failed
	// handshakes at level Error and Warn, each frame at level Debug. Default:
	// slog.Default().
	Logger *slog.Logger
}

// check reports settings that mean nothing, which is a mistake of the program.
func (o *Options) check() error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"OpenTimeout", o.OpenTimeout},
		{"PingInterval", o.PingInterval},
		{"PingTimeout", o.PingTimeout},
		{"CloseTimeout", o.CloseTimeout},
	} {
		if d.value < 0 && d.value != Off {
			return errDuration(d.name, d.value)
		}
	}
	for _, n := range []struct {
		name  string
		value int64
		least int64 // NoLimit, or 0 where there is always a limit
	}{
		{"MaxMessageSize", o.MaxMessageSize, NoLimit},
		{"MaxQueue", int64(o.MaxQueue), NoLimit},
		{"ReadBuffer", int64(o.ReadBuffer), 0},
		{"WriteLimit", int64(o.WriteLimit), NoLimit},
	} {
		if n.value < n.least {
			return errNumber(n.name, n.value)
		}
	}
	if err := o.Deflate.Check(); err != nil {
		return fmt.Errorf("websockets: %w", err)
	}
	return o.PeerLimits.check()
}

func errDuration(name string, d time.Duration) error {
	return fmt.Errorf("websockets: %s is %v: give a positive duration, 0 for the default or Off", name, d)
}

func errNumber(name string, n int64) error {
	return fmt.Errorf("websockets: %s is %d: give a positive number, 0 for the default or, where there is one, NoLimit", name, n)
}

// extensions returns Extensions and, unless it is off or among them,
// permessage-deflate.
func (o *Options) extensions() []extension.Factory {
	isDeflate := func(f extension.Factory) bool { return f.Name() == deflate.Name }
	if o.DisableCompression || slices.ContainsFunc(o.Extensions, isDeflate) {
		return o.Extensions
	}
	return append(slices.Clip(o.Extensions), deflate.New(o.Deflate))
}

// openTimeout returns OpenTimeout with its default resolved, 0 if it is off.
func (o *Options) openTimeout() time.Duration { return duration(o.OpenTimeout, DefaultOpenTimeout) }

// duration resolves one setting: zero is the default, and negative is off, which
// comes back as 0.
func duration(d, def time.Duration) time.Duration {
	switch {
	case d == 0:
		return def
	case d < 0:
		return 0
	}
	return d
}

func (o *Options) logger() *slog.Logger {
	if o.Logger != nil {
		return o.Logger
	}
	return slog.Default()
}
