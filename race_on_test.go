//go:build race

package websockets_test

// raceEnabled: the race detector makes pools forget, and so allocate.
const raceEnabled = true
