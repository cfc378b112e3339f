package protocol

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
)

// Errors say which side broke the rule, what came, and where the rule stands.
func TestErrorsSayWhoBrokeWhichRule(t *testing.T) {
	text := frame.Header{FIN: true, Opcode: frame.OpText}
	masked := text
	masked.Masked = true
	for _, tt := range []struct {
		r    Receiver
		h    frame.Header
		want []string
	}{
		{Receiver{Masked: true}, text, []string{"TEXT", "client", "not masked", "§5.1"}},
		{Receiver{}, masked, []string{"TEXT", "server", "is masked", "§5.1"}},
		{Receiver{}, frame.Header{FIN: true}, []string{"continuation", "no message has begun", "§5.4"}},
		{Receiver{open: true}, text, []string{"TEXT", "inside a fragmented message", "§5.4"}},
	} {
		err := tt.r.Header(&tt.h)
		if e, ok := errors.AsType[*frame.ProtocolError](err); !ok || e.Code != frame.CloseProtocolError {
			t.Errorf("%v: got %v", tt.h, err)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not contain %q", err, want)
			}
		}
	}
}

// What an extension sends may be a little longer than the message that it
// carries, since incompressible data grows: by 1 KiB and a 256th, and no more.
func TestExtensionsMayExceedTheLimitALittleOnTheWire(t *testing.T) {
	const limit = 1 << 20
	const most = limit + limit/256 + 1024
	for length, fits := range map[int64]bool{limit: true, limit + 1: true, most: true, most + 1: false} {
		r := Receiver{Limit: limit, Claimed: extension.RSV1}
		err := r.Header(&frame.Header{FIN: true, RSV1: true, Opcode: frame.OpBinary, Length: length})
		if e, ok := errors.AsType[*frame.PayloadTooBigError](err); ok == fits || ok && e.Limit != limit {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
	without := Receiver{Limit: limit}
	if without.Header(&frame.Header{FIN: true, Opcode: frame.OpBinary, Length: limit + 1}) == nil {
		t.Error("a byte too much without an extension was accepted")
	}
}
