package websockets

import (
	"fmt"
	"math"
	"time"
)

// The defaults of [PeerLimits] and [ConnLimits].
const (
	DefaultPings      = 1000    // a second, in the long run
	DefaultPingBurst  = 2000    // at once
	DefaultFragments  = 1 << 17 // of one message
	DefaultPending    = 16 << 10
	DefaultRetryAfter = 10 * time.Second
	DefaultIPv6Bits   = 64
)

// PeerLimits bound what the peer of an open connection may do. They are the same
// on servers and on clients. The zero value of each field means its default; the
// defaults bound what a program cannot see, pings and fragments, and leave to it
// what only it can judge: how many messages are too many, and how long a
// connection may last.
//
// A peer that does too much is told so with 1008, and one whose time is over with
// 1001, as the start of the closing handshake. In both cases [Conn.Err] has a
// *[LimitError]. A [Server] counts and logs it.
type PeerLimits struct {
	// Messages is how many messages may begin. Default: any number.
	Messages Rate

	// Bytes is how many bytes of payload may come, control frames included. Of a
	// compressed message the longer form counts, so that compression is no way
	// around. The Burst is at least MaxMessageSize by default: with a smaller one,
	// longer messages are never accepted. Default: any number.
	Bytes Rate

	// Pings is how many pings may come: frames which we answer and no program sees.
	// Default: 1,000 a second, 2,000 at once.
	Pings Rate

	// Fragments is how many frames a message may have. Default: 131,072, or any
	// number where MaxMessageSize is NoLimit: then a message may be a stream.
	// NoLimit: any number. That fragments without payload are bounded more tightly
	// is no setting.
	Fragments int

	// Lifetime is how long a connection may be open, so that credentials are checked
	// again and load is spread anew. The peer is told with 1001, and what it sends
	// until its close frame comes is still received. A random tenth less, so that
	// connections that began together do not end together. Default: Off.
	Lifetime time.Duration

	// IdleTimeout is how long the peer may send nothing of a message: pings and pongs
	// do not count, since an idle connection has them too, and what we send does not
	// either. While MaxQueue messages wait for the program, the peer is not to blame
	// and the time does not count. The peer is told with 1001. Default: Off.
	IdleTimeout time.Duration
}

// A Rate is so much a second in the long run, and so much at once: a token bucket
// which holds Burst and is refilled with PerSecond.
type Rate struct {
	PerSecond int // zero means the default, NoLimit any number
	Burst     int // default: what one second brings
}

// A Limit names one of [PeerLimits] or [ConnLimits].
type Limit string

// The limits.
const (
	LimitMessages   Limit = "messages"
	LimitBytes      Limit = "bytes"
	LimitPings      Limit = "pings"
	LimitFragments  Limit = "fragments"
	LimitLifetime   Limit = "lifetime"
	LimitIdle       Limit = "idle time"
	LimitTotal      Limit = "connections"
	LimitPerAddress Limit = "connections of an address"
	LimitPending    Limit = "opening handshakes"
)

// A LimitError says which limit a peer has reached. On an open connection it is
// the Err of the *[CloseError]. If it keeps a request from becoming a connection,
// [Server.Upgrade] returns it, and the peer gets 429 or 503.
type LimitError struct {
	Limit Limit
	Value int64 // the setting: a number, so many a second, or a time in nanoseconds
}

func (e *LimitError) Error() string {
	switch e.Limit {
	case LimitIdle:
		return fmt.Sprintf("no message for %v", time.Duration(e.Value))
	case LimitLifetime:
		return fmt.Sprintf("connection has lasted its %v", time.Duration(e.Value))
	case LimitMessages, LimitBytes, LimitPings:
		return fmt.Sprintf("too many %s: the limit is %d a second", e.Limit, e.Value)
	case LimitFragments:
		return fmt.Sprintf("too many fragments: the limit is %d in a message", e.Value)
	}
	return fmt.Sprintf("too many %s: the limit is %d", e.Limit, e.Value)
}

// isTime reports whether this is about time that is over: nobody's fault.
func (e *LimitError) isTime() bool { return e.Limit == LimitLifetime || e.Limit == LimitIdle }

// code is the close code for a limit on an open connection. To 1001 clients answer
// by coming back; 1012 would have them wait, for a restart that does not happen.
func (e *LimitError) code() CloseCode {
	if e.isTime() {
		return CloseGoingAway
	}
	return ClosePolicyViolation
}

// check reports settings that mean nothing.
func (l *PeerLimits) check() error {
	for _, r := range []struct {
		name string
		rate Rate
	}{{"Messages", l.Messages}, {"Bytes", l.Bytes}, {"Pings", l.Pings}} {
		switch n := r.rate; {
		case n.PerSecond < NoLimit, n.Burst < 0, n.Burst > 0 && n.PerSecond <= 0:
			return fmt.Errorf("websockets: PeerLimits.%s is %+v: give a positive PerSecond, with or without a Burst, 0 for the default or NoLimit", r.name, n)
		}
	}
	if l.Fragments < NoLimit {
		return errNumber("PeerLimits.Fragments", int64(l.Fragments))
	}
	for name, d := range map[string]time.Duration{"Lifetime": l.Lifetime, "IdleTimeout": l.IdleTimeout} {
		if d < 0 && d != Off {
			return errDuration("PeerLimits."+name, d)
		}
	}
	return nil
}

// peerLimits are PeerLimits with every default resolved. Most connections share
// one.
type peerLimits struct {
	messages, bytes, pings allowance
	fragments              int
	lifetime, idle         time.Duration // 0: none
}

// An allowance is a Rate, resolved.
type allowance struct {
	perSecond int
	each      float64 // nanoseconds for each unit; 0: no limit
	room      float64 // nanoseconds that a full bucket is worth
}

func (r Rate) resolve(least int64) allowance {
	if r.PerSecond <= 0 {
		return allowance{}
	}
	burst := int64(r.Burst)
	if burst == 0 {
		burst = max(int64(r.PerSecond), least)
	}
	each := float64(time.Second) / float64(r.PerSecond)
	return allowance{r.PerSecond, each, min(float64(burst)*each, 1<<61)} // so that sums stay in range
}

var defaultPeerLimits = (&PeerLimits{}).resolve(DefaultMaxMessageSize)

// resolve resolves the defaults; maxMessage is negative if there is no limit.
func (l *PeerLimits) resolve(maxMessage int64) *peerLimits {
	if l.Pings == (Rate{}) {
		l = &PeerLimits{l.Messages, l.Bytes, Rate{DefaultPings, DefaultPingBurst}, l.Fragments, l.Lifetime, l.IdleTimeout}
	}
	most := min(maxMessage, 1<<61)
	p := &peerLimits{
		messages:  l.Messages.resolve(0),
		bytes:     l.Bytes.resolve(most + most>>8 + 1024), // as protocol has it for compressed messages
		pings:     l.Pings.resolve(0),
		fragments: l.Fragments,
		lifetime:  max(l.Lifetime, 0),
		idle:      max(l.IdleTimeout, 0),
	}
	switch {
	case p.fragments < 0, p.fragments == 0 && maxMessage < 0:
		p.fragments = math.MaxInt
	case p.fragments == 0:
		p.fragments = DefaultFragments
	}
	return p
}

// peerLimits returns PeerLimits, resolved, for the longest message accepted.
func (o *Options) peerLimits(maxMessage int64) *peerLimits {
	if o.PeerLimits == (PeerLimits{}) && maxMessage >= 0 {
		return defaultPeerLimits
	}
	return o.PeerLimits.resolve(maxMessage)
}
