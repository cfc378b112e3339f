//go:build !race

// Package race tells whether the race detector is on. It makes pools forget, and so
// code allocate that does not otherwise; and it does not see what assembly reads
// and writes.
package race

// Enabled reports whether the race detector is on.
const Enabled = false
