// Command client sends a message and prints the answer.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/go-websockets/websockets"
)

func ask(ctx context.Context, url, question string) (string, error) {
	conn, err := websockets.Dial(ctx, url)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.Send(ctx, websockets.Text(question)); err != nil {
		return "", err
	}
	answer, err := conn.Recv(ctx)
	return answer.String(), err
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	answer, err := ask(ctx, "ws://localhost:8765", "is anybody there?")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer)
}
