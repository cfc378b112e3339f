module github.com/go-websockets/websockets/bench

go 1.26

require (
	github.com/coder/websocket v1.8.15
	github.com/go-websockets/websockets v0.0.0
	github.com/gobwas/ws v1.5.0
	github.com/gorilla/websocket v1.5.3
	github.com/lxzan/gws v1.9.1
	golang.org/x/sys v0.47.0
)

require (
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
)

replace github.com/go-websockets/websockets => ..
