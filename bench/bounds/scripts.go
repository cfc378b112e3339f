package bounds

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A Script is what a hostile peer does.
type Script struct {
	Name   string
	Before bool   // there is no opening handshake: bytes is what comes in its place
	Unread bool   // it does not read
	Echo   bool   // the endpoint sends back what it receives
	Flood  bool   // the endpoint sends all the time
	Slow   bool   // byte by byte, one each 20 ms
	Header string // more of the request, or of the response
	bytes  func(w wire) []byte
}

// limit is the default limit on messages.
const limit = 1 << 20

// Scripts are all there are.
var Scripts = []*Script{
	{Name: "mute", bytes: nothing},
	{Name: "long headers of the handshake", Header: headers(100, 500), bytes: nothing},
	{Name: "huge length announced", bytes: func(w wire) []byte { return append(w.header(binaryFrame, 1<<62), make([]byte, 1000)...) }},
	{Name: "one more than the limit announced", bytes: func(w wire) []byte { return append(w.header(binaryFrame, limit+1), make([]byte, 1000)...) }},
	{Name: "all but a byte of the largest message", bytes: func(w wire) []byte { return append(w.header(binaryFrame, limit), make([]byte, limit-1)...) }},
	{Name: "all but a byte of the largest text", bytes: func(w wire) []byte {
		return append(w.header(text, limit), bytes.Repeat([]byte("é"), limit/2)[:limit-1]...)
	}},
	{Name: "fragments of a byte", bytes: func(w wire) []byte { return append(w.frame(moreBinary, nil), w.repeat(60_000, more, []byte("a"))...) }},
	{Name: "empty fragments", bytes: func(w wire) []byte { return append(w.frame(moreBinary, nil), w.repeat(50_000, more, nil)...) }},
	{Name: "empty messages", bytes: func(w wire) []byte { return w.repeat(50_000, binaryFrame, nil) }},
	{Name: "messages of a byte", bytes: func(w wire) []byte { return w.repeat(50_000, text, []byte("a")) }},
	{Name: "fragments with pings between", bytes: func(w wire) []byte {
		one := append(w.frame(more, []byte("a")), w.frame(ping, []byte("?"))...)
		return append(w.frame(moreBinary, nil), bytes.Repeat(one, 1800)...)
	}},
	{Name: "pings within the limit, pongs unread", Unread: true, bytes: func(w wire) []byte { return w.repeat(1900, ping, make([]byte, 125)) }},
	{Name: "ping flood, pongs unread", Unread: true, bytes: func(w wire) []byte { return w.repeat(10_000, ping, make([]byte, 125)) }},
	{Name: "pong flood", bytes: func(w wire) []byte { return w.repeat(5000, pong, make([]byte, 125)) }},
	{Name: "half a ping", bytes: func(w wire) []byte { return append(w.header(ping, 125), make([]byte, 124)...) }},
	{Name: "close flood", bytes: func(w wire) []byte {
		return bytes.Repeat(append(w.frame(closing, []byte{3, 0xE8}), w.frame(ping, []byte("?"))...), 10_000)
	}},
	{Name: "sending on behind an error", bytes: func(w wire) []byte { return append(w.frame(0x83, nil), make([]byte, 1<<20)...) }},
	{Name: "random bytes", bytes: func(wire) []byte {
		r, p := rand.New(rand.NewPCG(1, 1)), make([]byte, 50_000)
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		return p
	}},
	{Name: "bomb", bytes: func(w wire) []byte { return w.frame(deflated, zeros()) }},
	{Name: "bomb in fragments of a byte", bytes: func(w wire) []byte { return w.inPieces(zeros(), 1) }},
	{Name: "compressed message of the limit, held", bytes: func(w wire) []byte { return w.frame(moreDeflated, compress(make([]byte, limit))) }},
	{Name: "empty dynamic blocks", bytes: func(w wire) []byte { return w.frame(deflated, emptyDynamic(10_000)) }},
	{Name: "empty fixed blocks", bytes: func(w wire) []byte { return w.frame(deflated, emptyFixed(100_000)) }},
	{Name: "empty stored blocks", bytes: func(w wire) []byte { return w.frame(deflated, emptyStored(30_000)) }},
	{Name: "full windows, idle", bytes: func(w wire) []byte { return bytes.Repeat(w.frame(deflated, compress(noise(40_000))), 5) }},
	{Name: "compressed text with empty blocks", bytes: func(w wire) []byte {
		one := append(compress([]byte("abcdefgh")), 0, 0, 0xFF, 0xFF)
		return w.frame(moreDeflated, bytes.Repeat(append(one, emptyDynamic(2)...), 3000))
	}},
	{Name: "reads nothing while the endpoint sends", Unread: true, Flood: true, bytes: nothing},
	{Name: "reads no echo", Unread: true, Echo: true, bytes: func(w wire) []byte { return w.repeat(6, binaryFrame, noise(700_000)) }},
	{Name: "a byte at a time", Slow: true, bytes: func(w wire) []byte { return w.frame(binaryFrame, make([]byte, 1000))[:100] }},
	{Name: "request that does not end", Before: true, bytes: func(wire) []byte { return []byte("GET / HTTP/1.1\r\nHost: exam") }},
	{Name: "request, a byte at a time", Before: true, Slow: true, bytes: func(wire) []byte {
		return []byte("GET / HTTP/1.1\r\nHost: bounds.example\r\nX: " + strings.Repeat("x", 60))
	}},
	{Name: "headers up to the limit, held", Before: true, bytes: func(wire) []byte { return []byte("GET / HTTP/1.1\r\n" + headers(120, 500)) }},
	{Name: "headers without end", Before: true, bytes: func(wire) []byte { return []byte("GET / HTTP/1.1\r\n" + headers(1000, 500)) }},
	{Name: "line without end", Before: true, bytes: func(wire) []byte { return []byte("GET /" + strings.Repeat("a", 1<<20)) }},
}

func nothing(wire) []byte { return nil }

// headers are lines of headers.
func headers(n, size int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "X-%d: %s\r\n", i, strings.Repeat("x", size))
	}
	return b.String()
}

// noise is text that compresses to about a half, so that windows fill.
func noise(n int) []byte {
	r, p := rand.New(rand.NewPCG(2, 2)), make([]byte, n)
	for i := range p {
		p[i] = "0123456789abcdef"[r.IntN(16)]
	}
	return p
}

// inPieces is a compressed message in fragments.
func (w wire) inPieces(p []byte, size int) []byte {
	b := w.frame(moreDeflated, nil)
	for ; len(p) > 0; p = p[min(size, len(p)):] {
		b = append(b, w.frame(more, p[:min(size, len(p))])...)
	}
	return b
}

func find(name string) *Script {
	for _, s := range Scripts {
		if s.Name == name {
			return s
		}
	}
	return nil
}
