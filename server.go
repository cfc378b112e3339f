package websockets

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"sync"

	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/http11"
)

// A Handler serves one connection. Its ctx ends when the connection does: then
// its cause is the *[CloseError]. What the Handler returns ends the connection:
//
//   - nil closes it with 1000;
//   - a *[CloseError] of its own making closes it with that Code and Reason;
//   - the error that the end of the connection itself gave it, wrapped or not,
//     does nothing more;
//   - any other error is logged and closes it with 1011. So does a panic.
//
// The server then waits for the closing handshake, at most CloseTimeout. After a
// call of [Conn.OnMessage], nil leaves the connection open: what its function returns
// ends it.
type Handler func(ctx context.Context, conn *Conn) error

// Values for [Server].Origins.
const (
	AnyOrigin = handshake.AnyOrigin // "*", accept whatever the Origin header says: only for services that need no cookie or other login of the browser
	NoOrigin  = handshake.NoOrigin  // "", accept requests without an Origin header: clients that are not browsers
)

// A Server accepts WebSocket connections, on listeners of its own or as an
// [http.Handler]. Its zero value is ready to use once it has a Handler; Upgrade
// needs none. A Server must not be copied, and its fields must not be changed,
// once it is in use.
//
// Its own listeners speak HTTP/1.1 only as far as the opening handshake needs:
// one GET request, without a body. Other requests are refused with a response
// that says why, and the connection is closed. Nothing of the request but what
// [Conn.Request] returns is kept when the handler runs.
type Server struct {
	Options

	// Handler serves each connection.
	Handler Handler

	// TLSConfig makes the server's own listeners speak TLS. The server works on a
	// copy, which negotiates HTTP/1.1 and not HTTP/2. Default: plain TCP, except
	// for what a listener given to Serve does by itself.
	TLSConfig *tls.Config

	// Origins are the origins (RFC 6454) whose pages may connect, such as
	// "https://example.com" or "https://*.example.com"; also [NoOrigin] and
	// [AnyOrigin]. Default: the host of the request itself, and requests without
	// an Origin header.
	Origins []string

	// ProcessRequest sees each request first. A nil error goes on with the
	// opening handshake; a *[RejectError] is the HTTP response, whether or not the
	// request asks for a WebSocket; any other error is logged and answered with
	// 500, or with 503 once the request's context has ended. That happens after
	// OpenTimeout and when the server stops.
	//
	// Values which ProcessRequest adds to the request's context with
	// *r = *r.WithContext(ctx) are in the context of the handler.
	ProcessRequest func(r *http.Request) error

	// SelectSubprotocol picks one of the subprotocols that the client offers, or
	// "" for none. It is called for each opening handshake, even if one of the
	// lists is empty. An error refuses the connection: with 400, or as a
	// *[RejectError] says. Default: of those that both have, the one that both
	// together prefer most, the server deciding ties.
	SelectSubprotocol func(offered, supported []string) (string, error)

	// Header returns more headers for the response to an accepted request. Those
	// of the opening handshake itself are refused. Default: none; above all, there
	// is no Server header.
	Header func(r *http.Request) http.Header

	// ConnContext changes the context that the handler gets, for example to add
	// values. It must be derived from ctx. Default: ctx.
	ConnContext func(ctx context.Context, conn *Conn) context.Context

	// Limits bound the request line and headers on the server's own listeners.
	Limits http11.Limits

	// ConnLimits bound how many connections there are, in all and for each address.
	// PeerLimits, among the Options, bound what each may do.
	ConnLimits ConnLimits

	// Proxies are whom to believe who the client is. Default: nobody.
	Proxies Proxies

	// UnixMode is the mode of the socket files that ListenAndServe and Start
	// make, as far as the system looks at it. Default: what the umask leaves.
	UnixMode fs.FileMode

	once     sync.Once // runs setUp
	fault    error     // what setUp found wrong
	settings *settings // of every connection
	tls      *tls.Config
	live     registry
	counts   counts
	warn     limiter
}

// ListenAndServe listens on a TCP address such as ":8765" or "localhost:8765"
// and serves the connections with h. It returns only when that fails: a program
// that wants to stop it, or needs settings, uses a [Server].
func ListenAndServe(addr string, h Handler) error {
	s := &Server{Handler: h}
	return s.ListenAndServe("tcp", addr)
}

// ListenAndServe listens and serves connections until Shutdown or Close. Then it
// returns [http.ErrServerClosed], at once: wait for the return of Shutdown before
// the program ends.
//
// The network is "tcp", "tcp4" or "tcp6" with an address such as ":8765", or
// "unix" with the path of a socket. The socket file is removed when the server
// stops listening. One that a server left behind which nobody listens on any
// more is replaced; one that somebody listens on is an error, and so is a file
// that is no socket. On Linux "@name" is a socket without a file. Where there
// are no Unix sockets, the error matches [errors.ErrUnsupported].
//
// A Server may have any number of listeners.
func (s *Server) ListenAndServe(network, addr string) error {
	ln, err := s.listen(network, addr)
	if err != nil {
		return err
	}
	return s.Serve(ln)
}

// Start is like ListenAndServe, but serves in the background: when it returns
// nil, the server is listening. [Server.Addrs] tells on which port if addr leaves
// that open.
func (s *Server) Start(network, addr string) error {
	ln, err := s.listen(network, addr)
	if err != nil {
		return err
	}
	if !s.live.addListener(&ln) {
		_ = ln.Close()
		return http.ErrServerClosed
	}
	go func() {
		if err := s.accept(&ln); err != http.ErrServerClosed {
			s.logger().Error("websockets: listener failed", "addr", ln.Addr().String(), "err", err)
		}
	}()
	return nil
}

// Serve serves the connections that come in on a listener, until Shutdown or
// Close: then it returns [http.ErrServerClosed]. It closes the listener when it
// returns. Failures to accept that may pass, such as too many open files, are
// logged and waited out.
func (s *Server) Serve(ln net.Listener) error {
	if err := s.checkServing(); err != nil {
		_ = ln.Close()
		return err
	}
	if !s.live.addListener(&ln) {
		_ = ln.Close()
		return http.ErrServerClosed
	}
	return s.accept(&ln)
}

// checkServing reports what keeps the server from serving connections itself.
func (s *Server) checkServing() error {
	if err := s.ready(); err != nil {
		return err
	}
	if s.Handler == nil {
		return errNoHandler
	}
	return nil
}

// ready sets the server up when it is first used, and reports settings that mean
// nothing.
func (s *Server) ready() error {
	s.once.Do(s.setUp)
	return s.fault
}

func (s *Server) setUp() {
	s.live.init(s.ConnLimits)
	s.settings = s.resolve()
	if s != &zeroServer { // whose connections may be in several synctest bubbles
		s.settings.lookout = new(lookout)
	}
	if s.TLSConfig != nil {
		s.tls = withHTTP11(s.TLSConfig)
	}
	if err := s.check(); err != nil {
		s.fault = withPrefix("server", err)
	}
}

func (s *Server) check() error {
	if err := s.Options.check(); err != nil {
		return err
	}
	if err := s.ConnLimits.check(); err != nil {
		return err
	}
	if err := s.Proxies.check(); err != nil {
		return err
	}
	if err := handshake.CheckOriginPatterns(s.Origins); err != nil {
		return err
	}
	if err := handshake.CheckSubprotocolOffer(s.Subprotocols); err != nil {
		return err
	}
	if s.UnixMode&^fs.ModePerm != 0 {
		return fmt.Errorf("UnixMode %v has more than permission bits", s.UnixMode)
	}
	if c := s.TLSConfig; c != nil && len(c.Certificates) == 0 && c.GetCertificate == nil && c.GetConfigForClient == nil {
		return errors.New("TLSConfig has no certificate")
	}
	return nil
}

var errNoHandler = errors.New("websockets: server: Handler is nil")
