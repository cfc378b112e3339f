package websockets

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
)

// A Dialer opens connections. Its zero value is ready to use. It must not be
// changed once in use; one Dialer may serve any number of goroutines.
type Dialer struct {
	Options

	// Header has more headers for the request. Those of the opening handshake
	// itself are refused.
	Header http.Header

	// Origin is the value of the Origin header. Default: none is sent.
	Origin string

	// TLSConfig is for wss:// URLs. Default: verify against the system's roots.
	TLSConfig *tls.Config

	// NetDial opens the transport, before TLS. Default: net.Dialer.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)
}

func Dial(ctx context.Context, url string) (*Conn, error)             { panic("") }
func (d *Dialer) Dial(ctx context.Context, url string) (*Conn, error) { panic("") }
