module github.com/go-websockets/websockets/interop

go 1.26

require github.com/go-websockets/websockets v0.0.0

replace github.com/go-websockets/websockets => ..
