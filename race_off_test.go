//go:build !race

package websockets_test

const raceEnabled = false
