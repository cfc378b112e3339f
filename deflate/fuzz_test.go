package deflate

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/go-websockets/websockets/frame"
)

// FuzzReceiver: whatever a peer sends, in whatever pieces, the errors are those
// which close a connection with the right code, and the limit holds.
func FuzzReceiver(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	f.Add([]byte("\xf2\x48\xcd\xc9\xc9\x07\x00"), uint8(3), uint16(5), uint8(8), false)
	f.Add(deflated(f, nil, text(r, 3000)), uint8(100), uint16(3000), uint8(15), true)
	f.Add(deflated(f, nil, make([]byte, 60_000)), uint8(1), uint16(1000), uint8(12), true)
	f.Add([]byte("\x05\xc0\x81\x00\x00\x00\x00\x00\x90\xff\x6b\x00"), uint8(1), uint16(1000), uint8(12), true)
	f.Fuzz(func(t *testing.T, data []byte, piece uint8, max uint16, bits uint8, again bool) {
		if !validBits(int(bits)) {
			return
		}
		params := fmt.Sprintf("%s=%d", smwb, bits)
		pieces, whole := receiving(t, params), receiving(t, params)
		for range 1 + map[bool]int{true: 1}[again] {
			got, err := inPieces(pieces, data, 1+int(piece), int64(max))
			f, wholeErr := whole.Decode(compressed(string(data)), int64(max))
			if len(got) > int(max) || len(f.Payload) > int(max) {
				t.Fatalf("%d and %d bytes, the limit is %d", len(got), len(f.Payload), max)
			}
			if (err == nil) != (wholeErr == nil) || !bytes.Equal(got, f.Payload) {
				t.Fatalf("in pieces: %d bytes, %v; as a whole: %d bytes, %v", len(got), err, len(f.Payload), wholeErr)
			}
			if err != nil {
				protocol, ok1 := errors.AsType[*frame.ProtocolError](err)
				big, ok2 := errors.AsType[*frame.PayloadTooBigError](err)
				if ok1 == ok2 || ok1 && protocol.Code != frame.CloseProtocolError && protocol.Code != frame.ClosePolicyViolation || ok2 && big.Size <= big.Limit {
					t.Fatalf("the error is %v", err)
				}
				return
			}
		}
	})
}

// FuzzRoundTrip: what is sent is received, keeps to the window, and the next
// message does not suffer.
func FuzzRoundTrip(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	f.Add(text(r, 3000), noise(r, 300), uint8(8), uint16(1000), true)
	f.Add(bytes.Repeat([]byte("abc"), 500), text(r, 10_000), uint8(15), uint16(0), false)
	f.Fuzz(func(t *testing.T, first, second []byte, bits uint8, cut uint16, takeover bool) {
		if !validBits(int(bits)) {
			return
		}
		sends, receives := pair(t, Options{WindowBits: int(bits), DisableContextTakeover: !takeover, Threshold: -1})
		w := &witness{t: t, bits: int(bits), takeover: takeover}
		for _, m := range [][]byte{first, second, first} {
			parts := [][]byte{m}
			if n := int(cut); n > 0 && n < len(m) {
				parts = [][]byte{m[:n], m[n:], nil}
			}
			var frames []frame.Frame
			var got []byte
			for i, p := range parts {
				f := encode(t, sends, frame.Frame{FIN: i == len(parts)-1, Opcode: opcode(i), Payload: p})
				frames = append(frames, f)
				d, err := receives.Decode(f, int64(len(p)))
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, d.Payload...)
			}
			if !bytes.Equal(got, m) {
				t.Fatalf("%d bytes are received as %d", len(m), len(got))
			}
			w.saw(frames, m)
		}
	})
}
