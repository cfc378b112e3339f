package interop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	coder "github.com/coder/websocket"
	"github.com/go-websockets/websockets"
	gobwas "github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"
)

// A goLibrary is a WebSocket library for Go, in the ways in which it is tested. Each
// is used as its documentation recommends, with compression where it has it at hand,
// and with a limit on messages that the cases do not exceed.
type goLibrary struct {
	name, version string
	echo          http.Handler                                 // sends each message back
	drive         func(ctx context.Context, url string) []byte // connects, and does so too; it returns the last message
}

// biggest is more than the cases send.
const biggest = 64 << 20

var goLibraries = []goLibrary{
	{"websockets", "", ourEcho(), ourDrive},
	{"gorilla", "v1.5.3", http.HandlerFunc(gorillaEcho), gorillaDrive},
	{"coder", "v1.8.15", http.HandlerFunc(coderEcho), coderDrive},
	{"gws", "v1.9.1", http.HandlerFunc(gwsEcho), nil},
	{"gobwas", "v1.4.0", http.HandlerFunc(gobwasEcho), nil},
}

func ourEcho() http.Handler {
	s := &websockets.Server{Options: websockets.Options{MaxMessageSize: biggest, Logger: slog.New(slog.DiscardHandler)}}
	s.Handler = func(ctx context.Context, conn *websockets.Conn) error {
		for msg, err := range conn.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := conn.Send(ctx, msg); err != nil {
				return err
			}
		}
		return nil
	}
	return s
}

func ourDrive(ctx context.Context, url string) (last []byte) {
	d := &websockets.Dialer{Options: websockets.Options{MaxMessageSize: biggest, Logger: slog.New(slog.DiscardHandler)}}
	conn, err := d.Dial(ctx, url)
	if err != nil {
		return nil
	}
	defer conn.Close()
	for msg, err := range conn.Messages(ctx) {
		if err != nil {
			break
		}
		last = append([]byte(nil), msg.Data...)
		if conn.Send(ctx, msg) != nil {
			break
		}
	}
	return last
}

// gorillaLoop checks texts by itself: that is left to the program.
func gorillaLoop(c *gorilla.Conn) (last []byte) {
	defer c.Close()
	for {
		kind, p, err := c.ReadMessage()
		if err != nil {
			return last
		}
		last = p
		if kind == gorilla.TextMessage && !utf8.Valid(p) {
			_ = c.WriteControl(gorilla.CloseMessage, gorilla.FormatCloseMessage(gorilla.CloseInvalidFramePayloadData, ""), time.Now().Add(time.Second))
			return last
		}
		if c.WriteMessage(kind, p) != nil {
			return last
		}
	}
}

func gorillaEcho(w http.ResponseWriter, r *http.Request) {
	u := gorilla.Upgrader{EnableCompression: true}
	if c, err := u.Upgrade(w, r, nil); err == nil {
		gorillaLoop(c)
	}
}

func gorillaDrive(ctx context.Context, url string) []byte {
	d := gorilla.Dialer{EnableCompression: true, HandshakeTimeout: 10 * time.Second}
	c, _, err := d.DialContext(ctx, url, nil)
	if err != nil {
		return nil
	}
	return gorillaLoop(c)
}

func coderLoop(ctx context.Context, c *coder.Conn) (last []byte) {
	defer func() { _ = c.CloseNow() }()
	c.SetReadLimit(biggest)
	for {
		kind, p, err := c.Read(ctx)
		if err != nil {
			return last
		}
		last = p
		if c.Write(ctx, kind, p) != nil {
			return last
		}
	}
}

func coderEcho(w http.ResponseWriter, r *http.Request) {
	c, err := coder.Accept(w, r, &coder.AcceptOptions{CompressionMode: coder.CompressionContextTakeover})
	if err == nil {
		coderLoop(r.Context(), c)
	}
}

func coderDrive(ctx context.Context, url string) []byte {
	c, _, err := coder.Dial(ctx, url, &coder.DialOptions{CompressionMode: coder.CompressionContextTakeover})
	if err != nil {
		return nil
	}
	return coderLoop(ctx, c)
}

type gwsHandler struct{ gws.BuiltinEventHandler }

func (gwsHandler) OnPing(c *gws.Conn, p []byte) { _ = c.WritePong(p) }

func (gwsHandler) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

func gwsEcho(w http.ResponseWriter, r *http.Request) {
	u := gws.NewUpgrader(gwsHandler{}, &gws.ServerOption{
		CheckUtf8Enabled: true, ReadMaxPayloadSize: biggest, WriteMaxPayloadSize: biggest,
		PermessageDeflate: gws.PermessageDeflate{Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true},
	})
	if c, err := u.Upgrade(w, r); err == nil {
		c.ReadLoop()
	}
}

// gobwasEcho has no compression: there the program puts it together.
func gobwasEcho(w http.ResponseWriter, r *http.Request) {
	c, _, _, err := gobwas.UpgradeHTTP(r, w)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		p, op, err := wsutil.ReadClientData(c)
		if err != nil || wsutil.WriteServerMessage(c, op, p) != nil {
			return
		}
	}
}

// serveEcho serves h until the test ends and returns its URL.
func serveEcho(t *testing.T, h http.Handler) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		_ = s.Close()
		wg.Wait()
	})
	return "ws://" + ln.Addr().String() + "/"
}

// driveAll has a client go through the cases of a suite, some at a time.
func driveAll(ctx context.Context, base, agent string, drive func(context.Context, string) []byte) error {
	count, err := strconv.Atoi(string(drive(ctx, base+"/getCaseCount")))
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	cases := make(chan int)
	for range 8 {
		wg.Go(func() {
			for n := range cases {
				ctx, cancel := context.WithTimeout(ctx, time.Minute)
				drive(ctx, fmt.Sprintf("%s/runCase?case=%d&agent=%s", base, n, agent))
				cancel()
			}
		})
	}
	for n := 1; n <= count; n++ {
		cases <- n
	}
	close(cases)
	wg.Wait()
	drive(ctx, base+"/updateReports?agent="+agent)
	return nil
}
