package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"strings"

	"github.com/go-websockets/websockets/conformance"
)

// WriteHTML writes one page that needs nothing else: no network, no other files. It
// shows agents side by side, a table that can be filtered, and for each case and
// agent what was expected, what came, both handshakes and the wire log. Long logs
// are cut in the middle; those of cases that went well more than the others.
//
// What a peer has sent is data in the page, in a form that holds no markup. Its
// policy lets browsers run no script but the page's own.
func WriteHTML(w io.Writer, r *conformance.Report) error {
	data, err := json.Marshal(pageOf(r)) // it escapes <, > and &
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := WriteText(&text, r, false); err != nil {
		return err
	}
	page := asset("page.html")
	script := asset("data.js") + asset("filter.js") + asset("matrix.js") + asset("detail.js") + asset("main.js")
	style := asset("style.css")
	_, err = strings.NewReplacer(
		"{{policy}}", "default-src 'none'; img-src data:; script-src '"+digest(script)+"'; style-src '"+digest(style)+"'",
		"{{style}}", style,
		"{{script}}", script,
		"{{data}}", string(data),
		"{{text}}", html.EscapeString(text.String()),
	).WriteString(w, page)
	return err
}

//go:embed page
var page embed.FS

func asset(name string) string {
	b, err := page.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(b)
}

// digest names a script or a style in a Content-Security-Policy.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
