package interop

import (
	"testing"

	"github.com/go-websockets/websockets/interop/internal/peer"
)

// oracle is the library that the others are tried with: it has all abilities.
var oracle = libraries[1]

// TestPeersAmongThemselves proves the programs in testdata/peers, without our
// library: what one library sends, another receives.
func TestPeersAmongThemselves(t *testing.T) {
	t.Parallel()
	for _, l := range libraries {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			converse(t, oracle.start(t), l.start(t), l.can)
			if l.can&serves != 0 {
				converse(t, l.start(t), oracle.start(t), l.can)
			}
		})
	}
}

// converse goes through what both of a pair are able to do.
func converse(t *testing.T, server, client driver, can ability) {
	t.Helper()
	// relay has one peer do something and the other see it.
	relay := func(from, to driver, c peer.Command, event, want string) {
		t.Helper()
		from.Do(t, c)
		if e := to.Expect(t, event); e.Text+string(e.Base64) != want {
			t.Fatalf("%s: got %+v, want %q", c.Do, e, want)
		}
	}
	join(t, server, client)
	for _, way := range [][2]driver{{client, server}, {server, client}} {
		relay(way[0], way[1], peer.Command{Do: "text", Text: nonASCII}, "text", nonASCII)
		relay(way[0], way[1], peer.Command{Do: "text"}, "text", "")
		relay(way[0], way[1], peer.Command{Do: "binary", Base64: []byte("\x00\xff")}, "binary", "\x00\xff")
		if can&fragments != 0 {
			relay(way[0], way[1], peer.Command{Do: "fragments", Parts: []string{"he", "l", "lo"}}, "text", "hello")
		}
	}
	part(t, server, client, can)
	join(t, server, client)
	part(t, client, server, can)
	if can&aborts != 0 {
		join(t, server, client)
		client.Do(t, peer.Command{Do: "abort"})
		for _, p := range []driver{server, client} {
			if e := p.Expect(t, "closed"); e.Code != 1006 {
				t.Fatalf("closed after abort is %+v", e)
			}
		}
	}
}

// join opens a connection between two peers.
func join(t *testing.T, server, client driver) {
	t.Helper()
	server.Do(t, peer.Command{Do: "listen", Subprotocols: []string{"chat"}})
	client.Do(t, peer.Command{
		Do:           "connect",
		URL:          urlTo("ws", server.Expect(t, "listening").Port, "/here"),
		Subprotocols: []string{"other", "chat"},
	})
	if e := server.Expect(t, "open"); e.Subprotocol != "chat" || e.Path != "/here" {
		t.Fatalf("server: open is %+v", e)
	}
	if e := client.Expect(t, "open"); e.Subprotocol != "chat" {
		t.Fatalf("client: open is %+v", e)
	}
}

// part closes the connection between two peers; one of them starts.
func part(t *testing.T, starts, answers driver, can ability) {
	t.Helper()
	starts.Do(t, peer.Command{Do: "close", Code: 4001, Reason: "bye"})
	if e := answers.Expect(t, "closed"); e.Code != 4001 || e.Reason != "bye" {
		t.Fatalf("closed by the other side is %+v", e)
	}
	if e := starts.Expect(t, "closed"); can&echoesCode != 0 && e.Code != 4001 {
		t.Fatalf("closed by this side is %+v", e)
	}
}
