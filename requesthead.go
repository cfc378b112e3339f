package websockets

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"weak"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/handshake"
	"github.com/go-websockets/websockets/http11"
	"github.com/go-websockets/websockets/httpheader"
)

// A requestHead is a request on one of the server's own listeners, as it came. Few
// look at all of it as a *http.Request, which takes several times the memory: so
// that is made when somebody asks.
type requestHead struct {
	target  string
	host    string
	headers http11.Headers
}

// newRequestHead checks what every request must have.
func newRequestHead(target string, headers http11.Headers) (*requestHead, error) {
	if err := http11.CheckNoBody(headers); err != nil {
		return nil, err
	}
	h := &requestHead{target: target, headers: headers}
	var err error
	if h.host, err = handshake.CheckHost(&h.headers); err != nil {
		return nil, err // nobody has looked at the target
	}
	if isPlainPath(target) {
		return h, nil
	}
	u, err := url.ParseRequestURI(target)
	if err != nil || u.Scheme != "" && (u.Host == "" || u.User != nil) {
		return nil, &MessageError{What: "bad request target", Status: http.StatusBadRequest}
	}
	if u.Scheme != "" {
		h.host = u.Host // an absolute-form target takes the place of Host (RFC 9112 §3.2.2)
		if _, _, err := httpheader.ParseHost(h.host); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// isPlainPath reports whether a request target is one that url.ParseRequestURI
// takes in any case: most are.
func isPlainPath(target string) bool {
	for i := range len(target) {
		switch c := target[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '/':
		default:
			return false
		}
	}
	return len(target) > 0 && target[0] == '/'
}

// request makes of the head what the application sees.
func (h *requestHead) request(transport net.Conn) *http.Request {
	u, err := url.ParseRequestURI(h.target)
	if err != nil {
		panic("websockets: bug: " + err.Error()) // newRequestHead has checked it
	}
	headers := h.headers.Map()
	delete(headers, "Host") // as net/http does
	r := &http.Request{
		Method:     http.MethodGet,
		URL:        u,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     headers,
		Body:       http.NoBody,
		Host:       h.host,
		RemoteAddr: transport.RemoteAddr().String(),
		RequestURI: h.target,
	}
	if conn, ok := transport.(*tls.Conn); ok {
		state := conn.ConnectionState()
		r.TLS = &state
	}
	return r
}

// opened is what a connection keeps of its opening handshake. A request and a
// response that can be made again are forgotten when nobody has them any more.
type opened struct {
	subprotocol string
	extensions  []extension.Extension
	request     *http.Request  // nil if there is a head
	response    *http.Response // nil if it is to be made

	head    *requestHead    // of a server's request
	headers *http11.Headers // of a server's response, if there are more than there must be
	answer  string          // Sec-WebSocket-Extensions of a server's response
	made    made[http.Request]
	replied made[http.Response]
}

func (o *opened) init(hs *Handshake) {
	o.subprotocol = hs.Subprotocol
	o.extensions = slices.Clone(hs.Extensions)
	o.request, o.response = hs.Request, hs.Response
	o.head, o.headers, o.answer = hs.head, hs.headers, hs.answer
}

// A made is something that can be made again.
type made[T any] struct {
	p atomic.Pointer[weak.Pointer[T]]
}

// get returns what was made, while somebody has it; else it makes a new one. All
// who have one have the same.
func (m *made[T]) get(again func() *T) *T {
	for {
		last := m.p.Load()
		if last != nil {
			if v := last.Value(); v != nil {
				return v
			}
		}
		v := again()
		w := weak.Make(v)
		if m.p.CompareAndSwap(last, &w) {
			return v
		}
	}
}

func (c *Conn) openRequest() *http.Request {
	o := &c.opened
	if o.head == nil {
		return o.request
	}
	return o.made.get(func() *http.Request { return o.head.request(c.transport) })
}

func (c *Conn) openResponse() *http.Response {
	o := &c.opened
	if !c.upgraded {
		return o.response
	}
	return o.replied.get(func() *http.Response {
		request, headers := c.openRequest(), o.headers
		if headers == nil {
			headers = new(http11.Headers)
			buildResponse(headers, request.Header.Get("Sec-WebSocket-Key"), o.subprotocol, o.answer)
		}
		return switchingProtocols(request, *headers)
	})
}

// values returns a context with what functions of the application have added to the
// request's. It never ends.
func (hs *Handshake) values() context.Context {
	if hs.Request == nil {
		return context.Background()
	}
	return hs.Request.Context() // result has seen to it that it never ends
}

// buildResponse sets the headers that accept a request (RFC 6455 §4.2.2).
func buildResponse(h *http11.Headers, key, subprotocol, extensions string) {
	handshake.BuildResponse(h, key)
	if subprotocol != "" {
		h.Set("Sec-WebSocket-Protocol", subprotocol)
	}
	if extensions != "" {
		h.Set("Sec-WebSocket-Extensions", extensions)
	}
}
