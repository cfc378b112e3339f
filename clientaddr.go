package websockets

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"

	"github.com/go-websockets/websockets/internal/forwarded"
)

// Proxies say which proxies in front of a [Server] are believed when they tell who
// the client is. The zero value believes nobody.
//
// Trust only what you run yourself: whoever is trusted can take any address. And
// see to it that the proxy sets the header, or appends to it, for all requests. A
// client may send the header too; the address that counts is therefore the last
// one which is not a trusted proxy's. If that is malformed, the proxy's own
// address stands for the client.
type Proxies struct {
	// Trusted are the addresses of the proxies, such as 10.0.0.0/8. Default: none.
	Trusted []netip.Prefix

	// TrustUnix trusts peers on Unix sockets, which have no address. Default: they
	// are not trusted.
	TrustUnix bool

	// Header is what the proxies set: "X-Forwarded-For" or "Forwarded" (RFC 7239).
	// Only one is looked at, since a proxy that sets one lets clients set the other.
	// Default: X-Forwarded-For.
	Header string
}

func (p *Proxies) check() error {
	if h := p.Header; h != "" && h != forwarded.XForwardedFor && h != forwarded.Forwarded {
		return fmt.Errorf("websockets: Proxies.Header is %q: give X-Forwarded-For or Forwarded", h)
	}
	for _, prefix := range p.Trusted {
		if !prefix.IsValid() {
			return fmt.Errorf("websockets: Proxies.Trusted has an invalid prefix")
		}
	}
	return nil
}

func (p *Proxies) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(p.Trusted, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

// believes reports whether a peer of the transport is a trusted proxy.
func (p *Proxies) believes(peer netip.Addr, isUnix bool) bool {
	return isUnix && p.TrustUnix || peer.IsValid() && p.trusts(peer)
}

// client returns who the client is behind peer, which is a trusted proxy.
func (p *Proxies) client(peer netip.Addr, h http.Header) netip.Addr {
	header := p.Header
	if header == "" {
		header = forwarded.XForwardedFor
	}
	if addr, ok := forwarded.Client(header, h.Values(header), p.trusts); ok {
		return addr
	}
	return peer
}

// peerAddr returns the address of a transport's peer, and whether that is a Unix
// socket.
func peerAddr(a net.Addr) (addr netip.Addr, isUnix bool) {
	switch a := a.(type) {
	case nil:
		return netip.Addr{}, false
	case *net.TCPAddr:
		addr, _ = netip.AddrFromSlice(a.IP)
		return addr.Unmap(), false
	}
	if a.Network() == "unix" {
		return netip.Addr{}, true
	}
	addr, _ = forwarded.Addr(a.String())
	return addr, false
}

// requestPeer is peerAddr for a request.
func requestPeer(r *http.Request) (addr netip.Addr, isUnix bool) {
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && local.Network() == "unix" {
		return netip.Addr{}, true
	}
	addr, _ = forwarded.Addr(r.RemoteAddr)
	return addr, false
}

type clientKey struct{}

// ClientAddr returns the address of the client that sent a request: what trusted
// [Proxies] say, or else the peer of the transport. It is for the functions of a
// [Server]. The zero Addr means that the client has none, or none is known, as on
// a Unix socket.
func ClientAddr(r *http.Request) netip.Addr {
	if addr, ok := r.Context().Value(clientKey{}).(netip.Addr); ok {
		return addr
	}
	addr, _ := requestPeer(r)
	return addr
}

// ClientAddr returns the address of the client at the other end of a server's
// connection: what trusted [Proxies] say, or else that of RemoteAddr. The zero Addr
// means that there is none, as on a Unix socket.
func (c *Conn) ClientAddr() netip.Addr {
	if addr, ok := c.ctx.Value(clientKey{}).(netip.Addr); ok {
		return addr
	}
	addr, _ := peerAddr(c.RemoteAddr())
	return addr
}

// admit finds out who the client is and counts the connection for it.
func (n *negotiation) admit() error {
	peer, isUnix := n.peer(n.request)
	addr := peer
	if n.server.Proxies.believes(peer, isUnix) {
		addr = n.server.Proxies.client(peer, n.full().Header)
	}
	if addr != peer {
		n.request = n.request.WithContext(context.WithValue(n.request.Context(), clientKey{}, addr))
		n.base = context.WithoutCancel(n.request.Context())
	}
	return n.server.live.enterFrom(&n.place, addr)
}

// clientAttrs are the attributes for the log which tell where a request comes from.
func clientAttrs(remote string, r *http.Request) []any {
	attrs := []any{"remote", remote}
	if r != nil {
		if addr, ok := r.Context().Value(clientKey{}).(netip.Addr); ok {
			attrs = append(attrs, "client", addr.String())
		}
		attrs = append(attrs, "path", r.URL.EscapedPath())
	}
	return attrs
}
