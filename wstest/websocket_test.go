package wstest

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/go-websockets/websockets"
)

func TestPairIsConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := Pair(t, nil, nil)
		if client.Role() != websockets.RoleClient || server.Role() != websockets.RoleServer {
			t.Errorf("roles %v and %v", client.Role(), server.Role())
		}
		for _, c := range []struct{ from, to *websockets.Conn }{{client, server}, {server, client}} {
			if err := c.from.Send(t.Context(), websockets.Text("hi")); err != nil {
				t.Fatal(err)
			}
			if m, err := c.to.Recv(t.Context()); err != nil || m.String() != "hi" {
				t.Errorf("got %q, %v", m, err)
			}
		}
	})
}

func TestPairTakesOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := Pair(t, nil, &websockets.Options{MaxMessageSize: 3})
		client.Send(t.Context(), websockets.Text("four"))
		if _, err := server.Recv(t.Context()); err == nil {
			t.Error("a message above the limit was received")
		}
		_, err := client.Recv(t.Context())
		if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != websockets.CloseMessageTooBig {
			t.Errorf("the client got %v", err)
		}
	})
}

func TestPairEndsWithTheTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var client, server *websockets.Conn
		failure(func(t testing.TB) { client, server = Pair(t, nil, nil) })
		if client.Err() == nil || server.Err() == nil {
			t.Errorf("client %v, server %v", client.Err(), server.Err())
		}
	})
}
