module github.com/go-websockets/websockets/faults

go 1.26

require (
	github.com/go-websockets/websockets v0.0.0
	golang.org/x/sys v0.47.0
)

require github.com/klauspost/compress v1.20.3 // indirect

replace github.com/go-websockets/websockets => ..
