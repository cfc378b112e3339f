// Package cpu tells which vector instructions may be used, where that is not
// certain: on amd64. An arm64 processor always has those of NEON that Go programs
// may use, and elsewhere, as with the build tag purego, there is no code for any.
// Prefetch is an instruction by itself.
package cpu
