package auth

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/httpheader"
	"github.com/go-websockets/websockets/internal/quote"
)

// Hosts lets requests pass whose Host header is this machine as it sees itself,
// localhost or a loopback address, or one of the names. Others are answered with
// 421 (RFC 9110 §15.5.20), and malformed ones with 400.
//
// That is against DNS rebinding. A page of evil.example can have its own name
// resolve to 127.0.0.1 once it is loaded: then it reaches servers on the user's
// machine, and by the Origin header it is of the same host. Its Host header tells.
// Servers that listen on loopback addresses need this, and those in a private
// network with the names and addresses that they have there.
//
// A name is a host such as "chat.example.com", or an IP address; with a port, such
// as "box.example:8765", that port only is meant, which for a request without one
// is that of its scheme. Case and a dot at the end do not matter. What looks like
// an address and is none, such as 10.0.2.555 or 127.1, is a name. Hosts panics if a
// name is malformed.
func Hosts(names ...string) Guard {
	const where = "Host"
	type place struct {
		host string
		port int // 0: any
	}
	allowed := make(map[place]bool)
	for _, name := range names {
		host, port, err := parseHost(name)
		if err != nil {
			panic(fmt.Sprintf("websockets/auth: Hosts: %v", err))
		}
		allowed[place{host, port}] = true
	}
	return func(r *http.Request) (*http.Request, error) {
		host, port, err := parseHost(r.Host)
		if err != nil {
			return nil, badRequest(where, err)
		}
		if port == 0 {
			port = 80
			if r.TLS != nil {
				port = 443
			}
		}
		if isLoopback(host) || allowed[place{host, 0}] || allowed[place{host, port}] {
			return r, nil
		}
		return nil, &refusal{where, fmt.Errorf("%w: %s", ErrHost, quote.Text(r.Host)), &websockets.RejectError{
			Status: http.StatusMisdirectedRequest,
			Body:   []byte(ErrHost.Error() + "\n"),
		}}
	}
}

// parseHost is [httpheader.ParseHost] for comparisons: names are without the dot at
// the end, and IP addresses in their one form.
func parseHost(s string) (host string, port int, err error) {
	if host, port, err = httpheader.ParseHost(s); err != nil {
		return "", 0, err
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().String(), port, nil
	}
	name := strings.TrimSuffix(host, ".")
	if _, err := netip.ParseAddr(name); err == nil {
		return host, port, nil // 127.0.0.1. is a name
	}
	return name, port, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
