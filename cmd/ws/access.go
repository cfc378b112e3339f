package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/auth"
	"github.com/go-websockets/websockets/httpheader"
	"github.com/spf13/pflag"
)

// access is who may use ws serve, and how much of it.
type access struct {
	hosts  []string
	users  []string
	tokens []string
}

// addFlags adds the flags for who may connect, and for the limits of s.
func (a *access) addFlags(fs *pflag.FlagSet, s *websockets.Server) {
	fs.StringArrayVar(&a.hosts, "host", nil,
		"`HOST` of the Host header to serve, beside localhost and loopback addresses, or * for any; may be repeated (default any, but none on a loopback address)")
	fs.StringArrayVar(&a.users, "user", nil,
		"demand Basic authentication of a user, `NAME:@FILE` or NAME:env:VARIABLE with the password; may be repeated")
	fs.StringArrayVar(&a.tokens, "token", nil,
		"demand a token, `@FILE` or env:VARIABLE: in the Authorization header, behind the subprotocol bearer, or as ?token=; may be repeated")

	s.ConnLimits.Total = websockets.NoLimit
	s.ConnLimits.PerAddress = websockets.NoLimit
	s.PeerLimits.IdleTimeout = websockets.Off
	s.PeerLimits.Lifetime = websockets.Off
	s.PeerLimits.Messages.PerSecond = websockets.NoLimit
	s.PeerLimits.Bytes.PerSecond = websockets.NoLimit
	fs.Var(countFlag{&s.ConnLimits.Total}, "max-conns",
		`connections at a time, or "off"; more are refused with 503`)
	fs.Var(countFlag{&s.ConnLimits.PerAddress}, "max-conns-per-addr",
		`connections of one address, of IPv6 a /64, or "off"; more are refused with 429`)
	fs.Var(durationFlag{value: &s.PeerLimits.IdleTimeout}, "idle-timeout",
		`time without a message of the client before it is closed with 1001, or "off"`)
	fs.Var(durationFlag{value: &s.PeerLimits.Lifetime}, "max-lifetime",
		`time, or up to a tenth less, after which a connection is closed with 1001, or "off"`)
	fs.Var(countFlag{&s.PeerLimits.Messages.PerSecond}, "message-rate",
		`messages a second of a connection, or "off"; more close it with 1008`)
	fs.Var(sizeFlag[int]{&s.PeerLimits.Bytes.PerSecond}, "byte-rate",
		`bytes a second of a connection in the long run, or "off"; more close it with 1008`)
}

// guard makes the ProcessRequest that asks next when a request passes. /healthz
// needs no login: who watches a server has none.
func (a *access) guard(s *websockets.Server, logger *slog.Logger, next func(*http.Request) error) (func(*http.Request) error, error) {
	hosts, err := a.hostGuard(s)
	if err != nil {
		return nil, err
	}
	login, err := a.loginGuard()
	if err != nil {
		return nil, err
	}
	if len(a.tokens) > 0 {
		s.Subprotocols = append(s.Subprotocols, tokenName)
	}
	return func(r *http.Request) error {
		err := hosts.Process(r)
		if err == nil && login != nil && (r.URL.Path != "/healthz" || r.Header.Get("Upgrade") != "") {
			err = login.Process(r)
		}
		if err == nil {
			return next(r)
		}
		if reject, ok := errors.AsType[*websockets.RejectError](err); ok {
			logger.Info("refused", "conn", r.RemoteAddr, "path", r.URL.EscapedPath(), "status", reject.Status, "why", err)
		}
		return err
	}, nil
}

// hostGuard keeps pages out that reach a loopback address by a name of their own.
func (a *access) hostGuard(s *websockets.Server) (auth.Guard, error) {
	if slices.Contains(a.hosts, "*") {
		return pass, nil
	}
	for _, name := range a.hosts {
		if _, _, err := httpheader.ParseHost(name); err != nil {
			return nil, fmt.Errorf("--host is %q: give a host, with or without a port, or *", name)
		}
	}
	check := auth.Hosts(a.hosts...)
	always := len(a.hosts) > 0
	isLocal := sync.OnceValue(func() bool { return onLoopback(s.Addrs()) }) // a request comes when there are some
	return func(r *http.Request) (*http.Request, error) {
		if always || isLocal() {
			return check(r)
		}
		return r, nil
	}, nil
}

func pass(r *http.Request) (*http.Request, error) { return r, nil }

func onLoopback(addrs []net.Addr) bool {
	return !slices.ContainsFunc(addrs, func(addr net.Addr) bool {
		tcp, ok := addr.(*net.TCPAddr)
		return !ok || !tcp.IP.IsLoopback()
	})
}

// tokenName is the subprotocol before a token, and tokenParameter the name of one in
// a query.
const (
	tokenName      = "bearer"
	tokenParameter = "token"
	realm          = "ws serve"
)

// loginGuard is nil if nobody has to log in.
func (a *access) loginGuard() (auth.Guard, error) {
	var guards []auth.Guard
	if len(a.users) > 0 {
		passwords := map[string]string{}
		for _, value := range a.users {
			name, password, err := readUser("--user", value)
			if err != nil {
				return nil, err
			}
			passwords[name] = password
		}
		guards = append(guards, auth.Basic(realm, auth.Passwords(passwords)))
	}
	if len(a.tokens) > 0 {
		tokens := map[string]string{}
		for _, value := range a.tokens {
			token, err := readToken("--token", value)
			if err != nil {
				return nil, err
			}
			tokens[token] = tokenName
		}
		verify := auth.Tokens(tokens)
		guards = append(guards, auth.Bearer(realm, verify), auth.Subprotocol(tokenName, verify), auth.Query(tokenParameter, verify))
	}
	if len(guards) == 0 {
		return nil, nil
	}
	return auth.Any(guards...), nil
}
