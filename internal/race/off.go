//go:build !race

// Package race tells tests whether the race detector is on. It makes pools forget,
// and so code allocate that does not otherwise.
package race

// Enabled reports whether the race detector is on.
const Enabled = false
