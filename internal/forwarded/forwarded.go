// Package forwarded finds out who a client is, behind proxies, from the headers
// X-Forwarded-For and Forwarded (RFC 7239).
package forwarded

import (
	"net/netip"
	"strings"
)

// The headers that it knows, by their canonical names.
const (
	XForwardedFor = "X-Forwarded-For"
	Forwarded     = "Forwarded"
)

// mostHops is how many proxies may stand in a row.
const mostHops = 32

// Client returns the address of the client. values are those of the header, in
// order. Each proxy appends whom it got the request from: so the address that
// counts is the last one which is not itself a trusted proxy's. Anything in front
// of it is what the client claims. If all are trusted, it is the first.
//
// Client reports false if it meets something that is no address, such as
// "unknown", before it has found one: the proxy does not tell, or somebody talks
// who should not be trusted.
func Client(header string, values []string, trusted func(netip.Addr) bool) (client netip.Addr, ok bool) {
	rest := strings.Join(values, ",")
	for hops := 0; rest != ""; hops++ {
		var last string
		if header == Forwarded {
			rest, last, ok = cutLast(rest)
			if ok {
				last, ok = forOf(last)
			}
		} else {
			i := strings.LastIndexByte(rest, ',')
			rest, last, ok = rest[:max(i, 0)], rest[i+1:], true
		}
		if !ok || hops == mostHops {
			return netip.Addr{}, false
		}
		addr, ok := Addr(strings.Trim(last, " \t"))
		if !ok {
			return netip.Addr{}, false
		}
		if client = addr; !trusted(client) {
			break
		}
	}
	return client, client.IsValid()
}

// Addr parses an address with or without a port: 192.0.2.1, 192.0.2.1:80,
// 2001:db8::1, [2001:db8::1] or [2001:db8::1]:80. An IPv4 address in the form of
// an IPv6 address is returned as IPv4, and a zone is left out.
func Addr(s string) (netip.Addr, bool) {
	if inner, isBracketed := strings.CutPrefix(s, "["); isBracketed && strings.HasSuffix(inner, "]") {
		s = strings.TrimSuffix(inner, "]")
		if !strings.Contains(s, ":") {
			return netip.Addr{}, false
		}
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		both, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = both.Addr()
	}
	return addr.WithZone("").Unmap(), true
}

// cutLast cuts the last element off a list whose elements may have quoted commas
// in them. It fails if a quote does not end.
func cutLast(list string) (rest, last string, ok bool) {
	at, quoted := -1, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			at = i
		}
	}
	return list[:max(at, 0)], list[at+1:], !quoted
}

// forOf returns the node of the parameter for, of one element of Forwarded (RFC
// 7239 §4): for=192.0.2.1;proto=https. A node that is an address needs no escapes,
// and no semicolon in quotes.
func forOf(element string) (node string, ok bool) {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, found := strings.Cut(strings.Trim(pair, " \t"), "=")
		if !found || !strings.EqualFold(name, "for") {
			continue
		}
		if ok {
			return "", false // twice (RFC 7239 §4)
		}
		if inner, isQuoted := strings.CutPrefix(value, `"`); isQuoted {
			inner, isQuoted = strings.CutSuffix(inner, `"`)
			if !isQuoted {
				return "", false
			}
			value = inner
		}
		node, ok = value, true
	}
	return node, ok
}
