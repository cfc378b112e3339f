// Command chat sends each message to all who are connected.
package main

import (
	"context"
	"log"

	"github.com/go-websockets/websockets"
)

func newServer() *websockets.Server {
	server := new(websockets.Server)
	server.Handler = func(ctx context.Context, conn *websockets.Conn) error {
		for msg, err := range conn.Messages(ctx) {
			if err != nil {
				return err
			}
			// Who cannot take it now is skipped, and keeps nobody waiting.
			if err := websockets.Broadcast(server.Conns(), msg); err != nil {
				log.Print(err)
			}
		}
		return nil
	}
	return server
}

func main() {
	log.Fatal(newServer().ListenAndServe("tcp", "localhost:8765"))
}
