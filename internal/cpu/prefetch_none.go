//go:build purego || !amd64

package cpu

// Prefetch is for processors where it has been measured. Here it does nothing.
func Prefetch(p any, lines, stack int) {}
