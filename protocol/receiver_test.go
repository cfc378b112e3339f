package protocol_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	. "github.com/go-websockets/websockets/protocol"
)

func server() *Receiver { return &Receiver{Masked: true, Limit: 100} }

func header(op frame.Opcode, length int64, fin bool) frame.Header {
	return frame.Header{FIN: fin, Opcode: op, Masked: true, Length: length}
}

// feed passes headers until one is refused.
func feed(r *Receiver, headers ...frame.Header) (int, error) {
	for i, h := range headers {
		if err := r.Header(&h); err != nil {
			return i, err
		}
	}
	return len(headers), nil
}

func wantCode(t *testing.T, err error, code frame.CloseCode, section string) {
	t.Helper()
	e, ok := errors.AsType[*frame.ProtocolError](err)
	if !ok || e.Code != code || e.Section != section {
		t.Errorf("got %v, want %v by %s", err, code, section)
	}
}

func TestOrderOfFrames(t *testing.T) {
	text, bin, cont := frame.OpText, frame.OpBinary, frame.OpContinuation
	ping := header(frame.OpPing, 4, true)
	for _, c := range []struct {
		name    string
		headers []frame.Header
		refused int // index, -1: none
	}{
		{"whole messages", []frame.Header{header(text, 3, true), header(bin, 0, true)}, -1},
		{"fragments", []frame.Header{header(text, 3, false), header(cont, 0, false), header(cont, 3, true), header(bin, 1, true)}, -1},
		{"control frames between fragments", []frame.Header{header(bin, 3, false), ping, header(cont, 3, true), ping}, -1},
		{"close between fragments", []frame.Header{header(bin, 3, false), header(frame.OpClose, 2, true)}, -1},
		{"continuation of nothing", []frame.Header{header(cont, 3, true)}, 0},
		{"continuation after the last fragment", []frame.Header{header(text, 1, false), header(cont, 1, true), header(cont, 1, true)}, 2},
		{"text inside a message", []frame.Header{header(text, 1, false), header(text, 1, true)}, 1},
		{"binary inside a message", []frame.Header{header(text, 1, false), ping, header(bin, 1, false)}, 2},
	} {
		n, err := feed(server(), c.headers...)
		if c.refused < 0 {
			if err != nil {
				t.Errorf("%s: frame %d: %v", c.name, n, err)
			}
			continue
		}
		if err == nil || n != c.refused {
			t.Errorf("%s: frame %d refused with %v, want frame %d", c.name, n, err, c.refused)
			continue
		}
		wantCode(t, err, frame.CloseProtocolError, "RFC 6455 §5.4")
	}
}

func TestMaskingIsEnforcedBothWays(t *testing.T) {
	for _, op := range []frame.Opcode{frame.OpText, frame.OpBinary, frame.OpPing, frame.OpPong, frame.OpClose} {
		wantCode(t, (&Receiver{Masked: true, Limit: 9}).Header(&frame.Header{FIN: true, Opcode: op}), frame.CloseProtocolError, "RFC 6455 §5.1")
		wantCode(t, (&Receiver{Limit: 9}).Header(&frame.Header{FIN: true, Opcode: op, Masked: true}), frame.CloseProtocolError, "RFC 6455 §5.1")
	}
}

func TestReservedBitsNeedAnExtension(t *testing.T) {
	for claimed := range extension.Bits(8) {
		for set := range extension.Bits(8) {
			h := header(frame.OpText, 1, true)
			h.RSV1, h.RSV2, h.RSV3 = set&extension.RSV1 != 0, set&extension.RSV2 != 0, set&extension.RSV3 != 0
			err := (&Receiver{Masked: true, Claimed: claimed, Limit: 9}).Header(&h)
			if set&^claimed == 0 {
				if err != nil {
					t.Errorf("claimed %03b, set %03b: %v", claimed, set, err)
				}
				continue
			}
			wantCode(t, err, frame.CloseProtocolError, "RFC 6455 §5.2")
		}
	}
	ping := header(frame.OpPing, 1, true)
	ping.RSV1 = true
	wantCode(t, (&Receiver{Masked: true, Claimed: extension.RSV1, Limit: 9}).Header(&ping), frame.CloseProtocolError, "RFC 6455 §5.2")
}

func TestSingleFrameRules(t *testing.T) {
	wantCode(t, server().Header(new(header(3, 1, true))), frame.CloseProtocolError, "RFC 6455 §5.2")
	wantCode(t, server().Header(new(header(11, 1, true))), frame.CloseProtocolError, "RFC 6455 §5.2")
	wantCode(t, server().Header(new(header(frame.OpPing, 1, false))), frame.CloseProtocolError, "RFC 6455 §5.5")
	wantCode(t, server().Header(new(header(frame.OpPing, 126, true))), frame.CloseProtocolError, "RFC 6455 §5.5")
}

func TestLimitCountsAllFragments(t *testing.T) {
	text, cont := frame.OpText, frame.OpContinuation
	for _, c := range []struct {
		limit   int64
		marked  extension.Bits // of the first frame
		lengths []int64
		size    int64 // of the error; 0: none
	}{
		{100, 0, []int64{100}, 0},
		{100, 0, []int64{101}, 101},
		{100, 0, []int64{50, 50}, 0},
		{100, 0, []int64{50, 51}, 101},
		{100, 0, []int64{100, 0, 1}, 101},
		{100, 0, []int64{10, math.MaxInt64}, math.MaxInt64}, // the sum overflows
		{100, 0, []int64{10, math.MaxInt64 - 10}, math.MaxInt64},
		{100, 0, []int64{1 << 62}, 1 << 62},
		{0, 0, []int64{0}, 0},
		{0, 0, []int64{1}, 1},
		{-1, 0, []int64{1 << 62}, 0},
		{-1, 0, []int64{1 << 62, 1<<62 - 1}, 0},
		{100, extension.RSV1, []int64{1124}, 0}, // a little more on the wire
		{100, extension.RSV1, []int64{1125}, 1125},
		{100, extension.RSV2, []int64{100, 1024}, 0},
		{100, extension.RSV3, []int64{100, 1025}, 1125},
		{math.MaxInt64, extension.RSV1, []int64{1 << 62}, 0},
	} {
		r := &Receiver{Masked: true, Limit: c.limit, Claimed: extension.RSV1 | extension.RSV2 | extension.RSV3}
		var err error
		for i, n := range c.lengths {
			op := cont
			if i == 0 {
				op = text
			}
			h := header(op, n, false)
			h.RSV1 = i == 0 && c.marked == extension.RSV1
			h.RSV2 = i == 0 && c.marked == extension.RSV2
			h.RSV3 = i == 0 && c.marked == extension.RSV3
			if err = r.Header(&h); err != nil {
				break
			}
		}
		e, ok := errors.AsType[*frame.PayloadTooBigError](err)
		if c.size == 0 && err != nil || c.size != 0 && (!ok || e.Size != c.size || e.Limit != c.limit) {
			t.Errorf("limit %d, fragments %v: got %v", c.limit, c.lengths, err)
		}
	}
}

func TestLimitBeginsAnewWithEachMessage(t *testing.T) {
	r := server()
	r.Claimed = extension.RSV1
	marked := header(frame.OpText, r.Limit+1024, true)
	marked.RSV1 = true
	if n, err := feed(r, marked, header(frame.OpText, r.Limit+1, true)); n != 1 || err == nil {
		t.Errorf("a message behind one with a reserved bit: frame %d, %v", n, err)
	}
	r = server()
	for range 5 {
		if n, err := feed(r, header(frame.OpText, 60, false), header(frame.OpContinuation, 40, true)); err != nil {
			t.Fatalf("frame %d: %v", n, err)
		}
	}
}

func TestEmptyFragments(t *testing.T) {
	r := server()
	for i := range MaxEmptyFragments {
		op := frame.OpContinuation
		if i == 0 {
			op = frame.OpText
		}
		if err := r.Header(new(header(op, 0, false))); err != nil {
			t.Fatalf("fragment %d: %v", i, err)
		}
	}
	wantCode(t, r.Header(new(header(frame.OpContinuation, 0, false))), frame.ClosePolicyViolation, "limit of this implementation")

	r = server()
	for i := range 10 * MaxEmptyFragments {
		op, length := frame.OpContinuation, int64(0)
		if i == 0 {
			op = frame.OpText
		}
		if i%MaxEmptyFragments == 0 && i > 0 && i < 99*MaxEmptyFragments {
			length = 1 // a byte now and then is no abuse
		}
		if err := r.Header(new(header(op, length, false))); err != nil {
			t.Fatalf("fragment %d: %v", i, err)
		}
	}
	if err := r.Header(new(header(frame.OpContinuation, 0, true))); err != nil {
		t.Errorf("the last fragment may be empty: %v", err)
	}
}

func TestControl(t *testing.T) {
	for _, c := range []struct {
		op      frame.Opcode
		payload string
		want    Reply
		code    frame.CloseCode // of the error
	}{
		{frame.OpPing, "abc", Reply{Kind: SendPong}, 0},
		{frame.OpPong, "abc", Reply{Kind: MatchPong}, 0},
		{frame.OpClose, "", Reply{Kind: BeginEnd, Code: frame.CloseNoStatus}, 0},
		{frame.OpClose, "\x03\xe8bye", Reply{Kind: BeginEnd, Code: frame.CloseNormal, Reason: "bye"}, 0},
		{frame.OpClose, "\x03", Reply{}, frame.CloseProtocolError},
		{frame.OpClose, "\x03\xed", Reply{}, frame.CloseProtocolError},
		{frame.OpClose, "\x03\xe8\xff", Reply{}, frame.CloseInvalidPayload},
	} {
		got, err := server().Control(header(c.op, int64(len(c.payload)), true), []byte(c.payload))
		if c.code != 0 {
			if e, ok := errors.AsType[*frame.ProtocolError](err); !ok || e.Code != c.code {
				t.Errorf("%v %q: got %v, want %v", c.op, c.payload, err, c.code)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%v %q: got %+v, %v, want %+v", c.op, c.payload, got, err, c.want)
		}
	}
}

func TestSenderKeepsTheOrder(t *testing.T) {
	h := func(op frame.Opcode, fin bool) frame.Header { return frame.Header{FIN: fin, Opcode: op} }
	text, cont, ping, cls := frame.OpText, frame.OpContinuation, frame.OpPing, frame.OpClose
	for _, c := range []struct {
		state   State
		headers []frame.Header
		ok      bool
	}{
		{Open, []frame.Header{h(text, true), h(text, false), h(ping, true), h(cont, false), h(cont, true), h(text, true)}, true},
		{Open, []frame.Header{h(cont, true)}, false},
		{Open, []frame.Header{h(text, false), h(text, true)}, false},
		{Open, []frame.Header{h(text, false), h(cls, true)}, true},
		{Open, []frame.Header{{FIN: true, RSV1: true, Opcode: text}}, false},
		{Open, []frame.Header{h(ping, false)}, false},
		{ClosingPeer, []frame.Header{h(cls, true)}, true},
		{ClosingPeer, []frame.Header{h(text, true)}, false},
		{ClosingLocal, []frame.Header{h(cls, true)}, false},
		{ClosingLocal, []frame.Header{h(frame.OpPong, true)}, true},
		{ClosingLocal, []frame.Header{h(ping, true)}, false},
		{Handshaken, []frame.Header{h(frame.OpPong, true)}, false},
		{Closed, []frame.Header{h(ping, true)}, false},
	} {
		var s Sender
		var err error
		for _, h := range c.headers {
			if err = s.Header(c.state, &h); err != nil {
				break
			}
		}
		if (err == nil) != c.ok {
			t.Errorf("%v %v: %v", c.state, c.headers, err)
		}
	}
	s := Sender{Claimed: extension.RSV1}
	if err := s.Header(Open, &frame.Header{RSV1: true, Opcode: text}); err != nil || !s.Open() {
		t.Errorf("claimed bit: %v, open %v", err, s.Open())
	}
}

// Any bytes, read as frames: the verdicts do not panic, and no message passes
// that breaks the order or the limit.
func FuzzReceiver(f *testing.F) {
	f.Add([]byte("\x81\x85\x00\x00\x00\x00hello"), true)
	f.Add([]byte("\x01\x01a\x80\x01b\x88\x02\x03\xe8"), false)
	f.Add([]byte("\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00"), false)
	f.Fuzz(func(t *testing.T, b []byte, masked bool) {
		const limit = 64
		r := &Receiver{Masked: masked, Limit: limit}
		open, size := false, int64(0)
		for {
			h, n, err := frame.ParseHeader(b)
			if err != nil || n == 0 || r.Header(&h) != nil {
				return
			}
			b = b[n:]
			if h.Masked != masked {
				t.Fatal("wrong masking passed")
			}
			p := b[:min(int64(len(b)), h.Length)]
			if h.Opcode.IsControl() {
				if h.Length > frame.MaxControlPayload || !h.FIN {
					t.Fatalf("%+v passed", h)
				}
				if _, err := r.Control(h, bytes.Clone(p)); err != nil {
					return
				}
			} else {
				if (h.Opcode == frame.OpContinuation) != open {
					t.Fatalf("%v passed with a message open: %v", h.Opcode, open)
				}
				if !open {
					size = 0
				}
				open = !h.FIN
				if size += h.Length; size > limit {
					t.Fatalf("a message of %d bytes passed", size)
				}
			}
			b = b[len(p):]
		}
	})
}

func BenchmarkReceiver(b *testing.B) {
	r := server()
	h := header(frame.OpBinary, 50, true)
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Header(&h); err != nil {
			b.Fatal(err)
		}
	}
}
