package conformance_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets/frame"
)

// valueOf returns the value of the first header line of a name.
func valueOf(head, name string) string {
	m := regexp.MustCompile(`(?im)^` + name + `:[ \t]*(.*?)[ \t]*\r$`).FindStringSubmatch(head)
	if m == nil {
		return ""
	}
	return m[1]
}

// withLine puts a line in front of the empty one.
func withLine(head, line string) string {
	return strings.TrimSuffix(head, "\r\n") + line + "\r\n\r\n"
}

// without takes the lines of a header away.
func without(head, name string) string {
	return regexp.MustCompile(`(?im)^`+name+`:.*\r\n`).ReplaceAllString(head, "")
}

// ordinary is the request that a server sees which looks at nothing but the key.
func ordinary(_ *flawed, head string) string {
	key := valueOf(head, "Sec-WebSocket-Key")
	return "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + "\r\n\r\n"
}

// Servers that are broken in one way each, and what finds that out.
func TestBrokenServers(t *testing.T) {
	notUnderTheRaceDetector(t)
	testBroken(t, testFlawedServer, []broken{
		{"looks at nothing but the key", "20.1.* 20.2.* 20.3.* 20.4.* 20.6.*", flaw{headIn: ordinary}, `
			20.1.2 20.1.3 20.1.4 20.1.5 20.1.6 20.1.7 20.1.8 20.1.9 20.1.11 ~20.1.12 ~20.1.13 ~20.1.17 ~20.1.20 ~20.1.21 ~20.1.23 20.2.1 20.2.2 20.2.3
			20.2.5 ~20.2.6 ~20.2.7 ~20.2.8 20.3.1 20.3.2 20.3.6 20.3.7 20.3.8 ~20.3.15 20.4.1 20.4.2 20.4.3 20.4.11 20.4.12 ~20.4.13 20.6.1 20.6.2 20.6.3
			20.6.4 20.6.5 20.6.6 20.6.7 20.6.8 20.6.10 20.6.11 20.6.14 20.6.15 20.6.16 20.6.17
		`},
		{"takes no list of options", "20.4.*", flaw{headIn: func(_ *flawed, head string) string {
			if valueOf(head, "Connection") != "Upgrade" {
				return strings.Replace(head, "Connection:", "X-Was:", 1)
			}
			return head
		}}, `20.4.4 20.4.5 20.4.6 20.4.7 20.4.9 20.4.10 20.4.14`},
		{"takes the first key", "20.5.*", flaw{headIn: func(_ *flawed, head string) string {
			key := strings.TrimSpace(strings.Split(valueOf(head, "Sec-WebSocket-Key"), ",")[0])
			if key == "" {
				return head
			}
			return withLine(without(head, "Sec-WebSocket-Key"), "Sec-WebSocket-Key: "+key)
		}}, `20.5.11 20.5.12 20.5.13`},
		{"does not say which versions it knows", "20.6.*", flaw{headOut: func(_ *flawed, head string) string {
			return without(head, "Sec-WebSocket-Version")
		}}, `20.6.11 20.6.12 20.6.13 20.6.14 20.6.15 20.6.16 20.6.17`},
		{"takes folded lines and blanks before colons", "20.7.*", flaw{headIn: func(_ *flawed, head string) string {
			head = regexp.MustCompile(`\r\n[ \t]+`).ReplaceAllString(head, " ")
			return regexp.MustCompile(`(?m)^([A-Za-z-]+)[ \t]+:`).ReplaceAllString(head, "$1:")
		}}, `20.7.1 20.7.2`},
		{"takes a body for frames", "20.8.*", flaw{headIn: func(_ *flawed, head string) string {
			return without(without(head, "Content-Length"), "Transfer-Encoding")
		}}, `20.8.2 20.8.3 20.8.4 20.8.5 ~20.8.6 ~20.8.7 ~20.8.8 ~20.8.9 ~20.8.10 20.8.11 ~20.8.12`},
		{"loses what comes behind the request", "20.9.*", flaw{lose: true}, `20.9.5 20.9.6`},
		{"answers a subprotocol of its own", "20.11.*", flaw{headOut: func(_ *flawed, head string) string {
			return withLine(head, "Sec-WebSocket-Protocol: x-own")
		}}, `20.11.1 20.11.3 20.11.4 20.11.15`},
		{"agrees to each offer", "21.*", flaw{headIn: func(_ *flawed, head string) string {
			if !strings.Contains(head, "permessage-deflate") {
				return head
			}
			return withLine(without(head, "Sec-WebSocket-Extensions"), "Sec-WebSocket-Extensions: permessage-deflate")
		}}, `
			21.1.2 21.1.6 21.1.8 21.1.10 21.1.13 21.1.15 21.1.16 21.1.17 21.1.31 21.2.1 21.2.2 21.2.3 21.2.4 21.2.5 21.2.6 21.2.7 21.2.8 21.2.9 21.2.10
			21.2.11 21.2.12 21.2.13 21.2.14 21.2.15 21.2.16 21.2.17 21.2.18 21.2.19 21.2.20 21.2.21 21.2.22 21.2.23 21.2.24 21.2.25 21.2.26 21.2.27
			21.2.28 21.2.29 21.2.30 21.2.31 21.2.32 21.2.33 21.3.1 21.3.2 21.3.4 21.3.5 21.3.6 21.3.7 21.3.8 21.3.9 21.3.10 21.3.11 21.3.12 21.3.13
			21.3.14 21.3.15 21.3.19 21.3.20 21.3.22
		`},
		{"demands a window of the client in any case", "21.1.*", flaw{headOut: func(_ *flawed, head string) string {
			if valueOf(head, "Sec-WebSocket-Extensions") == "" {
				return head
			}
			return withLine(without(head, "Sec-WebSocket-Extensions"), "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12")
		}}, `
			21.1.1 21.1.2 21.1.3 21.1.5 21.1.6 21.1.7 21.1.8 21.1.9 21.1.10 21.1.12 21.1.13 21.1.14 21.1.15 21.1.16 21.1.17 21.1.18 21.1.19 21.1.20
			21.1.24 21.1.25 21.1.26 21.1.27 21.1.28 21.1.29 21.1.30 21.1.31
		`},
		{"takes frames that are not masked", "22.*", flaw{frameIn: func(h *frame.Header, _ *[]byte) { h.Masked = true }}, `22.1.1 22.1.2 22.1.3 22.1.4 22.1.5 22.1.6 22.1.7 22.1.8 22.1.9 22.1.11 22.1.12 22.1.13 22.1.14`},
		{"masks its pongs", "22.1.* 22.2.* 23.3.3 25.5.7", flaw{frameOut: func(h *frame.Header, _ *[]byte) {
			if h.Opcode == frame.OpPong {
				h.Masked, h.MaskingKey = true, [4]byte{1, 2, 3, 4}
			}
		}}, `23.3.3 25.5.7`},
		{"forgets masking keys of zeros", "22.2.*", flaw{frameIn: func(h *frame.Header, p *[]byte) {
			if h.MaskingKey == [4]byte{} {
				(*p)[0] ^= 1
			}
		}}, `22.2.1`},
		{"cuts lengths to 32 bits", "23.1.1 23.1.2 23.1.3 23.1.4 25.1.4 25.1.5", flaw{headerIn: func(h *frame.Header) { h.Length = int64(uint32(h.Length)) }}, `23.1.4 25.1.4`},
		{"ignores RSV1 where it is not allowed", "23.5.* 25.5.*", flaw{frameIn: func(h *frame.Header, _ *[]byte) {
			if h.Opcode.IsControl() || h.Opcode == frame.OpContinuation {
				h.RSV1 = false
			}
		}}, `23.5.12 23.5.13 23.5.14`},
		{"answers a message after the close frame", "23.3.8 24.3.*", flaw{frameOut: func(h *frame.Header, p *[]byte) {
			if h.Opcode == frame.OpClose {
				h.Opcode, *p = frame.OpText, nil
			}
		}}, `23.3.8 24.3.1 24.3.2 24.3.3 24.3.5 24.3.6 24.3.7`},
		{"hands on a message that is not whole", "24.2.*", flaw{atEnd: func(rest []byte, inside bool) []byte {
			whole := frame.AppendHeader(nil, frame.Header{FIN: true, Opcode: frame.OpText, Masked: true})
			if inside {
				whole = frame.AppendHeader(nil, frame.Header{FIN: true, Opcode: frame.OpContinuation, Masked: true})
			}
			if inside || len(rest) > 1 {
				return whole
			}
			return rest
		}}, `24.2.3 24.2.4 24.2.5 24.2.6 24.2.7 24.2.8`},
		{"does not end TCP", "24.3.*", flaw{open: true}, `24.3.1 24.3.2 24.3.3 ~24.3.4 24.3.5 24.3.6 24.3.7`},
		{"answers frames though it has refused the request", "25.4.*", flaw{headOut: func(c *flawed, head string) string {
			if bytes.Contains(c.raw, []byte("hello")) || strings.Contains(head, " 4") {
				return without(head, "Content-Length") + "\x8a\x05hello"
			}
			return head
		}}, `25.4.11 25.4.12 25.4.13 25.4.14`},
		{"sends more in a pong than came", "23.3.3 25.5.*", flaw{frameOut: func(h *frame.Header, p *[]byte) {
			if h.Opcode == frame.OpPong && len(*p) == 17 {
				*p = append(*p, 0xDB)
			}
		}}, `25.5.7`},
	})
}

// It is tested alone: others would make it seem calm.
func TestAServerWhoseTimeExplodes(t *testing.T) {
	notUnderTheRaceDetector(t)
	f := &flaw{headIn: func(_ *flawed, head string) string {
		n := float64(strings.Count(head, `\c`)) / 15000
		<-time.After(time.Duration(n * n * n * float64(3*time.Second)))
		return head
	}}
	checkFailures(t, testFlawedServer(t, "25.3.1 25.3.2", f), "25.3.1")
}
