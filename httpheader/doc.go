// Package httpheader parses and builds the values of the HTTP headers that a
// WebSocket opening handshake uses: Connection, Upgrade, Host, Authorization,
// Sec-WebSocket-Extensions and Sec-WebSocket-Protocol.
//
// The parsers take the value of one header. If a header came in several lines,
// join their values with ", " first (RFC 9110 §5.3). They accept exactly the
// grammar of the RFCs, in time linear in the length of the value, and report
// what they do not accept as a *[FormatError].
//
// The package also defines the error types of the opening handshake, because
// every other package that takes part in it imports this one.
package httpheader
