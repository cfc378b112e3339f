package faults

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// What a process of the tests is there for stands in its environment.
const (
	caseVar   = "FAULTS_CASE"   // "F01/server/wss": a case; "probe": whether there can be a lab
	resultVar = "FAULTS_RESULT" // the file for what a case has seen
	peerVar   = "FAULTS_PEER"   // a peer that lives and dies apart
)

// TestCase is one case, in a process of its own. TestFaults starts it.
func TestCase(t *testing.T) {
	name := os.Getenv(caseVar)
	if name == "" {
		t.Skip("a part of TestFaults")
	}
	wstest.NoLeaks(t)
	warmUp(t)
	before, names := descriptors()
	t.Cleanup(func() {
		for start := time.Now(); ; pause(time.Millisecond) {
			after, left := descriptors()
			if after <= before {
				return
			}
			if time.Since(start) > 2*time.Second {
				t.Errorf("%d files were open before the case, %d are after it:\n%s\n%s", before, after, names, left)
				return
			}
		}
	})
	if name == "probe" {
		if _, err := newLab(t, websockets.RoleServer, false); err != nil {
			report(t, err.Error())
		}
		return
	}
	id, rest, _ := strings.Cut(name, "/")
	role, scheme, _ := strings.Cut(rest, "/")
	s := find(id)
	if s == nil {
		t.Fatalf("no scenario %s", id)
	}
	l, err := newLab(t, roleOf(role), scheme == "wss")
	if err != nil {
		t.Fatal(err)
	}
	s.run(l)
	report(t, strings.Join(l.seen, "; "))
}

func roleOf(name string) websockets.Role {
	if name == websockets.RoleClient.String() {
		return websockets.RoleClient
	}
	return websockets.RoleServer
}

// report tells TestFaults what was seen.
func report(t *testing.T, seen string) {
	if err := os.WriteFile(os.Getenv(resultVar), []byte(seen), 0o600); err != nil {
		t.Fatal(err)
	}
}

// warmUp has the runtime open what it keeps open.
func warmUp(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	certificate()
}

var theCertificate = sync.OnceValue(makeCertificate)

// certificate returns the configuration of a server of TLS.
func certificate() *tls.Config { return &tls.Config{Certificates: []tls.Certificate{theCertificate()}} }

// makeCertificate makes a key and signs it. Who shows it does not matter here.
func makeCertificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		IPAddresses:  []net.IP{nearAddr.AsSlice(), farAddr.AsSlice()},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	pair, err := tls.X509KeyPair(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	if err != nil {
		panic(err)
	}
	return pair
}
