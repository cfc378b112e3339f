package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// String returns t as it stands in Sec-WebSocket-Extensions.
func (t terms) String() string {
	s := deflateName
	if t.serverAlone {
		s += "; server_no_context_takeover"
	}
	if t.serverBits != 0 {
		s += "; server_max_window_bits=" + strconv.Itoa(t.serverBits)
	}
	if t.clientAlone {
		s += "; client_no_context_takeover"
	}
	switch {
	case t.clientBits != 0:
		s += "; client_max_window_bits=" + strconv.Itoa(t.clientBits)
	case t.clientAny:
		s += "; client_max_window_bits"
	}
	return s
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
	alone bool // no context takeover
	bits  int  // 0: none
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
	wrong := func(err error) error {
		return fmt.Errorf("the response has Sec-WebSocket-Extensions: %q: %w", answer, err)
	}
	if len(answer) == 0 {
		return nil
	}
	list, err := elements(answer)
	switch {
	case err != nil:
		return wrong(err)
	case len(answer) > 1:
		return wrong(errors.New("that must not be there more than once (RFC 6455 §11.3.2)"))
	case len(list) != 1 || list[0].name != deflateName:
		return wrong(errors.New("permessage-deflate was offered, and nothing else"))
	}
	t, err := termsOf(list[0].params)
	if err == nil && t.clientAny {
		err = errors.New("client_max_window_bits has no value (RFC 7692 §7.1.2.2)")
	}
	if err != nil {
		return wrong(err)
	}
	for _, o := range n.offers {
		if n.note, err = t.answers(o); err == nil {
			n.agreed = &t
			return nil
		}
	}
	return wrong(err)
}

// answers reports whether t may answer an offer. A server that does not grant what
// is asked for has to decline (RFC 7692 §7.1.1.1, §7.1.2.1). The note is on a
// harmless difference.
func (t terms) answers(offer terms) (note string, err error) {
	const bits = "server_max_window_bits=%d was asked for and is not granted (RFC 7692 §7.1.2.1)"
	switch {
	case offer.serverAlone && !t.serverAlone:
		return "", errors.New("server_no_context_takeover was asked for and is not granted (RFC 7692 §7.1.1.1)")
	case offer.serverBits == 15 && t.serverBits == 0:
		return fmt.Sprintf(bits, 15) + "; without it the same holds", nil
	case offer.serverBits != 0 && (t.serverBits == 0 || t.serverBits > offer.serverBits):
		return "", fmt.Errorf(bits, offer.serverBits)
	}
	return "", nil
}

// agree answers the offers of a client.
func (n *negotiation) agree(values []string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	list, err := elements(values)
	var offers []terms
	for _, e := range list {
		if e.name == deflateName && err == nil {
			var t terms
			t, err = termsOf(e.params)
			offers = append(offers, t)
		}
	}
	if err != nil {
		return "", fmt.Errorf("the request has Sec-WebSocket-Extensions: %q: %w", values, err)
	}
	for _, d := range n.demands {
		i := slices.IndexFunc(offers, func(o terms) bool { return d.bits == 0 || o.clientBits != 0 || o.clientAny })
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
	t := terms{serverAlone: o.serverAlone, serverBits: o.serverBits, clientAlone: d.alone, clientBits: d.bits}
	if d.bits != 0 && o.clientBits != 0 {
		t.clientBits = min(d.bits, o.clientBits)
	}
	return t
}
