package conformance

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// The sections that the cases of the opening handshake stand on.
const (
	inRequest  = "RFC 6455 §4.2.1"
	inResponse = "RFC 6455 §4.2.2"
	onClient   = "RFC 6455 §4.1"
	inSyntax   = "RFC 9112 §2.2"
	inLine     = "RFC 9112 §3"
	inTarget   = "RFC 9112 §3.2"
	inFields   = "RFC 9112 §5"
	inBodies   = "RFC 9112 §6"
	inLists    = "RFC 9110 §5.6.1"
)

// requestsOf are the cases of family 20 that are one request each.
func requestsOf() []*Case {
	return concat(requestLines(), hosts(), upgrades(), connections(), keys(), versions(), fields())
}

func concat(lists ...[]*Case) (cases []*Case) {
	for _, l := range lists {
		cases = append(cases, l...)
	}
	return cases
}

// requestLines are the cases 20.1: the first line.
func requestLines() []*Case {
	return []*Case{
		requestCase("20.1.1", inRequest, "An ordinary request", opens),
		requestCase("20.1.2", inRequest, "The method POST", opensNot, line("GET", "POST {uri} HTTP/1.1"), plus("Content-Length: 0")),
		requestCase("20.1.3", inRequest, "The method PUT", opensNot, line("GET", "PUT {uri} HTTP/1.1"), plus("Content-Length: 0")),
		requestCase("20.1.4", inRequest, "The method HEAD", opensNot, line("GET", "HEAD {uri} HTTP/1.1")),
		requestCase("20.1.5", inRequest, "The method OPTIONS", opensNot, line("GET", "OPTIONS {uri} HTTP/1.1")),
		requestCase("20.1.6", inRequest, "The method get, in small letters", opensNot, line("GET", "get {uri} HTTP/1.1")),
		requestCase("20.1.7", inRequest, "The method GETX", opensNot, line("GET", "GETX {uri} HTTP/1.1")),
		requestCase("20.1.8", inRequest, "HTTP/1.0", opensNot, line("GET", "GET {uri} HTTP/1.0")),
		requestCase("20.1.9", inRequest, "HTTP/0.9: no version", opensNot, line("GET", "GET {uri}")),
		requestCase("20.1.10", inRequest, "HTTP/1.2", mayOpen, line("GET", "GET {uri} HTTP/1.2")),
		requestCase("20.1.11", inLine, "HTTP/2.0 in the line of an HTTP/1 request", opensNot, line("GET", "GET {uri} HTTP/2.0")),
		requestCase("20.1.12", inLine, "http/1.1, in small letters", shouldRefuse, line("GET", "GET {uri} http/1.1")),
		requestCase("20.1.13", inLine, "HTTP/1.1.1", shouldRefuse, line("GET", "GET {uri} HTTP/1.1.1")),
		requestCase("20.1.14", inLine, "Two blanks between method and target", mayOpen, line("GET", "GET  {uri} HTTP/1.1")),
		requestCase("20.1.15", inLine, "A blank behind the version", mayOpen, line("GET", "GET {uri} HTTP/1.1 ")),
		requestCase("20.1.16", inLine, "Tabs between method, target and version", mayOpen, line("GET", "GET\t{uri}\tHTTP/1.1")),
		requestCase("20.1.17", inLine, "A blank in the target", shouldRefuse, line("GET", "GET {uri} x HTTP/1.1")),
		requestCase("20.1.18", inTarget, "An absolute URI as the target", opens, line("GET", "GET {scheme}://{host}{uri} HTTP/1.1")),
		requestCase("20.1.19", inTarget, "An absolute URI with another host", mayOpen, line("GET", "GET {scheme}://other.example{uri} HTTP/1.1")),
		requestCase("20.1.20", inTarget, "A target that is neither a path nor a URI", shouldRefuse, line("GET", "GET chat HTTP/1.1")),
		requestCase("20.1.21", inTarget, "The target *", shouldRefuse, line("GET", "GET * HTTP/1.1")),
		requestCase("20.1.22", "RFC 6455 §3", "A target with a fragment", mayOpen, line("GET", "GET {uri}#part HTTP/1.1")),
		requestCase("20.1.23", inLine, "A NUL in the target", shouldRefuse, line("GET", "GET {uri}\x00 HTTP/1.1")),
		requestCase("20.1.24", inSyntax, "An empty line before the request", mayOpen, line("GET", "\r\nGET {uri} HTTP/1.1")),
		requestCase("20.1.25", inSyntax, "No HTTP at all", opensNot, swap(baseRequest, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")),
		requestCase("20.1.26", inRequest, "A target with a query", mayOpen, line("GET", "GET {uri}?a=b&c=%20 HTTP/1.1")),
	}
}

// hosts are the cases 20.2: the header Host.
func hosts() []*Case {
	const one = "RFC 9112 §3.2"
	return []*Case{
		requestCase("20.2.1", one, "No Host", refuses, line("Host", "")),
		requestCase("20.2.2", one, "Two Hosts that are alike", refuses, line("Host", "Host: {host}\r\nHost: {host}")),
		requestCase("20.2.3", one, "Two Hosts that differ", refuses, line("Host", "Host: {host}\r\nHost: other.example")),
		requestCase("20.2.4", inRequest, "An empty Host", mayOpen, line("Host", "Host:")),
		requestCase("20.2.5", one, "A Host with a blank inside", refuses, line("Host", "Host: a b")),
		requestCase("20.2.6", one, "A Host with a path", shouldRefuse, line("Host", "Host: {host}/chat")),
		requestCase("20.2.7", one, "A Host with a user name", shouldRefuse, line("Host", "Host: someone@{host}")),
		requestCase("20.2.8", one, "A Host with an open bracket", shouldRefuse, line("Host", "Host: [::1")),
		requestCase("20.2.9", inFields, "hOsT, in another case", opens, line("Host", "hOsT: {host}")),
	}
}

// upgrades are the cases 20.3: the header Upgrade.
func upgrades() []*Case {
	return []*Case{
		requestCase("20.3.1", inRequest, "No Upgrade", opensNot, line("Upgrade", "")),
		requestCase("20.3.2", inRequest, "An empty Upgrade", opensNot, line("Upgrade", "Upgrade:")),
		requestCase("20.3.3", inRequest, "Upgrade: WebSocket", opens, line("Upgrade", "Upgrade: WebSocket")),
		requestCase("20.3.4", inRequest, "Upgrade: WEBSOCKET", opens, line("Upgrade", "Upgrade: WEBSOCKET")),
		requestCase("20.3.5", inRequest, "upGRADE as the name of the header", opens, line("Upgrade", "upGRADE: websocket")),
		requestCase("20.3.6", inRequest, "Upgrade: websockets", opensNot, line("Upgrade", "Upgrade: websockets")),
		requestCase("20.3.7", inRequest, "Upgrade: web socket", opensNot, line("Upgrade", "Upgrade: web socket")),
		requestCase("20.3.8", inRequest, "Upgrade: h2c", opensNot, line("Upgrade", "Upgrade: h2c")),
		requestCase("20.3.9", inRequest, "Upgrade: h2c, websocket", mayOpen, line("Upgrade", "Upgrade: h2c, websocket")),
		requestCase("20.3.10", inRequest, "Two Upgrades, h2c and websocket", mayOpen, line("Upgrade", "Upgrade: h2c\r\nUpgrade: websocket")),
		requestCase("20.3.11", inRequest, "Two Upgrades, both websocket", mayOpen, line("Upgrade", "Upgrade: websocket\r\nUpgrade: websocket")),
		requestCase("20.3.12", inRequest, "Upgrade: websocket/13", mayOpen, line("Upgrade", "Upgrade: websocket/13")),
		requestCase("20.3.13", inFields, "Upgrade with tabs and blanks around the value", opens, line("Upgrade", "Upgrade: \t websocket \t ")),
		requestCase("20.3.14", inFields, "Upgrade without a blank behind the colon", opens, line("Upgrade", "Upgrade:websocket")),
		requestCase("20.3.15", inRequest, "Upgrade: \"websocket\", in quotes", shouldRefuse, line("Upgrade", `Upgrade: "websocket"`)),
	}
}

// connections are the cases 20.4: the header Connection.
func connections() []*Case {
	connection := func(n int, section, title string, want rule, text string) *Case {
		return requestCase(fmt.Sprintf("20.4.%d", n), section, title, want, line("Connection", text))
	}
	return []*Case{
		connection(1, inRequest, "No Connection", opensNot, ""),
		connection(2, inRequest, "An empty Connection", opensNot, "Connection:"),
		connection(3, inRequest, "Connection: keep-alive", opensNot, "Connection: keep-alive"),
		connection(4, inRequest, "Connection: upgrade", opens, "Connection: upgrade"),
		connection(5, inRequest, "Connection: UPGRADE", opens, "Connection: UPGRADE"),
		connection(6, inRequest, "Connection: keep-alive, Upgrade", opens, "Connection: keep-alive, Upgrade"),
		connection(7, inRequest, "Connection: Upgrade,keep-alive", opens, "Connection: Upgrade,keep-alive"),
		connection(8, inRequest, "Two Connections, keep-alive and Upgrade", opens, "Connection: keep-alive\r\nConnection: Upgrade"),
		connection(9, inLists, "A list with empty elements", opens, "Connection: , Upgrade"),
		connection(10, inLists, "A list with tabs around the comma", opens, "Connection: keep-alive\t,\tUpgrade"),
		connection(11, inRequest, "Connection: notupgrade", opensNot, "Connection: notupgrade"),
		connection(12, inRequest, "Connection: Upgrades", opensNot, "Connection: Upgrades"),
		connection(13, inRequest, "Connection: keep-alive Upgrade, without a comma", shouldRefuse, "Connection: keep-alive Upgrade"),
		connection(14, inRequest, "A list of 20 options with Upgrade as the last", opens, "Connection: "+strings.Repeat("x, ", 19)+"Upgrade"),
		connection(15, inRequest, "Connection: Upgrade, close", mayOpen, "Connection: Upgrade, close"),
	}
}

// keys are the cases 20.5: the header Sec-WebSocket-Key.
func keys() []*Case {
	const once = "RFC 6455 §11.3.1"
	key := func(n int, section, title string, want rule, text string) *Case {
		return requestCase(fmt.Sprintf("20.5.%d", n), section, title, want, line("Sec-WebSocket-Key", text))
	}
	of := func(n int) string { return "Sec-WebSocket-Key: " + base64.StdEncoding.EncodeToString(make([]byte, n)) }
	other := "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
	return []*Case{
		key(1, inRequest, "No key", refuses, ""),
		key(2, inRequest, "An empty key", refuses, "Sec-WebSocket-Key:"),
		key(3, inRequest, "A key of 15 bytes", shouldRefuse, of(15)),
		key(4, inRequest, "A key of 17 bytes", shouldRefuse, of(17)),
		key(5, inRequest, "A key of 1 byte", shouldRefuse, of(1)),
		key(6, inRequest, "A key of 4096 bytes", shouldRefuse, of(4096)),
		key(7, inRequest, "A key that is no base64", shouldRefuse, "Sec-WebSocket-Key: ?????????????????????==="),
		key(8, inRequest, "A key with the letters of base64url", shouldRefuse, "Sec-WebSocket-Key: -_-_-_-_-_-_-_-_-_-_-A=="),
		key(9, inRequest, "A key without its padding", shouldRefuse, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA"),
		key(10, inRequest, "A key with a blank inside", shouldRefuse, "Sec-WebSocket-Key: AAAAAAAAAA AAAAAAAAAAA=="),
		key(11, once, "Two keys that are alike", refuses, "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Key: {key}"),
		key(12, once, "Two keys that differ", refuses, "Sec-WebSocket-Key: {key}\r\n"+other),
		key(13, once, "Two keys in one line", refuses, "Sec-WebSocket-Key: {key}, {key}"),
		key(14, inFields, "A key with blanks and tabs around it", opens, "Sec-WebSocket-Key: \t {key}\t "),
		key(15, inFields, "sec-websocket-key, in small letters", opens, "sec-websocket-key: {key}"),
		key(16, inFields, "SEC-WEBSOCKET-KEY, in capitals", opens, "SEC-WEBSOCKET-KEY: {key}"),
		scripted("20.5.17", inResponse, "The key that the RFC has as its example", "The response has the Sec-WebSocket-Accept of the RFC.", Servers, func(s *session) {
			const key = "dGhlIHNhbXBsZSBub25jZQ=="
			s.requests(baseRequest, key)
			r := s.hear(replyTime)
			s.judgeReply(opens, r, key)
			if got := r.response.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
				s.failf("Sec-WebSocket-Accept is %q", got)
			}
		}),
	}
}

// versions are the cases 20.6: the header Sec-WebSocket-Version.
func versions() (cases []*Case) {
	const once = "RFC 6455 §11.3.5"
	version := func(n int, section, title string, want rule, text string) *Case {
		return requestCase(fmt.Sprintf("20.6.%d", n), section, title, want, line("Sec-WebSocket-Version", text))
	}
	cases = []*Case{
		version(1, inRequest, "No version", refuses, ""),
		version(2, inRequest, "An empty version", refuses, "Sec-WebSocket-Version:"),
		version(3, inRequest, "The version 013", refuses, "Sec-WebSocket-Version: 013"),
		version(4, inRequest, "The version 13.0", refuses, "Sec-WebSocket-Version: 13.0"),
		version(5, inRequest, "The version -13", refuses, "Sec-WebSocket-Version: -13"),
		version(6, once, "The versions 13 and 8, in two lines", refuses, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8"),
		version(7, once, "The version 13, in two lines", refuses, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13"),
		version(8, inRequest, "The versions 8 and 13, in one line", refuses, "Sec-WebSocket-Version: 8, 13"),
		version(9, inFields, "The version with blanks around it", opens, "Sec-WebSocket-Version: \t13 "),
		version(10, inRequest, "The version 99999999999999999999", refuses, "Sec-WebSocket-Version: 99999999999999999999"),
	}
	for i, v := range []string{"0", "7", "8", "12", "14", "25", "255"} {
		cases = append(cases, otherVersion(fmt.Sprintf("20.6.%d", len(cases)+1), v, i == 1 || i == 2))
	}
	return cases
}

// otherVersion is a case of a version that the RFC does not define. Of some, which
// drafts had, a server may know.
func otherVersion(id, v string, draft bool) *Case {
	return scripted(id, "RFC 6455 §4.4", "The version "+v, "The response is an error, best 426, and Sec-WebSocket-Version has the versions that the server knows.", Servers, func(s *session) {
		key := newKey()
		s.requests(line("Sec-WebSocket-Version", "Sec-WebSocket-Version: "+v)(baseRequest), key)
		r := s.hear(replyTime)
		if draft && r.status == 101 {
			s.inform("the server speaks this version of a draft")
			return
		}
		s.judgeReply(refuses, r, key)
		if r.status == 0 || s.r.Behavior == NonStrict {
			return
		}
		if known := tokens(r.response.Header.Values("Sec-WebSocket-Version")); len(known) == 0 {
			s.failf("the response has %v, and no Sec-WebSocket-Version", r)
		} else if r.status != 426 {
			s.verdict(NonStrict, "the response has %v and Sec-WebSocket-Version: %q; better: 426", r, known)
		}
	})
}

// fields are the cases 20.7: the syntax of headers.
func fields() []*Case {
	const colon = "RFC 9112 §5.1"
	return []*Case{
		requestCase("20.7.1", colon, "A blank before the colon of a header", refuses, plus("X-Test : 1")),
		requestCase("20.7.2", colon, "A blank before the colon of Sec-WebSocket-Key", refuses, swap("Sec-WebSocket-Key:", "Sec-WebSocket-Key :")),
		requestCase("20.7.3", "RFC 9112 §5.2", "A header that is folded", mayOpen, plus("X-Test: a\r\n b")),
		requestCase("20.7.4", "RFC 9112 §5.2", "Upgrade, folded", mayOpen, line("Upgrade", "Upgrade:\r\n websocket")),
		requestCase("20.7.5", inSyntax, "A line that begins with a blank, behind the request line", mayOpen, line("Host", " X-Test: 1\r\nHost: {host}")),
		requestCase("20.7.6", inSyntax, "Lines that end in LF", mayOpen, swap("\r\n", "\n")),
		requestCase("20.7.7", inSyntax, "One header that ends in LF", mayOpen, plus("X-Test: 1\nX-More: 2")),
		requestCase("20.7.8", inSyntax, "A CR alone in a value", mayOpen, plus("X-Test: a\rb")),
		requestCase("20.7.9", "RFC 9110 §5.5", "A NUL in a value", mayOpen, plus("X-Test: a\x00b")),
		requestCase("20.7.10", "RFC 9110 §5.5", "Bytes that are not ASCII in a value", mayOpen, plus("X-Test: \xe4\xf6\xfc\xff")),
		requestCase("20.7.11", inFields, "A line without a colon", shouldRefuse, plus("X-Test")),
		requestCase("20.7.12", inFields, "A header without a name", shouldRefuse, plus(": 1")),
		requestCase("20.7.13", inFields, "A name with a blank inside", shouldRefuse, plus("X Test: 1")),
		requestCase("20.7.14", inFields, "A name with a NUL", shouldRefuse, plus("X\x00Test: 1")),
		requestCase("20.7.15", inFields, "A name with brackets", shouldRefuse, plus("X(Test): 1")),
		requestCase("20.7.16", inFields, "A name that is not ASCII", shouldRefuse, plus("X-T\xe9st: 1")),
		requestCase("20.7.17", inRequest, "Headers that nobody knows", opens, plus("X-Test: 1\r\nX-Empty:\r\nx-test: 2")),
		requestCase("20.7.18", inRequest, "Cookies and credentials", mayOpen, plus("Cookie: a=b; c=\"d\"\r\nCookie: e\r\nAuthorization: Basic Og==")),
		requestCase("20.7.19", inFields, "All names in capitals", opens, swap("Host:", "HOST:"), swap("Upgrade: w", "UPGRADE: w"), swap("Connection:", "CONNECTION:"), swap("Sec-WebSocket-", "SEC-WEBSOCKET-")),
		requestCase("20.7.20", inFields, "All names in small letters", opens, swap("Host:", "host:"), swap("Upgrade: w", "upgrade: w"), swap("Connection:", "connection:"), swap("Sec-WebSocket-", "sec-websocket-")),
		requestCase("20.7.21", inFields, "The headers in the order of the alphabet, backwards", opens, swap("Upgrade: websocket\r\n", ""), swap("Host: {host}\r\n", ""), plus("Host: {host}"), line("Connection", "Upgrade: websocket\r\nConnection: Upgrade")),
		requestCase("20.7.22", inFields, "A name that ends in ſ, which folds to s outside ASCII", shouldRefuse, plus("Sec-Web\xc5\xbfocket-Key: x")),
	}
}
