package checksum_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/go-websockets/websockets/frame"
)

// FuzzDecode: what was encoded in some frames is decoded in others, and whatever a
// peer changes in it is found out, or is within the limit.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("123456789"), uint8(4), uint8(3), uint8(0), byte(0), int64(-1))
	f.Add([]byte("123456789"), uint8(9), uint8(11), uint8(5), byte(1), int64(9))
	f.Add([]byte(""), uint8(0), uint8(0), uint8(0), byte(0x80), int64(0))
	f.Fuzz(func(t *testing.T, message []byte, cut, again, at uint8, change byte, max int64) {
		sends, receives := agreed(t), agreed(t)
		var wire []byte
		for i, part := range split(message, int(cut)) {
			e, err := sends.Encode(frame.Frame{FIN: i == 1, Opcode: opcode(i), Payload: part})
			if err != nil || e.RSV2 != (i == 0) {
				t.Fatal(e, err)
			}
			wire = append(wire, e.Payload...)
		}
		if len(wire) != len(message)+4 {
			t.Fatalf("%d bytes for %d", len(wire), len(message))
		}
		wire[int(at)%len(wire)] ^= change
		var got []byte
		var err error
		for i, part := range split(wire, int(again)) {
			budget := max
			if max >= 0 {
				budget -= int64(len(got))
			}
			var d frame.Frame
			if d, err = receives.Decode(frame.Frame{FIN: i == 1, RSV2: i == 0, Opcode: opcode(i), Payload: part}, budget); err != nil {
				break
			}
			got = append(got, d.Payload...)
		}
		_, tooBig := errors.AsType[*frame.PayloadTooBigError](err)
		switch {
		case tooBig:
			if max < 0 || int64(len(message)) <= max {
				t.Fatalf("%d bytes, at most %d: %v", len(message), max, err)
			}
		case change != 0:
			if e, ok := errors.AsType[*frame.ProtocolError](err); !ok || e.Code != frame.CloseInvalidPayload {
				t.Fatalf("a change that is not found out: %v", err)
			}
		case err != nil || !bytes.Equal(got, message):
			t.Fatalf("%q for %q, %v", got, message, err)
		}
		if max >= 0 && int64(len(got)) > max {
			t.Fatalf("%d bytes, at most %d", len(got), max)
		}
	})
}

// split cuts p in two.
func split(p []byte, at int) [2][]byte {
	at = min(at, len(p))
	return [2][]byte{bytes.Clone(p[:at]), bytes.Clone(p[at:])}
}

func opcode(i int) frame.Opcode {
	if i == 0 {
		return frame.OpBinary
	}
	return frame.OpContinuation
}
