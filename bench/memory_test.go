package bench

import (
	"context"
	"flag"
	"net"
	"runtime"
	"testing"

	"github.com/go-websockets/websockets/wstest"
)

var (
	connections = flag.Int("connections", 100, "how many connections TestKept opens")
	network     = flag.String("network", "memory", "tcp, where a connection takes two files, or memory")
)

// TestKept measures what a server keeps for a connection that is idle: before any
// message, after the first and after many. Its client keeps next to nothing, so
// that what is measured is the server and, the same for all, the transport.
func TestKept(t *testing.T) {
	list := messages(20)
	for _, c := range candidates {
		t.Run(c.name, func(t *testing.T) {
			n := *connections
			if c.heavy {
				n = min(n, 1000)
			}
			ln, dial := transport(t)
			c.serve(t, ln)
			warm := dial()
			agreed := warm.open(t)
			frames := wires(t, list, agreed != "")
			for _, f := range frames {
				warm.echo(t, f)
			}
			before := memory()
			var clients []*rawClient
			for range n {
				client := dial()
				client.open(t)
				clients = append(clients, client)
			}
			opened := memory()
			exchange := func(frames [][]byte) {
				for _, client := range clients {
					client.buf = warm.buf
					for _, f := range frames {
						client.echo(t, f)
					}
					client.buf = nil
				}
			}
			exchange(frames[:1])
			first := memory()
			exchange(frames)
			many := memory()
			each := func(m usage) int { return (m.heap + m.stack - before.heap - before.stack) / n }
			t.Logf("%6d connections: %7d bytes each when open, %7d after a message, %7d after many (%d of them stack); %s",
				n, each(opened), each(first), each(many), (many.stack-before.stack)/n, agreed)
			for _, client := range clients {
				_ = client.conn.Close()
			}
		})
	}
}

// transport returns a listener, and a function that connects to it.
func transport(t *testing.T) (net.Listener, func() *rawClient) {
	var inMemory wstest.Network
	listen := func() (net.Listener, error) { return inMemory.Listen("server.example:80") }
	connect := inMemory.Dial
	address := "server.example:80"
	if *network != "memory" {
		listen = func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
		connect = new(net.Dialer).DialContext
	}
	ln, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	if *network != "memory" {
		address = ln.Addr().String()
	}
	return ln, func() *rawClient {
		conn, err := connect(context.Background(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		return &rawClient{conn: conn}
	}
}

// usage is memory in use, without garbage.
type usage struct{ heap, stack int }

func memory() usage {
	for range 3 { // a pool forgets at the second
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{int(m.HeapAlloc), int(m.StackInuse)}
}
