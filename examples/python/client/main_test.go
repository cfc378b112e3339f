package main

import (
	"context"
	"testing"

	"github.com/go-websockets/websockets"
)

func TestAsk(t *testing.T) {
	code := make(chan websockets.CloseCode, 1)
	server := &websockets.Server{Handler: func(ctx context.Context, conn *websockets.Conn) error {
		msg, err := conn.Recv(ctx)
		if err != nil {
			return err
		}
		if err := conn.Send(ctx, websockets.Text(msg.String()+" Yes!")); err != nil {
			return err
		}
		<-ctx.Done() // the client closes
		code <- conn.Err().(*websockets.CloseError).Code
		return nil
	}}
	if err := server.Start("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	answer, err := ask(t.Context(), "ws://"+server.Addrs()[0].String(), "is anybody there?")
	if err != nil || answer != "is anybody there? Yes!" {
		t.Errorf("got %q, %v", answer, err)
	}
	if got := <-code; got != websockets.CloseNormal {
		t.Errorf("the client closed with %v", got)
	}
	server.Close()
	if answer, err := ask(t.Context(), "ws://server.invalid:0", "?"); err == nil {
		t.Errorf("got %q from nobody", answer)
	}
}
