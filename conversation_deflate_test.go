package websockets_test

import (
	"bytes"
	"compress/flate"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/deflate"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/httpheader"
)

// handshake is the outcome of an opening handshake with what the conversation, or
// the way to play it, asks for.
func (c *conversation) handshake(t *testing.T, role websockets.Role, deflated bool) websockets.Handshake {
	switch {
	case deflated:
		return websockets.Handshake{Extensions: []extension.Extension{deflateAs(t, role, "")}}
	case c.deflate == "yes":
		return websockets.Handshake{Extensions: []extension.Extension{deflateAs(t, role, "")}}
	case c.deflate != "":
		return websockets.Handshake{Extensions: []extension.Extension{deflateAs(t, role, c.deflate)}}
	}
	return websockets.Handshake{}
}

// deflateAs makes the extension of one end with the parameters that a server has
// answered. It compresses all that gets smaller.
func deflateAs(t testing.TB, role websockets.Role, answer string) extension.Extension {
	t.Helper()
	if role == websockets.RoleServer { // the same for the other end
		answer = strings.NewReplacer("server_", "client_", "client_", "server_").Replace(answer)
	}
	list, err := httpheader.ParseExtensions(strings.TrimSuffix(deflate.Name+"; "+answer, "; "))
	if err != nil {
		t.Fatal(err)
	}
	e, err := deflate.New(deflate.Options{Threshold: -1}).Accept(list[0].Params, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// needsPlain reports whether a conversation cannot be played with compression as
// well: it is about compression, about the bits that compression uses, or about a
// length on the wire.
func (c *conversation) needsPlain() bool {
	return c.deflate != "" || slices.ContainsFunc(c.steps, func(s step) bool {
		cause := strings.Join(s.cause, " ")
		return strings.Contains(cause, "rsv") || strings.Contains(cause, "length=")
	})
}

// A deflatedPeer compresses what the peer sends, down to the smallest message, and
// reads what is compressed. Nil does neither.
type deflatedPeer struct {
	buf        bytes.Buffer
	writer     *flate.Writer
	compressed bool
	reads      extension.Extension
}

// peerWriter is that of one peer after the other: it is large.
var peerWriter, _ = flate.NewWriter(nil, 9)

func newDeflatedPeer(t *testing.T) *deflatedPeer {
	p := &deflatedPeer{writer: peerWriter, reads: deflateAs(t, websockets.RoleClient, "")}
	p.writer.Reset(&p.buf)
	return p
}

// compress compresses the data frames among lines. What is no frame in the plain
// notation stays as it is.
func (p *deflatedPeer) compress(lines []string) (result []string) {
	if p == nil {
		return lines
	}
	for _, text := range lines {
		l, err := frame.ParseLine(text)
		switch {
		case err != nil || l.Kind != frame.FrameLine || l.Frame.Opcode > frame.OpBinary:
			p.compressed = p.compressed && err == nil
			result = append(result, text)
			continue
		case l.Frame.Opcode != frame.OpContinuation:
			p.compressed, l.Frame.RSV1 = true, true
		}
		if p.compressed && (l.Frame.FIN || len(l.Frame.Payload) > 0) {
			p.buf.Reset()
			_, _ = p.writer.Write(l.Frame.Payload)
			_ = p.writer.Flush()
			l.Frame.Payload = bytes.Clone(p.buf.Bytes())
			if l.Frame.FIN {
				l.Frame.Payload = bytes.TrimSuffix(l.Frame.Payload, []byte("\x00\x00\xff\xff"))
			}
		}
		result = append(result, string(frame.AppendLine(nil, l)))
	}
	return result
}

// decompress reads a frame that the endpoint has sent.
func (p *deflatedPeer) decompress(l frame.Line) frame.Line {
	if p == nil || l.Kind != frame.FrameLine {
		return l
	}
	if f, err := p.reads.Decode(l.Frame, -1); err == nil {
		l.Frame = f
	}
	return l
}
