package utf8stream

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestZeroValueIsReadyAndComplete(t *testing.T) {
	var v Validator
	if !v.Complete() || !v.Write(nil) || v.Accept(nil) != 0 || !v.Complete() {
		t.Error("the empty text is not valid")
	}
}

// All 1,112,064 scalar values, cut at every place inside, alone and with
// neighbours.
func TestEveryScalarAtEverySplit(t *testing.T) {
	buf := make([]byte, 0, 8)
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if r == 0xD800 {
			r = 0xE000
		}
		buf = utf8.AppendRune(buf[:0], r)
		for cut := 0; cut <= len(buf); cut++ {
			var v Validator
			if !v.Write(buf[:cut]) {
				t.Fatalf("%U cut at %d: first part refused", r, cut)
			}
			if whole := cut == 0 || cut == len(buf); v.Complete() != whole {
				t.Fatalf("%U cut at %d: Complete = %t after the first part", r, cut, !whole)
			}
			if !v.Write(buf[cut:]) || !v.Complete() {
				t.Fatalf("%U cut at %d: refused", r, cut)
			}
		}
		var v Validator
		for _, b := range buf {
			if !v.Write([]byte{b}) {
				t.Fatalf("%U byte by byte: refused at %#x", r, b)
			}
		}
		if !v.Complete() {
			t.Fatalf("%U byte by byte: not complete", r)
		}
	}
}

// extends reports by trial whether some valid text begins with p, where all but
// the last character of p is known to be valid.
func extends(p []byte) bool {
	if utf8.Valid(p) {
		return true
	}
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		last := p[len(p)-n:]
		if utf8.Valid(p[:len(p)-n]) && !utf8.FullRune(last) {
			return true
		}
	}
	return false
}

// All sequences of one, two and three bytes, and those of four with bytes at
// the borders of the ranges: the first impossible byte is the first one after
// which the standard library knows no continuation.
func TestFailsAtTheFirstImpossibleByte(t *testing.T) {
	check := func(seq []byte) {
		want := len(seq)
		for i := range seq {
			if !extends(seq[:i+1]) {
				want = i
				break
			}
		}
		var whole Validator
		if got := whole.Accept(seq); got != want {
			t.Fatalf("% x: Accept = %d, want %d", seq, got, want)
		}
		var single Validator
		for i, b := range seq {
			if ok := single.Write([]byte{b}); ok != (i < want) {
				t.Fatalf("% x: Write of byte %d = %t", seq, i, ok)
			}
		}
		if single != whole {
			t.Fatalf("% x: at once and byte by byte differ", seq)
		}
		if whole.Complete() != utf8.Valid(seq) {
			t.Fatalf("% x: Complete = %t", seq, whole.Complete())
		}
	}
	for a := range 256 {
		check([]byte{byte(a)})
		for b := range 256 {
			check([]byte{byte(a), byte(b)})
		}
	}
	border := []byte{0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0xFF}
	for a := range 256 {
		for _, b := range border {
			for _, c := range border {
				check([]byte{byte(a), b, c})
				for _, d := range border {
					check([]byte{byte(a), b, c, d})
				}
			}
		}
	}
}

func TestAcceptCountsUpToTheBadByte(t *testing.T) {
	ascii := strings.Repeat("a", 100)
	tests := []struct {
		name string
		in   string
		want int
	}{
		{"surrogate", "\xED\xA0\x80", 1},
		{"above U+10FFFF", "\xF4\x90\x80\x80", 1},
		{"overlong of 2", "\xC0\xAF", 0},
		{"overlong of 2, C1", "\xC1\xBF", 0},
		{"overlong of 3", "\xE0\x80\xAF", 1},
		{"overlong of 4", "\xF0\x80\x80\xAF", 1},
		{"five bytes", "\xF8\x88\x80\x80\x80", 0},
		{"FF", "\xFF", 0},
		{"lone continuation", "a\x80", 1},
		{"sequence cut by ASCII", "κ\xE1\xBDx", 4},
		{"bad byte far behind", ascii + "κόσμε" + ascii + "\xED\xA0", 100 + 10 + 100 + 1},
		{"bad byte before an open sequence", ascii + "\xFFa\xE2\x82", 100},
		{"good with an open sequence", ascii + "\xF0\x9F\x92", 103},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The verdict does not depend on what was written before.
			for _, before := range []string{"", "x", "é", ascii} {
				var v Validator
				v.Write([]byte(before))
				if got := v.Accept([]byte(tt.in)); got != tt.want {
					t.Errorf("after %q: Accept(%q) = %d, want %d", before, tt.in, got, tt.want)
				}
			}
		})
	}
}

// Only bytes behind the last whole character go through the slow path.
func TestOpenTail(t *testing.T) {
	tests := []struct {
		in   string
		want int
	}{
		{"", 0},
		{"a", 0},
		{"aé€💩", 0},
		{"a\xC3", 1},
		{"a\xE2", 1},
		{"a\xE2\x82", 2},
		{"\xE2\x82", 2},
		{"a\xF0", 1},
		{"a\xF0\x9F", 2},
		{"a\xF0\x9F\x92", 3},
		{"\xF0\x9F\x92", 3},
		{"\x80\x80\x80\x80", 0}, // invalid
		{"a\xFF", 1},            // never to be complete
		{"a\xED\xA0", 2},
	}
	for _, tt := range tests {
		if got := openTail([]byte(tt.in)); got != tt.want {
			t.Errorf("openTail(%q) = %d, want %d", tt.in, got, tt.want)
		}
	}
}

func TestABadByteIsFoundAnywhere(t *testing.T) {
	for size := range 2 * shortText {
		p := bytes.Repeat([]byte("a"), size)
		for i := range p {
			p[i] = 0x80
			var v Validator
			if got := v.Accept(p); got != i {
				t.Fatalf("%d bytes, the one at %d is bad: Accept = %d", size, i, got)
			}
			p[i] = 'a'
		}
	}
}

func TestInvalidStaysInvalidUntilReset(t *testing.T) {
	var v Validator
	if v.Write([]byte("ok\xFF")) {
		t.Fatal("FF accepted")
	}
	for _, p := range []string{"", "a", "é", "\x80", "\xBF\xBF"} {
		if v.Write([]byte(p)) || v.Accept([]byte(p)) != 0 || v.Complete() {
			t.Errorf("valid again after %q", p)
		}
	}
	v.Reset()
	if !v.Complete() || !v.Write([]byte("a")) {
		t.Error("Reset does not make it ready again")
	}
}

func TestACopyRemembersItsPlace(t *testing.T) {
	var v Validator
	v.Write([]byte("\xF0\x9F"))
	saved := v
	if v.Write([]byte("x")) {
		t.Error("x accepted inside a character")
	}
	if !saved.Write([]byte("\x92\xA9")) || !saved.Complete() {
		t.Error("the copy followed the original")
	}
}

func TestWriteDoesNotAllocate(t *testing.T) {
	p := []byte(strings.Repeat("aκ€💩", 100))
	var v Validator
	if n := testing.AllocsPerRun(100, func() { v.Write(p) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestValid(t *testing.T) {
	for _, p := range []string{"", "a", "é", "\xC3", "\xFF", "a\xED\xA0\x80", strings.Repeat("κόσμε ", 30), strings.Repeat("é", 30) + "\xC3"} {
		if got, want := Valid([]byte(p)), utf8.ValidString(p); got != want {
			t.Errorf("Valid(%q) = %t", p, got)
		}
	}
}

func FuzzWrite(f *testing.F) {
	f.Add([]byte("κόσμε"), 1, 4)
	f.Add([]byte("plain text, longer than a machine word"), 8, 9)
	f.Add([]byte("\xED\xA0\x80"), 1, 2)
	f.Add([]byte("\xF4\x90\x80\x80"), 0, 1)
	f.Add([]byte(strings.Repeat("網路通訊協定", 20)+"\xE7\xB6"), 100, 301)
	f.Add([]byte(strings.Repeat("a", 127)+"\xF0\x9F\x92\xA9"+strings.Repeat("a", 127)+"\xC0"), 3, 129)
	f.Fuzz(func(t *testing.T, p []byte, cut1, cut2 int) {
		cut1 = min(max(cut1, 0), len(p))
		cut2 = min(max(cut2, cut1), len(p))
		orig := bytes.Clone(p)
		for _, use := range kernels() {
			use.choose(t)
			var whole Validator
			n := whole.Accept(p)
			if whole.Complete() != utf8.Valid(p) {
				t.Fatalf("%s: %q: Complete = %t", use.name, p, whole.Complete())
			}
			if !extends(p[:n]) || n < len(p) && extends(p[:n+1]) {
				t.Fatalf("%s: %q: Accept = %d is not the first impossible byte", use.name, p, n)
			}

			var v Validator
			ok := v.Write(p[:cut1])
			ok = v.Write(p[cut1:cut2]) && ok
			ok = v.Write(p[cut2:]) && ok
			if v != whole || ok != (n == len(p)) {
				t.Fatalf("%s: %q cut at %d and %d: the pieces differ from the whole", use.name, p, cut1, cut2)
			}
		}
		if !bytes.Equal(p, orig) {
			t.Fatal("the text was changed")
		}
	})
}
