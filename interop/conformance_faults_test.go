package interop

import "github.com/go-websockets/websockets/conformance"

// faults explain what fails. Those of a library apply in their order: a case that
// two of them name belongs to the first.
var faults = []fault{
	{"gorilla", conformance.Servers, []string{"20.1.8"}, "It takes a request of HTTP/1.0. It must be 1.1 at least (RFC 6455 §4.2.1)."},
	{"gorilla", conformance.Servers, []string{"20.4.9"}, "It refuses a Connection header with an empty element, which lists may have (RFC 9110 §5.6.1)."},
	{"gorilla", conformance.Servers, []string{"20.5.11", "20.5.12"}, "It takes two Sec-WebSocket-Key headers (RFC 6455 §11.3.1)."},
	{"gorilla", conformance.Servers, []string{"20.6.*"}, "It takes several versions in a request, as soon as 13 is one of them (RFC 6455 §11.3.5)."},
	{"gorilla", conformance.Servers, []string{"13.3.*", "13.5.*", "21.1.*"}, "It agrees to offers with server_max_window_bits and leaves that out of its answer: then it has to decline them (RFC 7692 §7.1.2.1)."},
	{"gorilla", conformance.Servers, []string{"21.2.*"}, "It agrees to offers with parameters that are unknown, repeated or out of range, which it must decline (RFC 7692 §7.1)."},
	{"gorilla", conformance.Servers, []string{"21.3.*"}, "It agrees to something in a header that is no list of extensions (RFC 6455 §9.1)."},

	{"gorilla", conformance.Clients, []string{"12.*", "13.1.*", "21.5.*"}, "It offers client_no_context_takeover, and fails if the answer does not repeat it. That is a hint, which a server may pass over (RFC 7692 §7.1.1.2)."},
	{"gorilla", conformance.Clients, []string{"20.22.21"}, "It takes a second Sec-WebSocket-Accept, a wrong one (RFC 6455 §11.3.3)."},
	{"gorilla", conformance.Clients, []string{"20.22.24", "20.22.25", "20.22.26"}, "It takes a subprotocol that it has not asked for (RFC 6455 §4.1)."},
	{"gorilla", conformance.Clients, []string{"20.22.28", "21.6.25"}, "It takes an extension that it has not asked for (RFC 6455 §4.1)."},
	{"gorilla", conformance.Clients, []string{"20.23.4"}, "It takes a response of HTTP/1.0 (RFC 6455 §4.1)."},
	{"gorilla", conformance.Clients, []string{"21.6.*"}, "It takes an answer that is no list of extensions (RFC 6455 §9.1)."},

	{"coder", conformance.Both, []string{"6.*"}, "It does not look whether a text is UTF-8 (RFC 6455 §8.1)."},
	{"coder", conformance.Both, []string{"7.5.1"}, "It sends the reason of a close frame back without a look whether it is UTF-8 (RFC 6455 §5.5.1)."},
	{"coder", conformance.Servers, []string{"20.6.*"}, "It takes a request with two Sec-WebSocket-Version headers (RFC 6455 §11.3.5)."},
	{"coder", conformance.Servers, []string{"21.1.12"}, "It agrees to an offer with server_max_window_bits=15 and leaves that out of its answer (RFC 7692 §7.1.2.1)."},
	{"coder", conformance.Servers, []string{"21.2.*"}, "It agrees to offers in which a parameter is repeated, or client_max_window_bits is out of range, which it must decline (RFC 7692 §7.1)."},
	{"coder", conformance.Servers, []string{"21.3.*"}, "It agrees to something in a header that is no list of extensions (RFC 6455 §9.1)."},
	{"coder", conformance.Clients, []string{"20.22.21"}, "It takes a second Sec-WebSocket-Accept, a wrong one (RFC 6455 §11.3.3)."},
	{"coder", conformance.Clients, []string{"20.23.4"}, "It takes a response of HTTP/1.0 (RFC 6455 §4.1)."},
	{"coder", conformance.Clients, []string{"21.6.30"}, "It takes an answer that is no list of extensions (RFC 6455 §9.1)."},
	{"coder", conformance.Clients, []string{"21.6.*"}, "It takes answers in which a parameter is repeated, or server_max_window_bits is out of range (RFC 7692 §7.1.2.1)."},

	{"gws", conformance.Servers, []string{"20.1.8"}, "It takes a request of HTTP/1.0. It must be 1.1 at least (RFC 6455 §4.2.1)."},
	{"gws", conformance.Servers, []string{"20.4.8"}, "It sees only the first of two Connection headers (RFC 6455 §4.2.1)."},
	{"gws", conformance.Servers, []string{"20.4.11", "20.4.12"}, "It looks for the letters of upgrade in Connection, not for the token (RFC 6455 §4.2.1)."},
	{"gws", conformance.Servers, []string{"20.5.*"}, "It takes two keys, in two headers or in one (RFC 6455 §11.3.1)."},
	{"gws", conformance.Servers, []string{"20.6.6", "20.6.7"}, "It takes a request with two Sec-WebSocket-Version headers (RFC 6455 §11.3.5)."},
	{"gws", conformance.Servers, []string{"20.6.*"}, "It refuses other versions without telling which one it wants (RFC 6455 §4.4)."},
	{"gws", conformance.Servers, []string{"20.9.5", "20.9.6"}, "It loses what comes in one segment with the request (RFC 6455 §4.2.1): with net/http that is in the buffer of the hijacked connection."},
	{"gws", conformance.Servers, []string{"13.3.*", "13.5.*", "21.1.*"}, "It answers with the windows that it prefers, whatever was offered: a larger one than was asked for, or client_max_window_bits to who has not offered it (RFC 7692 §7.1.2.1, §7.1.2.2)."},
	{"gws", conformance.Servers, []string{"21.2.*"}, "It agrees to offers with parameters that are unknown, repeated or out of range, which it must decline (RFC 7692 §7.1)."},
	{"gws", conformance.Servers, []string{"21.3.*"}, "It looks for the letters of permessage-deflate in a header that is no list of extensions (RFC 6455 §9.1)."},

	{"gobwas", conformance.Servers, []string{"20.4.8"}, "It sees only the first of two Connection headers (RFC 6455 §4.2.1)."},
	{"gobwas", conformance.Servers, []string{"20.4.10"}, "It refuses tabs around the commas of Connection, which may be there (RFC 9110 §5.6.1)."},
	{"gobwas", conformance.Servers, []string{"20.5.11", "20.5.12"}, "It takes two Sec-WebSocket-Key headers (RFC 6455 §11.3.1)."},
	{"gobwas", conformance.Servers, []string{"20.6.*"}, "It takes a request with two Sec-WebSocket-Version headers (RFC 6455 §11.3.5)."},
	{"gobwas", conformance.Servers, []string{"20.9.5", "20.9.6"}, "Used as its README has it, it loses what comes in one segment with the request (RFC 6455 §4.2.1): with net/http that is in the buffer of the hijacked connection."},
}
