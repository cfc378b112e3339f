// Package auth decides who may connect: helpers for the ProcessRequest of a
// [websockets.Server], and for middleware in front of any [http.Handler].
//
// A [Guard] looks at a request and lets it pass or refuses it:
//
//	[Basic]        user and password, in the Authorization header (RFC 7617)
//	[Bearer]       a token in the Authorization header (RFC 6750)
//	[Subprotocol]  a token in Sec-WebSocket-Protocol, which browsers can send
//	[Query]        a token in the query, best a ticket of [Tickets]
//	[Hosts]        the Host header, against DNS rebinding
//	[All], [Any]   several of them
//
// and [FirstMessage] is for a handler that gets the credential as a message. What
// says whether a credential is good is a function of the program, or one that
// [Passwords], [Tokens] or [Tickets] make:
//
//	srv.ProcessRequest = auth.All(
//		auth.Hosts("chat.example.com"),
//		auth.Bearer("chat", verify),
//	).Process
//
// That function returns an identity of any type T; the handler finds it in its
// context, by [Identity]. What it must not do is let somebody pass by accident:
//
//   - Only a nil error lets a request pass. An error that matches [ErrDenied] is
//     answered with 401, a *[websockets.RejectError] as it says, and any other
//     error with 500; so is a panic.
//   - It must give up when its context ends, which is after OpenTimeout: the answer
//     is then 503. A result that comes later does not count.
//
// After that the credential is gone: the request that the handler sees by
// [websockets.Conn.Request] has it neither in its headers nor in its URL. Nor does
// it get into errors and logs; if the text of an error of the program has it, that
// text is withheld. The request that net/http has, in middleware which is called
// earlier, is unchanged. So is the log of frames at level Debug, which shows the
// beginning of messages, and of the one that FirstMessage receives.
//
// Who may connect is not only a matter of credentials. Browsers send cookies and
// passwords which they know whatever page opens the connection: Origins of the
// Server keep pages of others out, by default.
package auth
