// Command subprotocol tells the time to clients which say in what form.
package main

import (
	"context"
	"errors"
	"log"
	"slices"
	"strconv"
	"time"

	"github.com/go-websockets/websockets"
)

func tell(ctx context.Context, conn *websockets.Conn) error {
	now := time.Now()
	if conn.Subprotocol() == "time.unix" {
		return conn.Send(ctx, websockets.Text(strconv.FormatInt(now.Unix(), 10)))
	}
	return conn.Send(ctx, websockets.Text(now.Format(time.RFC3339)))
}

// choose takes what the client likes best, and insists on one that it knows.
func choose(offered, supported []string) (string, error) {
	for _, name := range offered {
		if slices.Contains(supported, name) {
			return name, nil
		}
	}
	return "", errors.New("none in common")
}

func newServer() *websockets.Server {
	return &websockets.Server{
		Options:           websockets.Options{Subprotocols: []string{"time.rfc3339", "time.unix"}},
		SelectSubprotocol: choose,
		Handler:           tell,
	}
}

func main() {
	log.Fatal(newServer().ListenAndServe("tcp", "localhost:8765"))
}
