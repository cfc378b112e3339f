package websockets_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/wstest"
)

// open returns the two ends of a connection, for the examples.
func open() (client, server *websockets.Conn) {
	a, b := wstest.Pipe()
	client = websockets.NewConn(a, websockets.RoleClient, websockets.Handshake{}, nil)
	server = websockets.NewConn(b, websockets.RoleServer, websockets.Handshake{}, nil)
	return client, server
}

// A receive that times out loses nothing: here the handler does something each
// second in which no message comes.
func ExampleConn_Recv() {
	client, server := open()
	defer client.CloseNow()
	defer server.CloseNow()

	poll := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		defer cancel()
		msg, err := server.Recv(ctx)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			fmt.Println("nothing yet")
		case err != nil:
			fmt.Println("closed:", err)
		default:
			fmt.Println("received", msg)
		}
	}
	poll()
	_ = client.Send(context.Background(), websockets.Text("hello"))
	poll()
	// Output:
	// nothing yet
	// received hello
}

func ExampleConn_Messages() {
	client, server := open()
	ctx := context.Background()
	_ = client.Send(ctx, websockets.Text("one"))
	_ = client.Send(ctx, websockets.Text("two"))
	go client.Close()

	for msg, err := range server.Messages(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(msg)
	}
	fmt.Println("closed normally")
	// Output:
	// one
	// two
	// closed normally
}

// A message may be streamed in both directions: it is never in memory as a whole.
func ExampleConn_Writer() {
	client, server := open()
	defer server.CloseNow()
	ctx := context.Background()
	go func() {
		w, err := client.Writer(ctx, websockets.TextMessage)
		if err != nil {
			return
		}
		for _, word := range []string{"each ", "write ", "is ", "a ", "fragment"} {
			_, _ = io.WriteString(w, word)
		}
		_ = w.Close()
	}()

	_, r, err := server.Reader(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := io.ReadAll(r)
	fmt.Printf("%s, %v\n", b, err)
	// Output: each write is a fragment, <nil>
}

// A ping goes behind all messages, and its pong proves that they have arrived.
func ExampleConn_Ping() {
	client, server := open()
	defer client.CloseNow()
	defer server.CloseNow()
	ctx := context.Background()
	_ = client.Send(ctx, websockets.Text("important"))
	ping, err := client.Ping(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := ping.Wait(ctx); err == nil {
		fmt.Println("it has arrived")
	}
	// Output: it has arrived
}

func ExampleConn_CloseWith() {
	client, server := open()
	go func() { _ = client.CloseWith(4000, "back soon") }()

	_, err := server.Recv(context.Background())
	if e, ok := errors.AsType[*websockets.CloseError](err); ok {
		fmt.Println(e.Code, e.Reason)
	}
	fmt.Println(errors.Is(err, net.ErrClosed))
	// Output:
	// 4000 (private use) back soon
	// true
}

// A broadcast waits for nobody: who cannot keep up is skipped, and reported.
func ExampleBroadcast() {
	client, server := open()
	defer client.CloseNow()
	defer server.CloseNow()
	room := []*websockets.Conn{server}

	err := websockets.Broadcast(slices.Values(room), websockets.Text("news"))
	msg, _ := client.Recv(context.Background())
	fmt.Println(msg, err)
	// Output: news <nil>
}

// NewConn takes over any transport once its opening handshake is done: here one
// that is done by hand.
func ExampleNewConn() {
	near, far := wstest.Pipe()
	go func() { // a client
		h := http.Header{"Host": {"example.com"}}
		key := handshake.BuildRequest(h, [16]byte{1, 2, 3})
		var b strings.Builder
		_ = h.Write(&b)
		_, _ = fmt.Fprintf(far, "GET / HTTP/1.1\r\n%s\r\n", b.String())
		br := bufio.NewReader(far)
		resp, err := http.ReadResponse(br, nil)
		if err != nil || handshake.CheckResponse(resp.Header, key) != nil {
			return
		}
		client := websockets.NewConn(far, websockets.RoleClient, websockets.Handshake{}, nil)
		_ = client.Send(context.Background(), websockets.Text("hello by hand"))
		_ = client.Close()
	}()

	br := bufio.NewReader(near)
	request, err := http.ReadRequest(br)
	if err != nil {
		fmt.Println(err)
		return
	}
	key, err := handshake.CheckRequest(request.Header)
	if err != nil {
		fmt.Println(err)
		return
	}
	h := http.Header{}
	handshake.BuildResponse(h, key)
	var b strings.Builder
	_ = h.Write(&b)
	_, _ = fmt.Fprintf(near, "HTTP/1.1 101 Switching Protocols\r\n%s\r\n", b.String())

	buffered, _ := br.Peek(br.Buffered())
	conn := websockets.NewConn(near, websockets.RoleServer, websockets.Handshake{Request: request, Buffered: buffered}, nil)
	msg, err := conn.Recv(context.Background())
	fmt.Println(msg, err)
	_ = conn.Close()
	// Output: hello by hand <nil>
}
