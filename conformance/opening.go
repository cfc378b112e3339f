package conformance

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A target is a server under test.
type target struct {
	url *url.URL
	tls *tls.Config
}

// address returns the host and port to connect to.
func (t *target) address() string {
	if t.url.Port() != "" {
		return t.url.Host
	}
	if t.url.Scheme == "wss" {
		return net.JoinHostPort(t.url.Hostname(), "443")
	}
	return net.JoinHostPort(t.url.Hostname(), "80")
}

// openingTime bounds each wait in an opening handshake.
const openingTime = 5 * time.Second

// connect opens a connection to the server under test. With a client there is one
// already, and its request has been read.
func (s *session) connect() error {
	if s.testing == Clients {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, openingTime)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.target.address())
	if err != nil {
		return err
	}
	s.conn = conn
	if s.target.url.Scheme != "wss" {
		return nil
	}
	config := s.target.tls.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config.ServerName = s.target.url.Hostname()
	}
	secure := tls.Client(conn, config)
	s.conn = secure
	return secure.HandshakeContext(ctx)
}

// An opening is an opening handshake as the RFC wants it.
type opening struct {
	// offer is what a client sends in Sec-WebSocket-Extensions; empty: nothing.
	offer string

	// agree gets what a client offers and returns what the server answers; both are
	// values of Sec-WebSocket-Extensions. If it is nil, nothing is agreed on.
	agree func(offers []string) (string, error)

	// check gets what a server has answered: the values of
	// Sec-WebSocket-Extensions. If it is nil, nothing is looked at.
	check func(answer []string) error
}

// open does the opening handshake and starts to read frames.
func (s *session) open(o opening) error {
	if s.testing == Clients {
		return s.openToClient(o)
	}
	if s.conn == nil {
		if err := s.connect(); err != nil {
			return fmt.Errorf("cannot connect: %w", err)
		}
	}
	key := newKey()
	s.r.Request = s.request(key, o.offer)
	response, early, err := s.ask(s.r.Request)
	if err != nil {
		return err
	}
	if err := checkResponse(response, key, o.offer != ""); err != nil {
		return err
	}
	if o.check != nil {
		if err := o.check(response.Header.Values("Sec-WebSocket-Extensions")); err != nil {
			return err
		}
	}
	s.begin(early)
	return nil
}

func newKey() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.StdEncoding.EncodeToString(b[:])
}

func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// request returns an opening request.
func (s *session) request(key, offer string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\n", s.target.url.RequestURI(), s.target.url.Host)
	b.WriteString("User-Agent: " + userAgent + "\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n")
	fmt.Fprintf(&b, "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n", key)
	if offer != "" {
		fmt.Fprintf(&b, "Sec-WebSocket-Extensions: %s\r\n", offer)
	}
	for name, values := range s.suite.Header {
		for _, v := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	b.WriteString("\r\n")
	return b.String()
}

const userAgent = "websockets-conformance"

// ask sends a request and returns the response with what came behind its header.
func (s *session) ask(request string) (response *http.Response, early []byte, err error) {
	defer s.limit()()
	s.r.Stats.OpeningOut += int64(len(request))
	if _, err := io.WriteString(s.conn, request); err != nil {
		return nil, nil, fmt.Errorf("cannot send the request: %w", err)
	}
	head, early, err := readHead(s.conn)
	s.r.Response = string(head)
	s.r.Stats.OpeningIn += int64(len(head))
	if err != nil {
		return nil, nil, fmt.Errorf("no response: %w", err)
	}
	response, err = http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("the response cannot be read: %w", err)
	}
	return response, early, nil
}

// limit bounds reading and writing by the time for an opening handshake, and by the
// session's context, until the returned function is called.
func (s *session) limit() (over func()) {
	_ = s.conn.SetDeadline(time.Now().Add(openingTime))
	stop := context.AfterFunc(s.ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) })
	return func() {
		if stop() {
			_ = s.conn.SetDeadline(time.Time{})
		}
	}
}

// maxHead bounds the head of an HTTP message.
const maxHead = 64 << 10

// readHead reads up to the empty line that ends an HTTP header.
func readHead(conn net.Conn) (head, early []byte, err error) {
	var b []byte
	for {
		if i := bytes.Index(b, []byte("\r\n\r\n")); i >= 0 {
			return b[: i+4 : i+4], b[i+4:], nil
		}
		if len(b) > maxHead {
			return b, nil, fmt.Errorf("more than %d bytes and no end of the header", maxHead)
		}
		b = append(b, make([]byte, 4096)...)
		n, err := conn.Read(b[len(b)-4096:])
		b = b[:len(b)-4096+n]
		if err != nil && n == 0 {
			return b, nil, err
		}
	}
}

// checkResponse is strict about what RFC 6455 §4.1 wants of a response.
func checkResponse(r *http.Response, key string, offered bool) error {
	tokens := strings.Join(r.Header.Values("Connection"), ",")
	switch {
	case r.StatusCode != http.StatusSwitchingProtocols:
		return fmt.Errorf("the response has status %d, not 101", r.StatusCode)
	case r.Proto != "HTTP/1.1":
		return fmt.Errorf("the response is %s, not HTTP/1.1", r.Proto)
	case !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		return fmt.Errorf("the response has Upgrade: %q", r.Header.Get("Upgrade"))
	case !hasToken(tokens, "upgrade"):
		return fmt.Errorf("the response has Connection: %q", tokens)
	case len(r.Header.Values("Sec-WebSocket-Accept")) != 1 || r.Header.Get("Sec-WebSocket-Accept") != acceptOf(key):
		return fmt.Errorf("the response has Sec-WebSocket-Accept: %q for the key %q", r.Header.Values("Sec-WebSocket-Accept"), key)
	case len(r.Header.Values("Sec-WebSocket-Protocol")) > 0:
		return fmt.Errorf("the response has a subprotocol nobody asked for: %q", r.Header.Values("Sec-WebSocket-Protocol"))
	case !offered && len(r.Header.Values("Sec-WebSocket-Extensions")) > 0:
		return fmt.Errorf("the response has extensions nobody asked for: %q", r.Header.Values("Sec-WebSocket-Extensions"))
	}
	return nil
}

// A client is a client under test: its request has been read.
type client struct {
	request *http.Request
	early   []byte // what came behind the header
}

// openToClient answers the request of a client under test.
func (s *session) openToClient(o opening) error {
	defer s.limit()()
	if err := checkRequest(s.client.request); err != nil {
		return s.refuse(err)
	}
	answer := ""
	if o.agree != nil {
		var err error
		if answer, err = o.agree(s.client.request.Header.Values("Sec-WebSocket-Extensions")); err != nil {
			return s.refuse(err)
		}
	}
	s.r.Response = response(s.client.request.Header.Get("Sec-WebSocket-Key"), answer)
	s.r.Stats.OpeningOut += int64(len(s.r.Response))
	if _, err := io.WriteString(s.conn, s.r.Response); err != nil {
		return fmt.Errorf("cannot send the response: %w", err)
	}
	s.begin(s.client.early)
	return nil
}

// refuse answers the request of a client with status 400, and returns why.
func (s *session) refuse(why error) error {
	s.r.Response = refusal(http.StatusBadRequest, why.Error())
	s.r.Stats.OpeningOut += int64(len(s.r.Response))
	_, _ = io.WriteString(s.conn, s.r.Response)
	return why
}

// checkRequest is strict about what RFC 6455 §4.1 wants of a request.
func checkRequest(r *http.Request) error {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.Method != http.MethodGet:
		return fmt.Errorf("the request has the method %q, not GET", r.Method)
	case r.Proto != "HTTP/1.1":
		return fmt.Errorf("the request is %s, not HTTP/1.1", r.Proto)
	case !hasToken(strings.Join(r.Header.Values("Upgrade"), ","), "websocket"):
		return fmt.Errorf("the request has Upgrade: %q", r.Header.Values("Upgrade"))
	case !hasToken(strings.Join(r.Header.Values("Connection"), ","), "upgrade"):
		return fmt.Errorf("the request has Connection: %q", r.Header.Values("Connection"))
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return fmt.Errorf("the request has Sec-WebSocket-Version: %q", r.Header.Values("Sec-WebSocket-Version"))
	case len(r.Header.Values("Sec-WebSocket-Key")) != 1 || err != nil || len(key) != 16:
		return fmt.Errorf("the request has Sec-WebSocket-Key: %q", r.Header.Values("Sec-WebSocket-Key"))
	}
	return nil
}

// response returns the response that opens a connection.
func response(key, extensions string) string {
	if extensions != "" {
		extensions = "Sec-WebSocket-Extensions: " + extensions + "\r\n"
	}
	return "HTTP/1.1 101 Switching Protocols\r\nServer: " + userAgent + "\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + acceptOf(key) + "\r\n" + extensions + "\r\n"
}

func hasToken(list, token string) bool {
	for t := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(t), token) {
			return true
		}
	}
	return false
}
