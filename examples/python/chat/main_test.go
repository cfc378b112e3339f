package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

func TestChat(t *testing.T) {
	wstest.NoLeaks(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	url, d := wstest.Server(t, newServer())
	var members []*websockets.Conn
	for i := range 3 {
		conn, err := d.Dial(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		members = append(members, conn)
		text := fmt.Sprintf("member %d is here", i)
		if err := conn.Send(ctx, websockets.Text(text)); err != nil {
			t.Fatal(err)
		}
		for j, member := range members {
			if msg, err := member.Recv(ctx); err != nil || msg.String() != text {
				t.Errorf("member %d: got %q, %v, want %q", j, msg, err, text)
			}
		}
	}
}
