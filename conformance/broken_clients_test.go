package conformance_test

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"sync/atomic"
	"testing"

	"github.com/go-websockets/websockets/frame"
)

// rightAccept is the response that a client sees which does not look at
// Sec-WebSocket-Accept.
func rightAccept(c *flawed, head string) string {
	sum := sha1.Sum([]byte(valueOf(c.said, "Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return withLine(without(head, "Sec-WebSocket-Accept"), "Sec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(sum[:]))
}

// Clients that are broken in one way each, and what finds that out.
func TestBrokenClients(t *testing.T) {
	notUnderTheRaceDetector(t)
	var counted, short atomic.Uint32
	keyed := func(key func() uint32) flaw {
		return flaw{frameOut: func(h *frame.Header, _ *[]byte) { binary.BigEndian.PutUint32(h.MaskingKey[:], key()) }}
	}
	testBroken(t, testFlawedClient, []broken{
		{"does not look at Sec-WebSocket-Accept", "20.22.* 25.6.*", flaw{headIn: rightAccept}, `20.22.15 20.22.16 20.22.17 20.22.18 20.22.19 20.22.20 20.22.21 ~20.22.22 25.6.2 25.6.5`},
		{"does not look at the status", "20.21.1 20.21.5 20.21.6 20.21.13 20.23.* 25.6.1", flaw{headIn: func(_ *flawed, head string) string {
			head = without(without(head, "Content-Length"), "Connection")
			return withLine(regexp.MustCompile(`^HTTP.*\r\n`).ReplaceAllString(head, "HTTP/1.1 101 Any\r\n"), "Connection: Upgrade")
		}}, `20.21.1 20.21.5 20.21.6 20.21.13 20.23.4 ~20.23.5 ~20.23.7 20.23.8 ~20.23.9 ~20.23.10 25.6.1`},
		{"does not look at Upgrade and Connection", "20.22.*", flaw{headIn: func(_ *flawed, head string) string {
			head = without(without(head, "Upgrade"), "Connection")
			return withLine(head, "Upgrade: websocket\r\nConnection: Upgrade")
		}}, `20.22.2 20.22.3 20.22.4 20.22.9 20.22.10 20.22.11`},
		{"takes any subprotocol", "20.22.*", flaw{headIn: func(_ *flawed, head string) string { return without(head, "Sec-WebSocket-Protocol") }}, `20.22.24 20.22.25 20.22.26`},
		{"has the same key each time", "20.20.* 25.6.9", flaw{
			headOut: func(_ *flawed, head string) string {
				return withLine(without(head, "Sec-WebSocket-Key"), "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
			},
			headIn: func(c *flawed, head string) string { return rightAccept(&flawed{said: c.wanted}, head) },
		}, `20.20.6 25.6.9`},
		{"announces a body, and two Origins", "20.20.*", flaw{headOut: func(_ *flawed, head string) string {
			return withLine(head, "Content-Length: 5\r\nOrigin: http://a\r\nOrigin: http://b")
		}}, `20.20.8 20.20.13`},
		{"offers a subprotocol twice", "20.20.*", flaw{headOut: func(_ *flawed, head string) string {
			return withLine(head, "Sec-WebSocket-Protocol: a, a")
		}}, `20.20.12`},
		{"loses what comes behind the response", "20.24.4 20.24.5 20.24.6 20.24.7", flaw{lose: true}, `20.24.4 20.24.5 20.24.6 20.24.7`},
		{"takes any extension, and uses none", "21.4.* 21.5.* 21.6.* 25.6.*", flaw{headIn: func(_ *flawed, head string) string {
			return without(head, "Sec-WebSocket-Extensions")
		}}, `
			21.5.1 21.5.2 21.5.3 21.5.4 21.5.5 21.5.6 21.5.7 21.5.8 21.5.9 21.5.10 21.5.11 21.5.12 21.5.13 21.6.1 21.6.2 21.6.3 21.6.4 21.6.5 21.6.6
			21.6.7 21.6.8 21.6.9 21.6.10 21.6.11 21.6.12 21.6.13 21.6.14 21.6.15 21.6.16 21.6.17 21.6.18 21.6.19 21.6.20 21.6.21 21.6.22 21.6.23 21.6.24
			21.6.25 21.6.26 21.6.27 21.6.28 21.6.29 21.6.30 21.6.31 25.6.3 25.6.4
		`},
		{"offers what is no list of extensions", "21.4.*", flaw{headOut: func(_ *flawed, head string) string {
			return withLine(without(head, "Sec-WebSocket-Extensions"), "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=")
		}}, `21.4.1`},
		{"offers windows that do not exist", "21.4.*", flaw{headOut: func(_ *flawed, head string) string {
			return withLine(without(head, "Sec-WebSocket-Extensions"), "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16")
		}}, `21.4.2`},
		{"takes frames that are masked", "22.1.*", flaw{frameIn: func(h *frame.Header, _ *[]byte) { h.Masked = false }}, `22.1.1 22.1.2 22.1.3 22.1.4 22.1.5 22.1.6 22.1.7 22.1.8 22.1.9 22.1.11 22.1.12 22.1.13 22.1.14`},
		{"has the same masking key each time", "22.* 25.6.*", keyed(func() uint32 { return 0x12345678 }), `22.3.5 22.3.6 22.3.7 22.3.8 25.6.6 25.6.7`},
		{"counts its masking keys", "22.3.7", keyed(func() uint32 { return counted.Add(0x01000193) }), `22.3.7`},
		{"has masking keys of 16 bits", "25.6.7", keyed(func() uint32 { return short.Add(0x9E3779B9) * 0x85EBCA6B & 0xFFFF }), `25.6.7`},
		{"does not mask what is empty", "22.3.*", flaw{frameOut: func(h *frame.Header, p *[]byte) { h.Masked = len(*p) > 0 }}, `22.3.2`},
		{"does not mask control frames", "22.3.*", flaw{frameOut: func(h *frame.Header, _ *[]byte) { h.Masked = !h.Opcode.IsControl() }}, `22.3.2 22.3.3 22.3.4 22.3.6`},
		{"cuts lengths to 32 bits", "23.1.1 23.1.2 23.1.3 23.1.4 25.1.4 25.1.5", flaw{headerIn: func(h *frame.Header) { h.Length = int64(uint32(h.Length)) }}, `23.1.4 25.1.4`},
		{"does not end TCP", "24.2.*", flaw{open: true}, `~24.2.1 ~24.2.2 ~24.2.3 ~24.2.4 ~24.2.5 ~24.2.6 ~24.2.7 ~24.2.8`},
		{"does not answer the last ping", "23.3.1 23.3.3", flaw{frameIn: func(h *frame.Header, p *[]byte) {
			if string(*p) == "999" || string(*p) == "the last one" {
				h.Opcode = frame.OpPong
			}
		}}, `23.3.1 23.3.3`},
	})
}
