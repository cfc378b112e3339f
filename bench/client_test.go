package bench

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/frame"
)

// A rawClient speaks just enough to make a server work, and keeps next to nothing,
// so that what is measured is the server.
type rawClient struct {
	conn net.Conn
	buf  []byte
}

const request = "GET / HTTP/1.1\r\nHost: server.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n" // as browsers do

// open does the opening handshake and returns the extensions agreed on.
func (c *rawClient) open(t testing.TB) string {
	t.Helper()
	if _, err := io.WriteString(c.conn, request); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c.conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols || r.Buffered() > 0 {
		t.Fatal(response, err)
	}
	return response.Header.Get("Sec-WebSocket-Extensions")
}

// echo sends a message in one frame, waits for the one that comes back, and returns
// the size of its payload on the wire.
func (c *rawClient) echo(t testing.TB, wire []byte) int {
	t.Helper()
	if _, err := c.conn.Write(wire); err != nil {
		t.Fatal(err)
	}
	var header [4]byte
	if _, err := io.ReadFull(c.conn, header[:2]); err != nil {
		t.Fatal(err)
	}
	n := int(header[1])
	if n == 126 {
		if _, err := io.ReadFull(c.conn, header[2:]); err != nil {
			t.Fatal(err)
		}
		n = int(binary.BigEndian.Uint16(header[2:]))
	}
	if header[0]&0x8F != 0x81 || header[1] > 126 {
		t.Fatalf("the header is %x", header)
	}
	if cap(c.buf) < n {
		c.buf = make([]byte, n)
	}
	if _, err := io.ReadFull(c.conn, c.buf[:n]); err != nil {
		t.Fatal(err)
	}
	return n
}

// messages are JSON of about a kilobyte, as a price feed might send it.
func messages(n int) (list []string) {
	r := rand.New(rand.NewPCG(1, 1))
	names := strings.Fields("alice bob carol dave erin frank")
	for range n {
		var b strings.Builder
		fmt.Fprintf(&b, `{"type":"update","seq":%d,"items":[`, r.IntN(1e6))
		for b.Len() < 940 {
			fmt.Fprintf(&b, `{"id":%d,"user":"%s","price":%d.%02d,"ok":%t,"at":"2026-11-22T12:%02d:%02dZ"},`,
				r.IntN(1e7), names[r.IntN(len(names))], r.IntN(1000), r.IntN(100), r.IntN(2) == 0, r.IntN(60), r.IntN(60))
		}
		b.WriteString("null]}")
		list = append(list, b.String())
	}
	return list
}

// wires makes frames of messages, compressed each on its own if the server agreed
// to that: so they may be sent in any order.
func wires(t testing.TB, list []string, compressed bool) (result [][]byte) {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 6)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range list {
		f := frame.Frame{FIN: true, Opcode: frame.OpText, Payload: []byte(text)}
		if compressed {
			b.Reset()
			w.Reset(&b)
			if _, err = w.Write(f.Payload); err == nil {
				err = w.Flush()
			}
			f.RSV1, f.Payload = true, bytes.TrimSuffix(b.Bytes(), []byte("\x00\x00\xff\xff"))
		}
		if err != nil {
			t.Fatal(err)
		}
		h := f.Header()
		h.Masked = true // with a key of zeros there is nothing to do
		result = append(result, append(frame.AppendHeader(nil, h), f.Payload...))
	}
	return result
}
