package trust

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/wstest"
)

// hostileFrames are bytes on which others overflowed, hung or crashed, and the code
// with which the connection must fail. Nothing of them is a message.
var hostileFrames = map[string]struct {
	bytes func(w wire) []byte
	code  websockets.CloseCode
}{
	"CVE-2020-27813": {func(w wire) []byte {
		return append(w.frame(0x01, bytes.Repeat([]byte("a"), 126)), w.header(0x00, 64, 1<<63-1)...)
	}, 1009},
	"CVE-2026-27889":  {func(w wire) []byte { return w.header(0x82, 64, 1<<63) }, 1002},
	"CVE-2026-1528":   {func(w wire) []byte { return append(w.header(0x82, 64, 1<<32+5), w.payload([]byte("hello"))...) }, 1009},
	"CVE-2026-1528 b": {func(w wire) []byte { return w.header(0x82, 64, 1<<31) }, 1009},
	"CVE-2026-1528 c": {func(w wire) []byte { return w.header(0x82, 64, 1<<53+1) }, 1009},
	"PYSEC-2026-4395": {func(w wire) []byte {
		return append(w.frame(0x02, []byte("0123456789")), w.header(0x80, 64, 1<<63-6)...)
	}, 1009},
	"CVE-2026-69210":   {func(w wire) []byte { return w.header(0x82, 64, 1<<64-1) }, 1002},
	"CVE-2020-13935":   {func(w wire) []byte { return w.header(0x81, 64, 1<<63|5) }, 1002},
	"GHSA-8h6x":        {func(w wire) []byte { return w.header(0x82, 64, 1<<62) }, 1009},
	"CVE-2016-10542":   {func(w wire) []byte { return w.header(0x82, 64, websockets.DefaultMaxMessageSize+1) }, 1009},
	"CVE-2026-54274":   {func(w wire) []byte { return w.header(0x81, 64, websockets.DefaultMaxMessageSize+1) }, 1009},
	"rsv1 not agreed":  {func(w wire) []byte { return w.frame(0xC1, []byte{0}) }, 1002},
	"masking":          {func(w wire) []byte { return wire{!w.masked}.header(0x82, 16, 1000) }, 1002},
	"CVE-2026-12151":   {func(w wire) []byte { return append(w.frame(0x02, nil), bytes.Repeat(w.frame(0x00, nil), 1025)...) }, 1008},
	"1-byte close":     {func(w wire) []byte { return w.frame(0x88, []byte{3}) }, 1002},
	"CVE-2025-12689":   {func(w wire) []byte { return append(w.header(0x81, 16, 300), w.payload([]byte("ab\xff"))...) }, 1007},
	"close reason":     {func(w wire) []byte { return w.frame(0x88, []byte("\x03\xe8\xff")) }, 1007},
	"continuation":     {func(w wire) []byte { return w.header(0x80, 7, 5) }, 1002},
	"non-minimal":      {func(w wire) []byte { return w.header(0x82, 16, 125) }, 1002},
	"fragmented ping":  {func(w wire) []byte { return w.header(0x09, 7, 0) }, 1002},
	"long ping":        {func(w wire) []byte { return w.header(0x89, 16, 126) }, 1002},
	"reserved opcode":  {func(w wire) []byte { return w.header(0x83, 7, 1) }, 1002},
	"text in a text":   {func(w wire) []byte { return append(w.frame(0x01, []byte("a")), w.header(0x81, 7, 1)...) }, 1002},
	"overlong slash":   {func(w wire) []byte { return append(w.header(0x81, 7, 100), w.payload([]byte("\xc0"))...) }, 1007},
	"surrogate":        {func(w wire) []byte { return append(w.header(0x81, 7, 100), w.payload([]byte("\xed\xa0"))...) }, 1007},
	"large text":       {largeText, 1007},
	"beyond U+10FFFF":  {func(w wire) []byte { return append(w.header(0x81, 7, 100), w.payload([]byte("\xf4\x90"))...) }, 1007},
	"CVE-2014-0193":    {func(w wire) []byte { return endless(w, 1000) }, 1009},
	"CVE-2026-42786":   {func(w wire) []byte { return limitIn(w, 3) }, 1009},
	"CVE-2026-42786 b": {func(w wire) []byte { return limitIn(w, 1000) }, 1009},
}

// largeText is half of a text message with a byte that can be in none, behind more
// than buffers hold.
func largeText(w wire) []byte {
	half := bytes.Repeat([]byte("a"), 100_000)
	half[90_000] = 0xFF
	return append(w.header(0x81, 64, 200_000), w.payload(half)...)
}

// endless is a message in fragments of n bytes that goes beyond the limit and on.
func endless(w wire, n int) []byte {
	b := w.frame(0x02, nil)
	more := w.frame(0x00, make([]byte, n))
	return append(b, bytes.Repeat(more, websockets.DefaultMaxMessageSize/n+2)...)
}

// limitIn is a message of one byte more than the limit, in n fragments.
func limitIn(w wire, n int) []byte {
	size := websockets.DefaultMaxMessageSize/n + 1
	b := w.frame(0x02, make([]byte, size))
	for range n - 2 {
		b = append(b, w.frame(0x00, make([]byte, size))...)
	}
	return append(b, w.frame(0x80, make([]byte, size))...)
}

func TestFrames(t *testing.T) {
	for id, attack := range hostileFrames {
		t.Run(id, func(t *testing.T) {
			play(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
				drain(p)
				put(p, attack.bytes(w))
				if m, err := c.Recv(t.Context()); err == nil {
					t.Fatalf("received %.100v", m)
				}
				if got := sent(t, c); got != attack.code {
					t.Errorf("failed with %v, want %v: %v", got, attack.code, c.Err())
				}
			})
		})
	}
}

// A header that is cut anywhere is a connection that broke down, and no more.
func TestHeadersCutAnywhere(t *testing.T) {
	t.Run("CVE-2026-27889", func(t *testing.T) {
		for cut := range 14 {
			play(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
				b := append(w.header(0x82, 64, 1<<20), make([]byte, 4)...)
				_, _ = p.Write(b[:cut])
				p.Send("EOF")
				if m, err := c.Recv(t.Context()); err == nil {
					t.Fatalf("received %v", m)
				}
				if got := sent(t, c); got != 0 {
					t.Errorf("cut behind %d bytes: failed with %v", cut, got)
				}
			})
		}
	})
}

// What comes behind a fault is not taken for frames: not even a close frame.
func TestNothingBehindAFaultIsAFrame(t *testing.T) {
	for id, attack := range hostileFrames {
		t.Run(id, func(t *testing.T) {
			play(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
				drain(p)
				put(p, slices.Concat(attack.bytes(w), w.frame(0x81, []byte("smuggled")), w.frame(0x88, []byte{0x0F, 0xA0})))
				for {
					m, err := c.Recv(t.Context())
					if err == nil && strings.Contains(m.String(), "smuggled") {
						t.Fatal("a frame behind the fault was received")
					}
					if err != nil {
						break
					}
				}
				<-c.Done()
				if e, ok := c.Err().(*websockets.CloseError); !ok || e.Code != websockets.CloseAbnormal {
					t.Errorf("ended with %v", c.Err())
				}
			})
		})
	}
}

// A text that is read piece by piece fails at the byte that cannot be in one.
func TestTextInPieces(t *testing.T) {
	play(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
		drain(p)
		put(p, largeText(w))
		_, r, err := c.Reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if got := sent(t, c); got != 1007 || err == nil || len(text) > 90_000 {
			t.Errorf("%d bytes were read, then %v; sent %v", len(text), err, got)
		}
	})
}

// Each way to receive has the same limits.
func TestLimitsHoldForEveryCall(t *testing.T) {
	calls := map[string]func(t *testing.T, c *websockets.Conn) int{
		"Recv": func(t *testing.T, c *websockets.Conn) int {
			m, _ := c.Recv(t.Context())
			return len(m.Data)
		},
		"RecvInto": func(t *testing.T, c *websockets.Conn) int {
			m, err := c.RecvInto(t.Context(), nil)
			if err != nil {
				return 0
			}
			return len(m.Data)
		},
		"Messages": func(t *testing.T, c *websockets.Conn) (n int) {
			for m, err := range c.Messages(t.Context()) {
				if err == nil {
					n += len(m.Data)
				}
			}
			return n
		},
		"Receive": func(t *testing.T, c *websockets.Conn) (n int) {
			_ = c.Receive(t.Context(), func(m websockets.Message) error {
				n += len(m.Data)
				return nil
			})
			return n
		},
		"Reader": func(t *testing.T, c *websockets.Conn) (n int) {
			_, r, err := c.Reader(t.Context())
			for buf := make([]byte, 4096); err == nil; {
				var k int
				k, err = r.Read(buf)
				n += k
			}
			if strings.Contains(err.Error(), "EOF") {
				t.Error("the message ended as if it were whole")
			}
			return 0
		},
	}
	for _, id := range []string{"CVE-2026-15565", "CVE-2026-9675"} {
		for name, call := range calls {
			t.Run(id+"/"+name, func(t *testing.T) {
				play(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer, w wire) {
					drain(p)
					put(p, limitIn(w, 1000))
					if n := call(t, c); n != 0 {
						t.Errorf("received %d bytes", n)
					}
					if got := sent(t, c); got != 1009 {
						t.Errorf("failed with %v", got)
					}
				})
			})
		}
	}
}
