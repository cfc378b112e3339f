package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// A server that sends back what it receives.
func ExampleListenAndServe() {
	err := websockets.ListenAndServe("localhost:8765", func(ctx context.Context, conn *websockets.Conn) error {
		for msg, err := range conn.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := conn.Send(ctx, msg); err != nil {
				return err
			}
		}
		return nil
	})
	log.Fatal(err)
}

// A server with settings, which stops in good order at an interrupt.
func ExampleServer() {
	s := &websockets.Server{
		Options: websockets.Options{Subprotocols: []string{"chat.v2", "chat.v1"}},
		Handler: func(ctx context.Context, conn *websockets.Conn) error {
			return conn.Send(ctx, websockets.Text("welcome to "+conn.Subprotocol()))
		},
		Origins: []string{"https://example.com", websockets.NoOrigin},
		ProcessRequest: func(r *http.Request) error {
			switch {
			case r.URL.Path == "/healthz":
				return &websockets.RejectError{Status: http.StatusOK, Body: []byte("ok\n")}
			case r.URL.Path != "/chat":
				return &websockets.RejectError{Status: http.StatusNotFound}
			}
			return nil
		},
	}
	if err := s.Start("tcp", "localhost:8765"); err != nil {
		log.Fatal(err)
	}
	if err := s.Start("unix", "/run/chat.sock"); err != nil {
		log.Fatal(err)
	}
	interrupt, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	<-interrupt.Done()
	if err := s.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// ProcessRequest may find out who asks, and tell the handler.
func ExampleServer_processRequest() {
	type userKey struct{}
	s := &websockets.Server{
		ProcessRequest: func(r *http.Request) error {
			user, password, _ := r.BasicAuth()
			if user != "ann" || password != "secret" { // a real program looks it up, and compares in constant time
				return &websockets.RejectError{
					Status: http.StatusUnauthorized,
					Header: http.Header{"Www-Authenticate": {`Basic realm="chat"`}},
				}
			}
			*r = *r.WithContext(context.WithValue(r.Context(), userKey{}, user))
			return nil
		},
		Handler: func(ctx context.Context, conn *websockets.Conn) error {
			return conn.Send(ctx, websockets.Text(fmt.Sprint("hello, ", ctx.Value(userKey{}))))
		},
	}
	client, stop := serve(s)
	defer stop()

	_, err := client.Dial(context.Background(), "ws://server.example/")
	if e, ok := errors.AsType[*websockets.RejectError](err); ok {
		fmt.Println(e.Status, e.Header.Get("WWW-Authenticate"))
	}
	conn, err := client.Dial(context.Background(), "ws://ann:secret@server.example/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	msg, err := conn.Recv(context.Background())
	fmt.Println(msg, err)
	// Output:
	// 401 Basic realm="chat"
	// hello, ann <nil>
}

// serve starts a server in memory, for the examples. It returns a Dialer that
// reaches it as server.example, and what stops it.
func serve(h http.Handler) (client *websockets.Dialer, stop func()) {
	n := new(wstest.Network)
	ln, err := n.Listen("server.example:80")
	if err != nil {
		panic(err)
	}
	hs := &http.Server{Handler: h}
	go hs.Serve(ln)
	return &websockets.Dialer{NetDial: n.Dial}, func() { hs.Close() }
}

// Upgrade takes over a single request of net/http.
func ExampleUpgrade() {
	http.HandleFunc("/time", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websockets.Upgrade(w, r)
		if err != nil {
			return // the client has been told
		}
		defer conn.Close()
		for now := range time.Tick(time.Second) {
			if err := conn.Send(context.Background(), websockets.Text(now.String())); err != nil {
				return // the connection has ended
			}
		}
	})
	log.Fatal(http.ListenAndServe("localhost:8080", nil))
}

// A Server is an http.Handler: it goes next to others on a mux, and behind
// middleware.
func ExampleServer_ServeHTTP() {
	mux := http.NewServeMux()
	mux.Handle("GET /chat", &websockets.Server{
		Handler: func(ctx context.Context, conn *websockets.Conn) error {
			return conn.Send(ctx, websockets.Text("hello, "+conn.Request().URL.Query().Get("name")))
		},
	})
	mux.Handle("GET /", http.NotFoundHandler())

	client, stop := serve(mux)
	defer stop()
	conn, err := client.Dial(context.Background(), "ws://server.example/chat?name=ann")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	msg, err := conn.Recv(context.Background())
	fmt.Println(msg, err)
	// Output: hello, ann <nil>
}

// An http.Server forgets the connections that it has handed over. Its Shutdown
// has to tell the Server of their end, and the program to wait for that.
func ExampleServer_Shutdown() {
	ws := &websockets.Server{
		Handler: func(ctx context.Context, conn *websockets.Conn) error {
			_, err := conn.Recv(ctx)
			return err
		},
	}
	hs := &http.Server{Handler: ws}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	closed := make(chan error, 1)
	hs.RegisterOnShutdown(func() { closed <- ws.Shutdown(ctx) })

	n := new(wstest.Network)
	ln, err := n.Listen("server.example:80")
	if err != nil {
		panic(err)
	}
	go hs.Serve(ln)
	client := &websockets.Dialer{NetDial: n.Dial}
	conn, err := client.Dial(ctx, "ws://server.example/")
	if err != nil {
		fmt.Println(err)
		return
	}

	fmt.Println("stop listening:", hs.Shutdown(ctx))
	fmt.Println("close connections:", <-closed)
	<-conn.Done()
	fmt.Println("client:", conn.Err())
	// Output:
	// stop listening: <nil>
	// close connections: <nil>
	// client: websockets: connection closed: 1001 (going away)
}
