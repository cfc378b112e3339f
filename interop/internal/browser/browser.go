// Package browser drives Chromium and Firefox for the interoperability tests.
// Chromium is driven by chromedp, which has a WebSocket client of its own, and
// Firefox by a client of ours, which makes the browser a peer twice over.
package browser

import (
	"os"
	"path/filepath"
	"testing"
)

// A Browser is a running browser.
type Browser interface {
	// Version returns its name and version.
	Version() string

	// NewPage opens an empty page, which is closed when the test ends, if it was
	// not before.
	NewPage(t testing.TB) Page
}

// A Page is a tab or window of a browser.
type Page interface {
	// Navigate loads a URL.
	Navigate(t testing.TB, url string)

	// Eval evaluates a JavaScript expression. Its value, or what its promise
	// yields, must be a string.
	Eval(t testing.TB, expression string) string

	// Screenshot returns a picture of what is in view, as a PNG file.
	Screenshot(t testing.TB) []byte

	// Close closes the page as a user does.
	Close(t testing.TB)
}

// Until waits for a JavaScript condition to be true on a page.
func Until(t testing.TB, p Page, condition string) {
	t.Helper()
	p.Eval(t, `new Promise((resolve) => {
		const look = () => { if (`+condition+`) resolve("yes"); else setTimeout(look, 10) }
		look()
	})`)
}

// Save writes a picture of a page to a file, for a person to look at.
func Save(t testing.TB, p Page, file string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, p.Screenshot(t), 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}
