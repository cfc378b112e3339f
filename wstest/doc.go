// Package wstest helps to test programs that use WebSocket: without ports,
// without sleeping, and with faults on demand.
//
// [Server] starts a server on a network in memory and returns a Dialer that
// reaches it; [Pair] makes two connected ends without a server. That is all that
// most tests of a handler need.
//
// A [Network] has listeners, connections and what can go wrong with them: delays,
// reads cut into pieces, resets, stalls and silent losses, in each direction of
// each connection, at any time. See [Stream]. Its [Conn] is a full net.Conn and
// counts what it does.
//
// A [Peer] plays the other end by hand, right or wrong, frame by frame. It speaks
// the notation of [frame.Line], the same as in the log of a connection:
//
//	client.Run(`
//		< PING "?"
//		> PONG "?"
//	`)
//
// [NoLeaks] and [Main] fail a test, or all tests of a package, that leave
// goroutines behind.
//
// Everything here waits in ways that [testing/synctest] understands. In a bubble,
// tests of timeouts and keepalive take no time at all:
//
//	synctest.Test(t, func(t *testing.T) {
//		url, dialer := wstest.Server(t, server)
//		…
//	})
//
// A network, its connections and what uses them then belong in the same bubble.
package wstest
