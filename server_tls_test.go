package websockets_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// testCertificate returns a certificate for a host.
func testCertificate(t *testing.T, host string, expires time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: expires.Add(-24 * time.Hour), NotAfter: expires,
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestServerTLS(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{testCertificate(t, "server.example", time.Now().Add(time.Hour))}, NextProtos: []string{"h2"}}
	state := make(chan *tls.ConnectionState, 1)
	s := &websockets.Server{Options: quiet(), TLSConfig: config, Handler: func(ctx context.Context, c *websockets.Conn) error {
		state <- c.Request().TLS
		if _, ok := c.NetConn().(*tls.Conn); !ok {
			return fmt.Errorf("transport is %T", c.NetConn())
		}
		return echoHandler(ctx, c)
	}}
	url, d := wstest.Server(t, s)
	d.Origin = "https" + strings.TrimSuffix(strings.TrimPrefix(url, "wss"), "/") // a page of the same host
	c, err := d.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), websockets.Text("hi")); err != nil {
		t.Error(err)
	}
	if m, err := c.Recv(t.Context()); err != nil || m.String() != "hi" {
		t.Errorf("got %v, %v", m, err)
	}
	if got := <-state; got == nil || got.NegotiatedProtocol != "http/1.1" || got.ServerName != "server.example" {
		t.Errorf("got %+v", got)
	}
	c.Close()
	if len(config.NextProtos) != 1 {
		t.Error("the caller's configuration was changed")
	}
	d.Origin = "http" + strings.TrimPrefix(d.Origin, "https") // the same host without TLS
	_, err = d.Dial(t.Context(), url)
	if e, ok := errors.AsType[*websockets.RejectError](err); !ok || e.Status != 403 {
		t.Errorf("got %v", err)
	}
}

func TestServerTellsPlainHTTPThatItSpeaksTLS(t *testing.T) {
	s := &websockets.Server{Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{
		Certificates: []tls.Certificate{testCertificate(t, "server.example", time.Now().Add(time.Hour))},
	}}
	url, d := wstest.Server(t, s)
	p := connect(t, "ws"+strings.TrimPrefix(url, "wss"), d)
	if _, err := p.Write(wstest.HTTP(goodRequest...)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(p.Conn()), nil)
	if err != nil || resp.StatusCode != 400 {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestServerAndDialerNeverNegotiateHTTP2(t *testing.T) {
	certificate := testCertificate(t, "server.example", time.Now().Add(time.Hour))
	both := []string{"h2", "http/1.1"}
	url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: both}})
	p := connect(t, "ws"+strings.TrimPrefix(url, "wss"), d)
	client := tls.Client(p.Conn(), &tls.Config{RootCAs: d.TLSConfig.RootCAs, ServerName: "server.example", NextProtos: both})
	if err := client.Handshake(); err != nil || client.ConnectionState().NegotiatedProtocol != "http/1.1" {
		t.Errorf("negotiated %q, %v", client.ConnectionState().NegotiatedProtocol, err)
	}

	negotiated := make(chan string, 1)
	d.TLSConfig.NextProtos = both
	d.NetDial = func(context.Context, string, string) (net.Conn, error) {
		a, b := wstest.Pipe()
		go func() {
			server := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: both})
			server.Handshake()
			negotiated <- server.ConnectionState().NegotiatedProtocol
			b.Close()
		}()
		return a, nil
	}
	d.Dial(t.Context(), "wss://server.example/")
	if got := <-negotiated; got != "http/1.1" {
		t.Errorf("negotiated %q", got)
	}
}

// A listener may speak TLS by itself, whatever the server's settings are.
func TestServerTLSByTheListener(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{testCertificate(t, "server.example", time.Now().Add(time.Hour))}}
	for _, settings := range []*tls.Config{nil, config} {
		n := new(wstest.Network)
		ln, err := n.Listen("server.example:443")
		if err != nil {
			t.Fatal(err)
		}
		s := &websockets.Server{Options: quiet(), TLSConfig: settings, Handler: func(_ context.Context, c *websockets.Conn) error {
			if c.Request().TLS == nil {
				t.Error("the request has no TLS")
			}
			return nil
		}}
		served := make(chan error)
		go func() { served <- s.Serve(uncomparable{tls.NewListener(ln, config), nil}) }()
		d := websockets.Dialer{NetDial: n.Dial, TLSConfig: &tls.Config{InsecureSkipVerify: true}}
		c, err := d.Dial(t.Context(), "wss://server.example/")
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		s.Close()
		if err := <-served; err != http.ErrServerClosed {
			t.Error(err)
		}
	}
}

// uncomparable is a listener that cannot be the key of a map.
type uncomparable struct {
	net.Listener
	_ []int
}

func TestServerTLSHandshakeMustEndInTime(t *testing.T) {
	certificate := testCertificate(t, "server.example", time.Now().Add(time.Hour))
	synctest.Test(t, func(t *testing.T) {
		url, d := wstest.Server(t, &websockets.Server{Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}})
		p := connect(t, "ws"+strings.TrimPrefix(url, "wss"), d)
		p.Timeout = time.Minute
		start := time.Now()
		p.ReadAll()
		if took := time.Since(start); took != websockets.DefaultOpenTimeout {
			t.Errorf("gone after %v", took)
		}
	})
}

func TestServerShutdownInterruptsTLSHandshakes(t *testing.T) {
	certificate := testCertificate(t, "server.example", time.Now().Add(time.Hour))
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: quiet(), Handler: nothing, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}}
		url, d := wstest.Server(t, s)
		p := connect(t, "ws"+strings.TrimPrefix(url, "wss"), d)
		synctest.Wait()
		start := time.Now()
		if err := s.Shutdown(t.Context()); err != nil || time.Since(start) > time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		p.ReadAll()
	})
}

func TestServerTLSConfigWithoutCertificateIsAnError(t *testing.T) {
	s := &websockets.Server{Handler: nothing, TLSConfig: &tls.Config{}}
	if err := s.Start("tcp", "127.0.0.1:0"); err == nil {
		s.Close()
		t.Error("no error")
	}
}

// Over TLS a client gets the response too, after the TLS handshake.
func TestServerRefusesOverTLS(t *testing.T) {
	for name, limits := range map[string]websockets.ConnLimits{
		"503": {Total: 1}, "429": {PerAddress: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := &websockets.Server{Options: quiet(), Handler: untilDone, ConnLimits: limits, TLSConfig: &tls.Config{
				Certificates: []tls.Certificate{testCertificate(t, "server.example", time.Now().Add(time.Hour))},
			}}
			url, d := wstest.Server(t, s)
			c := dialOK(t, d, url)
			for range 2 { // a refusal takes no place
				status, _ := strconv.Atoi(name)
				expectRefusal(t, d, url, status, "10")
			}
			host := strings.TrimSuffix(strings.TrimPrefix(url, "wss://"), "/")
			raw, err := d.NetDial(t.Context(), "tcp", host)
			if err != nil {
				t.Fatal(err)
			}
			_ = raw.Close() // one that leaves within the TLS handshake is not told
			c.Close()
			<-c.Done()
			for s.Stats().Open+s.Stats().Pending > 0 {
				runtime.Gosched()
			}
			dialOK(t, d, url)
		})
	}
}
