// Command health answers a health check on the port of its WebSockets.
package main

import (
	"context"
	"log"
	"net/http"

	"github.com/go-websockets/websockets"
)

func checkHealth(r *http.Request) error {
	if r.URL.Path == "/healthz" {
		return &websockets.RejectError{Status: http.StatusOK, Body: []byte("fine\n")}
	}
	return nil
}

func echo(ctx context.Context, conn *websockets.Conn) error {
	for msg, err := range conn.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := conn.Send(ctx, msg); err != nil {
			return err
		}
	}
	return nil
}

func newServer() *websockets.Server {
	return &websockets.Server{Handler: echo, ProcessRequest: checkHealth}
}

func main() {
	log.Fatal(newServer().ListenAndServe("tcp", "localhost:8765"))
}
