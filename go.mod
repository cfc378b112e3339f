module github.com/go-websockets/websockets

go 1.26

require github.com/klauspost/compress v1.20.3
