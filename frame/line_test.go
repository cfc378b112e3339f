package frame

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func equalLines(a, b Line) bool {
	return a.Direction == b.Direction && a.Kind == b.Kind && a.Masking == b.Masking &&
		equalFrames(a.Frame, b.Frame) && bytes.Equal(a.Raw, b.Raw)
}

func frameLine(d Direction, f Frame) Line { return Line{Direction: d, Frame: f} }

// Lines as AppendLine writes them.
func TestNotation(t *testing.T) {
	tests := []struct {
		text string
		line Line
	}{
		{`> TEXT "hi"`, frameLine(Sent, Frame{FIN: true, Opcode: OpText, Payload: []byte("hi")})},
		{`> TEXT "hel" more`, frameLine(Sent, Frame{Opcode: OpText, Payload: []byte("hel")})},
		{`< CONT "l" more`, frameLine(Received, Frame{Opcode: OpContinuation, Payload: []byte("l")})},
		{`< CONT "o" fin`, frameLine(Received, Frame{FIN: true, Opcode: OpContinuation, Payload: []byte("o")})},
		{`CONT more`, Line{}},
		{`TEXT`, frameLine(0, Frame{FIN: true, Opcode: OpText})},
		{`< PING 01 02`, frameLine(Received, Frame{FIN: true, Opcode: OpPing, Payload: []byte{1, 2}})},
		{`> PONG "keepalive"`, frameLine(Sent, Frame{FIN: true, Opcode: OpPong, Payload: []byte("keepalive")})},
		{`PING more`, frameLine(0, Frame{Opcode: OpPing})},
		{`BINARY "readable\n\r\té"`, frameLine(0, Frame{FIN: true, Opcode: OpBinary, Payload: []byte("readable\n\r\té")})},
		{`BINARY 61 0B`, frameLine(0, Frame{FIN: true, Opcode: OpBinary, Payload: []byte("a\v")})},
		{`BINARY C3`, frameLine(0, Frame{FIN: true, Opcode: OpBinary, Payload: []byte("\xC3")})},
		{`BINARY "�"`, frameLine(0, Frame{FIN: true, Opcode: OpBinary, Payload: []byte("\uFFFD")})},
		{`BINARY 00*65536 FF`, frameLine(0, Frame{FIN: true, Opcode: OpBinary, Payload: append(make([]byte, 65536), 0xFF)})},
		{`BINARY "<" "="*16 ">"`, frameLine(0, Frame{FIN: true, Opcode: OpBinary, Payload: []byte("<" + strings.Repeat("=", 16) + ">")})},
		{`BINARY "==============="`, frameLine(0, Frame{FIN: true, Opcode: OpBinary, Payload: []byte(strings.Repeat("=", 15))})},
		{`TEXT "\x01\xff"`, frameLine(0, Frame{FIN: true, Opcode: OpText, Payload: []byte("\x01\xFF")})},
		{`TEXT "ha \"b\"" "!"*20`, frameLine(0, Frame{FIN: true, Opcode: OpText, Payload: []byte(`ha "b"` + strings.Repeat("!", 20))})},
		{`TEXT "\x00"*16`, frameLine(0, Frame{FIN: true, Opcode: OpText, Payload: make([]byte, 16)})},
		{`> CLOSE`, frameLine(Sent, Frame{FIN: true, Opcode: OpClose})},
		{`> CLOSE 03`, frameLine(Sent, Frame{FIN: true, Opcode: OpClose, Payload: []byte{3}})},
		{`> CLOSE 1000`, frameLine(Sent, Frame{FIN: true, Opcode: OpClose, Payload: []byte("\x03\xE8")})},
		{`> CLOSE 1000 "bye"`, frameLine(Sent, Frame{FIN: true, Opcode: OpClose, Payload: []byte("\x03\xE8bye")})},
		{`> CLOSE 1000 "\xff"`, frameLine(Sent, Frame{FIN: true, Opcode: OpClose, Payload: []byte("\x03\xE8\xFF")})},
		{`> CLOSE 0000`, frameLine(Sent, Frame{FIN: true, Opcode: OpClose, Payload: []byte{0, 0}})},
		{`> CLOSE 0999`, frameLine(Sent, Frame{FIN: true, Opcode: OpClose, Payload: []byte("\x03\xE7")})},
		{`> CLOSE 65535 more`, frameLine(Sent, Frame{Opcode: OpClose, Payload: []byte{0xFF, 0xFF}})},
		{`OP3`, frameLine(0, Frame{FIN: true, Opcode: 3})},
		{`OPF "x" more rsv1 rsv2 rsv3`, frameLine(0, Frame{RSV1: true, RSV2: true, RSV3: true, Opcode: 0xF, Payload: []byte("x")})},
		{`CONT fin rsv2`, frameLine(0, Frame{FIN: true, RSV2: true})},
		{`> TEXT "hi" unmasked`, Line{Direction: Sent, Masking: Unmasked, Frame: Frame{FIN: true, Opcode: OpText, Payload: []byte("hi")}}},
		{`> TEXT "hi" rsv1 masked`, Line{Direction: Sent, Masking: Masked, Frame: Frame{FIN: true, RSV1: true, Opcode: OpText, Payload: []byte("hi")}}},
		{`> RAW 81 7E 00 05 48 65 6C 6C 6F`, Line{Direction: Sent, Kind: RawLine, Raw: []byte("\x81\x7E\x00\x05Hello")}},
		{`RAW 41*16`, Line{Kind: RawLine, Raw: []byte(strings.Repeat("A", 16))}},
		{`< RAW`, Line{Direction: Received, Kind: RawLine}},
		{`< EOF`, Line{Direction: Received, Kind: EOFLine}},
		{`EOF`, Line{Kind: EOFLine}},
	}
	for _, tt := range tests {
		if got := string(AppendLine([]byte("x"), tt.line)); got != "x"+tt.text {
			t.Errorf("AppendLine: %s\nwant        x%s", got, tt.text)
		}
		if got, err := ParseLine(tt.text); err != nil || !equalLines(got, tt.line) {
			t.Errorf("ParseLine(%s) = %+v, %v", tt.text, got, err)
		}
		if got := tt.line.String(); got != tt.text {
			t.Errorf("String: %s\nwant    %s", got, tt.text)
		}
	}
}

// Lines as people may write them, and what they become.
func TestParseLineIsTolerantOfStyle(t *testing.T) {
	tests := []struct{ text, want string }{
		{"\t>  TEXT\t\"hi\"  ", `> TEXT "hi"`},
		{`> TEXT "hi" # a comment with a "`, `> TEXT "hi"`},
		{`EOF # end`, `EOF`},
		{`TEXT "a # b"`, `TEXT "a # b"`},
		{`TEXT "hi" fin`, `TEXT "hi"`},
		{`TEXT "a b"*2 "c" 64`, `TEXT "a ba bcd"`},
		{`TEXT ""`, `TEXT`},
		{`TEXT "" "a"`, `TEXT "a"`},
		{`TEXT "\u00e9\U0001f4a9\t\101"`, "TEXT \"é\U0001f4a9\\tA\""},
		{`BINARY ff fE Ff*2`, `BINARY FF FE FF FF`},
		{`PING more masked rsv2 rsv1`, `PING more rsv1 rsv2 masked`},
		{`CLOSE 03 E8 "bye"`, `CLOSE 1000 "bye"`},
		{`CLOSE "bye"`, `CLOSE 25209 "e"`},
		{`RAW "ab" 00`, `RAW 61 62 00`},
	}
	for _, tt := range tests {
		l, err := ParseLine(tt.text)
		if got := string(AppendLine(nil, l)); err != nil || got != tt.want {
			t.Errorf("ParseLine(%q): %s, %v; want %s", tt.text, got, err, tt.want)
		}
	}
}

func TestParseLineErrors(t *testing.T) {
	tests := []struct {
		text, reason string
		offset       int
	}{
		{``, "no frame", 0},
		{`  # only a comment`, "no frame", 2},
		{`> `, "no frame", 2},
		{`> >`, `unknown opcode ">"`, 2},
		{`text "hi"`, `unknown opcode "text"`, 0},
		{`OP10`, `unknown opcode "OP10"`, 0},
		{`OP1`, `unknown opcode "OP1"`, 0},
		{`"TEXT"`, `unknown opcode "\"TEXT\""`, 0},
		{"EOF\r", `unknown opcode "EOF\r"`, 0},
		{`"`, "bad text", 0},
		{`> "`, "bad text", 2},
		{`TEXT "hi`, "bad text", 5},
		{`TEXT "\y"`, "bad text", 5},
		{"TEXT \"a\nb\"", "bad text", 5},
		{`TEXT "a" "b`, "bad text", 9},
		{`TEXT "a" more "b`, "bad text", 14},
		{`CLOSE 1000 "b`, "bad text", 11},
		{`RAW "b`, "bad text", 4},
		{`EOF "b`, "bad text", 4},
		{`TEXT "a""b"`, `bad count "\"b\""`, 5},
		{`TEXT "a"*`, `bad count "*"`, 5},
		{`TEXT "a"*0`, `bad count "*0"`, 5},
		{`TEXT "a"*-1`, `bad count "*-1"`, 5},
		{`TEXT "a"x5`, `bad count "x5"`, 5},
		{`TEXT "a"*99999999999`, `bad count "*99999999999"`, 5},
		{`BINARY 00*x`, `bad count "*x"`, 7},
		{`BINARY 00*16777216 00`, "payload of more than 16777216 bytes", 19},
		{`BINARY 00*16777217`, "payload of more than 16777216 bytes", 7},
		{`BINARY 00 "abc"*4294967295`, "payload of more than 16777216 bytes", 10},
		{`BINARY 0`, `unexpected "0"`, 7},
		{`BINARY 0g`, `unexpected "0g"`, 7},
		{`BINARY 0001`, `unexpected "0001"`, 7},
		{`BINARY 1000`, `unexpected "1000"`, 7},
		{`CLOSE 999`, `unexpected "999"`, 6},
		{`CLOSE 65536`, "close code 65536 out of range", 6},
		{`CLOSE 1000 1000`, `unexpected "1000"`, 11},
		{`TEXT "hi" more "x"`, `unexpected "\"x\""`, 15},
		{`TEXT "hi" FIN`, `unexpected "FIN"`, 10},
		{`TEXT more more`, "more twice", 10},
		{`TEXT rsv1 rsv1`, "rsv1 twice", 10},
		{`TEXT fin more`, "both fin and more", 13},
		{`TEXT masked unmasked`, "both masked and unmasked", 20},
		{`CONT "lo"`, "CONT without fin or more", 9},
		{`TEXT "hel" ...(1000 bytes)`, "the payload is cut", 11},
		{`EOF more`, `unexpected "more" after EOF`, 4},
		{`RAW 81 fin`, `unexpected "fin" after RAW`, 7},
	}
	for _, tt := range tests {
		l, err := ParseLine(tt.text)
		var se *SyntaxError
		if !errors.As(err, &se) || *se != (SyntaxError{Line: tt.text, Offset: tt.offset, Reason: tt.reason}) {
			t.Errorf("ParseLine(%q): %+v; want %s at offset %d", tt.text, err, tt.reason, tt.offset)
		}
		if !equalLines(l, Line{}) {
			t.Errorf("ParseLine(%q) = %v beside its error", tt.text, l)
		}
	}
	_, err := ParseLine("TEXT mor")
	if want := `frame notation: unexpected "mor" at offset 5`; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestStringCutsLongPayloads(t *testing.T) {
	text := strings.Repeat("0123456789", 30)
	alternating := bytes.Repeat([]byte{1, 2}, 100)
	long := func(op Opcode, p []byte) Frame { return Frame{FIN: true, Opcode: op, Payload: p} }
	tests := []struct {
		frame Frame
		want  string
	}{
		{long(OpText, []byte(text[:128])), `TEXT "` + text[:128] + `"`},
		{long(OpText, []byte(text[:129])), `TEXT "` + text[:128] + `" ...(129 bytes)`},
		{Frame{Opcode: OpText, RSV1: true, Payload: []byte(text)}, `TEXT "` + text[:128] + `" ...(300 bytes) more rsv1`},
		{long(OpBinary, alternating), "BINARY" + strings.Repeat(" 01 02", 64) + " ...(200 bytes)"},
		{long(OpBinary, make([]byte, 1<<20)), "BINARY 00*1048576"},
		// A run takes part of what may be shown.
		{long(OpBinary, []byte(strings.Repeat("x", 1000)+text)), `BINARY "x"*1000 "` + text[:120] + `" ...(1300 bytes)`},
		{long(OpBinary, bytes.Repeat([]byte(strings.Repeat("x", 16)+strings.Repeat("y", 16)), 20)), "BINARY" + strings.Repeat(` "x"*16 "y"*16`, 8) + " ...(640 bytes)"},
		// The cut is not inside a character, nor inside what starts as a run.
		{long(OpText, []byte(text[:127]+"€"+text)), `TEXT "` + text[:127] + `" ...(430 bytes)`},
		{long(OpText, []byte(text[:127]+"€"+strings.Repeat("=", 20))), `TEXT "` + text[:127] + `" ...(150 bytes)`},
		{long(OpText, []byte(text[:120]+strings.Repeat("=", 16))), `TEXT "` + text[:120] + `" "="*16`},
		{long(OpText, []byte(text[:130]+strings.Repeat("=", 16))), `TEXT "` + text[:128] + `" ...(146 bytes)`},
		{long(OpText, []byte(strings.Repeat("\x80\x81", 100))), `TEXT "` + strings.Repeat(`\x80\x81`, 64) + `" ...(200 bytes)`},
		{long(OpClose, []byte("\x03\xE8"+text)), `CLOSE 1000 "` + text[:128] + `" ...(302 bytes)`},
		{long(OpText, []byte(strings.Repeat("y"+strings.Repeat("x", 16), 14)+"€€€")), "TEXT" + strings.Repeat(` "y" "x"*16`, 14) + " ...(247 bytes)"},
	}
	for _, tt := range tests {
		if got := tt.frame.String(); got != tt.want {
			t.Errorf("String: %s\nwant    %s", got, tt.want)
		}
		whole := AppendLine(nil, Line{Frame: tt.frame})
		if l, err := ParseLine(string(whole)); err != nil || !equalFrames(l.Frame, tt.frame) {
			t.Errorf("AppendLine: %s does not parse to the same frame: %v", whole, err)
		}
	}
	raw := Line{Kind: RawLine, Raw: alternating}
	if got, want := raw.String(), "RAW"+strings.Repeat(" 01 02", 64)+" ...(200 bytes)"; got != want {
		t.Errorf("String: %s\nwant    %s", got, want)
	}
}

// A peer's bytes must not reach a terminal or start a new line in a log.
func TestPayloadsDoNotBreakOutOfTheLine(t *testing.T) {
	const evil = "\x1b[31m\r\n\x00\u202e\u2066\u0085\u200b\ufeff\U000e0041é漢"
	const escaped = `\x1b[31m\r\n\x00\u202e\u2066\u0085\u200b\ufeff\U000e0041é漢`
	tests := []struct {
		frame Frame
		want  string
	}{
		{Frame{FIN: true, Opcode: OpText, Payload: []byte(evil)}, `TEXT "` + escaped + `"`},
		{Frame{FIN: true, Opcode: OpClose, Payload: []byte("\x03\xE8" + evil)}, `CLOSE 1000 "` + escaped + `"`},
		{Frame{FIN: true, Opcode: OpPing, Payload: []byte("\x1b[2J")}, `PING 1B 5B 32 4A`},
		{Frame{FIN: true, Opcode: OpBinary, Payload: []byte("\u202e")}, `BINARY E2 80 AE`},
	}
	for _, tt := range tests {
		if got := string(AppendLine(nil, Line{Frame: tt.frame})); got != tt.want {
			t.Errorf("AppendLine: %s\nwant        %s", got, tt.want)
		}
		if got := tt.frame.String(); got != tt.want {
			t.Errorf("String: %s\nwant    %s", got, tt.want)
		}
	}
}

func TestHeaderString(t *testing.T) {
	tests := []struct {
		header Header
		want   string
	}{
		{Header{FIN: true, Opcode: OpText}, "TEXT"},
		{Header{Opcode: OpBinary, Length: 65536, RSV1: true}, "BINARY ...(65536 bytes) more rsv1"},
		{Header{FIN: true, Opcode: OpPing, Length: 5, Masked: true}, "PING ...(5 bytes) masked"},
	}
	for _, tt := range tests {
		if got := tt.header.String(); got != tt.want {
			t.Errorf("String = %s, want %s", got, tt.want)
		}
	}
}

func TestNamesOfLineParts(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Received.String(), "<"},
		{Sent.String(), ">"},
		{Direction('\n').String(), ""},
		{FrameLine.String(), "frame"},
		{RawLine.String(), "RAW"},
		{EOFLine.String(), "EOF"},
		{LineKind(7).String(), "line kind 7"},
		{ByRole.String(), "by role"},
		{Masked.String(), "masked"},
		{Unmasked.String(), "unmasked"},
		{Masking(7).String(), "masking 7"},
		{Line{Direction: '\n', Masking: 7, Frame: Frame{FIN: true, Opcode: OpText}}.String(), "TEXT"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

// checkOneLine fails if s has anything but printable characters.
func checkOneLine(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("%q is not UTF-8", s)
	}
	for _, r := range s {
		if !strconv.IsPrint(r) {
			t.Fatalf("%q has %U", s, r)
		}
	}
}

func FuzzParseLine(f *testing.F) {
	for _, s := range []string{
		`> TEXT "hi"`, `< PING 01 02`, `TEXT "hel" more`, `CONT "lo" fin rsv1 masked`, `BINARY 00*65536 "x"*3`,
		`CLOSE 1000 "bye"`, `CLOSE 03`, `CLOSE`, `OP3 rsv3 unmasked`, `RAW 81 05 "Hello"`, `< EOF`, `TEXT "\u202e" # comment`,
		`TEXT "a"*9999999999`, `TEXT "hel" ...(99 bytes)`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLine(s)
		if err != nil {
			var se *SyntaxError
			if !errors.As(err, &se) || se.Line != s || se.Offset < 0 || se.Offset > len(s) {
				t.Fatalf("%q: %#v", s, err)
			}
			checkOneLine(t, err.Error())
			return
		}
		if len(l.Frame.Payload)+len(l.Raw) > 64<<10 {
			return // counts make what takes long to write and teaches nothing
		}
		out := string(AppendLine(nil, l))
		again, err := ParseLine(out)
		if err != nil || !equalLines(again, l) {
			t.Fatalf("%q: written as %q, which gives %v, %v", s, out, again, err)
		}
		checkOneLine(t, out)
		checkOneLine(t, l.String())
	})
}

func FuzzAppendLine(f *testing.F) {
	f.Add(byte('>'), byte(0), byte(1), byte(0x81), []byte("hi"))
	f.Add(byte('<'), byte(1), byte(0), byte(0), []byte("\x81\x05Hello"))
	f.Add(byte(0), byte(0), byte(2), byte(0x48), []byte("\x03\xE8bye \u202e\x1b"))
	f.Add(byte(0), byte(0), byte(0), byte(0x00), bytes.Repeat([]byte("aaaaaaaaaaaaaaaa\x00"), 20))
	f.Fuzz(func(t *testing.T, direction, kind, masking, first byte, payload []byte) {
		l := Line{Kind: LineKind(kind % 3)}
		if direction == '<' || direction == '>' {
			l.Direction = Direction(direction)
		}
		switch l.Kind {
		case FrameLine:
			l.Masking = Masking(masking % 3)
			l.Frame = Frame{
				FIN:     first&0x80 != 0,
				RSV1:    first&0x40 != 0,
				RSV2:    first&0x20 != 0,
				RSV3:    first&0x10 != 0,
				Opcode:  Opcode(first & 0x0F),
				Payload: payload,
			}
		case RawLine:
			l.Raw = payload
		}
		out := string(AppendLine(nil, l))
		checkOneLine(t, out)
		if got, err := ParseLine(out); err != nil || !equalLines(got, l) {
			t.Fatalf("%+v: written as %q, which gives %v, %v", l, out, got, err)
		}
		short := l.String()
		checkOneLine(t, short)
		if len(short) > 40+10*shownBytes {
			t.Fatalf("%d bytes: %s", len(short), short)
		}
	})
}
