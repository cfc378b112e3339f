package websockets_test

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/deflate"
	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// deflated makes a connection with permessage-deflate, as if a server had answered
// with these parameters, and a peer that writes the bytes of a script.
func deflated(t *testing.T, role websockets.Role, answer string, opts *websockets.Options) (*websockets.Conn, *wstest.Peer) {
	t.Helper()
	a, b := wstest.Pipe()
	c := websockets.NewConn(a, role, websockets.Handshake{
		Extensions: []extension.Extension{deflateAs(t, role, answer)},
	}, opts)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c, wstest.NewPeer(t, b, 3-role)
}

// compressedBytes are what p is as a message.
func compressedBytes(t testing.TB, p []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.Write(p); err == nil {
		err = w.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\x00\x00\xff\xff"))
}

// hexOf is a payload in the notation for frames.
func hexOf(p []byte) string { return fmt.Sprintf("% X", p) }

// prose is a text that is worth compressing.
func prose(n int) string {
	r := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "Message %d of %d: the quick brown fox jumps over %d lazy dogs. ", r.IntN(1000), r.IntN(1000), r.IntN(1000))
	}
	return b.String()[:n]
}

// By default a client offers compression and a server agrees to it; both ways it
// is used.
func TestCompressionIsOnByDefault(t *testing.T) {
	text := prose(2000)
	url, d := wstest.Server(t, &websockets.Server{Handler: func(ctx context.Context, c *websockets.Conn) error {
		m, err := c.Recv(ctx)
		if err == nil {
			err = c.Send(ctx, m)
		}
		return err
	}, Options: quiet()})
	d.Options = quiet()
	c, err := d.Dial(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if got := c.Request().Header.Get("Sec-WebSocket-Extensions"); got != "permessage-deflate; client_max_window_bits" {
		t.Errorf("offered %q", got)
	}
	if got := c.Response().Header.Get("Sec-WebSocket-Extensions"); got != "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12" {
		t.Errorf("answered %q", got)
	}
	if err := c.Send(t.Context(), websockets.Text(text)); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Recv(t.Context()); err != nil || m.String() != text {
		t.Errorf("got %.40q, %v", m, err)
	}
	stats := c.NetConn().(*wstest.Conn).Stats()
	if handshake := int64(400); stats.BytesWritten > handshake+1000 || stats.BytesRead > handshake+1000 {
		t.Errorf("%d bytes were sent and %d received for 2000", stats.BytesWritten, stats.BytesRead)
	}
}

func TestDisableCompression(t *testing.T) {
	off := quiet()
	off.DisableCompression = true
	handler := func(ctx context.Context, c *websockets.Conn) error { return nil }
	for _, tt := range []struct {
		client, server  websockets.Options
		offered, agreed bool
	}{
		{quiet(), off, true, false},
		{off, quiet(), false, false},
		{quiet(), quiet(), true, true},
	} {
		url, d := wstest.Server(t, &websockets.Server{Handler: handler, Options: tt.server})
		d.Options = tt.client
		c, err := d.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		offered, agreed := has(c.Request().Header), has(c.Response().Header)
		if offered != tt.offered || agreed != tt.agreed {
			t.Errorf("offered: %t, want %t; agreed: %t, want %t", offered, tt.offered, agreed, tt.agreed)
		}
		_ = c.CloseNow()
	}
}

func has(h http.Header) bool { return h.Get("Sec-WebSocket-Extensions") != "" }

// The extension stands behind those of the application, unless the application has
// put it elsewhere: then its own is the only one.
func TestPlaceOfCompression(t *testing.T) {
	mine := deflate.New(deflate.Options{DisableContextTakeover: true})
	for want, o := range map[string]websockets.Options{
		"x-rsv; p, permessage-deflate; client_max_window_bits=9":                           {Extensions: []extension.Factory{rsvFactory{}}, Deflate: deflate.Options{WindowBits: 9}},
		"permessage-deflate; client_no_context_takeover; client_max_window_bits, x-rsv; p": {Extensions: []extension.Factory{mine, rsvFactory{}}, Deflate: deflate.Options{WindowBits: 9}},
		"permessage-deflate; client_no_context_takeover; client_max_window_bits":           {Extensions: []extension.Factory{mine}, DisableCompression: true},
		"x-rsv; p": {Extensions: []extension.Factory{rsvFactory{}}, DisableCompression: true},
	} {
		o.Logger = quiet().Logger
		url, d := wstest.Server(t, &websockets.Server{Handler: func(context.Context, *websockets.Conn) error { return nil }})
		d.Options = o
		c, err := d.Dial(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Request().Header.Get("Sec-WebSocket-Extensions"); got != want {
			t.Errorf("offered %q, want %q", got, want)
		}
		_ = c.CloseNow()
	}
}

func TestSenselessDeflateOptions(t *testing.T) {
	d := websockets.Dialer{Options: websockets.Options{Deflate: deflate.Options{WindowBits: 7}}}
	_, err := d.Dial(t.Context(), "ws://localhost:1/")
	if err == nil || !strings.Contains(err.Error(), "WindowBits is 7") || strings.Count(err.Error(), "websockets: ") != 1 {
		t.Errorf("Dial: %v", err)
	}
}

// A message may be left out, and is no part of what later ones refer to.
func TestMessageWithoutCompression(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := deflated(t, websockets.RoleServer, "", nil)
		secret := strings.Repeat("secret", 50)
		for range 2 {
			m := websockets.Text(secret)
			m.DisableCompression = true
			if err := c.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			p.Expect(`TEXT "secret"*50`)
			if err := websockets.Broadcast(only(c), m); err != nil {
				t.Fatal(err)
			}
			p.Expect(`TEXT "secret"*50`)
		}
		if err := c.Send(t.Context(), websockets.Text(secret)); err != nil {
			t.Fatal(err)
		}
		l, err := p.Recv()
		if err != nil || !l.Frame.RSV1 {
			t.Fatal(l, err)
		}
		alone, q := deflated(t, websockets.RoleServer, "", nil)
		if err := alone.Send(t.Context(), websockets.Text(secret)); err != nil {
			t.Fatal(err)
		}
		if first, err := q.Recv(); err != nil || !bytes.Equal(first.Frame.Payload, l.Frame.Payload) {
			t.Errorf("the message is %v, and %v if none went before it; %v", l, first, err)
		}
	})
}

func only(conns ...*websockets.Conn) func(func(*websockets.Conn) bool) {
	return func(yield func(*websockets.Conn) bool) {
		for _, c := range conns {
			if !yield(c) {
				return
			}
		}
	}
}

// A received message is put together in the memory of the caller.
func TestRecvIntoDecompressesInPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := deflated(t, websockets.RoleServer, "", nil)
		want := prose(3000)
		p.Send("TEXT " + hexOf(compressedBytes(t, []byte(want))) + " rsv1")
		buf := append(make([]byte, 0, 4000), "before: "...)
		m, err := c.RecvInto(t.Context(), buf)
		if err != nil || m.String() != "before: "+want {
			t.Fatalf("got %.40q, %v", m, err)
		}
		if &m.Data[0] != &buf[0] {
			t.Error("the message is elsewhere")
		}
	})
}

// What has come of a compressed message can be read before the rest comes, be it
// one frame or many.
func TestReaderOfACompressedMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := deflated(t, websockets.RoleServer, "", nil)
		want := prose(50_000)
		data := compressedBytes(t, []byte(want))
		p.Send(fmt.Sprintf("BINARY length=%d rsv1", len(data)), "PAYLOAD "+hexOf(data[:len(data)/2]))
		typ, r, err := c.Reader(t.Context())
		if err != nil || typ != websockets.BinaryMessage {
			t.Fatal(typ, err)
		}
		half := make([]byte, len(want)/3)
		if _, err := io.ReadFull(r, half); err != nil || string(half) != want[:len(half)] {
			t.Fatalf("got %.40q, %v", half, err)
		}
		p.Send("PAYLOAD " + hexOf(data[len(data)/2:]))
		rest, err := io.ReadAll(r)
		if err != nil || string(rest) != want[len(half):] {
			t.Errorf("got %d bytes, want %d; %v", len(rest), len(want)-len(half), err)
		}
	})
}

// A receive that is canceled in the middle of a compressed message loses nothing,
// nor does the standby that goes on for a while.
func TestCompressedMessageIsResumable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := deflated(t, websockets.RoleServer, "", nil)
		want := prose(5000)
		data := compressedBytes(t, []byte(want))
		p.Send(fmt.Sprintf("TEXT length=%d more rsv1", len(data)-7))
		for i, b := range data {
			if i == len(data)-7 {
				p.Send("CONT length=7 fin")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 1)
			p.Send("PAYLOAD " + hexOf([]byte{b}))
			m, err := c.RecvInto(ctx, make([]byte, 3, 100))
			cancel()
			if i == len(data)-1 && err == nil {
				if got := m.String()[3:]; got != want {
					t.Errorf("got %d bytes, want %d", len(got), len(want))
				}
				return
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("byte %d of %d: %v, %v", i, len(data), m, err)
			}
			if i%100 == 0 {
				synctest.Wait()
			}
		}
		if m, err := c.Recv(t.Context()); err != nil || m.String() != want {
			t.Errorf("got %d bytes, %v", len(m.Data), err)
		}
	})
}

// The error tells the limit of the connection, also when fragments went before.
func TestCompressedMessageTooBig(t *testing.T) {
	for _, role := range []websockets.Role{websockets.RoleServer, websockets.RoleClient} {
		synctest.Test(t, func(t *testing.T) {
			c, p := deflated(t, role, "", &websockets.Options{MaxMessageSize: 1000})
			data := compressedBytes(t, make([]byte, 600))
			p.Send("BINARY "+hexOf(data)+" 00 00 FF FF more rsv1", "CONT "+hexOf(data)+" more")
			p.Expect("CLOSE 1009 ...")
			_ = p.Close()
			_, err := c.Recv(t.Context())
			e, ok := errors.AsType[*websockets.PayloadTooBigError](err)
			if !ok || e.Limit != 1000 || e.Size != 1001 {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// Connections that compress alike get the same bytes; others get theirs.
func TestBroadcastCompressesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := websockets.Text(prose(2000))
		var conns []*websockets.Conn
		var peers []*wstest.Peer
		for _, answer := range []string{
			"server_no_context_takeover", "server_no_context_takeover", "", "server_no_context_takeover",
			"server_no_context_takeover; server_max_window_bits=9", "none", "",
		} {
			if answer == "none" {
				c, p := scripted(t, websockets.RoleServer, nil)
				conns, peers = append(conns, c), append(peers, p)
				continue
			}
			c, p := deflated(t, websockets.RoleServer, answer, nil)
			conns, peers = append(conns, c), append(peers, p)
		}
		for range 3 {
			if err := websockets.Broadcast(only(conns...), text); err != nil {
				t.Fatal(err)
			}
			var payloads [][]byte
			for i, p := range peers {
				l, err := p.Recv()
				if err != nil || l.Frame.RSV1 != (i != 5) {
					t.Fatal(i, l, err)
				}
				payloads = append(payloads, l.Frame.Payload)
			}
			for _, i := range []int{1, 3} {
				if !bytes.Equal(payloads[0], payloads[i]) {
					t.Errorf("connections 0 and %d compress alike, but send %d and %d bytes", i, len(payloads[0]), len(payloads[i]))
				}
			}
			if bytes.Equal(payloads[0], payloads[4]) {
				t.Error("a smaller window makes no difference")
			}
		}
		// Who sends in fragments is skipped, and does not suffer.
		w, err := conns[1].Writer(t.Context(), websockets.TextMessage)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range conns[:2] {
			if _, err = w.Write([]byte(prose(700))); err != nil {
				t.Fatal(err)
			}
			err := websockets.Broadcast(only(c, conns[1]), text)
			if e, ok := errors.AsType[*websockets.SkippedError](err); !ok || e.Conn != conns[1] || e.Err != websockets.ErrBusy {
				t.Errorf("Broadcast: %v", err)
			}
		}
	})
}

// countingSharer counts how often it encodes.
type countingSharer struct {
	extension.PerMessage
	encodes *int
	shared  any
}

func (s countingSharer) Shared() any { return s.shared }

func (s countingSharer) AppendEncode(dst []byte, f frame.Frame) (frame.Frame, error) {
	*s.encodes++
	return s.PerMessage.AppendEncode(dst, f)
}

func TestBroadcastEncodesOnceForThoseThatShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		encodes := 0
		var conns []*websockets.Conn
		var peers []*wstest.Peer
		for _, shared := range []any{"a", "a", nil, "b", "a", nil, "b"} {
			e := deflateAs(t, websockets.RoleServer, "server_no_context_takeover").(extension.PerMessage)
			x, y := wstest.Pipe()
			c := websockets.NewConn(x, websockets.RoleServer, websockets.Handshake{
				Extensions: []extension.Extension{countingSharer{e, &encodes, shared}},
			}, nil)
			defer c.CloseNow()
			conns, peers = append(conns, c), append(peers, wstest.NewPeer(t, y, websockets.RoleClient))
		}
		if err := websockets.Broadcast(only(conns...), websockets.Text(prose(1000))); err != nil {
			t.Fatal(err)
		}
		if encodes != 4 { // a, b and two that do not share
			t.Errorf("encoded %d times", encodes)
		}
		for _, p := range peers {
			if l, err := p.Recv(); err != nil || !l.Frame.RSV1 {
				t.Error(l, err)
			}
		}
	})
}
