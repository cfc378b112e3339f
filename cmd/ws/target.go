package main

import (
	"fmt"
	"net"
	"strings"
)

// completeURL makes a URL of what was typed. Without a scheme, ws:// is meant on
// this machine only: elsewhere nobody should send anything in the clear by
// accident.
func completeURL(arg string) (string, error) {
	scheme, rest, ok := strings.Cut(arg, "://")
	if ok {
		switch strings.ToLower(scheme) {
		case "http":
			return "", noURL(arg, "ws://"+rest)
		case "https":
			return "", noURL(arg, "wss://"+rest)
		}
		return arg, nil // the library says what is wrong with it
	}
	if strings.HasPrefix(arg, ":") {
		arg = "localhost" + arg
	}
	authority, _, _ := strings.Cut(arg, "/")
	authority, _, _ = strings.Cut(authority, "?")
	if isLocal(authority) {
		return "ws://" + arg, nil
	}
	return "", noURL(arg, "wss://"+strings.TrimLeft(arg, "/"))
}

func noURL(arg, suggestion string) error {
	return &failure{
		status: statusUsage,
		err:    fmt.Errorf("%q is not a WebSocket URL", arg),
		hint:   "did you mean " + suggestion + " ?",
	}
}

// isLocal reports whether authority, a host with or without a port, is this
// machine.
func isLocal(authority string) bool {
	host, _, err := net.SplitHostPort(authority)
	if err != nil {
		host = strings.Trim(authority, "[]")
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
