package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-websockets/websockets/frame"
)

// A terms is an offer of permessage-deflate or an answer to one (RFC 7692 §7.1).
type terms struct {
	serverAlone, clientAlone bool // …_no_context_takeover
	serverBits, clientBits   int  // …_max_window_bits; 0: not there
	clientAny                bool // client_max_window_bits without a value
}

const deflateName = "permessage-deflate"

// An element is one of a list of extensions.
type element struct {
	name   string
	params []string // name, or name=value without quotes
}

// elements parses Sec-WebSocket-Extensions (RFC 6455 §9.1).
func elements(lines []string) (list []element, err error) {
	for _, part := range splitOutside(strings.Join(lines, ","), ',') {
		if strings.TrimSpace(part) == "" {
			continue
		}
		pieces := splitOutside(part, ';')
		e := element{name: strings.TrimSpace(pieces[0])}
		if !isToken(e.name) {
			return nil, fmt.Errorf("%q is no extension", part)
		}
		for _, p := range pieces[1:] {
			name, value, given := strings.Cut(p, "=")
			name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
			if unquoted, ok := strings.CutPrefix(value, `"`); ok {
				value, ok = strings.CutSuffix(unquoted, `"`)
				if !ok {
					return nil, fmt.Errorf("a quote is open in %q", p)
				}
				value = strings.ReplaceAll(value, `\`, "")
			}
			if !isToken(name) || given && !isToken(value) {
				return nil, fmt.Errorf("%q is no parameter", p)
			}
			if given {
				name += "=" + value
			}
			e.params = append(e.params, name)
		}
		list = append(list, e)
	}
	return list, nil
}

// splitOutside splits s at each sep that is not in quotes.
func splitOutside(s string, sep byte) (parts []string) {
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == sep && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return !isTokenByte(c) })
}

// termsOf reads the parameters of permessage-deflate.
func termsOf(params []string) (t terms, err error) {
	var seen []string
	for _, p := range params {
		name, value, given := strings.Cut(p, "=")
		if slices.Contains(seen, name) {
			return t, fmt.Errorf("%s is there twice", name)
		}
		seen = append(seen, name)
		switch {
		case name == "server_no_context_takeover" && !given:
			t.serverAlone = true
		case name == "client_no_context_takeover" && !given:
			t.clientAlone = true
		case name == "client_max_window_bits" && !given:
			t.clientAny = true
		case name == "client_max_window_bits" && isBits(value):
			t.clientBits, _ = strconv.Atoi(value)
		case name == "server_max_window_bits" && given && isBits(value):
			t.serverBits, _ = strconv.Atoi(value)
		default:
			return t, fmt.Errorf("the parameter %q is not valid", p)
		}
	}
	return t, nil
}

func isBits(value string) bool {
	n, err := strconv.Atoi(value)
	return err == nil && 8 <= n && n <= 15 && value == strconv.Itoa(n)
}

// deflateOffers returns the offers of permessage-deflate that are valid.
func deflateOffers(lines []string) (offers []terms) {
	list, err := elements(lines)
	if err != nil {
		return nil
	}
	for _, e := range list {
		if t, err := termsOf(e.params); err == nil && strings.EqualFold(e.name, deflateName) {
			offers = append(offers, t)
		}
	}
	return offers
}

// agreed returns what a response agrees to: nil if nothing. It fails if that does
// not fit one of the offers.
func agreed(offers []terms, answer []string) (*terms, error) {
	list, err := elements(answer)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if len(list) > 1 || len(answer) > 1 || !strings.EqualFold(list[0].name, deflateName) {
		return nil, fmt.Errorf("the response has Sec-WebSocket-Extensions: %q", answer)
	}
	t, err := termsOf(list[0].params)
	if err != nil {
		return nil, err
	}
	if t.clientAny {
		return nil, fmt.Errorf("the response has client_max_window_bits without a value")
	}
	if slices.ContainsFunc(offers, t.fits) {
		return &t, nil
	}
	return nil, fmt.Errorf("the response has Sec-WebSocket-Extensions: %q, which fits no offer", answer)
}

// fits reports whether t is an answer to the offer o (RFC 7692 §7.1).
func (t terms) fits(o terms) bool {
	switch {
	case o.serverAlone && !t.serverAlone,
		o.serverBits > 0 && o.serverBits < 15 && t.serverBits == 0, // 15 is what holds without it
		o.serverBits > 0 && t.serverBits > o.serverBits,
		t.clientBits > 0 && o.clientBits == 0 && !o.clientAny,
		t.clientBits > 0 && o.clientBits > 0 && t.clientBits > o.clientBits:
		return false
	}
	return true
}

// works has two compressed messages echoed, the second one like the first.
func (s *session) works(t *terms) error {
	if t != nil {
		s.codec = newDeflation(*t, s.testing)
	}
	for range 2 {
		message := strings.Repeat(helloWorld+" ", 5)
		s.message(frame.OpText, []byte(message), 0, 0)
		if err := s.gets(text(message), replyTime); err != nil {
			return err
		}
	}
	return nil
}
