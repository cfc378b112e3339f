//go:build purego || !(amd64 || arm64)

package utf8stream

// vector would check p with vector instructions. There are none here.
func vector(p []byte) (n int, ok bool) { return 0, false }
