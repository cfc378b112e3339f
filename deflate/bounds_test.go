package deflate

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/frame"
)

// What a message may take is by what it yields itself, not by what came before it.
func TestMessagesEarnNothingForOthers(t *testing.T) {
	e := receiving(t, "")
	for range 3 {
		if _, err := e.AppendDecode(nil, deflated(t, nil, make([]byte, 1<<20)), true, -1); err != nil {
			t.Fatal(err)
		}
	}
	for name, block := range emptyBlocks {
		e := receiving(t, "")
		if _, err := e.AppendDecode(nil, deflated(t, nil, make([]byte, 1<<20)), true, -1); err != nil {
			t.Fatal(err)
		}
		data := []byte(strings.Repeat(block, 1<<19/len(block)))
		_, err := e.AppendDecode(nil, data, true, -1)
		wantProtocolError(t, name, err, frame.ClosePolicyViolation, "65536 bytes of compressed data that yield 0")
	}
}

// The limit is on what is appended.
func TestLimitIsOnWhatIsAppended(t *testing.T) {
	data := deflated(t, nil, make([]byte, 1000))
	before := bytes.Repeat([]byte("x"), 300)
	_, err := receiving(t, "").AppendDecode(before, data, true, 999)
	if big, ok := errors.AsType[*frame.PayloadTooBigError](err); !ok || big.Limit != 999 || big.Size != 1000 {
		t.Errorf("got %v", err)
	}
	if got, err := receiving(t, "").AppendDecode(before, data, true, 1000); err != nil || len(got) != 1300 {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

// Without context takeover nothing of a message is there for the next, even if it
// came in pieces.
func TestWindowIsForgottenBetweenMessages(t *testing.T) {
	want := bytes.Repeat([]byte("what was said before "), 20)
	e := receiving(t, "server_no_context_takeover")
	got, err := e.AppendDecode(nil, deflated(t, nil, want), false, -1)
	if err == nil {
		got, err = e.AppendDecode(got, nil, true, -1)
	}
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%q, %v", got, err)
	}
	if got, err := e.AppendDecode(nil, deflated(t, want, want), true, -1); err == nil {
		t.Errorf("a message that goes on with the one before: %q", got)
	}
}

func TestEveryLevelNeedsTheLargestWindow(t *testing.T) {
	for level := 1; level <= 9; level++ {
		if err := (Options{Level: level, WindowBits: 12}).Check(); err == nil {
			t.Errorf("level %d with a window of 12 bits", level)
		}
		if err := (Options{Level: level, WindowBits: 15}).Check(); err != nil {
			t.Errorf("level %d: %v", level, err)
		}
	}
}
