// Package conformance tests WebSocket peers, servers and clients, against RFC 6455
// and RFC 7692.
//
// It writes raw bytes and judges what comes back, so it shares nothing with a peer
// under test but package frame.
//
// # Cases
//
// A [Case] has an ID that never changes, a line that says what is sent, one that says
// what a peer must do, and the section of the RFC. [Cases] returns all of them, and
// [Select] those that patterns like "5.*" name.
//
// The families 1 to 13 are the 517 cases of the classical suite, with the same
// numbers and meaning; other suites and old reports can be compared with them. What
// differs: the content of what comes back is compared everywhere, and not its length
// alone; terms of compression must be granted as asked for, or declined, and
// distances beyond the window are found; a peer has three seconds where the
// classical suite gives it one or less; messages of the families 9, 12 and 13 go back
// and forth 200 times or less, if [Suite].Full is not set; and a peer that refuses
// more than 64 KiB with 1009 is not at fault. The families from 20 on are about what
// no other suite tests.
//
// # Servers
//
// A server under test sends each message back, with its type, and accepts messages
// of 16 MiB. [Suite.TestServer] connects for each case:
//
//	report, err := new(conformance.Suite).TestServer(ctx, "ws://localhost:9001/")
//
// In a Go test, Conformance of package wstest makes each case a subtest.
//
// # Clients
//
// A client under test connects to a [Server] again and again and sends each message
// back; the URL says which case it is. See there for the protocol, which is that of
// the classical suite.
//
// # Results
//
// A [Result] has two verdicts, for what a peer did and for how the connection was
// closed. [Result.Passed] sums them up. Everything that went over the wire is in its
// Log, in the notation of package frame and from the peer's view: "<" is what the
// peer received. Package report writes results as files for people and for machines.
package conformance
