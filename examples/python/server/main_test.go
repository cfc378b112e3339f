package main

import (
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

func TestShout(t *testing.T) {
	wstest.NoLeaks(t)
	url, d := wstest.Server(t, &websockets.Server{Handler: shout})
	conn, err := d.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	for sent, want := range map[string]string{"hi": "HI", "größer": "GRÖßER", "": ""} {
		if err := conn.Send(t.Context(), websockets.Text(sent)); err != nil {
			t.Fatal(err)
		}
		if msg, err := conn.Recv(t.Context()); err != nil || msg.String() != want {
			t.Errorf("%q: got %q, %v, want %q", sent, msg, err, want)
		}
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}
