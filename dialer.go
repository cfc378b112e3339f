package websockets

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/httpheader"
	"github.com/go-websockets/websockets/wsuri"
)

// A Dialer opens connections. Its zero value is ready to use. It must not be
// changed once in use; one Dialer may serve any number of goroutines.
type Dialer struct {
	Options

	// Header has more headers for the request, such as Authorization or Cookie;
	// those of the opening handshake itself, with Host and Origin, are refused. A
	// User-Agent here takes the place of the default, "go-websockets"; if it is
	// empty, none is sent.
	Header http.Header

	// Origin is the value of the Origin header. Default: none is sent, as is right
	// for a client that is not a browser (RFC 6455 §4.1).
	Origin string

	// TLSConfig is for wss:// URLs, and not looked at for others. Dial works on a
	// copy, which has the URL's host as ServerName unless there is one, and which
	// negotiates HTTP/1.1. Default: verify against the system's roots.
	TLSConfig *tls.Config

	// NetDial opens the transport, before TLS; network is "tcp" with a host and a
	// port, or "unix" with a path. It must give up when ctx ends. Default:
	// [net.Dialer].
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Dial opens a connection with the settings of the zero [Dialer]: see
// [Dialer.Dial].
func Dial(ctx context.Context, url string) (*Conn, error) {
	var d Dialer
	return d.Dial(ctx, url)
}

// Dial opens a connection to a URL: ws:// or wss://, or ws+unix:// for Unix
// sockets as package wsuri describes it. User and password in the URL are sent
// for Basic authentication, unless Header has an Authorization.
//
// Up to ten redirects are followed, to ws, wss, http and https URLs, but not from
// TLS to plain TCP and not away from a Unix socket. Once one leads to another
// scheme, host or port, neither the credentials of the URL nor the Authorization,
// Cookie and Proxy-Authorization in Header are sent any more.
//
// If ctx ends before the connection is open, or OpenTimeout is over, nothing is
// left of it; when Dial has returned, ctx has no more say.
//
// A URL that is none gives a *[URIError]. Every later error matches
// [ErrHandshake]: a *[RejectError] is the server's refusal, with the response; if
// ctx or OpenTimeout was the reason, the error also matches that of ctx, or
// [context.DeadlineExceeded]; if the connection was lost, [ErrHandshakeCanceled].
// No text of them has a password or the query of the URL.
func (d *Dialer) Dial(ctx context.Context, url string) (*Conn, error) {
	uri, err := wsuri.Parse(url)
	if err != nil {
		return nil, withPrefix("dial", err)
	}
	if err := d.check(); err != nil {
		return nil, withPrefix("dialer", err)
	}
	if limit := d.openTimeout(); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, errOpenTimeout)
		defer cancel()
	}
	route := route{uri: uri, secrets: true}
	for {
		h := &clientHandshake{dialer: d, ctx: ctx, route: route}
		conn, err := h.open()
		if err == nil {
			return conn, nil
		}
		moved, ok := errors.AsType[*redirect](err)
		if ok {
			err = route.follow(moved)
		}
		if err != nil {
			op := fmt.Sprintf("dial %q", describe(uri))
			if route.hops > 0 {
				op += fmt.Sprintf(" redirected to %q", describe(route.uri))
			}
			return nil, &openError{opError{op, err}}
		}
	}
}

// check reports settings that no server could accept, before anything is sent.
func (d *Dialer) check() error {
	if err := d.Options.check(); err != nil {
		return err
	}
	if err := handshake.CheckSubprotocolOffer(d.Subprotocols); err != nil {
		return err
	}
	if !httpheader.ValidFieldValue(d.Origin) {
		return fmt.Errorf("bad Origin %q", d.Origin)
	}
	for name, values := range d.Header {
		if strings.EqualFold(name, "Origin") {
			return errors.New("the field Origin, not Header, is for the Origin")
		}
		for _, value := range values {
			if err := checkExtraHeader(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// describe returns a URI as it may stand in an error: without user, password and
// query, which may be secrets.
func describe(u wsuri.URI) string {
	u.User = nil
	u.ResourceName, _, _ = strings.Cut(u.ResourceName, "?")
	return u.String()
}
