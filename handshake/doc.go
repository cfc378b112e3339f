// Package handshake checks and builds the headers of the opening handshake (RFC
// 6455 §4). It does no I/O: package http11 or net/http reads and writes the
// messages, and the caller brings the random nonce.
//
// A client
//
//  1. checks its subprotocols with [CheckSubprotocolOffer], sets Host, calls
//     [BuildRequest], and sends a GET request with these headers;
//  2. reads the response, whose status must be 101, and calls [CheckResponse];
//  3. calls [AcceptExtensions] and [CheckSubprotocol].
//
// A server
//
//  1. reads a GET request without a body, and calls [CheckHost],
//     [CheckRequest] and [CheckOrigin];
//  2. calls [NegotiateExtensions], [OfferedSubprotocols] and
//     [SelectSubprotocol];
//  3. calls [BuildResponse] and sends a 101 response with these headers. If
//     anything was wrong, it sends what [BuildRejection] says instead.
//
// The examples show both. All errors belong to the family
// [httpheader.ErrHandshake], apart from those about the caller's own settings.
package handshake
