package main

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/rogpeppe/go-internal/testscript"
)

// peers are servers for scripts, most of them with a fault. Each is given the
// argument of the script's peer command.
var peers = map[string]func(ts *testscript.TestScript, arg string) (url string){
	// Answers every request with an HTTP status.
	"status": func(ts *testscript.TestScript, arg string) string {
		status, err := strconv.Atoi(arg)
		ts.Check(err)
		return peerHTTP(ts, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			http.Error(w, "no \x1b[31mway", status)
		})
	},
	// Sends the request's header of the name arg back as a message.
	"header": func(ts *testscript.TestScript, arg string) string {
		return peerConn(ts, nil, func(ctx context.Context, conn *websockets.Conn) error {
			values := strings.Join(conn.Request().Header.Values(arg), "|")
			return conn.Send(ctx, websockets.Text(values))
		})
	},
	// Ends the TCP connection after the opening handshake.
	"drop": func(ts *testscript.TestScript, _ string) string {
		return peerConn(ts, nil, func(_ context.Context, conn *websockets.Conn) error { return conn.CloseNow() })
	},
	// Sends bytes that are no frame.
	"break": func(ts *testscript.TestScript, _ string) string {
		return peerConn(ts, nil, func(ctx context.Context, conn *websockets.Conn) error {
			_, _ = conn.NetConn().Write([]byte("\xf1\x00"))
			<-ctx.Done()
			return nil
		})
	},
	// Sends a text that wants to harm the terminal, and one of bytes.
	"attack": func(ts *testscript.TestScript, _ string) string {
		return peerConn(ts, nil, func(ctx context.Context, conn *websockets.Conn) error {
			if err := conn.Send(ctx, websockets.Text("\x1b[2J\u202egnp\nnext\r")); err != nil {
				return err
			}
			return conn.Send(ctx, websockets.Binary([]byte("\x1b[31m")))
		})
	},
	// Sends each text back in arg of time.
	"slow": func(ts *testscript.TestScript, arg string) string {
		d, err := time.ParseDuration(arg)
		ts.Check(err)
		return peerConn(ts, nil, func(ctx context.Context, conn *websockets.Conn) error {
			for m, err := range conn.Messages(ctx) {
				if err != nil {
					return err
				}
				<-time.After(d)
				if err := conn.Send(ctx, m); err != nil {
					return err
				}
			}
			return nil
		})
	},
	// Takes TCP connections and says nothing; the command accepted waits for one.
	"mute": func(ts *testscript.TestScript, _ string) string {
		accepted := make(chan struct{}, 16)
		ts.SetCmd("accepted", func(*testscript.TestScript, bool, []string) { <-accepted })
		return "ws://" + peerListen(ts, func(net.Conn) { accepted <- struct{}{} })
	},
	// Answers with something that is not HTTP.
	"noise": func(ts *testscript.TestScript, _ string) string {
		return "ws://" + peerListen(ts, func(c net.Conn) { _, _ = c.Write([]byte("220 mail.example.com ESMTP\r\n")) })
	},
	// Does the opening handshake and says nothing more.
	"deaf": func(ts *testscript.TestScript, _ string) string {
		end := make(chan struct{})
		ts.Defer(func() { close(end) })
		return peerHTTP(ts, func(w http.ResponseWriter, r *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer c.Close()
			sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
			_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
				"Sec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
			<-end
		})
	},
	// Judges no frame.
	"careless": carelessPeer,
	// Speaks TLS, and writes its certificate to the file arg.
	"tls": func(ts *testscript.TestScript, arg string) string {
		cert, err := selfSigned(time.Now())
		ts.Check(err)
		block := &pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}
		ts.Check(os.WriteFile(ts.MkAbs(arg), pem.EncodeToMemory(block), 0o600))
		return peerConn(ts, &tls.Config{Certificates: []tls.Certificate{cert}}, func(ctx context.Context, conn *websockets.Conn) error {
			return conn.Send(ctx, websockets.Text("secret"))
		})
	},
}

func cmdPeer(ts *testscript.TestScript, _ bool, args []string) {
	peer := peers[args[0]]
	if peer == nil {
		ts.Fatalf("there is no peer %q", args[0])
	}
	setURL(ts, peer(ts, strings.Join(args[1:], " ")))
}

// setURL tells the script where a server is.
func setURL(ts *testscript.TestScript, url string) {
	ts.Setenv("ws", url)
	_, addr, _ := strings.Cut(url, "://")
	ts.Setenv("addr", addr)
}

// cmdDeafClient does the opening handshake with $ws/echo and says nothing more.
func cmdDeafClient(ts *testscript.TestScript, _ bool, _ []string) {
	c, err := net.Dial("tcp", ts.Getenv("addr"))
	ts.Check(err)
	ts.Defer(func() { _ = c.Close() })
	_, err = io.WriteString(c, "GET /echo HTTP/1.1\r\nHost: "+ts.Getenv("addr")+"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	ts.Check(err)
}

// peerConn serves h on a free port.
func peerConn(ts *testscript.TestScript, config *tls.Config, h websockets.Handler) string {
	s := &websockets.Server{Handler: h, TLSConfig: config}
	s.Logger = slog.New(slog.DiscardHandler)
	s.Subprotocols = []string{"v2.chat", "v1.chat"}
	s.Origins = []string{websockets.AnyOrigin, websockets.NoOrigin}
	ts.Check(s.Start("tcp", "127.0.0.1:0"))
	ts.Defer(func() { _ = s.Close() })
	scheme := "ws://"
	if config != nil {
		scheme = "wss://"
	}
	return scheme + s.Addrs()[0].String()
}

func peerHTTP(ts *testscript.TestScript, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	ts.Defer(s.Close)
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

// peerListen gives each TCP connection to serve, and closes them at the end.
func peerListen(ts *testscript.TestScript, serve func(net.Conn)) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	done := make(chan struct{})
	go func() { // ends with ln
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			serve(c)
		}
	}()
	ts.Defer(func() {
		_ = ln.Close()
		<-done
	})
	return ln.Addr().String()
}
