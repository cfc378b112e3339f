package websockets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// records collects what a server logs.
type records struct{ bytes.Buffer }

func (r *records) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

func TestServerLogsARefusalOnceAndWithoutSecrets(t *testing.T) {
	var log records
	s := &websockets.Server{Options: websockets.Options{Logger: log.logger()}, Handler: nothing}
	url, d := wstest.Server(t, s)
	for _, lines := range [][]string{
		append(requestLine("GET /p\u202eth?token=SECRET HTTP/1.1"), "Authorization: Basic SECRET", "Cookie: SECRET", "Origin: https://evil\u202e.example"),
		append(requestLine("GET /path?token=SECRET HTTP/1.1"), "Authorization: Basic SECRET", "Cookie: SECRET", "Origin: https://evil.example"),
		with("Cookie: SECRET\x01", "Authorization: SECRET"),
		with("Sec-WebSocket-Protocol: bearer, SECRET x"),
		with("Sec-WebSocket-Protocol: SECRET, bearer, SECRET"),
		requestLine("GET /?token=SECRET HTTP/1.1 x"),
	} {
		before := bytes.Count(log.Bytes(), []byte("\n"))
		exchange(t, connect(t, url, d), wstest.HTTP(lines...))
		if err := s.Shutdown(t.Context()); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if n := bytes.Count(log.Bytes(), []byte("\n")) - before; n != 1 {
			t.Errorf("%q: %d lines", lines, n)
		}
		s = &websockets.Server{Options: s.Options, Handler: nothing}
		url, d = wstest.Server(t, s)
	}
	text := log.String()
	if strings.Contains(text, "SECRET") || strings.Contains(text, "\x1b") || strings.Contains(text, "\u202e") {
		t.Errorf("logged %q", text)
	}
	for _, want := range []string{"level=WARN", "status=403", "path=/p%E2%80%AEth", "remote=192.0.2.1:", "status=400"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}

func TestServerDoesNotLetClientsFillTheLog(t *testing.T) {
	var log records
	s := &websockets.Server{Options: websockets.Options{Logger: log.logger()}, Handler: nothing}
	url, d := wstest.Server(t, s)
	for range 300 {
		exchange(t, connect(t, url, d), wstest.HTTP("GET / HTTP/1.1", "Host: h"))
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), "\n"); n < 10 || n > 100 {
		t.Errorf("%d lines for 300 refusals", n)
	}
}

func TestServerIsSilentAboutPortScans(t *testing.T) {
	var log records
	s := &websockets.Server{Options: websockets.Options{Logger: log.logger()}, Handler: nothing}
	url, d := wstest.Server(t, s)
	for _, sent := range []string{"", "GET / HT"} {
		p := connect(t, url, d)
		fmt.Fprint(p, sent)
		p.Send("EOF")
		p.ReadAll()
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log.Len() > 0 {
		t.Errorf("logged %q", log.String())
	}
}

// Who breaks the protocol is named in the log, once; who just goes away is not.
func TestServerLogsFailedConnections(t *testing.T) {
	for _, tt := range []struct{ send, logged string }{
		{"RAW ff 80 00 00 00 00", "reserved"},
		{`TEXT "x" unmasked`, "not masked"},
		{"BINARY length=2000000", "message too big: 2000000 bytes"},
		{"TEXT FF", "not UTF-8"},
		{"CLOSE 1011", ""},
		{"EOF", ""},
	} {
		var log records
		s := &websockets.Server{Options: websockets.Options{Logger: log.logger()}, Handler: func(ctx context.Context, c *websockets.Conn) error {
			_, err := c.Recv(ctx)
			return err
		}}
		url, d := wstest.Server(t, s)
		p := connect(t, url, d)
		p.ClientHandshake("/path?token=SECRET")
		p.Send(tt.send)
		p.ReadAll()
		p.Close()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		text := log.String()
		if tt.logged == "" && text != "" || tt.logged != "" &&
			(strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=WARN") || !strings.Contains(text, tt.logged) || !strings.Contains(text, "path=/path ")) {
			t.Errorf("%s: logged %q", tt.send, text)
		}
	}
}
