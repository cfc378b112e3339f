package interop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const nonASCII = "héllo 🌍"

// urlTo names a resource of a server on this machine.
func urlTo(scheme string, port int, path string) string {
	u := url.URL{Scheme: scheme, Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: path}
	return u.String()
}

// keyPair is a self-signed certificate for this machine.
type keyPair struct {
	certFile, keyFile string
	bothFile          string // certificate and key, as HAProxy wants them
	server, client    *tls.Config
}

var theCertificate struct {
	sync.Once
	keyPair
	err error
}

// certificate returns the certificate of all tests; its files are there until
// the tests end.
func certificate(t testing.TB) *keyPair {
	t.Helper()
	theCertificate.Do(func() { theCertificate.err = theCertificate.make(scratch) })
	if theCertificate.err != nil {
		t.Fatal(theCertificate.err)
	}
	return &theCertificate.keyPair
}

func (k *keyPair) make(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "localhost"},
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	k.certFile, k.keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	k.bothFile = filepath.Join(dir, "both.pem")
	for file, content := range map[string][]byte{
		k.certFile: certPEM,
		k.keyFile:  keyPEM,
		k.bothFile: slices.Concat(certPEM, keyPEM),
	} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return err
		}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	k.server = &tls.Config{Certificates: []tls.Certificate{pair}}
	k.client = &tls.Config{RootCAs: roots}
	return nil
}

// scratch is a directory for the files of all tests.
var scratch string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if scratch, err = os.MkdirTemp("", "interop"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(scratch)
		return m.Run()
	}())
}

// A frameCounter is a logger that tells of each frame whose notation has a
// prefix.
type frameCounter struct {
	slog.Handler
	prefix string
	seen   chan<- struct{}
}

func (c *frameCounter) Enabled(context.Context, slog.Level) bool { return true }

func (c *frameCounter) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "frame" && strings.HasPrefix(a.Value.String(), c.prefix) {
			c.seen <- struct{}{}
		}
		return true
	})
	return nil
}
