// Package wsuri parses ws and wss URIs (RFC 6455 §3, RFC 3986).
//
// A URI is parsed by [Parse] and put together again by [URI.String]. Everything
// that a client needs to open a connection comes out of it: whether to use TLS,
// what to dial, and what to put in the request line, the Host header and the
// Authorization header.
//
// # Characters that are not ASCII
//
// In the path, the query and the user information they are percent-encoded as
// UTF-8 (RFC 3987 §3.1). A host that is not ASCII must become an A-label
// ("xn--..."), which takes the tables of Unicode for normalization: they are not
// in the standard library, and a conversion without them would reach other
// hosts than other programs do. So [Parse] refuses such a host, and [ParseIDN]
// takes the conversion as an argument.
//
// # Unix sockets
//
// ws+unix:///run/app.sock:/chat?room=1 means the resource /chat?room=1 of the
// server at the socket /run/app.sock. The path of the socket ends at the first
// colon; a colon in it is written %3A. Without a colon the resource is "/".
package wsuri
