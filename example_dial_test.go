package websockets_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/go-websockets/websockets"
)

func ExampleDial() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := websockets.Dial(ctx, "ws://localhost:8765/")
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Send(ctx, websockets.Text("hello")); err != nil {
		log.Fatal(err)
	}
	msg, err := conn.Recv(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(msg)
}

// A Dialer has the settings of a client.
func ExampleDialer() {
	pem, err := os.ReadFile("ca.pem")
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	d := &websockets.Dialer{
		Options: websockets.Options{
			Subprotocols:   []string{"chat.v2", "chat.v1"},
			MaxMessageSize: 64 << 10,
		},
		Header:    http.Header{"Authorization": {"Bearer " + os.Getenv("TOKEN")}},
		TLSConfig: &tls.Config{RootCAs: roots},
	}
	conn, err := d.Dial(context.Background(), "wss://chat.example.com/rooms/1")
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	fmt.Println("speaking", conn.Subprotocol())
}

// The errors of Dial tell what went wrong.
func ExampleDialer_Dial() {
	client, stop := serve(&websockets.Server{
		Handler: func(context.Context, *websockets.Conn) error { return nil },
		ProcessRequest: func(*http.Request) error {
			return &websockets.RejectError{Status: http.StatusServiceUnavailable, Body: []byte("down for lunch\n")}
		},
	})
	defer stop()
	_, err := client.Dial(context.Background(), "ws://server.example/")
	if e, ok := errors.AsType[*websockets.RejectError](err); ok {
		fmt.Printf("%d: %s", e.Status, e.Body)
	}
	fmt.Println(errors.Is(err, websockets.ErrHandshake))
	fmt.Println(err)
	// Output:
	// 503: down for lunch
	// true
	// websockets: dial "ws://server.example/": rejected with HTTP status 503 Service Unavailable: "down for lunch"
}
