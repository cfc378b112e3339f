//go:build linux

package soak

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/go-websockets/websockets"
)

// serve is the process of the server. It ends when its input does.
func serve(config Config) error {
	c := newCommon(config)
	all := newTalks()
	s := &websockets.Server{Handler: func(ctx context.Context, conn *websockets.Conn) error {
		id, err := strconv.ParseUint(conn.Request().URL.Query().Get("id"), 10, 64)
		if err != nil {
			return withStranger(ctx, conn)
		}
		t := newTalk(c, conn, id)
		all.add(t)
		defer all.remove(t)
		t.receive(context.Background(), func() {
			t.stop()
			go conn.Close()
		})
		t.stop()
		c.end(conn, "", &t.sent, &t.received)
		return nil
	}}
	s.Logger = slog.New(slog.DiscardHandler) // the hostile are many
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	serving := make(chan error, 1)
	go func() { serving <- s.Serve(ln) }()
	c.out.say(report{Addr: ln.Addr().String()})
	stopTalk, stopSamples := make(chan struct{}), make(chan struct{})
	talking, sampling := make(chan struct{}), make(chan struct{})
	go func() { defer close(talking); all.chatter(c, 1, stopTalk) }()
	go func() { defer close(sampling); c.samples(stopSamples, all.sum) }()

	// A line is the order to shut down: in the middle of all that is sent.
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	close(stopSamples)
	<-sampling
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	start := time.Now()
	err = s.Shutdown(ctx)
	took := time.Since(start)
	if err != nil {
		c.out.say(report{Fault: "shutdown: " + err.Error()})
	}
	close(stopTalk)
	<-talking
	<-serving
	refused := map[string]int64{}
	stats := s.Stats()
	for why, n := range stats.Refused {
		refused["refused: "+string(why)] = n
	}
	for code, n := range stats.Failed {
		refused[fmt.Sprintf("failed with %d", code)] = n
	}
	c.last(took, refused)
	_, _ = io.Copy(io.Discard, os.Stdin)
	return nil
}

// withStranger serves a connection that keeps no books: what comes is dropped, and if
// it asks for it, it gets more than it reads.
func withStranger(ctx context.Context, conn *websockets.Conn) error {
	if conn.Request().URL.Query().Has("flood") {
		p := make([]byte, 4000)
		for conn.Send(ctx, websockets.Binary(p)) == nil {
		}
		return nil
	}
	return conn.Receive(ctx, func(websockets.Message) error { return nil })
}
