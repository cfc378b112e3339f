package wstest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// echo is the handler under test.
func echo(ctx context.Context, conn *websockets.Conn) error {
	for msg, err := range conn.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := conn.Send(ctx, msg); err != nil {
			return err
		}
	}
	return nil
}

// A test of a handler in memory: it opens no port. In a real test, t is the
// argument of the test function.
func Example() {
	inTest(func(t testing.TB) {
		url, dialer := wstest.Server(t, &websockets.Server{Handler: echo})

		conn, err := dialer.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.Send(t.Context(), websockets.Text("hello")); err != nil {
			t.Fatal(err)
		}
		msg, err := conn.Recv(t.Context())
		fmt.Println(msg, err)
	})
	// Output: hello <nil>
}

// A Peer plays the other end by hand: here a client that breaks the protocol.
func ExamplePeer() {
	inTest(func(t testing.TB) {
		end, other := wstest.Pipe()
		conn := websockets.NewConn(end, websockets.RoleServer, websockets.Handshake{}, nil)
		go echo(t.Context(), conn)

		client := wstest.NewPeer(t, other, websockets.RoleClient)
		client.Run(`
			< TEXT "hel" more
			< PING "?"
			> PONG "?"

			< CONT "lo" fin
			> TEXT "hello"

			< TEXT "Hello" unmasked
			> CLOSE 1002 ...
		`)
		client.Close()
		<-conn.Done()
		fmt.Println(conn.Err())
	})
	// Output: websockets: connection closed: 1006 (abnormal closure), sent 1002 (protocol error): protocol error: TEXT frame of a client is not masked (RFC 6455 §5.1)
}

// A connection that breaks in the middle of a frame: what does the program do?
func ExampleStream_CutAfter() {
	inTest(func(t testing.TB) {
		network := wstest.Network{
			Connected: func(client, server *wstest.Conn) { server.Out().CutAfter(10) },
		}
		client, server := network.Pair(t, nil, nil)
		server.Send(t.Context(), websockets.Text("hello"))
		server.Send(t.Context(), websockets.Text("world"))

		fmt.Println(client.Recv(t.Context()))
		_, err := client.Recv(t.Context())
		fmt.Println(errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed))
	})
	// Output:
	// hello <nil>
	// true true
}

// inTest runs f with what an example needs of a testing.TB.
func inTest(f func(t testing.TB)) {
	ctx, cancel := context.WithCancel(context.Background())
	t := &exampleTB{ctx: ctx}
	f(t)
	cancel()
	for _, cleanup := range slices.Backward(t.cleanups) {
		cleanup()
	}
}

type exampleTB struct {
	testing.TB
	ctx      context.Context
	cleanups []func()
}

func (t *exampleTB) Helper()                           {}
func (t *exampleTB) Context() context.Context          { return t.ctx }
func (t *exampleTB) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }
func (t *exampleTB) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (t *exampleTB) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (t *exampleTB) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
