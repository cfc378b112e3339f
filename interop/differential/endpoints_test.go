package differential

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
	"unicode/utf8"

	coder "github.com/coder/websocket"
	"github.com/go-websockets/websockets"
	gobwas "github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
)

// A library is a WebSocket library for Go. Its functions make an endpoint on the
// transport, receive all there is, calling got for each message, and return when it
// is over: false if there was no opening handshake.
//
// Each is used as its documentation recommends, with compression if told, and with
// the limit on messages where it has one. Texts are checked by gorilla's program,
// because that is left to it, and by the other libraries as far as they do it.
type library struct {
	name     string
	compress bool // it can
	server   func(t *transport, r *http.Request, compress bool, got receiver) bool
	client   func(t *transport, compress bool, got receiver) bool
}

type receiver func(opcode byte, p []byte)

var ours = library{"websockets", true, ourServer, ourClient}

var others = []library{
	{"gorilla", true, gorillaServer, gorillaClient},
	{"coder", true, coderServer, coderClient},
	{"gws", true, gwsServer, gwsClient},
	{"gobwas", false, gobwasServer, gobwasClient},
}

const anyURL = "ws://server.example/a"

func ourOptions(compress bool) websockets.Options {
	return websockets.Options{
		MaxMessageSize: limit, DisableCompression: !compress, PingInterval: websockets.Off,
		Logger: slog.New(slog.DiscardHandler),
	}
}

func ourLoop(ctx context.Context, conn *websockets.Conn, got receiver) {
	for {
		m, err := conn.Recv(ctx)
		if err != nil {
			<-conn.Done()
			return
		}
		got(byte(m.Type), m.Data)
	}
}

func ourServer(t *transport, r *http.Request, compress bool, got receiver) bool {
	s := &websockets.Server{Options: ourOptions(compress)}
	conn, err := s.Upgrade(&responder{t: t, header: http.Header{}}, r)
	if err != nil {
		return false
	}
	ourLoop(r.Context(), conn, got)
	return true
}

func ourClient(t *transport, compress bool, got receiver) bool {
	d := &websockets.Dialer{Options: ourOptions(compress)}
	d.NetDial = func(context.Context, string, string) (net.Conn, error) { return t, nil }
	conn, err := d.Dial(context.Background(), anyURL)
	if err != nil {
		return false
	}
	ourLoop(context.Background(), conn, got)
	return true
}

func gorillaLoop(c *gorilla.Conn, got receiver) {
	defer c.Close()
	c.SetReadLimit(limit)
	for {
		kind, p, err := c.ReadMessage()
		if err != nil {
			return
		}
		if kind == gorilla.TextMessage && !utf8.Valid(p) {
			_ = c.WriteControl(gorilla.CloseMessage, gorilla.FormatCloseMessage(gorilla.CloseInvalidFramePayloadData, ""), time.Now().Add(time.Minute))
			return
		}
		got(byte(kind), p)
	}
}

func gorillaServer(t *transport, r *http.Request, compress bool, got receiver) bool {
	u := gorilla.Upgrader{EnableCompression: compress}
	c, err := u.Upgrade(&responder{t: t, header: http.Header{}}, r, nil)
	if err != nil {
		return false
	}
	gorillaLoop(c, got)
	return true
}

func gorillaClient(t *transport, compress bool, got receiver) bool {
	d := gorilla.Dialer{
		EnableCompression: compress,
		NetDialContext:    func(context.Context, string, string) (net.Conn, error) { return t, nil },
	}
	c, _, err := d.Dial(anyURL, nil)
	if err != nil {
		return false
	}
	gorillaLoop(c, got)
	return true
}

func coderLoop(c *coder.Conn, got receiver) {
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(limit)
	for {
		kind, p, err := c.Read(context.Background())
		if err != nil {
			return
		}
		got(byte(kind), p)
	}
}

func coderMode(compress bool) coder.CompressionMode {
	if compress {
		return coder.CompressionContextTakeover
	}
	return coder.CompressionDisabled
}

func coderServer(t *transport, r *http.Request, compress bool, got receiver) bool {
	c, err := coder.Accept(&responder{t: t, header: http.Header{}}, r, &coder.AcceptOptions{CompressionMode: coderMode(compress)})
	if err != nil {
		return false
	}
	coderLoop(c, got)
	return true
}

func coderClient(t *transport, compress bool, got receiver) bool {
	once := &http.Transport{
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return t, nil },
		DisableKeepAlives: true,
	}
	c, _, err := coder.Dial(context.Background(), anyURL, &coder.DialOptions{
		HTTPClient: &http.Client{Transport: once}, CompressionMode: coderMode(compress),
	})
	if err != nil {
		return false
	}
	coderLoop(c, got)
	return true
}

// A gwsHandler answers pings, as gws leaves that to the program. Its receiver is in
// the session of the connection, as upgraders are costly.
type gwsHandler struct{ gws.BuiltinEventHandler }

func (gwsHandler) OnPing(c *gws.Conn, p []byte) { _ = c.WritePong(p) }

func (gwsHandler) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	got, _ := c.Session().Load("got")
	got.(receiver)(byte(m.Opcode), m.Bytes())
}

func gwsDeflate(compress bool) gws.PermessageDeflate {
	return gws.PermessageDeflate{Enabled: compress, ServerContextTakeover: true, ClientContextTakeover: true}
}

// gwsUpgraders are those without compression and with it.
var gwsUpgraders = map[bool]*gws.Upgrader{false: gwsUpgrader(false), true: gwsUpgrader(true)}

func gwsUpgrader(compress bool) *gws.Upgrader {
	return gws.NewUpgrader(gwsHandler{}, &gws.ServerOption{
		CheckUtf8Enabled: true, ReadMaxPayloadSize: limit, PermessageDeflate: gwsDeflate(compress),
	})
}

func gwsServer(t *transport, r *http.Request, compress bool, got receiver) bool {
	c, err := gwsUpgraders[compress].Upgrade(&responder{t: t, header: http.Header{}}, r)
	if err != nil {
		return false
	}
	c.Session().Store("got", got)
	c.ReadLoop()
	return true
}

func gwsClient(t *transport, compress bool, got receiver) bool {
	c, _, err := gws.NewClientFromConn(gwsHandler{}, &gws.ClientOption{
		Addr: anyURL, CheckUtf8Enabled: true, ReadMaxPayloadSize: limit, PermessageDeflate: gwsDeflate(compress),
	}, t)
	if err != nil {
		return false
	}
	c.Session().Store("got", got)
	c.ReadLoop()
	return true
}

func gobwasServer(t *transport, r *http.Request, _ bool, got receiver) bool {
	c, _, _, err := gobwas.UpgradeHTTP(r, &responder{t: t, header: http.Header{}})
	if err != nil {
		return false
	}
	defer c.Close()
	for {
		p, op, err := wsutil.ReadClientData(c)
		if err != nil {
			return true
		}
		got(byte(op), p)
	}
}

func gobwasClient(t *transport, _ bool, got receiver) bool {
	d := gobwas.Dialer{NetDial: func(context.Context, string, string) (net.Conn, error) { return t, nil }}
	c, br, _, err := d.Dial(context.Background(), anyURL)
	if err != nil {
		return false
	}
	defer c.Close()
	in := bufferedConn{c, br}
	for {
		p, op, err := wsutil.ReadServerData(in)
		if err != nil {
			return true
		}
		got(byte(op), p)
	}
}
