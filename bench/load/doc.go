// Package load plays the clients of a server under test, and takes as little of
// the machine for it as it can: one goroutine with epoll for all connections,
// frames that were made and masked beforehand, and one write for all that goes out
// at a time.
//
// It checks every byte that comes back. Only where replies are compressed it
// looks at the frames alone, except on one connection, where it inflates them.
//
// It is for Linux, and for servers on this machine.
package load
