package browser

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/go-websockets/websockets/interop/internal/peer"
)

const (
	lifetime = 3 * time.Minute  // of a browser
	patience = 30 * time.Second // for one thing that a browser does
)

// The size of a page in CSS pixels.
const width, height = 1280, 860

type chromium struct {
	ctx     context.Context
	version string
}

// StartChromium runs Chromium until the test ends, or skips the test if there is
// none.
func StartChromium(t testing.TB) Browser {
	t.Helper()
	path := peer.Need(t, "chromium-headless-shell", "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
	version, err := peer.Try(path, "--version")
	if err != nil {
		t.Fatal(err)
	}
	output := &captured{}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox,
		chromedp.IgnoreCertErrors,
		chromedp.WindowSize(width, height),
		chromedp.CombinedOutput(output),
		chromedp.WSURLReadTimeout(patience),
	)
	ctx, stop := context.WithTimeout(context.Background(), lifetime)
	ctx, release := chromedp.NewExecAllocator(ctx, options...)
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() {
		cancel() // waits for its end
		release()
		stop()
		if t.Failed() {
			t.Logf("%s printed:\n%s", path, output)
		}
	})
	if _, err := chromedp.Run(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return &chromium{ctx: ctx, version: strings.TrimSpace(version)}
}

func (b *chromium) Version() string { return b.version }

type chromiumPage struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func (b *chromium) NewPage(t testing.TB) Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	t.Cleanup(cancel)
	if _, err := chromedp.Run(ctx, chromedp.EmulateViewport(width, height)); err != nil {
		t.Fatal(err)
	}
	return &chromiumPage{ctx, cancel}
}

// run does one thing on the page.
func run[T any](t testing.TB, p *chromiumPage, a chromedp.Action[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (p *chromiumPage) Navigate(t testing.TB, url string) {
	t.Helper()
	run(t, p, chromedp.Navigate(url))
}

func (p *chromiumPage) Eval(t testing.TB, expression string) string {
	t.Helper()
	return run(t, p, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
}

func (p *chromiumPage) Screenshot(t testing.TB) []byte {
	t.Helper()
	return run(t, p, chromedp.CaptureScreenshot())
}

func (p *chromiumPage) Close(testing.TB) { p.cancel() }
