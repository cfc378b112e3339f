package websockets

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/httpheader"
)

// This file has what the opening handshakes of client and server share.

// openDeadline returns when an opening handshake that starts now must be done;
// the zero time if there is no bound.
func (o *Options) openDeadline() time.Time {
	if d := o.openTimeout(); d > 0 {
		return time.Now().Add(d)
	}
	return time.Time{}
}

// withHTTP11 returns a copy of a configuration whose application protocol is
// HTTP/1.1: a peer that agreed to HTTP/2 would speak that.
func withHTTP11(c *tls.Config) *tls.Config {
	c = c.Clone()
	protos := slices.DeleteFunc(slices.Clone(c.NextProtos), func(p string) bool { return p == "h2" })
	if !slices.Contains(protos, "http/1.1") {
		protos = append(protos, "http/1.1")
	}
	c.NextProtos = protos
	return c
}

// readers are for reading requests and responses: a connection keeps none.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 4<<10) }}

// unread returns what a reader holds, so that the reader can be dropped.
func unread(r *bufio.Reader) []byte {
	b, _ := r.Peek(r.Buffered())
	return slices.Clone(b)
}

// switchingProtocols makes of the headers of a 101 response what the application
// sees of it.
func switchingProtocols(request *http.Request, headers http11.Headers) *http.Response {
	return &http.Response{
		Status:     "101 Switching Protocols",
		StatusCode: http.StatusSwitchingProtocols,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     headers.Map(),
		Body:       http.NoBody,
		Request:    request,
	}
}

// checkExtraHeader refuses headers of an application that belong to the opening
// handshake or to the transport, and those that would break out of their line.
func checkExtraHeader(name, value string) error {
	switch {
	case !httpheader.ValidFieldName(name):
		return fmt.Errorf("bad header name %q", name)
	case isHandshakeHeader(name):
		return fmt.Errorf("header %q belongs to the opening handshake", name)
	case !httpheader.ValidFieldValue(value):
		return fmt.Errorf("bad value of header %q", name) // which may be a secret
	}
	return nil
}

func isHandshakeHeader(name string) bool {
	switch name = strings.ToLower(name); name {
	case "upgrade", "connection", "host", "content-length", "transfer-encoding":
		return true
	}
	return strings.HasPrefix(name, "sec-websocket-")
}

var errOpenTimeout = fmt.Errorf("OpenTimeout is over: %w", context.DeadlineExceeded)
