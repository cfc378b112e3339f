package httpheader

import (
	"fmt"
	"strings"
)

// ParseConnection parses the value of a Connection header and returns its
// options as they were written: compare them without regard to case (RFC 9110
// §7.6.1). It fails with a *[FormatError].
func ParseConnection(s string) ([]string, error) {
	return list("Connection", s, (*scanner).token)
}

// ParseUpgrade parses the value of an Upgrade header and returns its protocols
// as they were written, with the version if there is one: "websocket", "TLS/1.0"
// (RFC 9110 §7.8). It fails with a *[FormatError].
func ParseUpgrade(s string) ([]string, error) {
	return list("Upgrade", s, (*scanner).protocol)
}

// protocol scans a token and maybe a version: token [ "/" token ].
func (p *scanner) protocol() (string, error) {
	start := p.pos
	if _, err := p.token(); err != nil {
		return "", err
	}
	if p.at('/') {
		p.pos++
		if _, err := p.token(); err != nil {
			return "", err
		}
	}
	return p.s[start:p.pos], nil
}

// ParseSubprotocols parses the value of a Sec-WebSocket-Protocol header (RFC
// 6455 §11.3.4) and returns the subprotocols in order. It fails with a
// *[FormatError].
func ParseSubprotocols(s string) ([]string, error) {
	return list("Sec-WebSocket-Protocol", s, (*scanner).token)
}

// BuildSubprotocols builds the value of a Sec-WebSocket-Protocol header: it is
// the reverse of [ParseSubprotocols]. The subprotocols must be tokens (see
// [IsToken]).
func BuildSubprotocols(subprotocols []string) string { return strings.Join(subprotocols, ", ") }

// An Extension is one element of a Sec-WebSocket-Extensions header: an
// extension and its parameters in order (RFC 6455 §9.1).
type Extension struct {
	Name   string // a token, for example "permessage-deflate"
	Params []Param
}

// A Param is a parameter of an [Extension].
type Param struct {
	Name     string // a token, for example "client_max_window_bits"
	Value    string // a token; "" if there is no value
	HasValue bool   // tells whether there is a value
}

// ParseExtensions parses the value of a Sec-WebSocket-Extensions header (RFC
// 6455 §9.1) and returns the extensions in order. Values in quotes are returned
// without them. It fails with a *[FormatError].
func ParseExtensions(s string) ([]Extension, error) {
	return list("Sec-WebSocket-Extensions", s, (*scanner).extension)
}

// extension scans a token and any number of parameters: token *( ";" param ).
func (p *scanner) extension() (e Extension, err error) {
	if e.Name, err = p.token(); err != nil {
		return Extension{}, err
	}
	for p.blanks(); p.at(';'); p.blanks() {
		if p.params++; p.params > MaxElements {
			return Extension{}, p.fail(fmt.Sprintf("at most %d parameters", MaxElements))
		}
		p.pos++
		p.blanks()
		param, err := p.param()
		if err != nil {
			return Extension{}, err
		}
		e.Params = append(e.Params, param)
	}
	return e, nil
}

// param scans a name and maybe a value: token [ "=" ( token | quoted-string ) ].
func (p *scanner) param() (param Param, err error) {
	if param.Name, err = p.token(); err != nil {
		return Param{}, err
	}
	p.blanks()
	if !p.at('=') {
		return param, nil
	}
	p.pos++
	p.blanks()
	scan := (*scanner).token
	if p.at('"') {
		scan = (*scanner).quotedToken
	}
	if param.Value, err = scan(p); err != nil {
		return Param{}, err
	}
	param.HasValue = true
	return param, nil
}

// BuildExtensions builds the value of a Sec-WebSocket-Extensions header: it is
// the reverse of [ParseExtensions]. Names and values must be tokens (see
// [IsToken]).
func BuildExtensions(exts []Extension) string {
	var b strings.Builder
	for i, e := range exts {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.Name)
		for _, param := range e.Params {
			b.WriteString("; ")
			b.WriteString(param.Name)
			if param.HasValue {
				b.WriteByte('=')
				b.WriteString(param.Value)
			}
		}
	}
	return b.String()
}
