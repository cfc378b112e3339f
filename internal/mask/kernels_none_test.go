//go:build purego || !(amd64 || arm64)

package mask

import "testing"

func kernels() []way { return []way{{"plain", func(testing.TB) {}}} }

func current() string { return "plain" }
