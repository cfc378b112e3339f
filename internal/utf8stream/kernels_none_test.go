//go:build purego || !(amd64 || arm64)

package utf8stream

import "testing"

func kernels() []way { return []way{{"plain", func(testing.TB) {}}} }

func current() string { return "plain" }
