// Package bench has no code to import: its tests and benchmarks put the library
// beside gorilla/websocket, coder/websocket and gws, on the same machine and with
// the same traffic.
//
// README.md tells how to run them, and docs/explanation/compression.md what came
// out.
package bench
