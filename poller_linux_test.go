package websockets

import (
	"context"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// If the system has no room for one more socket to wait for, its connection keeps its
// goroutine, and goes on.
func TestConnectionThatCannotBeParkedGoesOn(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	a, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := NewConn(b, RoleServer, Handshake{}, nil)
	defer c.CloseNow()
	c.reader.mu.Lock()
	c.reader.raw.conn = noControl{c.reader.raw.conn}
	c.reader.mu.Unlock()
	err = c.OnMessage(t.Context(), func(ctx context.Context, c *Conn, m Message) error { return c.Send(ctx, m) }, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := c.reader.driver
	parks := func() bool {
		c.reader.mu.Lock()
		defer c.reader.mu.Unlock()
		return d.parks
	}
	for deadline := time.Now().Add(time.Minute); parks(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody has tried to park it")
		}
	}
	hello := frame.Frame{FIN: true, Opcode: frame.OpText, Payload: []byte("hello")}
	for range 2 {
		out, err := hello.Append(nil, frame.WriteOptions{Masked: true, MaskingKey: [4]byte{1, 2, 3, 4}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Write(out); err != nil {
			t.Fatal(err)
		}
		in := make([]byte, 7)
		if _, err := io.ReadFull(a, in); err != nil || string(in[2:]) != "hello" {
			t.Fatalf("%q, %v", in, err)
		}
	}
}

// noControl is a socket that cannot be put into an epoll instance.
type noControl struct{ syscall.RawConn }

func (noControl) Control(func(uintptr)) error { return syscall.ENOSPC }

// An event of a connection that is over is not taken for one of the next in its place.
func TestPollerForgetsConnectionsThatAreOver(t *testing.T) {
	before, after := &driver{}, &driver{}
	var first, second spot
	if err := first.take(before); err != nil {
		t.Fatal(err)
	}
	old := syscall.EpollEvent{Fd: first.n, Pad: first.age}
	found := func(event syscall.EpollEvent) *driver {
		e := events{poller: second.poller}
		if e.find([]syscall.EpollEvent{event}); len(e.drivers) == 1 {
			return e.drivers[0]
		}
		return nil
	}
	keep := spot{}
	if err := keep.take(&driver{}); err != nil {
		t.Fatal(err)
	}
	defer keep.leave()
	second = first
	if d := found(old); d != before {
		t.Fatal("not found")
	}
	first.leave()
	if d := found(old); d != nil {
		t.Error("found although it is over")
	}
	if err := second.take(after); err != nil || second.n != first.n {
		t.Fatal("another spot", err)
	}
	defer second.leave()
	if d := found(old); d != nil {
		t.Error("taken for the one before")
	}
	if d := found(syscall.EpollEvent{Fd: second.n, Pad: second.age}); d != after {
		t.Error("not found")
	}
}
