//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

func TestServe(t *testing.T) {
	wstest.NoLeaks(t)
	dir, err := os.MkdirTemp("", "ws") // its name is short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := dir + "/s"
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- serve(ctx, path) }()
	var conn *websockets.Conn
	for conn == nil { // until it listens
		if conn, err = websockets.Dial(t.Context(), "ws+unix://"+path+":/a/b"); err != nil {
			select {
			case err := <-served:
				t.Fatal(err)
			default:
			}
		}
	}
	defer conn.Close()
	if msg, err := conn.Recv(t.Context()); err != nil || msg.String() != "you asked for /a/b" {
		t.Errorf("got %q, %v", msg, err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}
