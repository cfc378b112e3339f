package websockets

import (
	"context"
	"crypto/tls"
	"io/fs"
	"iter"
	"net"
	"net/http"

	"github.com/go-websockets/websockets/http11"
)

// A Handler serves one connection; ctx ends when the connection does. When the
// Handler returns nil the connection is closed with 1000, with a *[CloseError]
// it is closed with its Code and Reason; any other error is logged and the
// connection closed with 1011, and so it is when the Handler panics.
type Handler func(ctx context.Context, conn *Conn) error

// Values for [Server].Origins.
const (
	AnyOrigin = "*" // accept whatever the Origin header says: only for services that need no cookie or other login of the browser
	NoOrigin  = ""  // accept requests without an Origin header: clients that are not browsers
)

// A Server accepts WebSocket connections, on listeners of its own or as an
// [http.Handler]. All fields may be left at zero but Handler; none may be
// changed once the server is in use.
type Server struct {
	Options

	// Handler serves each connection.
	Handler Handler

	// TLSConfig makes the server's own listeners speak TLS. Default: plain TCP.
	TLSConfig *tls.Config

	// Origins are the origins (RFC 6454) whose pages may connect, such as
	// "https://example.com" or "https://*.example.com"; also [NoOrigin] and
	// [AnyOrigin]. Default: the host of the request itself, and requests without
	// an Origin header.
	Origins []string

	// ProcessRequest sees each request first. A nil error goes on with the
	// opening handshake; a *[RejectError] is the HTTP response; any other error
	// is logged and answered with 500. The request's context ends with
	// OpenTimeout, or when the server closes.
	ProcessRequest func(r *http.Request) error

	// SelectSubprotocol picks one of the subprotocols that the client offers, or
	// "" for none. An error refuses the connection. Default: of those that both
	// have, the one that both together prefer most, the server deciding ties.
	SelectSubprotocol func(offered, supported []string) (string, error)

	// Header returns more headers for the response to an accepted request.
	Header func(r *http.Request) http.Header

	// ConnContext changes the context that the handler gets, for example to add
	// values. It must be derived from ctx.
	ConnContext func(ctx context.Context, conn *Conn) context.Context

	// Limits bound the request line and headers on the server's own listeners.
	Limits http11.Limits

	// UnixMode is the mode of the socket files that ListenAndServe and Start
	// make. Default: what the umask leaves.
	UnixMode fs.FileMode
}

func ListenAndServe(addr string, h Handler) error                               { panic("") }
func (s *Server) ListenAndServe(network, addr string) error                     { panic("") }
func (s *Server) Start(network, addr string) error                              { panic("") }
func (s *Server) Serve(ln net.Listener) error                                   { panic("") }
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request)              { panic("") }
func (s *Server) Upgrade(w http.ResponseWriter, r *http.Request) (*Conn, error) { panic("") }
func Upgrade(w http.ResponseWriter, r *http.Request) (*Conn, error)             { panic("") }
func (s *Server) Addrs() []net.Addr                                             { panic("") }
func (s *Server) Conns() iter.Seq[*Conn]                                        { panic("") }
func (s *Server) Shutdown(ctx context.Context) error                            { panic("") }
func (s *Server) Close() error                                                  { panic("") }
