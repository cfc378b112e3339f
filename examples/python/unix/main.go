// Command unix serves on a Unix socket until it is told to stop.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-websockets/websockets"
)

func greet(ctx context.Context, conn *websockets.Conn) error {
	return conn.Send(ctx, websockets.Text("you asked for "+conn.Request().URL.Path))
}

func serve(ctx context.Context, path string) error {
	server := &websockets.Server{Handler: greet}
	if err := server.Start("unix", path); err != nil {
		return err
	}
	<-ctx.Done()
	return server.Shutdown(context.Background())
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, "/tmp/greet.sock"); err != nil {
		log.Fatal(err)
	}
}
