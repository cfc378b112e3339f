//go:build !purego

package cpu

// Prefetch has the processor fetch what will soon be needed: lines cache lines from
// where p, a pointer, points to, and stack lines of the stack from the caller's frame
// towards its callers. It does not wait for them, so that they come at the same time. At
// least one of each is fetched.
//
//go:noescape
func Prefetch(p any, lines, stack int)
