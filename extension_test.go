package websockets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// A suffix is an extension that adds a byte to each data frame and marks it with
// a reserved bit. It decodes only what ends with its byte.
type suffix struct {
	bit    extension.Bits
	letter byte
}

func (s suffix) Name() string             { return "suffix-" + string(s.letter) }
func (s suffix) Reserved() extension.Bits { return s.bit }

func (s suffix) rsv(f *frame.Frame) *bool {
	switch s.bit {
	case extension.RSV1:
		return &f.RSV1
	case extension.RSV2:
		return &f.RSV2
	}
	return &f.RSV3
}

var errEncode = errors.New("cannot encode that")

func (s suffix) Encode(f frame.Frame) (frame.Frame, error) {
	if bytes.Contains(f.Payload, []byte("fail")) {
		return f, errEncode
	}
	*s.rsv(&f) = true
	f.Payload = append(bytes.Clone(f.Payload), s.letter)
	return f, nil
}

func (s suffix) Decode(f frame.Frame, most int64) (frame.Frame, error) {
	if !*s.rsv(&f) {
		return f, nil
	}
	n := len(f.Payload) - 1
	if n < 0 || f.Payload[n] != s.letter {
		return f, fmt.Errorf("payload %q does not end with %q", f.Payload, s.letter)
	}
	if bytes.Equal(f.Payload[:n], []byte("inflate")) {
		f.Payload = make([]byte, 2000)
	} else {
		f.Payload = f.Payload[:n]
	}
	if !bytes.Equal(f.Payload, []byte("keep the bit")) {
		*s.rsv(&f) = false
	}
	return f, nil
}

func extended(t *testing.T, role websockets.Role, opts *websockets.Options) (*websockets.Conn, *wstest.Peer) {
	t.Helper()
	a, b := wstest.Pipe()
	c := websockets.NewConn(a, role, websockets.Handshake{
		Extensions: []extension.Extension{suffix{extension.RSV1, 'a'}, suffix{extension.RSV2, 'b'}},
	}, opts)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c, wstest.NewPeer(t, b, 3-role)
}

func bothExtended(t *testing.T, test func(t *testing.T, c *websockets.Conn, p *wstest.Peer)) {
	t.Helper()
	for _, role := range []websockets.Role{websockets.RoleServer, websockets.RoleClient} {
		t.Run(role.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := extended(t, role, &websockets.Options{MaxMessageSize: 1000})
				test(t, c, p)
			})
		})
	}
}

// Extensions encode in their order and decode in the reverse (RFC 6455 §9.1).
func TestExtensionsTransformDataFrames(t *testing.T) {
	bothExtended(t, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		if err := c.Send(ctx, websockets.Text("hi")); err != nil {
			t.Fatal(err)
		}
		p.Expect(`TEXT "hiab" rsv1 rsv2`)
		w, err := c.Writer(ctx, websockets.BinaryMessage)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte{1})
		_ = w.Close()
		p.Expect(`BINARY 01 "ab" more rsv1 rsv2`, `CONT "ab" fin rsv1 rsv2`)

		p.Send(`TEXT "hé" "ab" more rsv1 rsv2`, `PING "x"`, `CONT "b" more rsv2`, `CONT "llo" fin`)
		p.Expect(`PONG "x"`)
		if m, err := c.Recv(ctx); err != nil || m.String() != "héllo" {
			t.Errorf("got %q, %v", m, err)
		}
		p.Send(`TEXT "stream" "ab" more rsv1 rsv2`, `CONT "edb" fin rsv2`)
		_, r, err := c.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); err != nil || string(b) != "streamed" {
			t.Errorf("got %q, %v", b, err)
		}
	})
}

func TestFailuresOfExtensions(t *testing.T) {
	for _, tt := range []struct {
		name, send string
		code       websockets.CloseCode
	}{
		{"decode fails", `TEXT "abc" rsv1`, websockets.CloseProtocolError},
		{"bit not cleared", `TEXT "keep the bita" rsv1`, websockets.CloseProtocolError},
		{"bit of no extension", `TEXT "a" rsv3`, websockets.CloseProtocolError},
		{"bit on a control frame", `PING "a" rsv1`, websockets.CloseProtocolError},
		{"too big once decoded", `BINARY "inflatea" rsv1`, websockets.CloseMessageTooBig},
		{"too big on the wire", `BINARY length=100000`, websockets.CloseMessageTooBig},
		{"not UTF-8 once decoded", `TEXT FF "a" rsv1`, websockets.CloseInvalidPayload},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bothExtended(t, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
				p.Send(tt.send)
				p.Expect(fmt.Sprintf("CLOSE %d ...", tt.code))
				_ = p.Close()
				_, err := c.Recv(context.Background())
				if e := closeError(t, err); e.Sent != tt.code || e.Err == nil {
					t.Errorf("ended with %v", e)
				}
			})
		})
	}
	t.Run("encode fails", func(t *testing.T) {
		bothExtended(t, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
			if err := c.Send(context.Background(), websockets.Text("fail")); !errors.Is(err, errEncode) {
				t.Errorf("Send: %v", err)
			}
			p.Expect("CLOSE 1011 ...")
		})
	})
}
