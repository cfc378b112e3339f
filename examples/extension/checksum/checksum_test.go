package checksum_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/deflate"
	"github.com/go-websockets/websockets/examples/extension/checksum"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/httpheader"
	"github.com/go-websockets/websockets/wstest"
)

// agreed makes the extension of a connection.
func agreed(t *testing.T) extension.Extension {
	t.Helper()
	f := checksum.New()
	e, err := f.Accept(f.Offer()[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// scripted plays against a connection that has agreed on the extension, in both
// roles.
func scripted(t *testing.T, opts *websockets.Options, test func(t *testing.T, c *websockets.Conn, p *wstest.Peer)) {
	for _, role := range []websockets.Role{websockets.RoleClient, websockets.RoleServer} {
		t.Run(role.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := wstest.Pipe()
				c := websockets.NewConn(a, role, websockets.Handshake{Extensions: []extension.Extension{agreed(t)}}, opts)
				defer c.CloseNow()
				test(t, c, wstest.NewPeer(t, b, 3-role))
			})
		})
	}
}

// The CRC-32C of "123456789" is known to be E3069283.
func TestOnTheWire(t *testing.T) {
	scripted(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		ctx := context.Background()
		for range 2 {
			if err := c.Send(ctx, websockets.Text("123456789")); err != nil {
				t.Fatal(err)
			}
			p.Expect(`TEXT "123456789" E3 06 92 83 rsv2`)
		}
		if err := c.Send(ctx, websockets.Text("")); err != nil {
			t.Fatal(err)
		}
		p.Expect(`TEXT 00 00 00 00 rsv2`)
		w, err := c.Writer(ctx, websockets.BinaryMessage)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"1234", "56789"} {
			if _, err := io.WriteString(w, part); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		p.Expect(`BINARY "1234" more rsv2`, `CONT "56789" more`, `CONT E3 06 92 83 fin`)

		p.Send(`TEXT "123456789" E3 06 92 83 rsv2`)
		if m, err := c.Recv(ctx); err != nil || m.String() != "123456789" {
			t.Errorf("got %q, %v", m, err)
		}
		// The checksum may come in pieces, and control frames in between.
		p.Send(`TEXT "1234" more rsv2`, `CONT "56789" E3 more`, `PING "?"`, `CONT more`, `CONT 06 92 more`, `CONT 83 fin`)
		p.Expect(`PONG "?"`)
		if m, err := c.Recv(ctx); err != nil || m.String() != "123456789" {
			t.Errorf("got %q, %v", m, err)
		}
	})
}

func TestFailures(t *testing.T) {
	for _, tt := range []struct {
		name, send string
		code       websockets.CloseCode
		want       string
	}{
		{"changed", `TEXT "123456780" E3 06 92 83 rsv2`, 1007, "the message has the checksum 9bb4494f, but came with e3069283"},
		{"too short", `BINARY 01 02 03 rsv2`, 1002, "a message of 3 bytes has no room for a checksum"},
		{"none", `TEXT "123456789"`, 1002, "a message without a checksum"},
		{"bit in the middle", "TEXT \"1\" more rsv2\nCONT \"2\" more rsv2", 1002, "RSV2 on a frame that is not the first"},
		{"too big", `BINARY "0123456789A" 00 00 00 00 rsv2`, 1009, "11 bytes"},
		{"a bit of nobody", `TEXT 00 00 00 00 rsv2 rsv3`, 1002, "RSV3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			scripted(t, &websockets.Options{MaxMessageSize: 10}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
				p.Send(strings.Split(tt.send, "\n")...)
				p.Expect(fmt.Sprintf("CLOSE %d ...", tt.code))
				_ = p.Close()
				_, err := c.Recv(context.Background())
				e, ok := errors.AsType[*websockets.CloseError](err)
				if !ok || e.Sent != tt.code || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("ended with %v, want %q", err, tt.want)
				}
			})
		})
	}
}

func param(name, value string) httpheader.Param {
	return httpheader.Param{Name: name, Value: value, HasValue: value != ""}
}

func TestNegotiationRefuses(t *testing.T) {
	f := checksum.New()
	for _, tt := range []struct {
		params []httpheader.Param
		want   string
	}{
		{nil, `extension "x-checksum": bad parameter value "algorithm" = ""`},
		{[]httpheader.Param{param("algorithm", "")}, `extension "x-checksum": bad parameter value "algorithm" = ""`},
		{[]httpheader.Param{param("algorithm", "md5")}, `extension "x-checksum": bad parameter value "algorithm" = "md5"`},
		{[]httpheader.Param{param("algorithm", "crc32")}, `extension "x-checksum": bad parameter value "algorithm" = "crc32"`},
		{[]httpheader.Param{param("algorithm", "crc32c"), param("algorithm", "crc32c")}, `extension "x-checksum": duplicate parameter "algorithm"`},
		{[]httpheader.Param{param("algorithm", "crc32c"), param("size", "4")}, `extension "x-checksum": unknown parameter "size"`},
	} {
		c, acceptErr := f.Accept(tt.params, nil)
		_, s, negotiateErr := f.Negotiate(tt.params, nil)
		for _, err := range []error{acceptErr, negotiateErr} {
			if err == nil || err.Error() != tt.want || !errors.Is(err, extension.ErrNegotiation) {
				t.Errorf("%v: %v, want %s", tt.params, err, tt.want)
			}
		}
		if c != nil || s != nil {
			t.Errorf("%v: an extension besides the error", tt.params)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("New takes any algorithm")
		}
	}()
	checksum.New("md5")
}

func options(list ...extension.Factory) websockets.Options {
	return websockets.Options{Extensions: list, Logger: slog.New(slog.DiscardHandler)}
}

// A tag makes another extension that has RSV2.
type tag struct{ extension.Factory }

func (tag) Name() string { return "x-tag" }

func (t tag) Accept(answer []httpheader.Param, accepted []extension.Extension) (extension.Extension, error) {
	e, err := t.Factory.Accept(answer, accepted)
	return tagged{e}, err
}

func (t tag) Negotiate(offer []httpheader.Param, accepted []extension.Extension) ([]httpheader.Param, extension.Extension, error) {
	answer, e, err := t.Factory.Negotiate(offer, accepted)
	return answer, tagged{e}, err
}

type tagged struct{ extension.Extension }

func (tagged) Name() string { return "x-tag" }

// What a client and a server agree on, with each other and with compression.
func TestAgreement(t *testing.T) {
	const compressed = "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"
	both := checksum.New("crc32", "crc32c")
	for _, tt := range []struct {
		name           string
		client, server []extension.Factory
		want           string
	}{
		{"by default", []extension.Factory{checksum.New()}, []extension.Factory{checksum.New()}, "x-checksum; algorithm=crc32c, " + compressed},
		{"the client's preference", []extension.Factory{both}, []extension.Factory{checksum.New("crc32c", "crc32")}, "x-checksum; algorithm=crc32, " + compressed},
		{"what both know", []extension.Factory{both}, []extension.Factory{checksum.New()}, "x-checksum; algorithm=crc32c, " + compressed},
		{"nothing in common", []extension.Factory{checksum.New("crc32")}, []extension.Factory{checksum.New()}, compressed},
		{"a server without it", []extension.Factory{checksum.New()}, nil, compressed},
		{"behind compression", []extension.Factory{deflate.New(deflate.Options{}), checksum.New()}, []extension.Factory{checksum.New()}, compressed + ", x-checksum; algorithm=crc32c"},
		{"the bit is taken", []extension.Factory{tag{checksum.New()}, checksum.New()}, []extension.Factory{checksum.New(), tag{checksum.New()}}, "x-tag; algorithm=crc32c, " + compressed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url, d := wstest.Server(t, &websockets.Server{Options: options(tt.server...), Handler: echo})
			d.Options = options(tt.client...)
			c, err := d.Dial(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			if got := c.Response().Header.Get("Sec-WebSocket-Extensions"); got != tt.want {
				t.Errorf("agreed on %q, want %q", got, tt.want)
			}
			if err := c.Send(t.Context(), websockets.Text("hello")); err != nil {
				t.Fatal(err)
			}
			if m, err := c.Recv(t.Context()); err != nil || m.String() != "hello" {
				t.Errorf("got %q, %v", m, err)
			}
		})
	}
}

func echo(ctx context.Context, c *websockets.Conn) error {
	for m, err := range c.Messages(ctx) {
		if err == nil {
			err = c.Send(ctx, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A client does not take an answer that it did not ask for, or that two extensions
// would need one bit for.
func TestClientRefuses(t *testing.T) {
	for answer, want := range map[string]string{
		"x-checksum":                  `bad parameter value "algorithm" = ""`,
		"x-checksum; algorithm=crc32": `bad parameter value "algorithm" = "crc32"`,
		"x-checksum; algorithm=crc32c, x-checksum; algorithm=crc32c": `extension "x-checksum": not offered`,
		"x-checksum; algorithm=crc32c, x-tag; algorithm=crc32c":      `claims RSV2, as "x-checksum" does`,
	} {
		var network wstest.Network
		ln, err := network.Listen("server.example:80")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if conn, err := ln.Accept(); err == nil {
				wstest.NewPeer(t, conn, websockets.RoleServer).ServerHandshake("Sec-WebSocket-Extensions: " + answer)
			}
		}()
		d := websockets.Dialer{Options: options(checksum.New(), tag{checksum.New()}), NetDial: network.Dial}
		_, err = d.Dial(t.Context(), "ws://server.example/")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("answer %q: %v, want %q", answer, err, want)
		}
	}
}

// Messages of all sizes go through both extensions, in both orders, up to the limit
// to the byte and not beyond; and only with the checksum behind compression it is
// seen in clear.
func TestWithCompression(t *testing.T) {
	const limit = 100_000
	for name, list := range map[string][]extension.Factory{
		"before": {checksum.New()},
		"behind": {deflate.New(deflate.Options{}), checksum.New()},
		"alone":  {checksum.New()},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(list...)
			o.MaxMessageSize = limit
			o.DisableCompression = name == "alone"
			url, d := wstest.Server(t, &websockets.Server{Options: o, Handler: echo})
			d.Options = o
			c, err := d.Dial(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			ctx := t.Context()
			for _, n := range []int{0, 1, 3, 4, 5, 300, 70_000, limit} {
				text := strings.Repeat("all work and no play; ", n/20+1)[:n]
				if err := c.Send(ctx, websockets.Text(text)); err != nil {
					t.Fatal(err)
				}
				if m, err := c.Recv(ctx); err != nil || m.String() != text {
					t.Fatalf("%d bytes: got %d, %v", n, len(m.Data), err)
				}
				if err := inFragments(ctx, c, text); err != nil {
					t.Fatal(err)
				}
				if m, err := c.Recv(ctx); err != nil || m.String() != text {
					t.Fatalf("%d bytes in fragments: got %d, %v", n, len(m.Data), err)
				}
			}
			if err := c.Send(ctx, websockets.Text(strings.Repeat("x", limit+1))); err != nil {
				t.Fatal(err)
			}
			_, err = c.Recv(ctx)
			if e, ok := errors.AsType[*websockets.CloseError](err); !ok || e.Code != websockets.CloseMessageTooBig {
				t.Errorf("a byte more: %v", err)
			}
		})
	}
}

func inFragments(ctx context.Context, c *websockets.Conn, text string) error {
	w, err := c.Writer(ctx, websockets.TextMessage)
	if err != nil {
		return err
	}
	for part := range strings.SplitAfterSeq(text, "no play; all") {
		if _, err := io.WriteString(w, part); err != nil {
			return err
		}
	}
	return w.Close()
}
