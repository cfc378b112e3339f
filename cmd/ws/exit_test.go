package main

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/go-websockets/websockets"
)

func TestExitStatusOfCloseCodes(t *testing.T) {
	for code, want := range map[websockets.CloseCode]int{
		1000: 0, 1001: 0, 1005: 0,
		1006: 3,
		1002: 4, 1003: 4, 1007: 4, 1009: 4, 1010: 4,
		1008: 5, 1011: 5, 1012: 5, 1013: 5, 1014: 5,
		3000: 6, 3999: 6, 4000: 6, 4999: 6,
	} {
		if got := closeStatus(&websockets.CloseError{Code: code, Sent: code}, 0); got != want {
			t.Errorf("%d gives %d, want %d", code, got, want)
		}
		line := "  " + strconv.Itoa(want) + "    "
		if !strings.Contains(exitStatusHelp, line) {
			t.Errorf("the help does not have status %d", want)
		}
	}
}

func TestExitStatusWhenWeClose(t *testing.T) {
	for _, c := range []struct {
		e     websockets.CloseError
		asked websockets.CloseCode
		want  int
	}{
		{websockets.CloseError{Code: 4001, Sent: 4001}, 4001, 0}, // we asked, the peer agreed
		{websockets.CloseError{Code: 1005, Sent: 1000}, 1000, 0}, // it answered without a code
		{websockets.CloseError{Code: 1011, Sent: 1000}, 1000, 0}, // both closed at a time
		{websockets.CloseError{Code: 1011, Sent: 1011}, 1000, 5}, // it was first
		{websockets.CloseError{Code: 1006, Sent: 1000}, 1000, 3}, // it did not answer
		{websockets.CloseError{Code: 1006, Sent: 1009, Err: &websockets.PayloadTooBigError{}}, 0, 4},
		{websockets.CloseError{Code: 1002, Sent: 1002, Err: &websockets.ProtocolError{}}, 0, 4},
		{websockets.CloseError{Code: 1006, Sent: 1002, Err: &websockets.ProtocolError{}}, 1000, 4},
		{websockets.CloseError{Code: 1011, Sent: 1011, Err: websockets.ErrPingTimeout}, 0, 3},
		{websockets.CloseError{Code: 1006, Err: io.ErrUnexpectedEOF}, 0, 3},
	} {
		if got := closeStatus(&c.e, c.asked); got != c.want {
			t.Errorf("%+v, asked for %d, gives %d, want %d", c.e, c.asked, got, c.want)
		}
		if err := closeFailure(&c.e, c.asked); (err == nil) != (c.want == 0) {
			t.Errorf("%+v, asked for %d, fails with %v", c.e, c.asked, err)
		}
	}
}

func TestExitStatusOfSignals(t *testing.T) {
	if got := signalStatus(syscall.SIGINT); got != 130 {
		t.Errorf("SIGINT gives %d", got)
	}
	if got := signalStatus(os.Signal(syscall.SIGTERM)); got != 143 {
		t.Errorf("SIGTERM gives %d", got)
	}
}

func TestFailuresKeepTheirCause(t *testing.T) {
	cause := errors.New("cause")
	f := &failure{status: 3, err: cause}
	if !errors.Is(f, cause) || f.Error() != "cause" || asFailure(f) != f {
		t.Errorf("failure %v does not stand for its cause", f)
	}
	if got := (&failure{status: 3}).Error(); got != "exit status 3" {
		t.Errorf("a failure without a cause is %q", got)
	}
	if got := asFailureOf(4, f); got != error(f) {
		t.Errorf("a failure gets another status: %v", got)
	}
}
