package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"

	"github.com/go-websockets/websockets/frame"
	"github.com/rogpeppe/go-internal/testscript"
)

// carelessPeer sends frames back as they come and judges none of them: not their
// order, not their reserved bits, not their text.
func carelessPeer(ts *testscript.TestScript, _ string) string {
	return peerHTTP(ts, func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nServer: careless\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
		for echoFrame(rw.Reader, c) {
		}
	})
}

// echoFrame sends one frame back and reports whether there may be more.
func echoFrame(r *bufio.Reader, w io.Writer) bool {
	head := make([]byte, 0, 14)
	var h frame.Header
	for n := 0; n == 0; {
		b, err := r.ReadByte()
		if err != nil {
			return false
		}
		head = append(head, b)
		if h, n, err = frame.ParseHeader(head); err != nil {
			return false
		}
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(r, payload); err != nil {
		return false
	}
	for i := range payload {
		payload[i] ^= h.MaskingKey[i%4]
	}
	h.Masked, h.MaskingKey = false, [4]byte{}
	switch h.Opcode {
	case frame.OpPing:
		h.Opcode = frame.OpPong
	case frame.OpPong:
		return true
	}
	_, err := w.Write(append(frame.AppendHeader(nil, h), payload...))
	return err == nil && h.Opcode != frame.OpClose
}
