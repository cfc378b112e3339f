package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The names of permessage-deflate and its parameters (RFC 7692 §7.1).
const (
	deflateName     = "permessage-deflate"
	serverNoContext = "server_no_context_takeover"
	clientNoContext = "client_no_context_takeover"
	serverBits      = "server_max_window_bits"
	clientBits      = "client_max_window_bits"
)

// terms are what an offer of permessage-deflate asks for, or what an answer says.
type terms struct {
	serverNoContext bool
	clientNoContext bool
	serverBits      int // 0: not given
	clientBits      int // 0: not given; anyBits: without a value, in offers only
}

// anyBits stands for a client_max_window_bits without a value.
const anyBits = -1

func (t terms) String() string {
	s := deflateName
	if t.serverNoContext {
		s += "; " + serverNoContext
	}
	if t.serverBits != 0 {
		s += "; " + serverBits + "=" + strconv.Itoa(t.serverBits)
	}
	if t.clientNoContext {
		s += "; " + clientNoContext
	}
	switch t.clientBits {
	case 0:
	case anyBits:
		s += "; " + clientBits
	default:
		s += "; " + clientBits + "=" + strconv.Itoa(t.clientBits)
	}
	return s
}

// parseTerms is strict about what may stand in an offer, or else in an answer.
func parseTerms(params []parameter, offer bool) (t terms, err error) {
	seen := map[string]bool{}
	for _, p := range params {
		if seen[p.name] {
			return t, fmt.Errorf("%s is there twice", p.name)
		}
		seen[p.name] = true
		switch p.name {
		case serverNoContext, clientNoContext:
			if p.valued {
				return t, fmt.Errorf("%s has the value %q (RFC 7692 §7.1.1)", p.name, p.value)
			}
			t.serverNoContext = t.serverNoContext || p.name == serverNoContext
			t.clientNoContext = t.clientNoContext || p.name == clientNoContext
		case serverBits:
			t.serverBits, err = windowBits(p)
		case clientBits:
			t.clientBits = anyBits
			if p.valued || !offer {
				t.clientBits, err = windowBits(p)
			}
		default:
			err = fmt.Errorf("%s is no parameter of %s (RFC 7692 §7.1)", p.name, deflateName)
		}
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

func windowBits(p parameter) (int, error) {
	n, err := strconv.Atoi(p.value)
	if err != nil || n < 8 || n > 15 || strconv.Itoa(n) != p.value {
		return 0, fmt.Errorf("%s has the value %q, not 8 to 15 (RFC 7692 §7.1.2)", p.name, p.value)
	}
	return n, nil
}

// A negotiation agrees on permessage-deflate.
type negotiation struct {
	offers  []terms  // to a server, in order of preference
	demands []demand // on clients: the first one that any offer allows is used

	agreed *terms // nil: the peer does not want it
	note   string // on what is not worth a failure
}

// A demand is what a server asks of a client.
type demand struct {
	noContext bool
	bits      int // 0: none
}

// opening returns the opening handshake.
func (n *negotiation) opening() opening {
	var offers []string
	for _, o := range n.offers {
		offers = append(offers, o.String())
	}
	return opening{offer: strings.Join(offers, ", "), agree: n.agree, check: n.check}
}

// check takes the answer of a server.
func (n *negotiation) check(answer []string) error {
	if len(answer) > 1 {
		return fmt.Errorf("the response has Sec-WebSocket-Extensions %d times (RFC 6455 §11.3.2)", len(answer))
	}
	if len(answer) == 0 {
		return nil
	}
	elements, err := parseExtensions(answer[0])
	switch {
	case err != nil:
		return err
	case len(elements) != 1 || elements[0].name != deflateName:
		return fmt.Errorf("the response has Sec-WebSocket-Extensions: %q", answer[0])
	}
	t, err := parseTerms(elements[0].params, false)
	if err != nil {
		return fmt.Errorf("the response has Sec-WebSocket-Extensions: %q: %w", answer[0], err)
	}
	for _, o := range n.offers {
		if n.note, err = t.answers(o); err == nil {
			n.agreed = &t
			return nil
		}
	}
	return fmt.Errorf("the response has Sec-WebSocket-Extensions: %q: %w", answer[0], err)
}

// answers reports whether t may answer an offer. A server that does not grant what
// is asked for has to decline (RFC 7692 §7.1.1.1, §7.1.2.1). The note is on a
// harmless difference.
func (t terms) answers(offer terms) (note string, err error) {
	switch {
	case offer.serverNoContext && !t.serverNoContext:
		return "", fmt.Errorf("%s was asked for and is not granted (RFC 7692 §7.1.1.1)", serverNoContext)
	case offer.serverBits == 15 && t.serverBits == 0:
		return serverBits + "=15 was asked for and is not in the response (RFC 7692 §7.1.2.1); 15 is what holds without it", nil
	case offer.serverBits != 0 && t.serverBits == 0:
		return "", fmt.Errorf("%s=%d was asked for and is not granted (RFC 7692 §7.1.2.1)", serverBits, offer.serverBits)
	case offer.serverBits != 0 && t.serverBits > offer.serverBits:
		return "", fmt.Errorf("%s=%d was asked for, not more (RFC 7692 §7.1.2.1)", serverBits, offer.serverBits)
	}
	return "", nil
}

// agree answers the offers of a client.
func (n *negotiation) agree(values []string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	elements, err := parseExtensions(strings.Join(values, ", "))
	if err != nil {
		return "", fmt.Errorf("the request has Sec-WebSocket-Extensions: %q: %w", values, err)
	}
	var offers []terms
	for _, e := range elements {
		if e.name != deflateName {
			continue
		}
		t, err := parseTerms(e.params, true)
		if err != nil {
			return "", fmt.Errorf("the request has Sec-WebSocket-Extensions: %q: %w", values, err)
		}
		offers = append(offers, t)
	}
	for _, d := range n.demands {
		i := slices.IndexFunc(offers, func(o terms) bool { return d.bits == 0 || o.clientBits != 0 })
		if i >= 0 {
			t := d.answer(offers[i])
			n.agreed = &t
			return t.String(), nil
		}
	}
	return "", nil
}

// answer grants what a client has asked for, and demands what may be.
func (d demand) answer(o terms) terms {
	t := terms{serverNoContext: o.serverNoContext, serverBits: o.serverBits, clientNoContext: d.noContext, clientBits: d.bits}
	if d.bits != 0 && o.clientBits != anyBits {
		t.clientBits = min(d.bits, o.clientBits)
	}
	return t
}

// An element is one extension in Sec-WebSocket-Extensions.
type element struct {
	name   string
	params []parameter
}

type parameter struct {
	name, value string
	valued      bool
}

// parseExtensions parses the value of Sec-WebSocket-Extensions (RFC 6455 §9.1).
func parseExtensions(s string) (list []element, err error) {
	p := scanner{s}
	for {
		p.blanks()
		if p.rest == "" || p.rest[0] == ',' { // an empty element (RFC 9110 §5.6.1)
			if !p.next(',') {
				break
			}
			continue
		}
		e := element{name: p.token()}
		p.blanks()
		for p.next(';') {
			p.blanks()
			param := parameter{name: p.token()}
			p.blanks()
			if param.valued = p.next('='); param.valued {
				p.blanks()
				param.value = p.value()
				p.blanks()
			}
			if param.name == "" || param.valued && param.value == "" {
				return nil, fmt.Errorf("not a parameter, %d bytes before the end", len(p.rest))
			}
			e.params = append(e.params, param)
		}
		if e.name == "" || p.rest != "" && p.rest[0] != ',' {
			return nil, fmt.Errorf("not an extension, %d bytes before the end", len(p.rest))
		}
		list = append(list, e)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("there is no extension in it")
	}
	return list, nil
}

type scanner struct{ rest string }

func (p *scanner) blanks() { p.rest = strings.TrimLeft(p.rest, " \t") }

func (p *scanner) next(b byte) bool {
	if p.rest == "" || p.rest[0] != b {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// token returns the token (RFC 9110 §5.6.2) that comes next, or nothing.
func (p *scanner) token() string {
	n := 0
	for n < len(p.rest) && (strings.IndexByte("!#$%&'*+-.^_`|~", p.rest[n]) >= 0 ||
		p.rest[n]|0x20 >= 'a' && p.rest[n]|0x20 <= 'z' || p.rest[n] >= '0' && p.rest[n] <= '9') {
		n++
	}
	t := p.rest[:n]
	p.rest = p.rest[n:]
	return t
}

// value returns a token, or the token inside a quoted string.
func (p *scanner) value() string {
	if !p.next('"') {
		return p.token()
	}
	var b []byte
	for p.rest != "" && p.rest[0] != '"' {
		p.next('\\')
		if p.rest != "" {
			b, p.rest = append(b, p.rest[0]), p.rest[1:]
		}
	}
	inner := scanner{string(b)}
	if t := inner.token(); p.next('"') && inner.rest == "" {
		return t
	}
	return ""
}
