package websockets_test

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"net/netip"

	"github.com/go-websockets/websockets"
)

// A client that sends more than it may is told so, and counted.
func ExamplePeerLimits() {
	s := &websockets.Server{Handler: func(ctx context.Context, conn *websockets.Conn) error {
		return conn.Receive(ctx, func(websockets.Message) error { return nil })
	}}
	s.Logger = quiet().Logger
	s.PeerLimits.Messages = websockets.Rate{PerSecond: 1, Burst: 3}
	client, stop := serve(s)
	defer stop()

	conn, err := client.Dial(context.Background(), "ws://server.example/")
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 4 {
		_ = conn.Send(context.Background(), websockets.Text("me again"))
	}
	_, err = conn.Recv(context.Background())
	if e, ok := errors.AsType[*websockets.CloseError](err); ok {
		fmt.Println(e.Code, e.Reason)
	}
	_ = s.Shutdown(context.Background())
	fmt.Println(s.Stats().Limits)
	// Output:
	// 1008 (policy violation) too many messages: the limit is 1 a second
	// map[messages:1]
}

// Behind a proxy on the same machine, clients are told apart by what the proxy says.
func ExampleProxies() {
	s := &websockets.Server{
		Handler: func(ctx context.Context, conn *websockets.Conn) error {
			return conn.Send(ctx, websockets.Text(conn.ClientAddr().String()))
		},
		ConnLimits: websockets.ConnLimits{PerAddress: 100},
		Proxies:    websockets.Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
	}
	client, stop := serve(s)
	defer stop()

	client.Header = map[string][]string{"X-Forwarded-For": {"127.0.0.1, 198.51.100.7"}} // the first is a lie
	conn, err := client.Dial(context.Background(), "ws://server.example/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	msg, err := conn.Recv(context.Background())
	fmt.Println(msg, err)
	// Output:
	// 198.51.100.7 <nil>
}

func ExampleServer_Stats() {
	s := &websockets.Server{Handler: func(context.Context, *websockets.Conn) error { return nil }}
	expvar.Publish("websockets", expvar.Func(func() any { return s.Stats() }))
	client, stop := serve(s)
	defer stop()

	_, _ = client.Dial(context.Background(), "ws://server.example/")
	_ = s.Shutdown(context.Background())
	fmt.Println(expvar.Get("websockets"))
	// Output:
	// {"Open":0,"Pending":0,"Accepted":1,"Refused":null,"Failed":null,"Limits":null}
}
