package differential

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	coder "github.com/coder/websocket"
	"github.com/go-websockets/websockets"
	gobwas "github.com/gobwas/ws"
	gorilla "github.com/gorilla/websocket"

	"github.com/go-websockets/websockets/wstest"
)

// FuzzRequests gives opening handshakes to all libraries as servers: ours on its own
// listener, and all, ours too, under net/http.
func FuzzRequests(f *testing.F) {
	for n := range uint64(16) {
		f.Add(random(n))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkRequest(t, pick(requestParts, &tape{b})) })
}

func TestRequests(t *testing.T) {
	everyVariant(requestParts, func(picked []variant) { checkRequest(t, picked) })
	for n := range uint64(3000) {
		checkRequest(t, pick(requestParts, &tape{random(n)}))
	}
}

func checkRequest(t *testing.T, picked []variant) {
	t.Helper()
	request := text(picked)
	checkVerdicts(t, picked, func(l library) bool {
		_, ok := underHTTP(t, request, upgrades[l.name])
		return ok
	})
	if _, got := alone(t, request); got != verdict("alone", picked) {
		t.Errorf("our listener: accepted %v:\n%s", got, indent(request))
	}
}

// FuzzMutatedRequests gives any bytes as a request. What our listener accepts,
// net/http accepts too, and both make the same of it.
func FuzzMutatedRequests(f *testing.F) {
	everyVariant(requestParts, func(picked []variant) { f.Add([]byte(text(picked))) })
	f.Fuzz(func(t *testing.T, request []byte) {
		we, ok := alone(t, string(request))
		if !ok {
			return
		}
		they, ok := underHTTP(t, string(request), upgrades["websockets"])
		if !ok {
			t.Fatalf("we accept what net/http does not:\n%s", indent(string(request)))
		}
		if we.Method != they.Method || we.RequestURI != they.RequestURI || we.Host != they.Host || we.Proto != they.Proto || we.URL.String() != they.URL.String() {
			t.Errorf("we have %s %s of %s in %s, net/http has %s %s of %s in %s",
				we.Method, we.URL, we.Host, we.Proto, they.Method, they.URL, they.Host, they.Proto)
		}
		compareHeaders(t, we.Header, they.Header)
	})
}

func compareHeaders(t *testing.T, we, they http.Header) {
	t.Helper()
	for _, a := range []struct{ one, other http.Header }{{we, they}, {they, we}} {
		for name, values := range a.one {
			if len(values) != len(a.other[name]) {
				t.Errorf("%s: %q and %q", name, values, a.other[name])
				continue
			}
			for i, value := range values {
				if value != a.other[name][i] {
					t.Errorf("%s: %q and %q", name, values, a.other[name])
				}
			}
		}
	}
}

// upgrades make a connection of a request of net/http, and close it.
var upgrades = map[string]func(http.ResponseWriter, *http.Request) bool{
	"websockets": func(w http.ResponseWriter, r *http.Request) bool {
		s := &websockets.Server{Options: ourOptions(false)}
		c, err := s.Upgrade(w, r)
		return closeNow(err, func() error { return c.CloseNow() })
	},
	"gorilla": func(w http.ResponseWriter, r *http.Request) bool {
		c, err := new(gorilla.Upgrader).Upgrade(w, r, nil)
		return closeNow(err, func() error { return c.Close() })
	},
	"coder": func(w http.ResponseWriter, r *http.Request) bool {
		c, err := coder.Accept(w, r, nil)
		return closeNow(err, func() error { return c.CloseNow() })
	},
	"gws": func(w http.ResponseWriter, r *http.Request) bool {
		c, err := gwsUpgraders[false].Upgrade(w, r)
		return closeNow(err, func() error { return c.NetConn().Close() })
	},
	"gobwas": func(w http.ResponseWriter, r *http.Request) bool {
		c, _, _, err := gobwas.UpgradeHTTP(r, w)
		if c != nil && err != nil {
			_ = c.Close()
		}
		return closeNow(err, func() error { return c.Close() })
	},
}

func closeNow(err error, end func() error) bool {
	if err != nil {
		return false
	}
	_ = end()
	return true
}

// underHTTP gives a request to a server of net/http. It returns the request as that
// has it, and whether it was upgraded.
func underHTTP(t *testing.T, request string, upgrade func(http.ResponseWriter, *http.Request) bool) (r *http.Request, ok bool) {
	synctest.Test(t, func(t *testing.T) {
		s := &http.Server{ErrorLog: log.New(io.Discard, "", 0)}
		s.Handler = http.HandlerFunc(func(w http.ResponseWriter, got *http.Request) { r, ok = got, upgrade(w, got) })
		serve(t, request, s.Serve)
		_ = s.Close()
	})
	return r, ok
}

// alone gives a request to a listener of ours.
func alone(t *testing.T, request string) (r *http.Request, ok bool) {
	synctest.Test(t, func(t *testing.T) {
		s := &websockets.Server{Options: ourOptions(false)}
		s.Handler = func(_ context.Context, conn *websockets.Conn) error {
			r, ok = conn.Request(), true
			return conn.CloseNow()
		}
		serve(t, request, s.Serve)
		_ = s.Close()
	})
	return r, ok
}

// serve has a server take one connection on which the request comes in, and
// waits until there is nothing more to do.
func serve(t *testing.T, request string, serve func(net.Listener) error) {
	var network wstest.Network
	ln, err := network.Listen("server.example:80")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(ln) }()
	conn, err := network.Dial(t.Context(), "tcp", "server.example:80")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Log(err) // it was refused before its end
	}
	<-time.After(time.Millisecond)
	_ = conn.Close()
	_ = ln.Close()
	if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
