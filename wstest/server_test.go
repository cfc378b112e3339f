package wstest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
)

// echo is a handler.
func echo(ctx context.Context, conn *websockets.Conn) error {
	for m, err := range conn.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := conn.Send(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func testEcho(t *testing.T, url string, d *websockets.Dialer) {
	t.Helper()
	conn, err := d.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Send(t.Context(), websockets.Text("hello")); err != nil {
		t.Fatal(err)
	}
	if m, err := conn.Recv(t.Context()); err != nil || m.String() != "hello" {
		t.Errorf("got %q, %v", m, err)
	}
}

func TestServerIsReachedByItsDialer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		url, d := Server(t, &websockets.Server{Handler: echo})
		testEcho(t, url, d)
	})
}

func TestServersOfANetworkHaveAddressesOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network Network
		one, d := network.Server(t, &websockets.Server{Handler: echo})
		two, _ := network.Server(t, &websockets.Server{Handler: echo})
		if one == two {
			t.Errorf("both have %s", one)
		}
		testEcho(t, one, d)
		testEcho(t, two, d)
	})
}

func TestServerSpeaksTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		url, d := Server(t, &websockets.Server{
			Handler:   echo,
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate(t)}},
		})
		if !strings.HasPrefix(url, "wss://") {
			t.Errorf("URL %s", url)
		}
		testEcho(t, url, d)
	})
	wantFailure(t, "certificate of the server", func(t testing.TB) {
		Server(t, &websockets.Server{TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{[]byte("not one")}}},
		}})
	})
}

func certificate(t *testing.T) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		DNSNames:     []string{"server.example"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestServerEndsWithTheTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var network Network
		var conn *websockets.Conn
		var url string
		if got := failure(func(tb testing.TB) {
			var d *websockets.Dialer
			url, d = network.Server(tb, &websockets.Server{Handler: echo})
			var err error
			if conn, err = d.Dial(t.Context(), url); err != nil {
				t.Error(err)
			}
		}); got != "" {
			t.Errorf("failure %q", got)
		}
		<-conn.Done()
		addr := strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/")
		if _, err := network.Dial(t.Context(), "tcp", addr); err == nil {
			t.Error("somebody still listens")
		}
	})
}

func TestServerTellsWhenItFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wantFailure(t, "wstest: server: ", func(t testing.TB) {
			var network Network
			s := &websockets.Server{Handler: echo}
			url, _ := network.Server(t, s)
			addr := Addr(strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/"))
			network.listeners[addr].Close()
			synctest.Wait()
		})
	})
}
