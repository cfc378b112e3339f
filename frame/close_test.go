package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// mayBeOnTheWire is the oracle for close codes: RFC 6455 §7.4 and the codes that
// IANA registered later.
func mayBeOnTheWire(code int) bool {
	switch code {
	case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
		return true
	}
	return code/1000 == 3 || code/1000 == 4
}

func TestEveryCloseCodeInAndOut(t *testing.T) {
	for code := range 1 << 16 {
		payload := append(binary.BigEndian.AppendUint16(nil, uint16(code)), "bye"...)
		got, reason, errIn := ParseClose(payload)
		out, errOut := AppendClose([]byte("x"), CloseCode(code), "bye")
		if CloseCode(code).IsWire() != mayBeOnTheWire(code) {
			t.Fatalf("%d: IsWire = %t", code, !mayBeOnTheWire(code))
		}
		if mayBeOnTheWire(code) {
			if errIn != nil || int(got) != code || reason != "bye" {
				t.Fatalf("%d: parsed as %d, %q, %v", code, got, reason, errIn)
			}
			if errOut != nil || string(out) != "x"+string(payload) {
				t.Fatalf("%d: built as %q, %v", code, out, errOut)
			}
			continue
		}
		var pe *ProtocolError
		if !errors.As(errIn, &pe) || pe.Code != 1002 || pe.Section != "RFC 6455 §7.4" || got != 0 || reason != "" {
			t.Fatalf("%d: parsed as %d, %q, %v; want a protocol error", code, got, reason, errIn)
		}
		if !errors.As(errOut, &pe) || pe.Code != 1002 || string(out) != "x" {
			t.Fatalf("%d: built as %q, %v; want a protocol error", code, out, errOut)
		}
	}
}

func TestParseCloseOfEveryLength(t *testing.T) {
	if code, reason, err := ParseClose(nil); code != CloseNoStatus || reason != "" || err != nil {
		t.Errorf("empty payload: %d, %q, %v", code, reason, err)
	}
	payload := append([]byte{0x03, 0xE8}, strings.Repeat("r", 200)...)
	for n := 1; n <= len(payload); n++ {
		code, reason, err := ParseClose(payload[:n])
		if n >= 2 && n <= 125 {
			if code != 1000 || reason != string(payload[2:n]) || err != nil {
				t.Errorf("%d bytes: %d, %q, %v", n, code, reason, err)
			}
			continue
		}
		var pe *ProtocolError
		if !errors.As(err, &pe) || pe.Code != 1002 {
			t.Errorf("%d bytes: %d, %q, %v; want a protocol error", n, code, reason, err)
		}
	}
}

func TestCloseReasons(t *testing.T) {
	tests := []struct {
		name, reason string
		code         CloseCode // of the error, 0 if there is none
	}{
		{"empty", "", 0},
		{"two scripts", "au revoir до свидания", 0},
		{"longest", strings.Repeat("é", 61) + "r", 0},
		{"too long", strings.Repeat("é", 62), 1002},
		{"cut inside a character", "caf\xC3", 1007},
		{"lone continuation byte", "\x80", 1007},
		{"surrogate", "\xED\xA0\x80", 1007},
		{"overlong", "\xC0\xAF", 1007},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			payload := append([]byte{0x03, 0xE9}, tt.reason...)
			code, reason, errIn := ParseClose(payload)
			out, errOut := AppendClose(nil, CloseGoingAway, tt.reason)
			if tt.code == 0 {
				if code != 1001 || reason != tt.reason || errIn != nil {
					t.Errorf("parsed as %d, %q, %v", code, reason, errIn)
				}
				if !bytes.Equal(out, payload) || errOut != nil {
					t.Errorf("built as %q, %v", out, errOut)
				}
				return
			}
			for _, err := range []error{errIn, errOut} {
				var pe *ProtocolError
				if !errors.As(err, &pe) || pe.Code != tt.code {
					t.Errorf("error %v; want one with %d", err, tt.code)
				}
			}
			if len(out) != 0 {
				t.Errorf("%q was appended", out)
			}
		})
	}
}

func TestAppendCloseWithoutStatus(t *testing.T) {
	if out, err := AppendClose([]byte("x"), CloseNoStatus, ""); string(out) != "x" || err != nil {
		t.Errorf("without a reason: %q, %v; want an empty payload", out, err)
	}
	if out, err := AppendClose([]byte("x"), CloseNoStatus, "r"); string(out) != "x" || err == nil {
		t.Errorf("with a reason: %q, %v; want an error", out, err)
	}
}

// A close reason is the peer's: it must not bring its control characters along.
func TestCloseErrorsQuoteTheReason(t *testing.T) {
	_, _, err := ParseClose([]byte("\x03\xE8\x1b[2J\r\n\u202e\xFF"))
	want := `protocol error: close reason "\x1b[2J\r\n\u202e\xff" is not UTF-8 (RFC 6455 §5.5.1)`
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

func TestCloseCodeString(t *testing.T) {
	tests := map[CloseCode]string{
		0:    "0 (unknown)",
		999:  "999 (unknown)",
		1000: "1000 (normal closure)",
		1001: "1001 (going away)",
		1002: "1002 (protocol error)",
		1003: "1003 (unsupported data)",
		1004: "1004 (unknown)",
		1005: "1005 (no status received)",
		1006: "1006 (abnormal closure)",
		1007: "1007 (invalid payload data)",
		1008: "1008 (policy violation)",
		1009: "1009 (message too big)",
		1010: "1010 (mandatory extension)",
		1011: "1011 (internal error)",
		1012: "1012 (service restart)",
		1013: "1013 (try again later)",
		1014: "1014 (bad gateway)",
		1015: "1015 (TLS handshake)",
		2999: "2999 (unknown)",
		3000: "3000 (registered)",
		3999: "3999 (registered)",
		4000: "4000 (private use)",
		4999: "4999 (private use)",
		5000: "5000 (unknown)",
	}
	for code, want := range tests {
		if got := code.String(); got != want {
			t.Errorf("%d: %q, want %q", uint16(code), got, want)
		}
	}
}

func FuzzParseClose(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("\x03"))
	f.Add([]byte("\x03\xE8"))
	f.Add([]byte("\x03\xE8bye"))
	f.Add([]byte("\x03\xEDbye"))
	f.Add([]byte("\x03\xE8caf\xC3"))
	f.Add(bytes.Repeat([]byte("\x0F\xA0"), 70))
	f.Fuzz(func(t *testing.T, p []byte) {
		code, reason, err := ParseClose(p)
		if err != nil {
			var pe *ProtocolError
			if !errors.As(err, &pe) || pe.Code != 1002 && pe.Code != 1007 || code != 0 || reason != "" {
				t.Fatalf("%q: %d, %q, %v", p, code, reason, err)
			}
			return
		}
		if out, err := AppendClose(nil, code, reason); err != nil || !bytes.Equal(out, p) {
			t.Fatalf("%q: %d, %q encodes to %q, %v", p, code, reason, out, err)
		}
	})
}
