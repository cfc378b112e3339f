// Package interop has no code to import: its tests run the library against
// other people's clients, servers, proxies and browsers.
//
// The install script gets these peers. A test whose peer is missing is skipped
// and says what to install; with WS_INTEROP=require in the environment, as in
// continuous integration, it fails instead.
//
// # Peers
//
// A peer in testdata/peers is a small program around somebody's WebSocket
// library. It reads commands from its standard input and reports what happens on
// its standard output, each as one line of JSON, so that one set of cases runs
// against every library, as client and as server. See testdata/peers/README.md.
package interop
