package httpheader

import (
	"fmt"
	"strings"
)

// MaxElements is how many elements a list may have, and how many parameters the
// extensions of a list may have together: no honest handshake comes near, and a
// hostile one shall not make us keep more.
const MaxElements = 64

// A scanner walks over the value of a header. Its position only grows: that is
// what makes the parsers linear.
type scanner struct {
	name   string // header name, for errors
	s      string
	pos    int // s[pos:] is not scanned yet
	params int // number of extension parameters so far
}

func (p *scanner) done() bool { return p.pos == len(p.s) }

// at reports whether the next byte is c.
func (p *scanner) at(c byte) bool { return p.pos < len(p.s) && p.s[p.pos] == c }

// skip moves over all bytes in set.
func (p *scanner) skip(set string) {
	for p.pos < len(p.s) && strings.IndexByte(set, p.s[p.pos]) >= 0 {
		p.pos++
	}
}

// blanks moves over optional whitespace (RFC 9110 §5.6.3).
func (p *scanner) blanks() { p.skip(" \t") }

func (p *scanner) fail(want string) error {
	return &FormatError{Name: p.name, Value: p.s, Pos: p.pos, Want: want}
}

// token scans a token (RFC 9110 §5.6.2).
func (p *scanner) token() (string, error) {
	start := p.pos
	for p.pos < len(p.s) && isTokenChar[p.s[p.pos]] {
		p.pos++
	}
	if p.pos == start {
		return "", p.fail("token")
	}
	return p.s[start:p.pos], nil
}

// quotedToken scans a quoted-string (RFC 9110 §5.6.4) and undoes its escapes.
// What it holds must be a token (RFC 6455 §9.1).
func (p *scanner) quotedToken() (string, error) {
	p.pos++ // the opening quote
	var value []byte
	for !p.done() && !p.at('"') {
		if p.at('\\') {
			p.pos++
		}
		if p.done() || !isTokenChar[p.s[p.pos]] {
			return "", p.fail("character of a token")
		}
		value = append(value, p.s[p.pos])
		p.pos++
	}
	switch {
	case p.done():
		return "", p.fail("closing quote")
	case len(value) == 0:
		return "", p.fail("token in the quotes")
	}
	p.pos++ // the closing quote
	return string(value), nil
}

// list scans one or more elements separated by commas. Empty elements do not
// count (RFC 9110 §5.6.1.2).
func list[T any](name, s string, element func(*scanner) (T, error)) ([]T, error) {
	p := &scanner{name: name, s: s}
	var all []T
	for {
		p.skip(" \t,")
		if p.done() {
			break
		}
		if len(all) == MaxElements {
			return nil, p.fail(fmt.Sprintf("at most %d elements", MaxElements))
		}
		e, err := element(p)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
		p.blanks()
		if !p.done() && !p.at(',') {
			return nil, p.fail("comma")
		}
	}
	if len(all) == 0 {
		return nil, p.fail("at least one element")
	}
	return all, nil
}

// isTokenChar holds the characters of a token (RFC 9110 §5.6.2).
var isTokenChar = func() (set [256]bool) {
	for c := range set {
		set[c] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	}
	for _, c := range []byte("!#$%&'*+-.^_`|~") {
		set[c] = true
	}
	return set
}()
