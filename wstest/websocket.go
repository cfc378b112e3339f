package wstest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"testing"

	"github.com/go-websockets/websockets"
)

// Pair returns the two ends of an open WebSocket connection on a [Network] of its
// own. Nil options mean the defaults. Both ends are closed, without a closing
// handshake, at the end of the test.
func Pair(t testing.TB, client, server *websockets.Options) (c, s *websockets.Conn) {
	return new(Network).Pair(t, client, server)
}

// Pair is the function [Pair] on n.
func (n *Network) Pair(t testing.TB, client, server *websockets.Options) (c, s *websockets.Conn) {
	a, b := n.Pipe()
	c = websockets.NewConn(a, websockets.RoleClient, websockets.Handshake{}, client)
	s = websockets.NewConn(b, websockets.RoleServer, websockets.Handshake{}, server)
	t.Cleanup(func() {
		c.CloseNow()
		s.CloseNow()
	})
	return c, s
}

// Server starts s on a [Network] of its own. It returns the URL of the server and
// a Dialer that reaches it; set more of its fields as needed. The server is
// closed at the end of the test.
//
// If s has a TLSConfig, the URL is a wss:// one, and the Dialer trusts the
// server's certificates, which must be good for "server.example".
func Server(t testing.TB, s *websockets.Server) (url string, d *websockets.Dialer) {
	t.Helper()
	return new(Network).Server(t, s)
}

// Server is the function [Server] on n.
func (n *Network) Server(t testing.TB, s *websockets.Server) (url string, d *websockets.Dialer) {
	t.Helper()
	ln, err := n.Listen("server.example:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("wstest: server: %v", err)
		}
	})
	d = &websockets.Dialer{NetDial: n.Dial}
	if s.TLSConfig == nil {
		return "ws://" + ln.Addr().String() + "/", d
	}
	d.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool()}
	for _, chain := range s.TLSConfig.Certificates {
		for _, der := range chain.Certificate {
			cert, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatalf("wstest: certificate of the server: %v", err)
			}
			d.TLSConfig.RootCAs.AddCert(cert)
		}
	}
	return "wss://" + ln.Addr().String() + "/", d
}
