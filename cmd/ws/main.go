// Ws is a WebSocket server to try things on, a client for the terminal and for
// scripts, and a suite that checks other servers and clients.
//
//	ws serve           an echo service, chat rooms, a clock, and a page to use them
//	ws connect URL     talk to a server
//	ws check URL       test a server, or a client, against the RFCs
//
// Run "ws help" for all of it. "ws help exit-status" lists what ws tells scripts.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
