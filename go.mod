module github.com/go-websockets/websockets

go 1.26
