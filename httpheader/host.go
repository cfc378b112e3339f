package httpheader

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// ParseHost parses the value of a Host header, host [":" port] (RFC 9110 §7.2).
// The same form stands in URIs and origins. It returns the host in lower case,
// an IPv6 address in its canonical form (RFC 5952) and without brackets, and
// the port, which is 0 if there is none.
//
// A host is an IPv6 address in brackets, or labels of letters, digits, "-" and
// "_" with a dot between them and maybe one at the end. That is less than RFC
// 3986 §3.2.2 allows, and all that occurs: what else stands in a Host header is
// an attack or a mistake. ParseHost fails with a *[FormatError]; it leaves the value
// out if that has an "@", since a password may stand before it.
func ParseHost(s string) (host string, port int, err error) {
	p := &scanner{name: "Host", s: s}
	host, port, err = p.host()
	if e, ok := errors.AsType[*FormatError](err); ok && strings.Contains(s, "@") {
		e.Value = ""
	}
	return host, port, err
}

func (p *scanner) host() (host string, port int, err error) {
	scan := (*scanner).hostName
	if p.at('[') {
		scan = (*scanner).ipv6
	}
	if host, err = scan(p); err != nil {
		return "", 0, err
	}
	if p.done() {
		return host, 0, nil
	}
	if !p.at(':') {
		return "", 0, p.fail("port or end")
	}
	p.pos++
	if port, err = p.port(); err != nil {
		return "", 0, err
	}
	return host, port, nil
}

// BuildHost builds the value of a Host header: it is the reverse of
// [ParseHost]. The host is without brackets; an IPv6 address gets them, and
// loses its zone, which is of no use to the other side (RFC 6874 §4). The port
// is left out if it is 0 or the default: 80, or 443 if secure.
func BuildHost(host string, port int, secure bool) string {
	if strings.Contains(host, ":") {
		host, _, _ = strings.Cut(host, "%")
		host = "[" + host + "]"
	}
	usual := 80
	if secure {
		usual = 443
	}
	if port == 0 || port == usual {
		return host
	}
	return host + ":" + strconv.Itoa(port)
}

func (p *scanner) hostName() (string, error) {
	start, label := p.pos, p.pos
	for ; p.pos < len(p.s); p.pos++ {
		switch c := p.s[p.pos]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			continue
		case c == '.' && p.pos > label:
			label = p.pos + 1
			continue
		}
		break
	}
	if p.pos == start || !p.done() && !p.at(':') {
		return "", p.fail("host name")
	}
	return strings.ToLower(p.s[start:p.pos]), nil
}

func (p *scanner) ipv6() (string, error) {
	end := strings.IndexByte(p.s, ']')
	if end < 0 {
		return "", p.fail("IPv6 address in brackets")
	}
	addr, err := netip.ParseAddr(p.s[p.pos+1 : end])
	if err != nil || !addr.Is6() || addr.Zone() != "" {
		return "", p.fail("IPv6 address in brackets")
	}
	p.pos = end + 1
	return addr.String(), nil
}

// port scans a port up to the end. No digit at all is no port: RFC 3986 §3.2.3
// allows that.
func (p *scanner) port() (int, error) {
	start, port := p.pos, 0
	for ; p.pos < len(p.s); p.pos++ {
		c := p.s[p.pos]
		if c < '0' || c > '9' || p.pos-start == 5 {
			return 0, p.fail("port from 1 to 65535")
		}
		port = port*10 + int(c-'0')
	}
	if p.pos > start && (port < 1 || port > 65535) {
		p.pos = start
		return 0, p.fail("port from 1 to 65535")
	}
	return port, nil
}
