package load

import (
	"bytes"
	"compress/flate"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets/frame"
)

var payloads = [][]byte{[]byte("first message"), []byte("second"), bytes.Repeat([]byte("third "), 30)}

// feed gives a checker p in pieces of a size.
func feed(c checker, p []byte, size int) (messages int, pongs []byte, err error) {
	for len(p) > 0 && err == nil {
		n := min(size, len(p))
		m, pong, e := c.take(p[:n])
		messages, pongs, err, p = messages+m, append(pongs, pong...), e, p[n:]
	}
	return messages, pongs, err
}

// reply is a frame as a server sends it.
func reply(t *testing.T, f frame.Frame) []byte {
	t.Helper()
	return append(frame.AppendHeader(nil, f.Header()), f.Payload...)
}

func TestEchoesAreCountedHoweverTheyArrive(t *testing.T) {
	traffic := NewTraffic(frame.OpText, payloads, false, false)
	var wire []byte
	for range 3 {
		for _, p := range payloads {
			wire = append(wire, reply(t, frame.Frame{FIN: true, Opcode: frame.OpText, Payload: p})...)
		}
	}
	for size := 1; size <= len(wire); size++ {
		for _, c := range []checker{&exact{want: &traffic.in}, &parsed{payloads: payloads}} {
			if n, pong, err := feed(c, wire, size); n != 9 || pong != nil || err != nil {
				t.Fatalf("in pieces of %d, %T: %d messages, pong %x, %v", size, c, n, pong, err)
			}
		}
	}
}

func TestOneWrongByteIsFound(t *testing.T) {
	traffic := NewTraffic(frame.OpText, payloads, false, false)
	wire := append([]byte(nil), traffic.in.slice(0, 3)...)
	for i := range wire {
		bad := bytes.Clone(wire)
		bad[i] ^= 0x20
		if n, _, err := feed(&exact{want: &traffic.in}, bad, len(bad)); err == nil {
			t.Errorf("byte %d is wrong, but %d messages pass", i, n)
		}
	}
	payload := len(wire) - 1
	bad := bytes.Clone(wire)
	bad[payload] ^= 0x20
	if _, _, err := feed(&parsed{payloads: payloads}, bad, len(bad)); err == nil {
		t.Error("a wrong byte in a payload passes")
	}
}

func TestPingsAreAnswered(t *testing.T) {
	traffic := NewTraffic(frame.OpText, payloads, false, false)
	wire := append([]byte(nil), traffic.in.slice(0, 1)...)
	wire = append(wire, reply(t, frame.Frame{FIN: true, Opcode: frame.OpPing, Payload: []byte("12345678")})...)
	wire = append(wire, traffic.in.slice(1, 2)...)
	want := "\x8a\x88\x00\x00\x00\x0012345678"
	for size := 1; size <= len(wire); size++ {
		for _, c := range []checker{&exact{want: &traffic.in}, &parsed{payloads: payloads}} {
			if n, pong, err := feed(c, wire, size); n != 3 || string(pong) != want || err != nil {
				t.Errorf("%T: %d messages, pong %q, %v", c, n, pong, err)
			}
		}
	}
}

func TestFragmentsMakeAMessage(t *testing.T) {
	var wire []byte
	third := payloads[2]
	for _, f := range []frame.Frame{
		{FIN: true, Opcode: frame.OpText, Payload: payloads[0]},
		{FIN: true, Opcode: frame.OpText, Payload: payloads[1]},
		{Opcode: frame.OpText, Payload: third[:7]},
		{Opcode: frame.OpContinuation, Payload: third[7:]},
		{FIN: true, Opcode: frame.OpContinuation},
	} {
		wire = append(wire, reply(t, f)...)
	}
	if n, _, err := feed(&parsed{payloads: payloads}, wire, 5); n != 3 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
	short := wire[:len(wire)-2-len(third[7:])-4]
	short = append(short, reply(t, frame.Frame{FIN: true, Opcode: frame.OpContinuation})...)
	if n, _, err := feed(&parsed{payloads: payloads}, short, 5); err == nil {
		t.Errorf("%d messages pass although one is cut", n)
	}
}

func TestCompressedEchoesAreInflated(t *testing.T) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 6)
	if err != nil {
		t.Fatal(err)
	}
	var wire []byte
	for _, p := range append(payloads, payloads...) { // the second time they refer to the first
		b.Reset()
		if _, err := w.Write(p); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		p := bytes.TrimSuffix(b.Bytes(), []byte("\x00\x00\xff\xff"))
		wire = append(wire, reply(t, frame.Frame{FIN: true, RSV1: true, Opcode: frame.OpText, Payload: p})...)
	}
	c := &parsed{payloads: payloads, inflate: &inflater{}}
	if n, _, err := feed(c, wire, 3); n != 6 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
	if c.wire == 0 || c.wire >= int64(len(wire)) {
		t.Errorf("%d bytes of payload in %d", c.wire, len(wire))
	}
	other := &parsed{payloads: [][]byte{[]byte("something else")}, inflate: &inflater{}}
	if _, _, err := feed(other, wire, len(wire)); err == nil {
		t.Error("another message passes")
	}
}

func TestRequestsAreMaskedAndDeflated(t *testing.T) {
	traffic := NewTraffic(frame.OpText, payloads, false, true)
	f, err := frame.Read(bytes.NewReader(traffic.out.slice(2, 1)), frame.ReadOptions{Masked: true, Extensions: []frame.Decoder{inflating{}}})
	if err != nil || !bytes.Equal(f.Payload, payloads[2]) {
		t.Errorf("%v, %v", f, err)
	}
}

type inflating struct{}

func (inflating) Decode(f frame.Frame, _ int64) (frame.Frame, error) {
	var i inflater
	i.input.Write(f.Payload)
	p, err := i.message()
	f.RSV1, f.Payload = false, p
	return f, err
}

func TestQuantilesAreNearTheTruth(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	for i := range 1000 {
		h.Add(time.Duration(i+1) * time.Microsecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Microsecond, 0.99: 990 * time.Microsecond} {
		if got := h.Quantile(q); got < want || got > want*17/16 {
			t.Errorf("of 1 to 1,000 µs, quantile %v is %v", q, got)
		}
	}
	if got := h.Quantile(1); got != time.Millisecond {
		t.Errorf("the longest is %v", got)
	}
}

func TestOnlyTheWholeResponseCounts(t *testing.T) {
	response := "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	for n := range len(response) {
		if done, _, err := parseResponse([]byte(response[:n])); done || err != nil {
			t.Fatalf("%d bytes: %v, %v", n, done, err)
		}
	}
	if done, _, err := parseResponse([]byte(response)); !done || err != nil {
		t.Errorf("%v, %v", done, err)
	}
	for name, bad := range map[string]string{
		"another status": strings.Replace(response, "101", "200", 1),
		"another key":    strings.Replace(response, "s3p", "s4p", 1),
	} {
		if done, _, err := parseResponse([]byte(bad)); done || err == nil {
			t.Errorf("%s: %v, %v", name, done, err)
		}
	}
}
