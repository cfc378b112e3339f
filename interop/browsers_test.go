package interop

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/interop/internal/browser"
	"github.com/go-websockets/websockets/interop/internal/peer"
)

// TestBrowsers runs browsers, each once for all its tests: the cases for clients
// and the page of "ws serve".
func TestBrowsers(t *testing.T) {
	t.Parallel()
	for _, b := range browsers {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			running := b.start(t)
			t.Log("peer:", running.Version())
			start, origin := pagePeers(t, running)
			const can = echoesCode | knowsFlags | knows8Bits
			t.Run("beside "+oracle.name, func(t *testing.T) {
				converse(t, oracle.start(t), start(t), can)
			})
			for _, secure := range []bool{false, true} {
				(&session{
					start: start, can: can, origin: origin,
					role: websockets.RoleServer, secure: secure,
				}).run(t, serverCases)
			}
			t.Run("page", func(t *testing.T) { visitPage(t, running, b.name) })
		})
	}
}

// A product is a kind of browser.
type product struct {
	name  string
	start func(testing.TB) browser.Browser
}

var browsers = []product{
	{"Chromium", browser.StartChromium},
	{"Firefox", browser.StartFirefox},
}

// pagePeers returns how to get a peer on a new page of a browser, and the origin
// of these pages.
func pagePeers(t *testing.T, running browser.Browser) (start func(testing.TB) driver, origin string) {
	t.Helper()
	files := httptest.NewServer(http.FileServer(http.Dir("testdata/peers")))
	t.Cleanup(files.Close)
	return func(t testing.TB) driver {
		t.Helper()
		page := running.NewPage(t)
		page.Navigate(t, files.URL+"/browser.html")
		return &browserPeer{page}
	}, files.URL
}

// A browserPeer is testdata/peers/browser.html on a page.
type browserPeer struct{ page browser.Page }

func (p *browserPeer) Do(t testing.TB, c peer.Command) {
	t.Helper()
	command, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	p.page.Eval(t, "peer.do("+string(command)+")")
}

func (p *browserPeer) Expect(t testing.TB, event string) peer.Event {
	t.Helper()
	var e peer.Event
	line := p.page.Eval(t, "peer.next()")
	if err := json.Unmarshal([]byte(line), &e); err != nil {
		t.Fatal(err)
	}
	if e.Event != event {
		t.Fatalf("the peer's next event is %s, want %q", line, event)
	}
	return e
}
