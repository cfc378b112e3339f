// Package http11 reads and writes the HTTP/1.1 messages of a WebSocket opening
// handshake (RFC 9112): a GET request and its response, without their bodies.
//
// It is strict, because a proxy in front of us must never see another message
// than we do: lines end in CRLF, nothing is folded, no blank stands before a
// colon, and the version is HTTP/1.1. Every request that [ReadRequest] accepts
// and [CheckNoBody] lets pass is one that net/http accepts too, apart from the
// path, which is not looked into. [Limits] bound what is read before anything
// is known of the peer.
package http11
