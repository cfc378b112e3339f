package deflate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/httpheader"
)

// This file has what the tests share.

// params in the form of a header.
func paramsOf(t testing.TB, s string) []httpheader.Param {
	t.Helper()
	list, err := httpheader.ParseExtensions(strings.TrimSuffix(Name+"; "+s, "; "))
	if err != nil || len(list) != 1 {
		t.Fatalf("%q: %v", s, err)
	}
	return list[0].Params
}

func headerOf(list []httpheader.Param) string {
	s := httpheader.BuildExtensions([]httpheader.Extension{{Name: Name, Params: list}})
	return strings.TrimPrefix(strings.TrimPrefix(s, Name), "; ")
}

// agree makes both ends of a connection.
func agree(t testing.TB, client, server Options) (c, s extension.PerMessage) {
	t.Helper()
	cf, sf := New(client), New(server)
	answer, atServer, err := sf.Negotiate(cf.Offer()[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	atClient, err := cf.Accept(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	return atClient.(extension.PerMessage), atServer.(extension.PerMessage)
}

// pair is a sender and a receiver with the same window, and what takeover says.
func pair(t testing.TB, o Options) (sends, receives extension.PerMessage) {
	t.Helper()
	server := Options{PeerWindowBits: 15}
	sends, receives = agree(t, o, server)
	return sends, receives
}

// message makes a whole message.
func message(payload []byte) frame.Frame {
	return frame.Frame{FIN: true, Opcode: frame.OpBinary, Payload: payload}
}

func encode(t testing.TB, e extension.Extension, f frame.Frame) frame.Frame {
	t.Helper()
	before := bytes.Clone(f.Payload)
	got, err := e.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, f.Payload) {
		t.Fatal("Encode changed the payload of the application")
	}
	return got
}

// text is like what people send: words that come again.
func text(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+60)
	for len(b) < n {
		b = fmt.Appendf(b, `{"id":%d,"name":"%c%c%c","price":%d.%02d},`, r.IntN(1e6), 'a'+r.IntN(26), 'a'+r.IntN(3), 'a'+r.IntN(26), r.IntN(1000), r.IntN(100))
	}
	return b[:n]
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// emptyBlocks are blocks that yield nothing and end with a byte.
var emptyBlocks = map[string]string{
	"stored":  "\x00\x00\x00\xff\xff",
	"fixed":   "\x03\x00",
	"dynamic": "\x05\xc0\x81\x00\x00\x00\x00\x00\x90\xff\x6b\x00",
}

func TestName(t *testing.T) {
	e := receiving(t, "")
	if e.Name() != "permessage-deflate" || e.Reserved() != extension.RSV1 {
		t.Errorf("%s claims %s", e.Name(), e.Reserved())
	}
}
