package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
)

// trust says which certificates of a server are good. The zero value has the
// system decide.
type trust struct {
	insecure    bool
	ca          string
	fingerprint string
}

// addFlags adds its flags, of which only one may be given.
func (t *trust) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&t.insecure, "insecure", false, "accept any certificate: for tests only")
	fs.StringVar(&t.ca, "ca", "", "`FILE` with the certificates to trust in PEM, instead of the system's")
	fs.StringVar(&t.fingerprint, "fingerprint", "", "accept the certificate with this `SHA-256` only, as ws serve --tls prints it")
}

// config is nil if none of the flags asks for more than the default.
func (t *trust) config() (*tls.Config, error) {
	switch {
	case t.insecure:
		return &tls.Config{InsecureSkipVerify: true}, nil // the user asks for it
	case t.ca != "":
		pem, err := os.ReadFile(t.ca)
		if err != nil {
			return nil, fmt.Errorf("--ca: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--ca: %s has no certificate in PEM", t.ca)
		}
		return &tls.Config{RootCAs: roots}, nil
	case t.fingerprint != "":
		want, ok := parseFingerprint(t.fingerprint)
		if !ok {
			return nil, errors.New("--fingerprint: give the 64 hexadecimal digits of a SHA-256")
		}
		return &tls.Config{
			InsecureSkipVerify: true, // in favour of this:
			VerifyConnection: func(cs tls.ConnectionState) error {
				leaf := cs.PeerCertificates[0].Raw
				if sum := sha256.Sum256(leaf); !bytes.Equal(sum[:], want) {
					return &fingerprintError{got: fingerprint(leaf)}
				}
				return nil
			},
		}, nil
	}
	return nil, nil
}

// A fingerprintError says that the server has another certificate than
// --fingerprint says.
type fingerprintError struct{ got string }

func (e *fingerprintError) Error() string { return "the server's certificate has SHA-256 " + e.got }
