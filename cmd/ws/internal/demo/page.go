package demo

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"

	"github.com/go-websockets/websockets"
)

//go:embed page
var pageFiles embed.FS

// scripts are the parts of the page's program, in order: one module.
var scripts = []string{"log.js", "latency.js", "chat.js", "main.js"}

// page is the response to a request for the page. It is one document that needs
// nothing else, so that it works offline and through a Unix socket.
func page() *websockets.RejectError {
	body, policy := assemble()
	h := http.Header{}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	return &websockets.RejectError{Status: http.StatusOK, Header: h, Body: body}
}

// assemble puts the page together, with the policy that lets browsers run what
// is in it and nothing else.
var assemble = sync.OnceValues(func() (body []byte, policy string) {
	var script strings.Builder
	for _, name := range scripts {
		script.WriteString(part(name))
	}
	css := part("style.css")
	html := strings.NewReplacer("/*style*/", css, "/*script*/", script.String()).Replace(part("index.html"))
	policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:; connect-src ws: wss:" +
		"; style-src " + source(css) + "; script-src " + source(script.String())
	return []byte(html), policy
})

func part(name string) string {
	b, err := pageFiles.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is in the program
	}
	return string(b)
}

// source names an inline style or script in a content security policy.
func source(code string) string {
	sum := sha256.Sum256([]byte(code))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
