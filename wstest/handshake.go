package wstest

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxHead bounds the head of an HTTP message that a Peer receives, in bytes.
const maxHead = 1 << 20

// HTTP joins lines to the head of an HTTP message: each line ends with CRLF, and
// an empty one follows.
//
//	p.Write(wstest.HTTP(
//		"GET / HTTP/1.1",
//		"Host: server.example",
//	))
func HTTP(lines ...string) []byte {
	return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n")
}

// ClientHandshake plays the client in an opening handshake that is right: it asks
// for target, with the given headers (such as "Origin: https://a.example") behind
// those that must be there. It returns the response, and fails the test unless
// that is 101 with the right Sec-WebSocket-Accept.
func (p *Peer) ClientHandshake(target string, headers ...string) *http.Response {
	p.t.Helper()
	const key = "dGhlIHNhbXBsZSBub25jZQ==" // RFC 6455 §1.3
	if _, err := p.Write(HTTP(append([]string{
		"GET " + target + " HTTP/1.1",
		"Host: server.example",
		"Upgrade: websocket",
		"Connection: Upgrade",
		"Sec-WebSocket-Key: " + key,
		"Sec-WebSocket-Version: 13",
	}, headers...)...)); err != nil {
		p.t.Fatalf("peer: write the request: %v", err)
	}
	resp := p.RecvResponse()
	if got, want := resp.Header.Get("Sec-WebSocket-Accept"), acceptKey(key); resp.StatusCode != 101 || got != want {
		p.t.Fatalf("peer: response %s with Sec-WebSocket-Accept %q, want 101 with %q", resp.Status, got, want)
	}
	return resp
}

// ServerHandshake plays the server in an opening handshake that is right: it
// receives a request and answers with 101 and the given headers behind those that
// must be there. It returns the request, whose headers it does not check.
func (p *Peer) ServerHandshake(headers ...string) *http.Request {
	p.t.Helper()
	req := p.RecvRequest()
	if _, err := p.Write(HTTP(append([]string{
		"HTTP/1.1 101 Switching Protocols",
		"Upgrade: websocket",
		"Connection: Upgrade",
		"Sec-WebSocket-Accept: " + acceptKey(req.Header.Get("Sec-WebSocket-Key")),
	}, headers...)...)); err != nil {
		p.t.Fatalf("peer: write the response: %v", err)
	}
	return req
}

func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// RecvRequest receives the head of an HTTP request. It fails the test if none
// arrives in time or it is malformed.
func (p *Peer) RecvRequest() *http.Request {
	p.t.Helper()
	head, err := p.head()
	var req *http.Request
	if err == nil {
		req, err = http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	}
	if err != nil {
		p.t.Fatalf("peer: receive a request: %v", err)
	}
	return req
}

// RecvResponse receives the head of an HTTP response. What follows it is left for
// [Peer.Recv] or [Peer.ReadAll]. It fails the test if none arrives in time or it
// is malformed.
func (p *Peer) RecvResponse() *http.Response {
	p.t.Helper()
	head, err := p.head()
	var resp *http.Response
	if err == nil {
		resp, err = http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), nil)
	}
	if err != nil {
		p.t.Fatalf("peer: receive a response: %v", err)
	}
	resp.Body = http.NoBody
	return resp
}

// head receives up to the first empty line.
func (p *Peer) head() ([]byte, error) {
	p.boundReads(p.deadline())
	for {
		if end := bytes.Index(p.buf, []byte("\r\n\r\n")); end >= 0 {
			head := p.buf[:end+4]
			p.buf = p.buf[end+4:]
			return head, nil
		}
		if len(p.buf) > maxHead {
			return nil, fmt.Errorf("head of more than %d bytes", maxHead)
		}
		if err := p.fill(); err != nil {
			return nil, fmt.Errorf("%w, after %q", err, p.buf)
		}
	}
}

// ReadAll receives bytes up to the end of the stream, for example the body of a
// response that refuses a handshake. It fails the test if the stream does not end
// in time.
func (p *Peer) ReadAll() []byte {
	p.t.Helper()
	p.boundReads(p.deadline())
	var err error
	for err == nil {
		err = p.fill()
	}
	if !errors.Is(err, io.EOF) {
		p.t.Fatalf("peer: read to the end: %v, after %q", err, p.buf)
	}
	all := p.buf
	p.buf = nil
	return all
}
