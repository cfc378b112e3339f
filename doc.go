// Package websockets is a WebSocket client and server (RFC 6455).
//
// # Client
//
// [Dial] opens a connection; a [Dialer] has the settings. [Conn.Send] and
// [Conn.Recv] exchange whole messages, and [Conn.Close] ends the connection with
// the closing handshake:
//
//	conn, err := websockets.Dial(ctx, "ws://localhost:8765/")
//	if err != nil {
//		return err
//	}
//	defer conn.Close()
//	err = conn.Send(ctx, websockets.Text("hello"))
//
// # Server
//
// [ListenAndServe] calls a [Handler] for each connection, in a goroutine of its
// own, and closes the connection when the handler returns. [Conn.Messages] is
// Recv as a loop, which ends when the peer is done:
//
//	err := websockets.ListenAndServe(":8765", func(ctx context.Context, conn *websockets.Conn) error {
//		for msg, err := range conn.Messages(ctx) {
//			if err != nil {
//				return err
//			}
//			if err := conn.Send(ctx, msg); err != nil {
//				return err
//			}
//		}
//		return nil
//	})
//
// A [Server] has the settings, any number of listeners, and Shutdown.
//
// # With net/http
//
// A Server is an [http.Handler] too: mount it where connections should come in.
// [Upgrade] takes over a single request instead. An [http.Server] forgets the
// connections that it has handed over: have its RegisterOnShutdown call
// [Server.Shutdown].
//
// # Concurrency
//
// One goroutine at a time may receive on a connection. All other methods may be
// called by any number of goroutines at any time; messages never mix. Pings are
// answered, and the closing handshake is done, whether or not anybody receives.
//
// A context that ends only ends the call that it was given to. Recv loses
// nothing then, and Send has sent the whole message or nothing of it. The one
// exception is a message sent in fragments, see [Conn.Writer].
//
// # Compression
//
// Messages of 256 bytes and more are compressed where the peer agrees, by the
// extension permessage-deflate (RFC 7692). [Options] have DisableCompression to
// switch it off and Deflate to tune it; a [Message] has a DisableCompression of its
// own, for secrets. Package deflate tells what it costs.
//
// # Closing
//
// Close sends a close frame behind all messages, waits for the peer's, and for
// the end of the transport: at most [Options].CloseTimeout in all. Once it is
// over, Done is closed, and every call returns the same *[CloseError], which has
// the close codes of both sides. A peer that breaks a rule, sends too much or
// does not answer pings makes the connection fail: it is closed with a code that
// says why.
//
// # Terminology
//
// The words are those of RFC 6455. An endpoint is a client or a server, and the
// other one is its peer. The opening handshake is an HTTP request and its
// response; the closing handshake is a close frame in each direction. A message
// is a text or binary data, in one frame or in several fragments. Control frames
// are close, ping and pong.
package websockets
