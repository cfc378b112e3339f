package auth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/auth"
	"github.com/go-websockets/websockets/wstest"
)

// sentinel is the credential that must not turn up anywhere.
const sentinel = "SENTINEL-0123456789"

// A lockedLog is a log of every level for several goroutines.
type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// leaks reports whether a text has the sentinel, in clear or as Basic has it.
func leaks(text string) bool {
	for _, form := range []string{sentinel, "SENTINEL", base64.StdEncoding.EncodeToString([]byte("ann:" + sentinel))[:12]} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// verifiers are functions of a program for which the sentinel is good, bad, or too
// much.
var verifiers = map[string]func(ctx context.Context, token string) (string, error){
	"good": func(_ context.Context, token string) (string, error) {
		if token != sentinel {
			return "", auth.ErrDenied
		}
		return "ann", nil
	},
	"denied": func(_ context.Context, token string) (string, error) {
		return "", fmt.Errorf("%w: %s", auth.ErrDenied, token)
	},
	"error": func(_ context.Context, token string) (string, error) { return "", fmt.Errorf("no row %s", token) },
	"panic": func(_ context.Context, token string) (string, error) { panic("bad token " + token) },
	"reject": func(_ context.Context, token string) (string, error) {
		return "", fmt.Errorf("%s: %w", token, &websockets.RejectError{Status: 403})
	},
}

// V-112: wherever a credential is sent, well formed or not, and whatever the
// program says of it: it is in no log of any level, in no response, in no error, and
// not in what the handler sees.
func TestCredentialsTurnUpNowhere(t *testing.T) {
	basic := base64.StdEncoding.EncodeToString([]byte("ann:" + sentinel))
	for _, lines := range [][]string{
		{"GET / HTTP/1.1", "Authorization: Bearer " + sentinel},
		{"GET / HTTP/1.1", "Authorization: Basic " + basic},
		{"GET / HTTP/1.1", "Sec-WebSocket-Protocol: bearer, " + sentinel},
		{"GET / HTTP/1.1", "Sec-WebSocket-Protocol: chat, bearer, " + sentinel},
		{"GET /p?a=1&token=" + sentinel + " HTTP/1.1"},
		{"GET http://server.example/p?token=" + sentinel + " HTTP/1.1"},

		{"GET / HTTP/1.1", "Authorization: Bearer " + sentinel + " x"},
		{"GET / HTTP/1.1", "Authorization: Bearer " + sentinel + "\x01"},
		{"GET / HTTP/1.1", "Authorization : Bearer " + sentinel},
		{"GET / HTTP/1.1", "Authorization Bearer " + sentinel},
		{"GET / HTTP/1.1", "Authorization Bearer " + sentinel + ": x"},
		{"GET / HTTP/1.1", "Authorization: Bearer", " " + sentinel},
		{"GET / HTTP/1.1", "Authorization: " + sentinel},
		{"GET / HTTP/1.1", "Authorization: Basic " + sentinel},
		{"GET / HTTP/1.1", "Authorization: Basic " + basic + "!"},
		{"GET / HTTP/1.1", "Authorization: Bearer " + sentinel, "Authorization: Bearer " + sentinel},
		{"GET / HTTP/1.1", "Sec-WebSocket-Protocol: bearer, " + sentinel + " x"},
		{"GET / HTTP/1.1", "Sec-WebSocket-Protocol: bearer, \"" + sentinel + "\""},
		{"GET / HTTP/1.1", "Sec-WebSocket-Protocol: bearer, " + sentinel + ", " + sentinel},
		{"GET / HTTP/1.1", "Sec-WebSocket-Protocol: " + sentinel + ", bearer"},
		{"GET / HTTP/1.1", "Sec-WebSocket-Protocol: " + sentinel + "@"},
		{"GET /?token=" + sentinel + "&token=" + sentinel + " HTTP/1.1"},
		{"GET /?token=" + sentinel + "%zz HTTP/1.1"},
		{"GET /?token=" + sentinel + "\x01 HTTP/1.1"},
		{"GET /?token=" + sentinel + " x HTTP/1.1"},
		{"GET /?token=" + sentinel + " HTTP/1.0"},
		{"PUT /?token=" + sentinel + " HTTP/1.1"},
		{"GET http://ann:" + sentinel + "@server.example/ HTTP/1.1"},
		{"GET http://ann:" + sentinel + "@server.example/ x HTTP/1.1"},
		{"GET / HTTP/1.1", "Host: ann:" + sentinel + "@server.example"},
	} {
		for name, verify := range verifiers {
			t.Run(strings.NewReplacer(sentinel, "S", basic, "B").Replace(strings.Join(lines, "|"))+" "+name, func(t *testing.T) {
				lines := append(lines, "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
				sendSentinel(t, lines, verify)
			})
		}
	}
}

func sendSentinel(t *testing.T, lines []string, verify func(context.Context, string) (string, error)) {
	var log lockedLog
	seen := make(chan string, 1)
	s := &websockets.Server{
		Options: websockets.Options{
			Logger:       slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Subprotocols: []string{"chat", "bearer"},
		},
		ProcessRequest: auth.All(auth.Hosts("server.example"), auth.Any(
			auth.Basic("r", func(ctx context.Context, user, password string) (string, error) { return verify(ctx, password) }),
			auth.Bearer("r", verify), auth.Subprotocol("bearer", verify), auth.Query("token", verify),
		)).Process,
		Handler: func(ctx context.Context, conn *websockets.Conn) error {
			user, _ := auth.Identity[string](ctx)
			r := conn.Request()
			seen <- fmt.Sprint(user, " ", r.Header, r.URL, r.RequestURI, r.Form, r.Host, conn.Response().Header, conn.Subprotocol())
			return errors.New("the handler fails")
		},
	}
	url, d := wstest.Server(t, s)
	transport, err := d.NetDial(t.Context(), "tcp", strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	p := wstest.NewPeer(t, transport, websockets.RoleClient)
	if _, err := p.Write(wstest.HTTP(lines...)); err != nil {
		t.Fatal(err)
	}
	accepted := false
	if resp := p.RecvResponse(); resp.StatusCode == 101 {
		accepted = true
		if text := <-seen; leaks(text) || !strings.HasPrefix(text, "ann ") {
			t.Errorf("the handler sees %s", text)
		}
		if leaks(fmt.Sprint(resp.Header)) {
			t.Errorf("the response has %v", resp.Header)
		}
		p.Expect("CLOSE 1011")
		p.Send("CLOSE 1011")
	}
	if rest := string(p.ReadAll()); leaks(rest) {
		t.Errorf("the response ends with %q", rest)
	}
	_ = s.Close()
	if text := log.String(); leaks(text) || !accepted && text == "" {
		t.Errorf("logged %s", text)
	}
}

// Errors of a client do not have what it sends, in its URL, headers or subprotocols.
// That secrets follow no redirect to others is shown by the root package's
// TestDialSendsSecretsToTheSameOriginOnly.
func TestErrorsOfClientsHaveNoCredentials(t *testing.T) {
	refuse := &websockets.Server{
		Options: websockets.Options{Logger: slog.New(slog.DiscardHandler)}, Handler: func(context.Context, *websockets.Conn) error { return nil },
		ProcessRequest: auth.Bearer("r", auth.Tokens[int](nil)).Process,
	}
	url, d := wstest.Server(t, refuse)
	host := strings.TrimPrefix(url, "ws://")
	for name, dial := range map[string]func(d websockets.Dialer) error{
		"user": func(d websockets.Dialer) error {
			_, err := d.Dial(t.Context(), "ws://ann:"+sentinel+"@"+host)
			return err
		},
		"user, bad URL": func(d websockets.Dialer) error {
			_, err := d.Dial(t.Context(), "ws://ann:"+sentinel+"@"+host+"#fragment")
			return err
		},
		"user, bad port": func(d websockets.Dialer) error {
			_, err := d.Dial(t.Context(), "ws://ann:"+sentinel+"@host:99999/")
			return err
		},
		"user, control character": func(d websockets.Dialer) error {
			_, err := d.Dial(t.Context(), "ws://ann:"+sentinel+"\x01@"+host)
			return err
		},
		"query": func(d websockets.Dialer) error {
			_, err := d.Dial(t.Context(), url+"?token="+sentinel)
			return err
		},
		"query, bad URL": func(d websockets.Dialer) error {
			_, err := d.Dial(t.Context(), "ws://host:99999/?token="+sentinel)
			return err
		},
		"header": func(d websockets.Dialer) error {
			d.Header = http.Header{"Authorization": {"Bearer " + sentinel}}
			_, err := d.Dial(t.Context(), url)
			return err
		},
		"bad header": func(d websockets.Dialer) error {
			d.Header = http.Header{"Authorization": {"Bearer " + sentinel + "\n"}}
			_, err := d.Dial(t.Context(), url)
			return err
		},
		"subprotocol": func(d websockets.Dialer) error {
			d.Subprotocols = []string{"bearer", sentinel}
			_, err := d.Dial(t.Context(), url)
			return err
		},
		"bad subprotocol": func(d websockets.Dialer) error {
			d.Subprotocols = []string{"bearer", sentinel + "=="}
			_, err := d.Dial(t.Context(), url)
			return err
		},
		"subprotocol twice": func(d websockets.Dialer) error {
			d.Subprotocols = []string{sentinel, sentinel}
			_, err := d.Dial(t.Context(), url)
			return err
		},
	} {
		if err := dial(websockets.Dialer{NetDial: d.NetDial}); err == nil || leaks(fmt.Sprintf("%v", err)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A server that sends the whole offer back does not put the token into our errors.
func TestErrorsAboutAnEchoedOfferHaveNoToken(t *testing.T) {
	for _, echo := range []string{"bearer, " + sentinel, sentinel + " x"} {
		a, b := new(wstest.Network).Pipe()
		defer b.Close()
		d := &websockets.Dialer{Options: websockets.Options{Subprotocols: []string{"bearer", sentinel}}}
		d.NetDial = func(context.Context, string, string) (net.Conn, error) { return a, nil }
		failed := make(chan error, 1)
		go func() {
			_, err := d.Dial(t.Context(), "ws://server.example/")
			failed <- err
		}()
		wstest.NewPeer(t, b, websockets.RoleServer).ServerHandshake("Sec-WebSocket-Protocol: " + echo)
		if err := <-failed; err == nil || leaks(err.Error()) {
			t.Errorf("got %v", err)
		}
	}
}
