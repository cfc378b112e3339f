package frame

import (
	"strings"
	"testing"
)

// The constants say what the code does.
func TestConstants(t *testing.T) {
	longest := Header{FIN: true, Opcode: OpBinary, Masked: true, Length: 1 << 40}
	if n := len(AppendHeader(nil, longest)); n != MaxHeaderSize {
		t.Errorf("the longest header has %d bytes, MaxHeaderSize is %d", n, MaxHeaderSize)
	}
	if DefaultMaxSize != 1048576 || MaxControlPayload != 125 || MaxCloseReason != 123 {
		t.Errorf("got %d, %d, %d", DefaultMaxSize, MaxControlPayload, MaxCloseReason)
	}
}

func TestErrorsNameTheFormOfALength(t *testing.T) {
	for want, wire := range map[string][]byte{
		"in the 16-bit form": {0x82, 126, 0, 125},
		"in the 64-bit form": {0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF},
	} {
		if _, _, err := ParseHeader(wire); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("% x: %v, want one with %q", wire, err, want)
		}
	}
}

// A run of equal bytes is shown as long as there is room for one byte.
func TestStringShowsARunInTheLastByte(t *testing.T) {
	for n := shownBytes - 2; n <= shownBytes; n++ {
		payload := append([]byte(strings.Repeat("ab", n)[:n]), strings.Repeat("x", 20)...)
		s := Line{Kind: FrameLine, Frame: Frame{FIN: true, Opcode: OpText, Payload: payload}}.String()
		if got := strings.Contains(s, "*20"); got != (n < shownBytes) {
			t.Errorf("%d bytes before the run: %s", n, s)
		}
	}
}
