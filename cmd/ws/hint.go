package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/go-websockets/websockets"
)

// dialFailure is the failure to connect, with what to do about it.
func dialFailure(url string, err error) error {
	f := &failure{status: statusFailed, err: err}
	if _, ok := errors.AsType[*websockets.URIError](err); ok {
		f.status = statusUsage
		f.hint = "URLs look like ws://host:port/path, wss://host/path or ws+unix:///path/to.sock:/path"
		return f
	}
	f.hint = dialHint(url, err)
	return f
}

func dialHint(url string, err error) string {
	if e, ok := errors.AsType[*websockets.RejectError](err); ok {
		return statusHint(url, e)
	}
	if hint := tlsHint(err); hint != "" {
		return hint
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return "is the name of the host right?"
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "is the server running, and is the port right? ws serve starts one"
	case errors.Is(err, syscall.ENOENT):
		return "is the server running, and is the path of its socket right?"
	case errors.Is(err, context.DeadlineExceeded):
		return "the server does not answer: is it the right one? --timeout sets how long to wait"
	}
	if _, ok := errors.AsType[*websockets.MessageError](err); ok {
		if strings.HasPrefix(url, "ws:") {
			return "this is no answer of a WebSocket server; if it speaks TLS, use wss://"
		}
		return "this is no answer of a WebSocket server: is the port right?"
	}
	return ""
}

// tlsHint explains failures of the TLS handshake.
func tlsHint(err error) string {
	if _, ok := errors.AsType[*fingerprintError](err); ok {
		return "this is another server than you expect, or it has a new certificate since"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "trust its certificate with --ca FILE or --fingerprint SHA256\nor, for tests only, accept any with --insecure"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the server does not speak TLS on this port: use ws://"
	}
	return ""
}

// statusHint explains HTTP responses other than 101.
func statusHint(url string, e *websockets.RejectError) string {
	switch e.Status {
	case http.StatusBadRequest:
		body := string(e.Body)
		if strings.HasPrefix(url, "ws:") && (strings.Contains(body, "TLS") || strings.Contains(body, "HTTPS")) {
			return "the server speaks TLS: use wss://"
		}
	case http.StatusUnauthorized:
		return "log in with --user NAME:@FILE or --token @FILE"
	case http.StatusForbidden:
		return "the server may want another origin: give one with --origin https://..."
	case http.StatusMisdirectedRequest:
		return "the server does not serve this host: for ws serve, name it with --host"
	case http.StatusNotFound, http.StatusUpgradeRequired, http.StatusOK, http.StatusMethodNotAllowed:
		return "is the path right? there is no WebSocket here"
	case http.StatusProxyAuthRequired:
		return "a proxy wants a login"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if after := e.Header.Get("Retry-After"); after != "" {
			return fmt.Sprintf("try again later (the server says Retry-After: %s)", after)
		}
		return "try again later"
	}
	return ""
}
