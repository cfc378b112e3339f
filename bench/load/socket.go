//go:build linux

package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// Key is the Sec-WebSocket-Key of every request, that of RFC 6455 §1.3.
const Key = "dGhlIHNhbXBsZSBub25jZQ=="

const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

// A Server is what is under test.
type Server struct {
	Addr    netip.AddrPort // on loopback
	Raw     bool           // it speaks TCP only
	TLS     bool           // it speaks TLS
	Deflate string         // the extension to offer, none if empty
	Source  netip.Addr     // to connect from; the zero value leaves it to the system
}

// request is the opening handshake, or the byte that a raw server takes for it.
func (s *Server) request(path string) []byte {
	if s.Raw {
		return []byte(path[1:2])
	}
	return s.httpRequest(path)
}

func (s *Server) httpRequest(path string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", path, s.Addr)
	fmt.Fprintf(&b, "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n", Key)
	if s.Deflate != "" {
		fmt.Fprintf(&b, "Sec-WebSocket-Extensions: %s\r\n", s.Deflate)
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

// socket makes a TCP socket that is not connected yet.
func (s *Server) socket(flags int) (int, error) {
	if !s.Addr.Addr().IsLoopback() || !s.Addr.Addr().Is4() {
		return 0, fmt.Errorf("%v is not an IPv4 address of this machine: load is for servers here", s.Addr)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|flags, 0)
	if err != nil {
		return 0, fmt.Errorf("socket: %w", err)
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if s.Source.IsValid() {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: s.Source.As4()}); err != nil {
			_ = unix.Close(fd)
			return 0, fmt.Errorf("bind: %w", err)
		}
	}
	return fd, nil
}

func (s *Server) sockaddr() unix.Sockaddr {
	return &unix.SockaddrInet4{Addr: s.Addr.Addr().As4(), Port: int(s.Addr.Port())}
}

// open connects and does the opening handshake. It returns the extensions agreed
// on.
func (s *Server) open(path string) (fd int, extensions string, err error) {
	if fd, err = s.socket(0); err != nil {
		return 0, "", err
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
		}
	}()
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 10})
	for err := unix.EINTR; err == unix.EINTR; {
		e := unix.Connect(fd, s.sockaddr())
		if err, _ = e.(unix.Errno); e != nil && err != unix.EINTR && err != unix.EISCONN {
			return 0, "", fmt.Errorf("connect: %w", e)
		}
	}
	if err := writeAll(fd, s.request(path)); err != nil {
		return 0, "", err
	}
	if !s.Raw {
		if extensions, err = readResponse(fd); err != nil {
			return 0, "", err
		}
	}
	return fd, extensions, unix.SetNonblock(fd, true)
}

func writeAll(fd int, p []byte) error {
	for len(p) > 0 {
		n, err := unix.Write(fd, p)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		p = p[n:]
	}
	return nil
}

// readResponse reads on a socket that blocks.
func readResponse(fd int) (extensions string, err error) {
	var response []byte
	buf := make([]byte, 4<<10)
	for {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("read the response: %w", err)
		}
		if n == 0 {
			return "", errors.New("the server closed instead of a response")
		}
		response = append(response, buf[:n]...)
		if done, extensions, err := parseResponse(response); done || err != nil {
			return extensions, err
		}
	}
}

// parseResponse reports whether p is a whole response, and nothing more.
func parseResponse(p []byte) (done bool, extensions string, err error) {
	end := bytes.Index(p, []byte("\r\n\r\n"))
	if end < 0 {
		return false, "", nil
	}
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(p)), nil)
	if err != nil {
		return false, "", err
	}
	if got := r.Header.Get("Sec-WebSocket-Accept"); r.StatusCode != http.StatusSwitchingProtocols || got != accept {
		return false, "", fmt.Errorf("status %s with Sec-WebSocket-Accept %q", r.Status, got)
	}
	if len(p) > end+4 {
		return false, "", fmt.Errorf("%d bytes behind the response", len(p)-end-4)
	}
	return true, r.Header.Get("Sec-WebSocket-Extensions"), nil
}
