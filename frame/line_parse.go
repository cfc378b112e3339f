package frame

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// MaxLinePayload is the longest payload in bytes that [ParseLine] makes of a
// line: 16 MiB. The counts in a short line could ask for any amount of memory.
const MaxLinePayload = 16 << 20

// ParseLine reads a line in the notation of [Line]. It is the reverse of
// [AppendLine]; a comment is dropped. It fails with a *[SyntaxError]. Whether the
// frame breaks a rule of the protocol is for [Frame.Check].
func ParseLine(s string) (Line, error) {
	p := lineParser{rest: s, line: s}
	l, err := p.parse()
	if err != nil {
		return Line{}, err
	}
	return l, nil
}

// A lineParser reads a line word by word.
//
//	line    > TEXT "hello world"*3 more
//	               ^start         ^rest
//	               └────word────┘
type lineParser struct {
	line  string
	start int    // offset of word in line
	word  string // "" behind the last word
	rest  string // what follows word
	text  string // the text that word begins with, unquoted
	tail  string // what stands in word behind this text; only if word begins with one
}

func (p *lineParser) errorf(format string, args ...any) error {
	return &SyntaxError{Line: p.line, Offset: p.start, Reason: fmt.Sprintf(format, args...)}
}

// next moves to the next word. Blanks in a text do not end a word.
func (p *lineParser) next() error {
	rest := strings.TrimLeft(p.rest, " \t")
	p.start = len(p.line) - len(rest)
	n := 0
	switch {
	case strings.HasPrefix(rest, "#"):
		rest = ""
	case strings.HasPrefix(rest, `"`):
		text, err := strconv.QuotedPrefix(rest)
		if err == nil {
			n = len(text)
			p.text, err = strconv.Unquote(text)
		}
		if err != nil {
			return p.errorf("bad text")
		}
	}
	end := len(rest)
	if blank := strings.IndexAny(rest[n:], " \t"); blank >= 0 {
		end = n + blank
	}
	p.word, p.tail, p.rest = rest[:end], rest[n:end], rest[end:]
	return nil
}

func (p *lineParser) parse() (l Line, err error) {
	if err := p.next(); err != nil {
		return Line{}, err
	}
	if p.word == "<" || p.word == ">" {
		l.Direction = Direction(p.word[0])
		if err := p.next(); err != nil {
			return Line{}, err
		}
	}
	name := p.word
	switch name {
	case "":
		return Line{}, p.errorf("no frame")
	case "EOF":
		l.Kind = EOFLine
		err = p.next()
	case "RAW":
		l.Kind = RawLine
		if err = p.next(); err == nil {
			l.Raw, err = p.items(nil)
		}
	default:
		l.Frame, l.Masking, err = p.frame()
	}
	if err == nil && p.word != "" {
		err = p.errorf("unexpected %q after %s", p.word, name)
	}
	return l, err
}

// frame reads a frame from its opcode on.
func (p *lineParser) frame() (f Frame, m Masking, err error) {
	op, ok := opcodeNamed(p.word)
	if !ok {
		return Frame{}, ByRole, p.errorf("unknown opcode %q", p.word)
	}
	f.Opcode = op
	if err := p.next(); err != nil {
		return Frame{}, ByRole, err
	}
	if op == OpClose && isCode(p.word) {
		code, err := strconv.ParseUint(p.word, 10, 16)
		if err != nil {
			return Frame{}, ByRole, p.errorf("close code %s out of range", p.word)
		}
		f.Payload = binary.BigEndian.AppendUint16(nil, uint16(code))
		if err := p.next(); err != nil {
			return Frame{}, ByRole, err
		}
	}
	if f.Payload, err = p.items(f.Payload); err != nil {
		return Frame{}, ByRole, err
	}
	m, err = p.flags(&f)
	return f, m, err
}

func opcodeNamed(name string) (Opcode, bool) {
	for op := range Opcode(16) {
		if op.String() == name {
			return op, true
		}
	}
	return 0, false
}

// isCode reports whether the word is a close code rather than a byte.
func isCode(word string) bool {
	return (len(word) == 4 || len(word) == 5) && strings.Trim(word, "0123456789") == ""
}

// items appends to dst the bytes of all items up to the first other word.
func (p *lineParser) items(dst []byte) ([]byte, error) {
	for {
		unit, times, ok := p.item()
		if !ok {
			return dst, nil
		}
		count := uint64(1)
		if times != "" {
			var err error
			count, err = strconv.ParseUint(times[1:], 10, 32)
			if err != nil || times[0] != '*' || count == 0 {
				return nil, p.errorf("bad count %q", times)
			}
		}
		if uint64(len(unit))*count > uint64(MaxLinePayload-len(dst)) {
			return nil, p.errorf("payload of more than %d bytes", MaxLinePayload)
		}
		dst = append(dst, strings.Repeat(unit, int(count))...)
		if err := p.next(); err != nil {
			return nil, err
		}
	}
}

// item splits the word into the bytes it stands for and what follows, which
// should be a count. It reports whether the word is an item at all.
func (p *lineParser) item() (unit, times string, ok bool) {
	if strings.HasPrefix(p.word, `"`) {
		return p.text, p.tail, true
	}
	if len(p.word) == 2 || len(p.word) > 2 && p.word[2] == '*' {
		b, err := strconv.ParseUint(p.word[:2], 16, 8)
		return string([]byte{byte(b)}), p.word[2:], err == nil
	}
	return "", "", false
}

// flags reads flags up to the end of the line.
func (p *lineParser) flags(f *Frame) (m Masking, err error) {
	var fin, more, masked, unmasked bool
	flags := map[string]*bool{
		"fin":      &fin,
		"more":     &more,
		"rsv1":     &f.RSV1,
		"rsv2":     &f.RSV2,
		"rsv3":     &f.RSV3,
		"masked":   &masked,
		"unmasked": &unmasked,
	}
	for p.word != "" {
		flag := flags[p.word]
		switch {
		case strings.HasPrefix(p.word, "..."):
			return ByRole, p.errorf("the payload is cut")
		case flag == nil:
			return ByRole, p.errorf("unexpected %q", p.word)
		case *flag:
			return ByRole, p.errorf("%s twice", p.word)
		}
		*flag = true
		if err := p.next(); err != nil {
			return ByRole, err
		}
	}
	switch {
	case fin && more:
		return ByRole, p.errorf("both fin and more")
	case masked && unmasked:
		return ByRole, p.errorf("both masked and unmasked")
	case f.Opcode == OpContinuation && !fin && !more:
		return ByRole, p.errorf("CONT without fin or more")
	case masked:
		m = Masked
	case unmasked:
		m = Unmasked
	}
	f.FIN = !more
	return m, nil
}
