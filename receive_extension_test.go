package websockets_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/httpheader"
	"github.com/go-websockets/websockets/wstest"
)

// A fragile extension panics over messages that say so. It is an extension for
// frames, or for messages as compression is.
type fragile struct{}

type fragileMessages struct{ fragile }

func (fragile) Name() string             { return "x-fragile" }
func (fragile) Reserved() extension.Bits { return 0 }

func (fragile) Encode(f frame.Frame) (frame.Frame, error) { return f, nil }

func (fragile) Decode(f frame.Frame, _ int64) (frame.Frame, error) {
	if strings.Contains(string(f.Payload), "panic") {
		panic("as asked")
	}
	return f, nil
}

func (fragileMessages) Reserved() extension.Bits { return extension.RSV1 }

func (fragileMessages) AppendEncode(_ []byte, f frame.Frame) (frame.Frame, error) {
	f.RSV1 = true
	return f, nil
}

func (e fragileMessages) AppendDecode(dst, piece []byte, _ bool, _ int64) ([]byte, error) {
	f, err := e.Decode(frame.Frame{Payload: piece}, -1)
	return append(dst, f.Payload...), err
}

// fragileFactory agrees to an extension whatever is offered.
type fragileFactory struct{ extension.Extension }

func (fragileFactory) Offer() [][]httpheader.Param { return [][]httpheader.Param{nil} }

func (f fragileFactory) Accept([]httpheader.Param, []extension.Extension) (extension.Extension, error) {
	return f.Extension, nil
}

func (f fragileFactory) Negotiate([]httpheader.Param, []extension.Extension) ([]httpheader.Param, extension.Extension, error) {
	return nil, f.Extension, nil
}

var fragileExtensions = map[string]struct {
	extension.Extension
	good, bad string // messages
}{
	"for frames":   {fragile{}, `TEXT "good"`, `TEXT "panic"`},
	"for messages": {fragileMessages{}, `TEXT "good" rsv1`, `TEXT "panic" rsv1`},
}

// An extension that panics is a fault of the program: the panic comes out of Receive,
// with what came before delivered, and the connection can still be closed at once.
func TestReceiveWithAnExtensionThatPanics(t *testing.T) {
	for name, e := range fragileExtensions {
		t.Run(name, func(t *testing.T) {
			onTransports(t, func(t *testing.T, a, b net.Conn) {
				c := websockets.NewConn(b, websockets.RoleServer, websockets.Handshake{Extensions: []extension.Extension{e.Extension}}, nil)
				defer c.CloseNow()
				p := wstest.NewPeer(t, a, websockets.RoleClient)
				p.Send(e.good, e.bad, e.good)
				var got []string
				recovered := func() (v any) {
					defer func() { v = recover() }()
					err := c.Receive(within(t), func(m websockets.Message) error {
						got = append(got, m.String())
						return nil
					})
					t.Error("Receive returned", err)
					return nil
				}()
				if recovered != "as asked" || len(got) != 1 || got[0] != "good" {
					t.Errorf("recovered %v after %q", recovered, got)
				}
				if err := c.CloseNow(); err != nil {
					t.Error(err)
				}
				<-c.Done()
				p.ExpectEOF()
				if _, err := c.Recv(within(t)); closeError(t, err).Code != websockets.CloseAbnormal {
					t.Error(err)
				}
			})
		})
	}
}

// A server logs the panic and closes with 1011, as with a handler that panics. It ends
// after CloseTimeout at the latest.
func TestOnMessageWithAnExtensionThatPanics(t *testing.T) {
	for name, e := range fragileExtensions {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			log := new(records)
			options := websockets.Options{
				Extensions: []extension.Factory{fragileFactory{e.Extension}}, DisableCompression: true, Logger: log.logger(),
				CloseTimeout: 100 * time.Millisecond, // nobody can read the answer to the close frame
			}
			received := make(chan string, 3)
			s := &websockets.Server{Options: options, Handler: websockets.OnMessage(func(_ context.Context, _ *websockets.Conn, m websockets.Message) error {
				received <- m.String()
				return nil
			})}
			go func() { _ = s.Serve(ln) }()
			defer s.Close()
			d := &websockets.Dialer{Options: options}
			c, err := d.Dial(within(t), "ws://"+ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			if c.Response().Header.Get("Sec-WebSocket-Extensions") != "x-fragile" {
				t.Fatal("not agreed on")
			}
			for _, text := range []string{"good", "panic"} {
				if err := c.Send(within(t), websockets.Text(text)); err != nil {
					t.Fatal(err)
				}
			}
			_, err = c.Recv(within(t))
			if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != websockets.CloseInternalError {
				t.Errorf("closed with %v", err)
			}
			if len(received) != 1 || <-received != "good" {
				t.Error("the first message was not received")
			}
			_ = s.Close()
			if out := log.String(); !strings.Contains(out, "panic: as asked") {
				t.Errorf("logged: %s", out)
			}
		})
	}
}
