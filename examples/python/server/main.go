// Command server answers each message in upper case.
package main

import (
	"context"
	"log"
	"strings"

	"github.com/go-websockets/websockets"
)

func shout(ctx context.Context, conn *websockets.Conn) error {
	for msg, err := range conn.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := conn.Send(ctx, websockets.Text(strings.ToUpper(msg.String()))); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	log.Fatal(websockets.ListenAndServe("localhost:8765", shout))
}
