package checksum_test

import (
	"context"
	"fmt"
	"log"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/examples/extension/checksum"
	"github.com/go-websockets/websockets/extension"
)

// Client and server list the extension. Compression is agreed on as well, and
// applied behind it.
func ExampleNew() {
	shared := websockets.Options{Extensions: []extension.Factory{checksum.New()}}

	server := &websockets.Server{Options: shared, Handler: func(ctx context.Context, conn *websockets.Conn) error {
		msg, err := conn.Recv(ctx)
		if err != nil {
			return err
		}
		return conn.Send(ctx, msg)
	}}
	if err := server.Start("tcp", "localhost:0"); err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	ctx := context.Background()
	dialer := websockets.Dialer{Options: shared}
	conn, err := dialer.Dial(ctx, fmt.Sprintf("ws://%v/", server.Addrs()[0]))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Println(conn.Response().Header.Get("Sec-WebSocket-Extensions"))
	if err := conn.Send(ctx, websockets.Text("hello")); err != nil {
		log.Fatal(err)
	}
	msg, err := conn.Recv(ctx)
	fmt.Println(msg, err)
	// Output:
	// x-checksum; algorithm=crc32c, permessage-deflate; server_max_window_bits=12; client_max_window_bits=12
	// hello <nil>
}
