// Package faults has no code but tests: what a network, a peer, a system and an
// application can do to a connection, each with the bound within which the library
// has to be done with it. The sockets are those of the system; between the two ends
// is a wire of the tests' own, which loses, holds back and breaks on demand.
// README.md says how it works, and docs/reference/faults.md what came of it.
package faults
