package main

import (
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

func TestHealth(t *testing.T) {
	wstest.NoLeaks(t)
	url, d := wstest.Server(t, newServer())
	host, _, _ := strings.Cut(strings.TrimPrefix(url, "ws://"), "/")
	transport, err := d.NetDial(t.Context(), "tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	peer := wstest.NewPeer(t, transport, websockets.RoleClient)
	if _, err := peer.Write(wstest.HTTP("GET /healthz HTTP/1.1", "Host: server.example")); err != nil {
		t.Fatal(err)
	}
	if resp := peer.RecvResponse(); resp.StatusCode != 200 {
		t.Errorf("got %s", resp.Status)
	}
	if body := string(peer.ReadAll()); body != "fine\n" {
		t.Errorf("got %q", body)
	}
	conn, err := d.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Send(t.Context(), websockets.Text("hi")); err != nil {
		t.Fatal(err)
	}
	if msg, err := conn.Recv(t.Context()); err != nil || msg.String() != "hi" {
		t.Errorf("got %q, %v", msg, err)
	}
}
