package websockets

import (
	"fmt"
	"net/netip"
	"time"
)

// ConnLimits bound how many connections a [Server] has, on its own listeners and
// as an [http.Handler] together. The zero value of each field means its default.
//
// What is too much is refused with an HTTP response, 503 or 429, as far as a
// server can: before anything of the request is read where the server's own
// listeners know enough, after the TLS handshake where there is one, and with no
// answer at all when too many others are being refused.
type ConnLimits struct {
	// Total is how many connections there may be, opening handshakes included. More
	// are refused with 503. Default: any number, which is for the limits of the
	// system and the memory of the machine to say.
	Total int

	// PerAddress is how many of them may come from one client address, of IPv6 from
	// one network of IPv6Bits. More are refused with 429. Clients without an IP
	// address, as on Unix sockets, are not counted. Default: any number, because an
	// address may be that of a whole company, or of a proxy: see [Proxies].
	PerAddress int

	// IPv6Bits is how long the prefix is that makes IPv6 addresses one client: they
	// are given out by the network, not one by one. Default: 64.
	IPv6Bits int

	// Pending is how many opening handshakes may be going on. More are refused with
	// 503. Default: 16,384; NoLimit: any number.
	Pending int

	// RetryAfter is what the header Retry-After of these responses says, in whole
	// seconds. Default: 10s; Off: the header is left out.
	RetryAfter time.Duration
}

func (l *ConnLimits) check() error {
	for _, n := range []struct {
		name  string
		value int
	}{{"Total", l.Total}, {"PerAddress", l.PerAddress}, {"Pending", l.Pending}} {
		if n.value < NoLimit {
			return errNumber("ConnLimits."+n.name, int64(n.value))
		}
	}
	if l.IPv6Bits < 0 || l.IPv6Bits > 128 {
		return fmt.Errorf("websockets: ConnLimits.IPv6Bits is %d: give 1 to 128, or 0 for the default", l.IPv6Bits)
	}
	if l.RetryAfter < 0 && l.RetryAfter != Off {
		return errDuration("ConnLimits.RetryAfter", l.RetryAfter)
	}
	return nil
}

// resolve resolves the defaults.
func (l ConnLimits) resolve() ConnLimits {
	for n, def := range map[*int]int{&l.Total: NoLimit, &l.PerAddress: NoLimit, &l.IPv6Bits: DefaultIPv6Bits, &l.Pending: DefaultPending} {
		if *n == 0 {
			*n = def
		}
	}
	l.RetryAfter = duration(l.RetryAfter, DefaultRetryAfter)
	return l
}

// retryAfter returns the value of the header, rounded up; "" for none.
func (l *ConnLimits) retryAfter() string {
	if d := duration(l.RetryAfter, DefaultRetryAfter); d > 0 {
		return fmt.Sprint(int64((d + time.Second - 1) / time.Second))
	}
	return ""
}

// status is the HTTP status for a limit that keeps a request from becoming a
// connection: whose fault it is.
func (e *LimitError) status() int {
	if e.Limit == LimitPerAddress {
		return 429 // RFC 6585 §4
	}
	return 503
}

// places are what connections take of ConnLimits. The registry's mu guards them.
//
// A place is taken when a connection is accepted, or a request comes by net/http;
// and given back when the opening handshake fails, or the connection ends. In
// between it changes hands, from the handshake to the registry's conns.
type places struct {
	limits  ConnLimits // resolved
	taken   int
	pending int // of those taken: opening handshakes
	clients map[netip.Prefix]*client
}

// A client is how many places an address has.
type client struct {
	prefix netip.Prefix
	places int
}

// A place is what an opening handshake holds.
type place struct {
	held   bool
	client *client // nil if it is not counted for an address
}

// enter takes a place for an opening handshake that begins.
func (r *registry) enter(p *place) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch s := &r.places; {
	case s.limits.Pending >= 0 && s.pending >= s.limits.Pending:
		return &LimitError{LimitPending, int64(s.limits.Pending)}
	case s.limits.Total >= 0 && s.taken >= s.limits.Total:
		return &LimitError{LimitTotal, int64(s.limits.Total)}
	}
	r.places.taken++
	r.places.pending++
	p.held = true
	return nil
}

// enterFrom counts the place for an address, once.
func (r *registry) enterFrom(p *place, addr netip.Addr) error {
	s := &r.places
	if s.limits.PerAddress < 0 || !addr.IsValid() || p.client != nil { // the limits do not change
		return nil
	}
	bits := addr.BitLen()
	if addr.Is6() {
		bits = s.limits.IPv6Bits
	}
	prefix, _ := addr.Prefix(bits) // fails only if there are too many bits
	r.mu.Lock()
	defer r.mu.Unlock()
	c := s.clients[prefix]
	if c == nil {
		c = &client{prefix: prefix}
	}
	if c.places >= s.limits.PerAddress {
		return &LimitError{LimitPerAddress, int64(s.limits.PerAddress)}
	}
	c.places++
	if s.clients == nil {
		s.clients = make(map[netip.Prefix]*client)
	}
	s.clients[prefix] = c
	p.client = c
	return nil
}

// leave gives back the place of an opening handshake that has not become a
// connection. If it has, there is nothing to give back.
func (r *registry) leave(p *place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.held {
		p.held = false
		r.places.pending--
		r.places.free(p.client)
	}
}

// free gives back the place of a connection. The registry's mu is held.
func (s *places) free(c *client) {
	s.taken--
	if c == nil {
		return
	}
	if c.places--; c.places == 0 {
		delete(s.clients, c.prefix)
	}
}

// mostTold is how many clients are told at a time that there are too many.
const mostTold = 256

// tell reports whether there is room to tell one more client; endTell must follow
// then.
func (r *registry) tell() bool {
	if r.told.Add(1) > mostTold {
		r.told.Add(-1)
		return false
	}
	return true
}

func (r *registry) endTell() { r.told.Add(-1) }
