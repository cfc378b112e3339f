package websockets_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// A server of many connections on net/http: while nothing comes, they need no goroutine.
func ExampleOnMessage() {
	s := &websockets.Server{
		Handler: websockets.OnMessage(func(ctx context.Context, conn *websockets.Conn, m websockets.Message) error {
			return conn.Send(ctx, m)
		}),
	}
	http.Handle("/echo", s)
	log.Fatal(http.ListenAndServe("localhost:8765", nil))
}

// The handler returns at once: what is to be done in the end is for a function of its own.
func ExampleConn_OnMessage() {
	goodbye := make(chan string)
	handler := func(ctx context.Context, conn *websockets.Conn) error {
		return conn.OnMessage(ctx, func(ctx context.Context, conn *websockets.Conn, m websockets.Message) error {
			return conn.Send(ctx, websockets.Text("you said "+m.String()))
		}, func(conn *websockets.Conn, err error) {
			goodbye <- conn.Err().Error()
		})
	}

	ctx := context.Background()
	network := new(wstest.Network)
	ln, err := network.Listen("echo.test:80")
	if err != nil {
		log.Fatal(err)
	}
	s := &websockets.Server{Handler: handler}
	go s.Serve(ln)
	defer s.Close()
	client := &websockets.Dialer{NetDial: network.Dial}
	conn, err := client.Dial(ctx, "ws://echo.test/")
	if err != nil {
		log.Fatal(err)
	}
	if err := conn.Send(ctx, websockets.Text("hello")); err != nil {
		log.Fatal(err)
	}
	m, err := conn.Recv(ctx)
	fmt.Println(m, err)
	_ = conn.Close()
	fmt.Println(<-goodbye)
	// Output:
	// you said hello <nil>
	// websockets: connection closed: 1000 (normal closure)
}
