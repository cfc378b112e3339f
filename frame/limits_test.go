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

// A character is not cut if that takes three bytes less at most: what is longer is
// none.
func TestStringCutsBetweenCharacters(t *testing.T) {
	for back, want := range map[int]int{0: shownBytes, 1: shownBytes - 1, 3: shownBytes - 3, 4: shownBytes, shownBytes: shownBytes} {
		payload := make([]byte, 2*shownBytes)
		for i := range payload {
			payload[i] = 0x80 | byte(i%2)
		}
		payload[shownBytes-back] = 'a'
		s := Line{Kind: FrameLine, Frame: Frame{FIN: true, Opcode: OpBinary, Payload: payload}}.String()
		items, _, _ := strings.Cut(s, " ...")
		if got := len(strings.Fields(items)) - 1; got != want {
			t.Errorf("the last character begins %d bytes before the cut: %d bytes are shown, want %d: %s", back, got, want, s)
		}
	}
}
