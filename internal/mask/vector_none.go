//go:build purego || !(amd64 || arm64)

package mask

// vector would be words with vector instructions. There are none here.
func vector(dst, src []byte, k uint32) bool { return false }
