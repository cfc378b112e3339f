package wstest

import (
	"context"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestNetworkServesHTTP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := new(Network)
		ln, err := network.Listen("shop.example:80")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "hello "+r.Host)
		})}
		go server.Serve(ln)
		defer server.Close()
		transport := &http.Transport{DialContext: network.Dial}
		defer transport.CloseIdleConnections()
		resp, err := (&http.Client{Transport: transport}).Get("http://shop.example/")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if string(body) != "hello shop.example" {
			t.Errorf("body %q", body)
		}
	})
}

func TestNetworkRefusesWhereNobodyListens(t *testing.T) {
	network := new(Network)
	_, err := network.Dial(t.Context(), "tcp", "nobody.example:80")
	wantError(t, "dial", err, syscall.ECONNREFUSED)

	ln, _ := network.Listen("gone.example:80")
	ln.Close()
	_, err = network.Dial(t.Context(), "tcp", "gone.example:80")
	wantError(t, "dial a closed listener", err, syscall.ECONNREFUSED)
	_, err = ln.Accept()
	wantError(t, "accept", err, net.ErrClosed)
	wantError(t, "second close", ln.Close(), net.ErrClosed)
}

func TestNetworkListensOnceOnAnAddress(t *testing.T) {
	network := new(Network)
	first, err := network.Listen("a.example:80")
	if err != nil {
		t.Fatal(err)
	}
	_, err = network.Listen("a.example:80")
	wantError(t, "listen again", err, syscall.EADDRINUSE)
	first.Close()
	if _, err = network.Listen("a.example:80"); err != nil {
		t.Errorf("listen after close: %v", err)
	}
	if _, err = network.Listen("without a port"); err == nil {
		t.Error("listens without a port")
	}
	one, _ := network.Listen("a.example:0")
	two, _ := network.Listen("a.example:0")
	if one.Addr() == two.Addr() || one.Addr().String() == "a.example:0" {
		t.Errorf("port 0 gave %v and %v", one.Addr(), two.Addr())
	}
}

func TestListenerCloseEndsAcceptAndResetsWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := new(Network)
		ln, _ := network.Listen("a.example:80")
		c, err := network.Dial(t.Context(), "tcp", "a.example:80")
		if err != nil {
			t.Fatal(err)
		}
		ln.Close()
		_, err = c.Read(make([]byte, 1))
		wantError(t, "read", err, syscall.ECONNRESET)

		ln, _ = network.Listen("a.example:80")
		done := make(chan error)
		go func() {
			_, err := ln.Accept()
			done <- err
		}()
		synctest.Wait()
		ln.Close()
		wantError(t, "accept", <-done, net.ErrClosed)
	})
}

func TestListenerAcceptsInOrder(t *testing.T) {
	network := new(Network)
	ln, _ := network.Listen("a.example:80")
	for range 3 {
		c, err := network.Dial(t.Context(), "tcp", "a.example:80")
		if err != nil {
			t.Fatal(err)
		}
		s, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if s.RemoteAddr() != c.LocalAddr() || s.LocalAddr() != ln.Addr() {
			t.Errorf("accepted %v on %v, dialed from %v", s.RemoteAddr(), s.LocalAddr(), c.LocalAddr())
		}
	}
}

func TestDialWaitsForRoomInTheBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := new(Network)
		ln, _ := network.Listen("a.example:80")
		for range backlog {
			if _, err := network.Dial(t.Context(), "tcp", "a.example:80"); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := network.Dial(ctx, "tcp", "a.example:80")
		wantError(t, "dial", err, context.DeadlineExceeded)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("dial took %v", took)
		}
		go ln.Accept()
		if _, err := network.Dial(t.Context(), "tcp", "a.example:80"); err != nil {
			t.Error(err)
		}
	})
}

func TestDialEndsWithItsContext(t *testing.T) {
	network := new(Network)
	network.Listen("a.example:80")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := network.Dial(ctx, "tcp", "a.example:80")
	wantError(t, "dial", err, context.Canceled)
}

func TestConnectedSeesEachConnectionFirst(t *testing.T) {
	var network Network
	network.Connected = func(client, server *Conn) {
		if client.RemoteAddr() != server.LocalAddr() {
			t.Error("these are not the two ends of one connection")
		}
		client.Out().Split(1)
		ln, err := network.Listen("from.the.hook:0") // the network is free for use
		if err != nil {
			t.Error(err)
		}
		ln.Close()
	}
	ln, _ := network.Listen("a.example:80")
	c, _ := network.Dial(t.Context(), "tcp", "a.example:80")
	s, _ := ln.Accept()
	c.Write([]byte("hello"))
	if n, _ := s.Read(make([]byte, 5)); n != 1 {
		t.Errorf("the first read got %d bytes, want 1", n)
	}
}

func TestDialIsRefusedWhenTheListenerClosesMeanwhile(t *testing.T) {
	var network Network
	ln, _ := network.Listen("a.example:80")
	network.Connected = func(_, _ *Conn) { ln.Close() }
	_, err := network.Dial(t.Context(), "tcp", "a.example:80")
	wantError(t, "dial", err, syscall.ECONNREFUSED)
}
