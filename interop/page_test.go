package interop

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-websockets/websockets/interop/internal/browser"
	"github.com/go-websockets/websockets/interop/internal/peer"
)

// visitPage uses the page of "ws serve" in a browser, as a person would, and
// leaves pictures of it in the artifacts folder.
func visitPage(t *testing.T, running browser.Browser, name string) {
	v := &visit{browser: running, pictures: filepath.Join("artifacts", strings.ToLower(name))}
	v.server, v.url = serveDemo(t)
	t.Run("echo", v.echo)
	t.Run("time", v.time)
	t.Run("chat", v.chat)
	t.Run("server closes", v.serverCloses)
	t.Run("no service", v.noService)
	t.Run("pings", v.pings)
	t.Run("page goes away", v.pageGoesAway)
	t.Run("server stops", v.serverStops)
	t.Run("TLS", v.secure)
	for _, p := range proxies {
		t.Run("behind "+p.name, func(t *testing.T) { v.behind(t, p) })
	}
}

// command is the ws command, built once for all tests.
var command = sync.OnceValues(func() (string, error) {
	program := filepath.Join(scratch, "ws.exe") // Windows wants that name, others do not mind
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "cmd", "ws")
	if out, err := build.CombinedOutput(); err != nil {
		return "", &buildError{err, string(out)}
	}
	return program, nil
})

type buildError struct {
	err    error
	output string
}

func (e *buildError) Error() string { return "go build: " + e.err.Error() + "\n" + e.output }

// serveDemo runs "ws serve" until the test ends and returns it with the first URL
// that it prints, which is that of its page.
func serveDemo(t *testing.T, args ...string) (*peer.Process, string) {
	t.Helper()
	program, err := command()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(args, "--unix") {
		args = append(args, "--addr", "127.0.0.1:0")
	}
	args = append([]string{"serve", "--ping-interval", "250ms", "--log", "frames"}, args...)
	p := peer.Start(t, nil, program, args...)
	return p, p.WaitLine(t, regexp.MustCompile(`^(https?://\S+/|ws\+unix:\S+/echo)$`))[0]
}

// A visit is a browser at the page of a running server.
type visit struct {
	browser  browser.Browser
	server   *peer.Process
	url      string
	pictures string
}

// A tab is a page with the demo in it; its ids are explained in the page.
type tab struct {
	browser.Page
	pictures string
}

func (v *visit) open(t *testing.T) tab {
	t.Helper()
	p := tab{v.browser.NewPage(t), v.pictures}
	p.Navigate(t, v.url)
	p.until(t, `state("closed")`)
	return p
}

// shorthand has what the tests' expressions are written with.
const shorthand = `(() => {
	const $ = (selector) => document.querySelector(selector)
	const all = (selector) => Array.from(document.querySelectorAll(selector))
	const state = (want) => $("#state").dataset.state === want
	const set = (selector, value) => {
		$(selector).value = value
		$(selector).dispatchEvent(new Event("input", { bubbles: true }))
	}
	const came = (text) => all("#log li[data-direction=in] .payload").some((e) => e.textContent === text)
	return BODY
})()`

// do has the page carry out a statement.
func (p tab) do(t *testing.T, statement string) {
	t.Helper()
	p.Eval(t, strings.Replace(shorthand, "return BODY", statement+"; return ''", 1))
}

// until waits for a condition.
func (p tab) until(t *testing.T, condition string) {
	t.Helper()
	browser.Until(t, p, strings.Replace(shorthand, "BODY", condition, 1))
}

// text returns what an element shows.
func (p tab) text(t *testing.T, selector string) string {
	t.Helper()
	return p.Eval(t, `document.querySelector(`+quote(selector)+`).textContent`)
}

func (p tab) picture(t *testing.T, name string) {
	t.Helper()
	browser.Save(t, p, filepath.Join(p.pictures, name+".png"))
}

// quote writes a string as JavaScript does.
func quote(s string) string {
	b, _ := json.Marshal(s) // cannot fail
	return string(b)
}

func (p tab) connect(t *testing.T) {
	t.Helper()
	p.do(t, `$("#connect").click()`)
	p.until(t, `state("open")`)
}

func (p tab) send(t *testing.T, message string) {
	t.Helper()
	p.do(t, `set("#message", `+quote(message)+`); $("#send").click()`)
}

// wantCode waits for the end of the connection and looks at what the page says
// of it.
func (p tab) wantCode(t *testing.T, code string) {
	t.Helper()
	p.until(t, `state("closed")`)
	if got := p.text(t, "#close-code"); !strings.HasPrefix(got, code) {
		t.Errorf("the page shows the close code %q, want %s", got, code)
	}
}

func (p tab) wantClose(t *testing.T, code, reason string) {
	t.Helper()
	p.wantCode(t, code)
	if got := p.text(t, "#close-reason"); got != reason {
		t.Errorf("the page shows the reason %q, want %q", got, reason)
	}
}

func (v *visit) echo(t *testing.T) {
	p := v.open(t)
	p.picture(t, "start")
	p.connect(t)
	p.send(t, nonASCII)
	p.until(t, `came(`+quote(nonASCII)+`)`)
	p.do(t, `$("#binary").click(); set("#message", "00 ff 10"); $("#send").click()`)
	p.until(t, `came("00 ff 10") && $("#log li[data-direction=in][data-type=binary]")`)
	p.until(t, `$("#latency").dataset.ms > 0`)
	p.picture(t, "echo")
	p.do(t, `$("#disconnect").click()`)
	p.wantClose(t, "1000", "")
}

func (v *visit) time(t *testing.T) {
	p := v.open(t)
	p.do(t, `$("#endpoint-time").click(); set("#every", "100ms")`)
	p.connect(t)
	p.until(t, `all("#log li[data-direction=in]").length >= 3`)
	p.picture(t, "time")
	p.do(t, `$("#disconnect").click()`)
	p.wantClose(t, "1000", "")
}

func (v *visit) chat(t *testing.T) {
	alice, bob := v.open(t), v.open(t)
	for name, p := range map[string]tab{"alice": alice, "bob": bob} {
		p.do(t, `$("#endpoint-chat").click(); set("#room", "garden"); set("#name", `+quote(name)+`)`)
		p.connect(t)
	}
	for _, p := range []tab{alice, bob} {
		p.until(t, `all("#members li").length === 2`)
	}
	alice.send(t, nonASCII)
	bob.until(t, `all("#chat-log li[data-from=alice][data-type=message]").some((e) => e.textContent.includes(`+quote(nonASCII)+`))`)
	bob.send(t, "hello, alice <b>")
	alice.until(t, `all("#chat-log li[data-from=bob][data-type=message]").some((e) => e.textContent.includes("hello, alice <b>"))`)
	alice.picture(t, "chat")
	bob.Close(t)
	alice.until(t, `$("#chat-log li[data-from=bob][data-type=leave]")`)
}

func (v *visit) serverCloses(t *testing.T) {
	p := v.open(t)
	p.do(t, `$("#url").value = `+quote("ws"+strings.TrimPrefix(v.url, "http")+"close?code=4321&reason=genug%20f%C3%BCr%20heute"))
	p.do(t, `$("#connect").click()`)
	p.until(t, `$("#close-code").textContent !== ""`)
	p.wantClose(t, "4321", "genug für heute")
}

func (v *visit) noService(t *testing.T) {
	p := v.open(t)
	p.do(t, `$("#url").value = `+quote("ws"+strings.TrimPrefix(v.url, "http")+"nowhere"))
	p.do(t, `$("#connect").click()`)
	p.until(t, `$("#problem").textContent !== ""`)
	p.wantClose(t, "1006", "")
	p.picture(t, "problem")
}

// pings looks into the server's log, for a page does not see them.
func (v *visit) pings(t *testing.T) {
	v.open(t).connect(t)
	v.server.WaitLine(t, regexp.MustCompile(`> PING`))
	v.server.WaitLine(t, regexp.MustCompile(`< PONG`))
}

func (v *visit) pageGoesAway(t *testing.T) {
	p := v.open(t)
	p.connect(t)
	p.Close(t)
	v.server.WaitLine(t, regexp.MustCompile(`< CLOSE 1001`))
}

func (v *visit) serverStops(t *testing.T) {
	p := v.open(t)
	p.connect(t)
	if err := v.server.Interrupt(t); err != nil {
		t.Errorf("ws serve: %v", err)
	}
	p.wantCode(t, "1001")
	p.picture(t, "server stopped")
}

func (v *visit) secure(t *testing.T) {
	v.server, v.url = serveDemo(t, "--tls")
	p := v.open(t)
	p.connect(t)
	if got := p.Eval(t, `document.querySelector("#url").value`); !strings.HasPrefix(got, "wss://") {
		t.Errorf("the page connects to %q, want wss", got)
	}
	p.send(t, nonASCII)
	p.until(t, `came(`+quote(nonASCII)+`)`)
}

// behind has all that people have in production: a browser, TLS and HTTP/2 where
// the proxy knows how, the proxy, a Unix socket and a server that is stopped.
func (v *visit) behind(t *testing.T, p proxy) {
	b := newBackend(t, "unix", true)
	v.server, _ = serveDemo(t, "--unix", b.address, "--mode", "0666")
	front, running := p.run(t, b)
	v.url = "https://" + front + "/"
	page := v.open(t)
	page.connect(t)
	page.send(t, nonASCII)
	page.until(t, `came(`+quote(nonASCII)+`)`)
	if err := v.server.Interrupt(t); err != nil {
		t.Errorf("ws serve: %v", err)
	}
	page.wantCode(t, "1001")
	if p.http2 != nil {
		running.WaitLine(t, p.http2)
	}
}
