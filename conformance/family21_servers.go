package conformance

import (
	"fmt"
	"slices"
	"strings"
)

const (
	inExtensions = "RFC 6455 §9.1"
	inDeflate    = "RFC 7692 §7.1"
	inWindows    = "RFC 7692 §7.1.2"
)

// negotiationOfServers is family 21 for servers.
func negotiationOfServers() []*Case {
	return concat(goodOffers(), badOffers(), malformedOffers())
}

// offers sends an offer and returns what the server makes of it.
func (s *session) offers(lines string) (r reply, key string) {
	key = newKey()
	s.requests(plus(lines)(baseRequest), key)
	return s.hear(replyTime), key
}

// openedWith judges a connection that a server has opened: the terms must fit one
// of the offers, and messages must come back under them.
func (s *session) openedWith(r reply, key string, offers []terms) *terms {
	if err := checkOpened(r.response, key); err != nil {
		s.failf("%v", err)
	}
	answer := r.response.Header.Values("Sec-WebSocket-Extensions")
	t, err := agreed(offers, answer)
	if err != nil {
		s.failf("%v", err)
	}
	s.r.fact("answer", "%q", answer)
	s.begin(r.early)
	if err := s.works(t); err != nil {
		s.failf("the connection opens with %q, but %v", answer, err)
	}
	s.finish()
	if t != nil && t.serverBits == 0 && !slices.ContainsFunc(offers, func(o terms) bool { return o.serverBits == 0 && t.fits(o) }) {
		s.verdict(NonStrict, "server_max_window_bits is asked for and not granted, though what holds is the same")
	}
	return t
}

// goodOffers are the cases 21.1: offers that a server may agree to.
func goodOffers() (cases []*Case) {
	add := func(section, title, lines string) {
		cases = append(cases, scripted(fmt.Sprintf("21.1.%d", len(cases)+1), section, "The offer "+title,
			"The server agrees to it, with parameters that fit, or it declines.", Servers, func(s *session) {
				r, key := s.offers(lines)
				if r.status != 101 {
					s.failf("the connection does not open: %v", r)
				}
				s.openedWith(r, key, deflateOffers(valuesOf(lines)))
			}))
	}
	const header = "Sec-WebSocket-Extensions: "
	one := func(section, offer string) { add(section, offer, header+offer) }
	one(inDeflate, "permessage-deflate")
	one("RFC 7692 §7.1.1.1", "permessage-deflate; server_no_context_takeover")
	one("RFC 7692 §7.1.1.2", "permessage-deflate; client_no_context_takeover")
	one(inWindows, "permessage-deflate; client_max_window_bits")
	for _, bits := range []int{8, 9, 10, 15} {
		one(inWindows, fmt.Sprintf("permessage-deflate; client_max_window_bits=%d", bits))
		one(inWindows, fmt.Sprintf("permessage-deflate; server_max_window_bits=%d", bits))
	}
	one(inDeflate, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=10")
	one(inDeflate, "permessage-deflate; client_max_window_bits; server_max_window_bits=12; client_no_context_takeover")
	one(inExtensions, `permessage-deflate; server_max_window_bits="10"`)
	one(inExtensions, `permessage-deflate;server_max_window_bits=10;client_max_window_bits`)
	one(inExtensions, "permessage-deflate ;\tserver_max_window_bits=10 ; client_max_window_bits")
	one("RFC 7692 §5", "permessage-deflate; server_max_window_bits=10, permessage-deflate")
	one("RFC 7692 §5", "permessage-deflate, permessage-deflate; server_max_window_bits=10")
	one("RFC 7692 §5", "permessage-deflate; x-unknown, permessage-deflate; client_no_context_takeover")
	one("RFC 7692 §5", "permessage-deflate; server_max_window_bits=16, permessage-deflate; client_max_window_bits")
	one(inExtensions, "x-unknown")
	one(inExtensions, `x-unknown; a; b=1; c="2", x-other`)
	one(inExtensions, "x-unknown; a=b, permessage-deflate")
	one(inExtensions, "x-webkit-deflate-frame; no_context_takeover; max_window_bits=15, permessage-deflate")
	one(inExtensions, "permessage-bzip2, permessage-deflate")
	one(inExtensions, "constructor, __proto__; toString, permessage-deflate")
	one(inLists, ", permessage-deflate,, x-unknown,")
	add(inExtensions, "permessage-deflate; server_max_window_bits=10 and permessage-deflate, in two lines",
		header+"permessage-deflate; server_max_window_bits=10\r\n"+header+"permessage-deflate")
	add(inExtensions, "x-unknown and permessage-deflate, in two lines", header+"x-unknown\r\n"+header+"permessage-deflate")
	add("RFC 7692 §5", "permessage-deflate; server_max_window_bits=10, ten times", header+strings.TrimSuffix(strings.Repeat("permessage-deflate; server_max_window_bits=10, ", 10), ", "))
	return cases
}

// valuesOf returns the values of header lines.
func valuesOf(lines string) (values []string) {
	for l := range strings.SplitSeq(lines, "\r\n") {
		_, v, _ := strings.Cut(l, ":")
		values = append(values, v)
	}
	return values
}

// badOffers are the cases 21.2: offers that a server must decline.
func badOffers() (cases []*Case) {
	for _, offer := range []struct{ section, params string }{
		{inDeflate, "x-unknown"},
		{inDeflate, "x-unknown=1"},
		{inDeflate, "server_no_context_takeover; x-unknown"},
		{inDeflate, "Server_No_Context_Takeovers"},
		{"RFC 7692 §7.1.1.1", "server_no_context_takeover; server_no_context_takeover"},
		{"RFC 7692 §7.1.1.1", "server_no_context_takeover=1"},
		{"RFC 7692 §7.1.1.1", "server_no_context_takeover=true"},
		{"RFC 7692 §7.1.1.2", "client_no_context_takeover; client_no_context_takeover"},
		{"RFC 7692 §7.1.1.2", "client_no_context_takeover=1"},
		{inWindows, "server_max_window_bits"},
		{inWindows, "server_max_window_bits=7"},
		{inWindows, "server_max_window_bits=16"},
		{inWindows, "server_max_window_bits=0"},
		{inWindows, "server_max_window_bits=08"},
		{inWindows, "server_max_window_bits=010"},
		{inWindows, "server_max_window_bits=-10"},
		{inWindows, "server_max_window_bits=+10"},
		{inWindows, "server_max_window_bits=10x"},
		{inWindows, "server_max_window_bits=0xA"},
		{inWindows, "server_max_window_bits=ten"},
		{inWindows, "server_max_window_bits=99999999999999999999"},
		{inWindows, "server_max_window_bits=4294967306"},
		{inWindows, "server_max_window_bits=10; server_max_window_bits=10"},
		{inWindows, "server_max_window_bits=10; server_max_window_bits=11"},
		{inWindows, `server_max_window_bits="16"`},
		{inWindows, "client_max_window_bits=7"},
		{inWindows, "client_max_window_bits=16"},
		{inWindows, "client_max_window_bits=0"},
		{inWindows, "client_max_window_bits=08"},
		{inWindows, "client_max_window_bits=x"},
		{inWindows, "client_max_window_bits; client_max_window_bits"},
		{inWindows, "client_max_window_bits; client_max_window_bits=10"},
		{inWindows, "max_window_bits=10"},
	} {
		cases = append(cases, scripted(fmt.Sprintf("21.2.%d", len(cases)+1), offer.section, "The offer permessage-deflate; "+offer.params,
			"The server declines it: the connection opens without an extension.", Servers, func(s *session) {
				r, key := s.offers("Sec-WebSocket-Extensions: permessage-deflate; " + offer.params)
				switch {
				case r.status != 101 && (r.silent || r.garbled()):
					s.failf("%v", r)
				case r.status != 101:
					s.verdict(NonStrict, "the connection does not open: %v; better: it opens without an extension", r)
				default:
					s.openedWith(r, key, nil)
				}
			}))
	}
	return cases
}

// malformedOffers are the cases 21.3: what is not a list of extensions. A server
// that has no extensions need not look at the header.
func malformedOffers() (cases []*Case) {
	for _, value := range []string{
		"permessage-deflate;",
		"permessage-deflate;; client_max_window_bits",
		"; client_max_window_bits",
		"permessage-deflate, ;",
		`permessage-deflate; server_max_window_bits="10`,
		`permessage-deflate; server_max_window_bits=10"`,
		`permessage-deflate; server_max_window_bits="1"0`,
		"permessage-deflate; server_max_window_bits=",
		`permessage-deflate; server_max_window_bits=""`,
		"permessage-deflate; =10",
		"permessage-deflate; server_max_window_bits=1 0",
		"permessage-deflate; server_max_window_bits=10 client_max_window_bits",
		"permessage-deflate client_max_window_bits",
		`"permessage-deflate"`,
		"permessage-deflate=1",
		"permessage/deflate",
		`x-unknown; a="b c"`,
		`x-unknown; a="\"`,
		"x-unknown; a=b=c, permessage-deflate",
		"permessage-deflate; server_max_window_bits==10",
		"permessage-d\xc3\xa9flate",
		"[permessage-deflate]",
	} {
		cases = append(cases, scripted(fmt.Sprintf("21.3.%d", len(cases)+1), inExtensions, fmt.Sprintf("Not a list of extensions: %q", value),
			"The response is an error; or the connection opens without an extension, if the server has none.", Servers, func(s *session) {
				r, key := s.offers("Sec-WebSocket-Extensions: " + value)
				if r.status != 101 {
					s.judgeReply(refuses, r, key)
					return
				}
				s.openedWith(r, key, nil)
				s.verdict(NonStrict, "the connection opens without an extension; better: an error such as 400")
			}))
	}
	return cases
}
