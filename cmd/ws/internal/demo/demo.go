// Package demo is what "ws serve" serves: a few WebSocket services to try things
// on, and a page to use them from a browser.
//
//	/echo                                  sends each message back
//	/chat?room=NAME&name=NAME&format=json  a chat room; all parameters are optional
//	/time?every=100ms                      sends the time, every second unless told
//	/close?code=4000&reason=TEXT           closes at once, 1000 unless told
//	/                                      the page
//	/healthz                               200 while the server is up
//
// A [Site] plugs into a server: its Process method is the ProcessRequest of a
// [websockets.Server], and its Serve method the Handler.
package demo

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-websockets/websockets"
)

// A Site is the demo. Its zero value is ready to use. It may serve any number of
// connections.
type Site struct {
	// Logger gets two records for each connection and one for each other request.
	// Default: none.
	Logger *slog.Logger

	chat lobby
}

// An endpoint is one of the services.
type endpoint struct {
	// check looks at the parameters before the opening handshake, so that
	// mistakes become an HTTP response with an explanation.
	check func(url.Values) error
	serve func(s *Site, ctx context.Context, conn *websockets.Conn, q url.Values) error
}

var endpoints = map[string]endpoint{
	"/echo":  {check: noParameters, serve: (*Site).echo},
	"/chat":  {check: checkChat, serve: (*Site).serveChat},
	"/time":  {check: checkTime, serve: (*Site).time},
	"/close": {check: checkClose, serve: (*Site).close},
}

// Paths are the paths of the services, with an example of their parameters.
var Paths = []string{"/echo", "/chat?room=lobby", "/time"}

// Process answers the requests for pages and refuses those that no service can
// serve. It is a ProcessRequest of [websockets.Server].
func (s *Site) Process(r *http.Request) error {
	e := answer(r)
	if e == nil {
		return nil
	}
	s.logger().Info("answer", "conn", r.RemoteAddr, "path", r.URL.RequestURI(), "status", e.Status)
	return e
}

// answer is the response to r, or nil if a service is to serve it.
func answer(r *http.Request) *websockets.RejectError {
	if e, ok := endpoints[r.URL.Path]; ok {
		if err := e.check(r.URL.Query()); err != nil {
			return text(http.StatusBadRequest, err.Error())
		}
		return nil
	}
	switch {
	case r.Header.Get("Upgrade") != "":
	case r.URL.Path == "/":
		return page()
	case r.URL.Path == "/healthz":
		return text(http.StatusOK, "ok")
	}
	return text(http.StatusNotFound, "nothing here: try "+strings.Join(Paths, ", ")+" with a WebSocket, or / with a browser")
}

// text is a response of one line.
func text(status int, line string) *websockets.RejectError {
	h := http.Header{}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	return &websockets.RejectError{Status: status, Header: h, Body: []byte(line + "\n")}
}

// Serve serves one connection. It is a [websockets.Handler].
func (s *Site) Serve(ctx context.Context, conn *websockets.Conn) error {
	u := conn.Request().URL
	start := time.Now()
	log := s.logger().With("conn", conn.RemoteAddr().String())
	log.Info("open", "path", u.RequestURI())
	err := endpoints[u.Path].serve(s, ctx, conn, u.Query())
	log.Info("end", "path", u.Path, "why", ending(err), "after", time.Since(start).Round(time.Millisecond))
	return err
}

func (s *Site) logger() *slog.Logger {
	if s.Logger != nil {
		return s.Logger
	}
	return slog.New(slog.DiscardHandler)
}

// ending says in a few words why a service ended.
func ending(err error) string {
	if err == nil {
		return "served"
	}
	if e, ok := errors.AsType[*websockets.CloseError](err); ok && e.Err == nil {
		return "closed with " + e.Code.String()
	}
	return strings.TrimPrefix(err.Error(), "websockets: ")
}
