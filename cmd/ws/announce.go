package main

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/go-websockets/websockets/cmd/ws/internal/demo"
)

// announce prints where the server listens, each URL on a line of its own.
func (s *serveCommand) announce() error {
	st := s.style(s.stdout)
	var b strings.Builder
	for _, addr := range s.server.Addrs() {
		for _, u := range urls(addr, s.tls) {
			b.WriteString(st.bold(u) + "\n")
		}
	}
	if s.tls {
		leaf := s.server.TLSConfig.Certificates[0].Certificate[0]
		fmt.Fprintf(&b, "%s %s\n", st.dim("certificate SHA-256"), fingerprint(leaf))
	}
	_, err := fmt.Fprint(s.stdout, b.String())
	return err
}

// urls are the URLs of the demo at addr: of the page, then of the services. A
// browser cannot open a Unix socket.
func urls(addr net.Addr, secure bool) []string {
	var list []string
	page, base := "http://", "ws://"
	if secure {
		page, base = "https://", "wss://"
	}
	if addr.Network() == "unix" {
		path := addr.String()
		if abs, err := filepath.Abs(path); err == nil && !strings.HasPrefix(path, "@") {
			path = abs
		}
		escaped := (&url.URL{Path: path}).EscapedPath()
		base = "ws+unix://" + strings.ReplaceAll(escaped, ":", "%3A") + ":"
	} else {
		host := reachable(addr)
		list = append(list, page+host+"/")
		base += host
	}
	for _, path := range demo.Paths {
		list = append(list, base+path)
	}
	return list
}

// reachable is an address to connect to: an unspecified one becomes localhost.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
