package websockets

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
)

// listen opens a listener for ListenAndServe and Start.
func (s *Server) listen(network, addr string) (net.Listener, error) {
	if err := s.checkServing(); err != nil {
		return nil, err
	}
	if !s.live.serving() {
		return nil, http.ErrServerClosed
	}
	var ln net.Listener
	var err error
	switch network {
	case "tcp", "tcp4", "tcp6":
		ln, err = net.Listen(network, addr)
	case "unix":
		ln, err = s.listenUnix(addr)
	default:
		err = net.UnknownNetworkError(network)
	}
	if err != nil {
		return nil, withPrefix("server", err)
	}
	return ln, nil
}

func (s *Server) listenUnix(path string) (net.Listener, error) {
	var c net.ListenConfig
	hasFile := !isAbstract(path)
	if hasFile && s.UnixMode != 0 {
		c.Control = limitMode(s.UnixMode)
	}
	ln, err := c.Listen(context.Background(), "unix", path)
	if err != nil && hasFile && isStale(path) {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
		ln, err = c.Listen(context.Background(), "unix", path)
	}
	if err != nil {
		return nil, err
	}
	if hasFile && s.UnixMode != 0 {
		if err := os.Chmod(path, s.UnixMode); err != nil {
			_ = ln.Close()
			return nil, err
		}
	}
	return ln, nil
}

// isAbstract reports whether a Unix socket of this name has no file.
func isAbstract(path string) bool {
	return runtime.GOOS == "linux" && strings.HasPrefix(path, "@")
}

// isStale reports whether path is the file of a Unix socket on which nobody
// listens. A server that was killed leaves it behind, and then no other can
// listen there. Anything in doubt counts as used, such as a socket that we may
// not connect to.
func isStale(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		_ = conn.Close()
		return false
	}
	return errors.Is(err, errRefused)
}
