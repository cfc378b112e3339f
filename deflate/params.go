package deflate

import (
	"strconv"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/httpheader"
)

// The parameters (RFC 7692 §7.1).
const (
	serverNoContextTakeover = "server_no_context_takeover"
	clientNoContextTakeover = "client_no_context_takeover"
	serverMaxWindowBits     = "server_max_window_bits"
	clientMaxWindowBits     = "client_max_window_bits"
)

// params are the parameters of an offer or an answer.
type params struct {
	serverNoTakeover bool
	clientNoTakeover bool
	serverBits       int // 0: not given
	clientBits       int // 0: not given; anyBits: without a value, in an offer
}

// anyBits is a client's offer to use the window that the server chooses.
const anyBits = -1

// parse reads parameters (RFC 7692 §7.1). offer tells an offer from an answer: in
// an offer, client_max_window_bits may have no value (§7.1.2.2). It fails with an
// *[extension.ParameterError].
func parse(list []httpheader.Param, offer bool) (p params, err error) {
	seen := map[string]bool{}
	for _, param := range list {
		reason := extension.BadParameterValue
		ok := !param.HasValue
		switch param.Name {
		case serverNoContextTakeover:
			p.serverNoTakeover = true
		case clientNoContextTakeover:
			p.clientNoTakeover = true
		case serverMaxWindowBits:
			p.serverBits, ok = parseBits(param)
		case clientMaxWindowBits:
			if ok = ok && offer; ok {
				p.clientBits = anyBits
			} else {
				p.clientBits, ok = parseBits(param)
			}
		default:
			reason, ok = extension.UnknownParameter, false
		}
		if seen[param.Name] {
			reason, ok = extension.DuplicateParameter, false
		}
		if !ok {
			return params{}, &extension.ParameterError{
				Reason: reason, Extension: Name, Name: param.Name, Value: param.Value,
			}
		}
		seen[param.Name] = true
	}
	return p, nil
}

// parseBits reads a size of the window: a decimal number from 8 to 15 without
// leading zeros (RFC 7692 §7.1.2.1).
func parseBits(p httpheader.Param) (bits int, ok bool) {
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		if p.HasValue && p.Value == strconv.Itoa(bits) {
			return bits, true
		}
	}
	return 0, false
}

// list is the reverse of parse.
func (p params) list() []httpheader.Param {
	list := []httpheader.Param{}
	flag := func(name string, set bool) {
		if set {
			list = append(list, httpheader.Param{Name: name})
		}
	}
	bits := func(name string, n int) {
		if n > 0 {
			list = append(list, httpheader.Param{Name: name, Value: strconv.Itoa(n), HasValue: true})
		}
	}
	flag(serverNoContextTakeover, p.serverNoTakeover)
	flag(clientNoContextTakeover, p.clientNoTakeover)
	bits(serverMaxWindowBits, p.serverBits)
	bits(clientMaxWindowBits, p.clientBits)
	flag(clientMaxWindowBits, p.clientBits == anyBits)
	return list
}
