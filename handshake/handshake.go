package handshake

import (
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/go-websockets/websockets/httpheader"
)

// A Header is a set of HTTP headers. http.Header and *http11.Headers are.
type Header interface {
	// Values returns all values of a header, whatever the case of its name.
	Values(name string) []string

	// Set gives a header one value.
	Set(name, value string)
}

// Version is the only version of the protocol (RFC 6455 §4.1).
const Version = "13"

// BuildRequest sets the headers of a client's request that make it an opening
// handshake: Upgrade, Connection, Sec-WebSocket-Key and Sec-WebSocket-Version
// (RFC 6455 §4.1). The nonce must be random, and fresh for each connection. It
// returns the key, for [CheckResponse].
func BuildRequest(h Header, nonce [16]byte) (key string) {
	key = base64.StdEncoding.EncodeToString(nonce[:])
	setUpgrade(h)
	h.Set("Sec-WebSocket-Key", key)
	h.Set("Sec-WebSocket-Version", Version)
	return key
}

// CheckRequest checks the headers of a client's request that make it an opening
// handshake (RFC 6455 §4.2.1) and returns the key, for [BuildResponse]. The
// method, the HTTP version and that there is no body are for the caller to
// check, Host and Origin for [CheckHost] and [CheckOrigin].
//
// It fails with a *[httpheader.UpgradeError] if this is no request for a
// WebSocket, and else with a *[httpheader.Error] for a missing or repeated
// header, a *[httpheader.FormatError] or a *[httpheader.ValueError]. [Status]
// and [BuildRejection] tell how to answer.
func CheckRequest(h Header) (key string, err error) {
	if err := checkUpgrade(h); err != nil {
		return "", err
	}
	if err := checkVersion(h); err != nil {
		return "", err
	}
	return checkKey(h)
}

// BuildResponse sets the headers of a server's 101 response that accept an
// opening handshake: Upgrade, Connection and Sec-WebSocket-Accept (RFC 6455
// §4.2.2). The key comes from [CheckRequest].
func BuildResponse(h Header, key string) {
	setUpgrade(h)
	h.Set("Sec-WebSocket-Accept", AcceptKey(key))
}

// CheckResponse checks the headers of a server's 101 response that accept an
// opening handshake (RFC 6455 §4.1). The key comes from [BuildRequest]. That
// the status is 101 is for the caller to check, the agreed extensions and
// subprotocol for [AcceptExtensions] and [CheckSubprotocol].
//
// It fails as [CheckRequest] does, with a *[httpheader.ValueError] if
// Sec-WebSocket-Accept does not fit the key.
func CheckResponse(h Header, key string) error {
	if err := checkUpgrade(h); err != nil {
		return err
	}
	return checkAccept(h, key)
}

// AcceptKey returns the Sec-WebSocket-Accept for a Sec-WebSocket-Key: it proves
// that the server understood the request (RFC 6455 §4.2.2, step 5.4).
func AcceptKey(key string) string {
	const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	sum := sha1.Sum([]byte(key + guid))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// setUpgrade writes Connection as the one word "Upgrade" because some clients
// compare the whole value.
func setUpgrade(h Header) {
	h.Set("Upgrade", "websocket")
	h.Set("Connection", "Upgrade")
}

// checkUpgrade demands the option Upgrade in Connection, maybe among others, and
// websocket as the only protocol in Upgrade (RFC 6455 §4.1, §4.2.1): what would
// be spoken after the 101 must not be open to doubt.
func checkUpgrade(h Header) error {
	option, hasOne := lone(h, "Connection")
	protocol, hasOther := lone(h, "Upgrade")
	if hasOne && hasOther && option == "Upgrade" && protocol == "websocket" {
		return nil // as most clients write it
	}
	connection, err := joined(h, "Connection", httpheader.ParseConnection)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(connection, func(option string) bool { return strings.EqualFold(option, "Upgrade") }) {
		return &httpheader.UpgradeError{Name: "Connection", Value: strings.Join(connection, ", ")}
	}
	upgrade, err := joined(h, "Upgrade", httpheader.ParseUpgrade)
	if err != nil {
		return err
	}
	if len(upgrade) != 1 || !strings.EqualFold(upgrade[0], "websocket") {
		return &httpheader.UpgradeError{Name: "Upgrade", Value: strings.Join(upgrade, ", ")}
	}
	return nil
}

// checkVersion demands exactly one Sec-WebSocket-Version of 13 (RFC 6455
// §4.2.1, §11.3.5).
func checkVersion(h Header) error {
	version, err := only(h, "Sec-WebSocket-Version")
	if err != nil {
		return err
	}
	if version != Version {
		return &httpheader.ValueError{Name: "Sec-WebSocket-Version", Value: version}
	}
	return nil
}

// checkKey demands exactly one Sec-WebSocket-Key, the base64 of 16 bytes (RFC
// 6455 §4.2.1, §11.3.1). Other spellings of the same bytes are refused.
func checkKey(h Header) (string, error) {
	key, err := only(h, "Sec-WebSocket-Key")
	if err != nil {
		return "", err
	}
	var text, again [24]byte
	var nonce [18]byte
	if len(key) != copy(text[:], key) {
		return "", &httpheader.ValueError{Name: "Sec-WebSocket-Key", Value: key}
	}
	n, err := base64.StdEncoding.Decode(nonce[:], text[:])
	base64.StdEncoding.Encode(again[:], nonce[:16])
	if err != nil || n != 16 || string(again[:]) != key {
		return "", &httpheader.ValueError{Name: "Sec-WebSocket-Key", Value: key}
	}
	return key, nil
}

// checkAccept demands exactly one Sec-WebSocket-Accept that fits the key; blanks
// around it do not count (RFC 6455 §4.1, §11.3.3).
func checkAccept(h Header, key string) error {
	accept, err := only(h, "Sec-WebSocket-Accept")
	if err != nil {
		return err
	}
	if strings.Trim(accept, " \t") != AcceptKey(key) {
		return &httpheader.ValueError{Name: "Sec-WebSocket-Accept", Value: accept}
	}
	return nil
}

// lone returns the value of a header that occurs once, if h can tell: *http11.Headers
// can, without memory for a slice.
func lone(h Header, name string) (value string, ok bool) {
	if g, can := h.(interface {
		Get(name string) (string, error)
	}); can {
		value, err := g.Get(name)
		return value, err == nil
	}
	return "", false
}

// joined parses a header that may have several lines (RFC 9110 §5.3). The result
// is nil if there is none.
func joined[T any](h Header, name string, parse func(string) ([]T, error)) ([]T, error) {
	if value, ok := lone(h, name); ok {
		return parse(value)
	}
	lines := h.Values(name)
	if len(lines) == 0 {
		return nil, nil
	}
	return parse(strings.Join(lines, ", "))
}

// only returns the value of a header that must occur once.
func only(h Header, name string) (string, error) {
	if value, ok := lone(h, name); ok {
		return value, nil
	}
	lines := h.Values(name)
	if len(lines) != 1 {
		return "", &httpheader.Error{Name: name, Value: strings.Join(lines, ", ")}
	}
	return lines[0], nil
}
