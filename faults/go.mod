module github.com/go-websockets/websockets/faults

go 1.26

require golang.org/x/sys v0.47.0

replace github.com/go-websockets/websockets => ..
