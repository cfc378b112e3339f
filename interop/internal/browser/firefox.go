package browser

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/interop/internal/peer"
)

// Firefox speaks WebDriver BiDi, commands and events as JSON over WebSocket
// (https://www.w3.org/TR/webdriver-bidi/).
type firefox struct {
	conn    *websockets.Conn
	version string
	lastID  int
}

// Without these the browser talks to the network and opens pages of its own.
const preferences = `user_pref("app.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
`

// StartFirefox runs Firefox until the test ends, or skips the test if there is
// none.
func StartFirefox(t testing.TB) Browser {
	t.Helper()
	path := peer.Need(t, "firefox-esr", "firefox-esr", "firefox")
	profile := t.TempDir()
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(preferences), 0o600); err != nil {
		t.Fatal(err)
	}
	// HOME, for Firefox insists on it being the user's own.
	process := peer.Start(t, []string{"HOME=" + profile, "MOZ_CRASHREPORTER_DISABLE=1"}, path,
		"--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0",
		fmt.Sprintf("--width=%d", width), fmt.Sprintf("--height=%d", height))
	url := process.WaitLine(t, regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`))[1]

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dialer := &websockets.Dialer{Options: websockets.Options{MaxMessageSize: 64 << 20}} // pictures are big
	conn, err := dialer.Dial(ctx, url+"/session")
	if err != nil {
		t.Fatal(err)
	}
	b := &firefox{conn: conn}
	var session struct {
		Capabilities struct{ BrowserName, BrowserVersion string }
	}
	b.call(t, "session.new", object{
		"capabilities": object{"alwaysMatch": object{"acceptInsecureCerts": true}},
	}, &session)
	b.version = session.Capabilities.BrowserName + " " + session.Capabilities.BrowserVersion
	t.Cleanup(func() {
		if err := b.conn.Close(); err != nil {
			t.Errorf("closing the connection to %s: %v", b.version, err)
		}
	})
	return b
}

type object = map[string]any

// call has the browser carry out a command and decodes the result.
func (b *firefox) call(t testing.TB, method string, params object, result any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	b.lastID++
	command, err := json.Marshal(object{"id": b.lastID, "method": method, "params": params})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.conn.Send(ctx, websockets.Text(string(command))); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	for {
		m, err := b.conn.Recv(ctx)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID             int
			Error, Message string
			Result         json.RawMessage
		}
		if err := json.Unmarshal(m.Data, &answer); err != nil {
			t.Fatalf("%s: %v in %.200q", method, err, m)
		}
		switch {
		case answer.ID != b.lastID: // an event
		case answer.Error != "":
			t.Fatalf("%s: %s: %s", method, answer.Error, answer.Message)
		case result == nil:
			return
		default:
			if err := json.Unmarshal(answer.Result, result); err != nil {
				t.Fatalf("%s: %v in %s", method, err, answer.Result)
			}
			return
		}
	}
}

func (b *firefox) Version() string { return strings.ToUpper(b.version[:1]) + b.version[1:] }

type firefoxPage struct {
	*firefox
	context string
	closed  bool
}

func (b *firefox) NewPage(t testing.TB) Page {
	t.Helper()
	var created struct{ Context string }
	b.call(t, "browsingContext.create", object{"type": "tab"}, &created)
	p := &firefoxPage{firefox: b, context: created.Context}
	b.call(t, "browsingContext.setViewport", object{
		"context": p.context, "viewport": object{"width": width, "height": height},
	}, nil)
	t.Cleanup(func() { p.Close(t) })
	return p
}

func (p *firefoxPage) Navigate(t testing.TB, url string) {
	t.Helper()
	p.call(t, "browsingContext.navigate", object{"context": p.context, "url": url, "wait": "complete"}, nil)
}

func (p *firefoxPage) Eval(t testing.TB, expression string) string {
	t.Helper()
	var answer struct {
		Type             string
		Result           struct{ Type, Value string }
		ExceptionDetails struct{ Text string }
	}
	p.call(t, "script.evaluate", object{
		"expression": expression, "target": object{"context": p.context}, "awaitPromise": true,
	}, &answer)
	if answer.Type != "success" {
		t.Fatalf("%s: %s", expression, answer.ExceptionDetails.Text)
	}
	return answer.Result.Value
}

func (p *firefoxPage) Screenshot(t testing.TB) []byte {
	t.Helper()
	var picture struct{ Data string }
	p.call(t, "browsingContext.captureScreenshot", object{"context": p.context}, &picture)
	png, err := base64.StdEncoding.DecodeString(picture.Data)
	if err != nil {
		t.Fatal(err)
	}
	return png
}

func (p *firefoxPage) Close(t testing.TB) {
	t.Helper()
	if !p.closed {
		p.closed = true
		p.call(t, "browsingContext.close", object{"context": p.context}, nil)
	}
}
