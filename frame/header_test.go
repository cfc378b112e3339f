package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
)

// An encodedLength is the payload length as it stands on the wire, in one of its
// three forms, and whether RFC 6455 §5.2 allows it.
type encodedLength struct {
	form  int // 7, 16 or 64 bits
	value uint64
	legal bool
}

var encodedLengths = []encodedLength{
	{7, 0, true},
	{7, 1, true},
	{7, 125, true},
	{16, 0, false},
	{16, 1, false},
	{16, 125, false},
	{16, 126, true},
	{16, 127, true},
	{16, 65535, true},
	{64, 0, false},
	{64, 125, false},
	{64, 126, false},
	{64, 127, false},
	{64, 65535, false},
	{64, 65536, true},
	{64, 1<<31 - 1, true},
	{64, 1 << 31, true},
	{64, 1<<32 + 5, true},
	{64, 1<<53 + 1, true},
	{64, 1 << 62, true},
	{64, 1<<63 - 1, true},
	{64, 1 << 63, false},
	{64, 1<<63 + 5, false},
	{64, 1<<64 - 1, false},
}

// wireHeader puts a header together by hand.
func wireHeader(first byte, masked bool, l encodedLength, key [4]byte) []byte {
	var mask byte
	if masked {
		mask = 0x80
	}
	w := []byte{first}
	switch l.form {
	case 7:
		w = append(w, mask|byte(l.value))
	case 16:
		w = append(w, mask|126)
		w = binary.BigEndian.AppendUint16(w, uint16(l.value))
	case 64:
		w = append(w, mask|127)
		w = binary.BigEndian.AppendUint64(w, l.value)
	}
	if masked {
		w = append(w, key[:]...)
	}
	return w
}

// brokenRule is the oracle for [Header.Check]: the section that a header without
// an extension breaks, or "".
func brokenRule(first byte, length uint64) string {
	opcode := first & 0x0F
	control := opcode >= 8
	switch {
	case first&0x70 != 0:
		return "RFC 6455 §5.2"
	case opcode >= 3 && opcode <= 7, opcode >= 0xB:
		return "RFC 6455 §5.2"
	case control && first < 0x80:
		return "RFC 6455 §5.5"
	case control && length > 125:
		return "RFC 6455 §5.5"
	}
	return ""
}

// forEachHeader calls f for all values of the first byte (FIN, reserved bits,
// opcode), with and without a mask, with all lengths above.
func forEachHeader(f func(first byte, masked bool, l encodedLength, key [4]byte)) {
	key := [4]byte{0x37, 0xFA, 0x21, 0x3D}
	for first := range 256 {
		for _, l := range encodedLengths {
			f(byte(first), false, l, [4]byte{})
			f(byte(first), true, l, key)
		}
	}
}

func TestParseHeaderOfEveryForm(t *testing.T) {
	forEachHeader(func(first byte, masked bool, l encodedLength, key [4]byte) {
		wire := wireHeader(first, masked, l, key)
		h, n, err := ParseHeader(append(bytes.Clone(wire), "payload"...))
		if !l.legal {
			var pe *ProtocolError
			if !errors.As(err, &pe) || pe.Code != 1002 || pe.Section != "RFC 6455 §5.2" || n != 0 || h != (Header{}) {
				t.Fatalf("% x: %+v, %d, %v; want a protocol error", wire, h, n, err)
			}
			return
		}
		want := Header{
			FIN:        first/128 == 1,
			RSV1:       first/64%2 == 1,
			RSV2:       first/32%2 == 1,
			RSV3:       first/16%2 == 1,
			Opcode:     Opcode(first % 16),
			Masked:     masked,
			MaskingKey: key,
			Length:     int64(l.value),
		}
		if err != nil || n != len(wire) || h != want {
			t.Fatalf("% x: %+v, %d, %v; want %+v, %d", wire, h, n, err, want, len(wire))
		}
		if got := AppendHeader([]byte("x"), h); !bytes.Equal(got, append([]byte("x"), wire...)) {
			t.Fatalf("%+v: encoded as % x, want % x", h, got[1:], wire)
		}
		if h.Size() != len(wire) {
			t.Fatalf("%+v: Size = %d, want %d", h, h.Size(), len(wire))
		}
		into := Header{Length: 7} // whatever stands there
		if n, err := into.Parse(wire); err != nil || n != len(wire) || into != want {
			t.Fatalf("% x: Parse gives %+v, %d, %v; want %+v", wire, into, n, err, want)
		}
		for cut := range wire {
			if n, err := into.Parse(wire[:cut]); into != want || n != 0 || err != nil {
				t.Fatalf("% x: Parse gives %+v, %d, %v; want no change", wire[:cut], into, n, err)
			}
			if h, n, err := ParseHeader(wire[:cut]); h != (Header{}) || n != 0 || err != nil {
				t.Fatalf("% x: %+v, %d, %v; want a call for more bytes", wire[:cut], h, n, err)
			}
		}
	})
}

// A header with an illegal length is refused when the length is there, or not
// before; never is it taken for anything else.
func TestParseHeaderOfAnIllegalLengthCutAnywhere(t *testing.T) {
	forEachHeader(func(first byte, masked bool, l encodedLength, key [4]byte) {
		if l.legal {
			return
		}
		wire := wireHeader(first, masked, l, key)
		for cut := range wire {
			h, n, err := ParseHeader(wire[:cut])
			if lengthComplete := cut >= 2+l.form/8; h != (Header{}) || n != 0 || (err != nil) != lengthComplete {
				t.Fatalf("% x: %+v, %d, %v", wire[:cut], h, n, err)
			}
		}
	})
}

func TestHeaderCheck(t *testing.T) {
	forEachHeader(func(first byte, masked bool, l encodedLength, key [4]byte) {
		h, _, err := ParseHeader(wireHeader(first, masked, l, key))
		if err != nil {
			return
		}
		section := brokenRule(first, l.value)
		err = h.Check()
		var pe *ProtocolError
		switch {
		case section == "" && err != nil:
			t.Fatalf("%+v: %v", h, err)
		case section != "" && (!errors.As(err, &pe) || pe.Code != 1002 || pe.Section != section):
			t.Fatalf("%+v: error %v; want one for %s", h, err, section)
		}
	})
}

func checkHeader(h Header) error { return h.Check() }

func TestHeaderErrorsNameTheValue(t *testing.T) {
	_, _, errShort := ParseHeader([]byte{0x82, 126, 0, 5})
	_, _, errTop := ParseHeader([]byte{0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 1})
	tests := []struct {
		err  error
		want string
	}{
		{errShort, "protocol error: payload length 5 in the 16-bit form is not minimal (RFC 6455 §5.2)"},
		{errTop, "protocol error: payload length 0x8000000000000001 has its top bit set (RFC 6455 §5.2)"},
		{checkHeader(Header{RSV1: true, RSV2: true, RSV3: true, Opcode: OpText}), "protocol error: reserved bit set in a TEXT frame without an extension that defines it: RSV1 RSV2 RSV3 (RFC 6455 §5.2)"},
		{checkHeader(Header{RSV3: true, Opcode: OpPing}), "protocol error: reserved bit set in a PING frame without an extension that defines it: RSV3 (RFC 6455 §5.2)"},
		{checkHeader(Header{Opcode: 0xB}), "protocol error: reserved opcode 0xb (RFC 6455 §5.2)"},
		{checkHeader(Header{Opcode: 16}), "protocol error: reserved opcode 0x10 (RFC 6455 §5.2)"},
		{checkHeader(Header{Opcode: OpPing}), "protocol error: fragmented control frame PING (RFC 6455 §5.5)"},
		{checkHeader(Header{FIN: true, Opcode: OpClose, Length: 126}), "protocol error: control frame CLOSE with 126 bytes of payload, the limit is 125 (RFC 6455 §5.5)"},
		{checkHeader(Header{FIN: true, Opcode: OpBinary, Length: -1}), "protocol error: negative payload length -1 (RFC 6455 §5.2)"},
		{&ProtocolError{Code: 1002, Reason: "bad"}, "protocol error: bad"},
		{&PayloadTooBigError{Size: 11, Limit: 10}, "message too big: 11 bytes, the limit is 10"},
	}
	for _, tt := range tests {
		if tt.err == nil || tt.err.Error() != tt.want {
			t.Errorf("error %v\nwant  %s", tt.err, tt.want)
		}
	}
}

// Only a bug makes such a header, and it must not become another valid one.
func TestAppendHeaderOfANegativeLengthIsRefusedByThePeer(t *testing.T) {
	for _, length := range []int64{-1, -126, -1 << 63} {
		h := Header{FIN: true, Opcode: OpBinary, Length: length}
		wire := AppendHeader(nil, h)
		if wire[0] != 0x82 || wire[1] != 127 || len(wire) != h.Size() {
			t.Errorf("length %d: encoded as % x", length, wire)
		}
		if _, _, err := ParseHeader(wire); err == nil {
			t.Errorf("length %d: encoded as % x, which parses", length, wire)
		}
	}
}

func TestOpcode(t *testing.T) {
	tests := []struct {
		op             Opcode
		name           string
		control, known bool
	}{
		{0x0, "CONT", false, true},
		{0x1, "TEXT", false, true},
		{0x2, "BINARY", false, true},
		{0x3, "OP3", false, false},
		{0x7, "OP7", false, false},
		{0x8, "CLOSE", true, true},
		{0x9, "PING", true, true},
		{0xA, "PONG", true, true},
		{0xB, "OPB", true, false},
		{0xF, "OPF", true, false},
		{0x10, "OP10", false, false},
		{0xFF, "OPFF", true, false},
	}
	for _, tt := range tests {
		if tt.op.String() != tt.name || tt.op.IsControl() != tt.control || tt.op.IsKnown() != tt.known {
			t.Errorf("opcode %#x: %s, control %t, known %t; want %s, %t, %t", uint8(tt.op),
				tt.op, tt.op.IsControl(), tt.op.IsKnown(), tt.name, tt.control, tt.known)
		}
	}
}

func TestHeadersDoNotAllocate(t *testing.T) {
	dst := make([]byte, 0, MaxHeaderSize)
	for _, l := range encodedLengths {
		if !l.legal {
			continue
		}
		wire := wireHeader(0x82, true, l, [4]byte{1, 2, 3, 4})
		allocs := testing.AllocsPerRun(100, func() {
			h, _, err := ParseHeader(wire)
			if err != nil || h.Check() != nil {
				t.Fatalf("% x: refused", wire)
			}
			dst = AppendHeader(dst[:0], h)
		})
		if allocs != 0 {
			t.Errorf("% x: %v allocations", wire, allocs)
		}
	}
}

func FuzzParseHeader(f *testing.F) {
	for _, l := range encodedLengths {
		f.Add(wireHeader(0x81, true, l, [4]byte{1, 2, 3, 4}))
		f.Add(wireHeader(0xF9, false, l, [4]byte{}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		orig := bytes.Clone(b)
		h, n, err := ParseHeader(b)
		if !bytes.Equal(b, orig) {
			t.Fatal("the input was changed")
		}
		var pe *ProtocolError
		switch {
		case err != nil:
			if !errors.As(err, &pe) || pe.Code != 1002 || n != 0 {
				t.Fatalf("% x: %d, %v", b, n, err)
			}
		case n == 0:
			if len(b) >= MaxHeaderSize {
				t.Fatalf("% x: a call for more than the longest header", b)
			}
		default:
			if h.Length < 0 || h.Size() != n || !bytes.Equal(AppendHeader(nil, h), b[:n]) {
				t.Fatalf("% x: %+v does not encode to the same bytes", b, h)
			}
			if err := h.Check(); err != nil && (!errors.As(err, &pe) || pe.Code != 1002) {
				t.Fatalf("%+v: %v", h, err)
			}
		}
	})
}

var benchmarkHeaders = []Header{
	{FIN: true, Opcode: OpText, Length: 100},
	{FIN: true, Opcode: OpText, Length: 100, Masked: true, MaskingKey: [4]byte{1, 2, 3, 4}},
	{FIN: true, Opcode: OpBinary, Length: 1000, Masked: true, MaskingKey: [4]byte{1, 2, 3, 4}},
	{FIN: true, Opcode: OpBinary, Length: 100_000, Masked: true, MaskingKey: [4]byte{1, 2, 3, 4}},
}

func BenchmarkHeaderParse(b *testing.B) {
	for _, h := range benchmarkHeaders {
		b.Run(fmt.Sprintf("%d bytes", h.Size()), func(b *testing.B) {
			wire := AppendHeader(nil, h)
			b.ReportAllocs()
			var h Header
			for b.Loop() {
				_, err := h.Parse(wire)
				if err != nil || h.Check() != nil {
					b.Fatal("refused")
				}
			}
		})
	}
}

func BenchmarkAppendHeader(b *testing.B) {
	for _, h := range benchmarkHeaders {
		b.Run(fmt.Sprintf("%d bytes", h.Size()), func(b *testing.B) {
			dst := make([]byte, 0, MaxHeaderSize)
			b.ReportAllocs()
			for b.Loop() {
				AppendHeader(dst, h)
			}
		})
	}
}
