package conformance

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-websockets/websockets/frame"
)

// Texts of family 6.
const (
	greek  = "\u03ba\u1f79\u03c3\u03bc\u03b5" // 11 bytes
	edited = "edited"

	mixed = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!" // 29 bytes

	surrogate = greek + "\xed\xa0\x80" + edited     // wrong from byte 12 on
	tooLarge  = greek + "\xf4\x90\x80\x80" + edited // wrong from byte 12 on: above U+10FFFF
)

const (
	sectionUTF8 = "RFC 6455 §8.1"
	refusesUTF8 = "The connection fails with 1007."
	returnsUTF8 = "The message comes back."
)

// utf8Texts is family 6.
func utf8Texts() (cases []*Case) {
	add := func(id, title string, x exchange) {
		expectation := refusesUTF8
		if !x.ending.byPeer {
			expectation = returnsUTF8
		}
		cases = append(cases, classic(id, sectionUTF8, title, expectation, func() *exchange {
			fresh := x
			return &fresh
		}))
	}
	good := func(id, title, message string, frames ...raw) {
		add(id, title, exchange{steps: sends(frames...), expected: one(text(message)), ending: weClose, shut: time.Second})
	}
	bad := func(id, title string, frames ...raw) {
		add(id, title, exchange{steps: sends(frames...), expected: one(), ending: invalidData, kill: time.Second})
	}
	good("6.1.1", "An empty text message", "", textFrame(""))
	good("6.1.2", "A text message of three empty fragments", "", unfinished(textFrame("")), unfinished(contFrame("")), contFrame(""))
	good("6.1.3", "A text message of three fragments, the first and the last empty", "middle frame payload",
		unfinished(textFrame("")), unfinished(contFrame("middle frame payload")), contFrame(""))
	good("6.2.1", "A text message with letters of two bytes", mixed, textFrame(mixed))
	good("6.2.2", "The same in two fragments", mixed, unfinished(textFrame(mixed[:15])), contFrame(mixed[15:]))
	good("6.2.3", "The same in fragments of one byte", mixed, inFragments(frame.OpText, []byte(mixed), 1)...)
	good("6.2.4", "Greek letters in fragments of one byte", greek, inFragments(frame.OpText, []byte(greek), 1)...)
	bad("6.3.1", "A text message with a surrogate inside", textFrame(surrogate))
	bad("6.3.2", "The same in fragments of one byte", inFragments(frame.OpText, []byte(surrogate), 1)...)
	cases = append(cases, failFast()...)
	for family, group := range utf8Groups {
		for i, sample := range group.samples() {
			id := fmt.Sprintf("6.%d.%d", family+5, i+1)
			title := fmt.Sprintf("A text message, %s: %s", group.title, shortHex(sample))
			if utf8.Valid(sample) {
				add(id, title, exchange{steps: sends(textFrame(string(sample))), expected: one(text(sample)), ending: weClose, kill: time.Second})
			} else {
				bad(id, title, textFrame(string(sample)))
			}
		}
	}
	return cases
}

// failFast are the cases 6.4: the message is wrong long before it ends.
func failFast() (cases []*Case) {
	add := func(title string, parts func() [3]step) {
		cases = append(cases, classic(fmt.Sprintf("6.4.%d", len(cases)+1), sectionUTF8, title,
			"The connection fails with 1007 as soon as the wrong byte is there; less strictly, at the end of the message.",
			func() *exchange {
				p := parts()
				return &exchange{
					steps: []step{
						p[0],
						{wait: time.Second, tag: "A"},
						p[1],
						{wait: time.Second, tag: "B"},
						p[2],
					},
					expected: []outcome{{OK, []event{timeout("A")}}, {NonStrict, []event{timeout("A"), timeout("B")}}},
					ending:   invalidData, kill: time.Second, late: true,
				}
			}))
	}
	cuts := []struct {
		title    string
		from, to int
	}{{"a character that is too large comes as a whole", 11, 15}, {"its first wrong byte comes alone", 12, 13}}
	for _, cut := range cuts {
		add("A text message in three fragments with pauses of a second between; in the second one "+cut.title, func() [3]step {
			return [3]step(sends(unfinished(textFrame(tooLarge[:cut.from])), unfinished(contFrame(tooLarge[cut.from:cut.to])), contFrame(tooLarge[cut.to:])))
		})
	}
	for _, cut := range cuts {
		add("The same within one frame, of which parts come with pauses of a second between; in the second part "+cut.title, func() [3]step {
			st := &streamed{payload: []byte(tooLarge)}
			return [3]step{
				{do: func(s *session, _ *exchange) { st.send(s, cut.from) }},
				{do: func(s *session, _ *exchange) { st.send(s, cut.to) }},
				{do: func(s *session, _ *exchange) {
					st.send(s, len(tooLarge))
					s.send(contFrame(""))
				}},
			}
		})
	}
	return cases
}

// A streamed is a text frame, not the last of its message, that is sent in parts.
type streamed struct {
	payload []byte
	encoded []byte
	sent    int // bytes of the payload
}

// send sends the payload up to an offset, with the header before its first byte.
func (st *streamed) send(s *session, to int) {
	from := len(st.encoded) - len(st.payload) + st.sent
	if st.encoded == nil {
		st.encoded = s.encode(unfinished(raw{op: frame.OpText, payload: st.payload}))
		from = 0
	}
	b := st.encoded[from : len(st.encoded)-len(st.payload)+to]
	s.log(SentBytes, "%v # payload[%d:%d] of TEXT more, %d bytes: %q",
		frame.Line{Direction: frame.Received, Kind: frame.RawLine, Raw: b}, st.sent, to, len(st.payload), st.payload[st.sent:to])
	s.r.Stats.PayloadOut += int64(to - st.sent)
	st.sent = to
	s.queue.add(bytes.Clone(b), 0, true)
}

// A utf8Group is what the cases 6.N share.
type utf8Group struct {
	title string
	hex   string          // the samples
	list  func() [][]byte // the samples, if there is no hex
}

func (g utf8Group) samples() (list [][]byte) {
	if g.list != nil {
		return g.list()
	}
	for word := range strings.FieldsSeq(g.hex) {
		p, err := hex.DecodeString(word)
		if err != nil {
			panic(err)
		}
		list = append(list, p)
	}
	return list
}

func shortHex(p []byte) string {
	if len(p) > 16 {
		return fmt.Sprintf("% X … (%d bytes)", p[:14], len(p))
	}
	return fmt.Sprintf("% X", p)
}

// utf8Groups are the cases 6.5 to 6.23, each a text message in one frame. What is
// valid and what is not follows from RFC 3629.
var utf8Groups = []utf8Group{
	{title: "valid", hex: "68656c6c6f24776f726c64 68656c6c6fc2a2776f726c64 68656c6c6fe282ac776f726c64 68656c6c6ff0a4ada2776f726c64 cebae1bdb9cf83cebcceb5"},
	{title: "the first bytes of Greek letters", list: prefixes},
	{title: "the first character of its length", hex: "00 c280 e0a080 f0908080"},
	{title: "the first sequence of five or six bytes", hex: "f888808080 fc8480808080"},
	{title: "the last character of its length", hex: "7f dfbf efbfbf f48fbfbf"},
	{title: "the last sequence of its length, above U+10FFFF", hex: "f7bfbfbf fbbfbfbfbf fdbfbfbfbfbf"},
	{title: "a border of the code space", hex: "ed9fbf ee8080 efbfbd f48fbfbf f4908080"},
	{title: "continuation bytes alone", list: continuations},
	{title: "lead bytes, each before a space", list: leads},
	{title: "a sequence without its last byte", hex: lastMissing},
	{title: "sequences without their last bytes, in a row", hex: strings.ReplaceAll(lastMissing, " ", "")},
	{title: "bytes that never occur in UTF-8", hex: "fe ff fefeffff"},
	{title: "an overlong slash", hex: "c0af e080af f08080af f8808080af fc80808080af"},
	{title: "the last overlong sequence of its length", hex: "c1bf e09fbf f08fbfbf f887bfbfbf fc83bfbfbfbf"},
	{title: "an overlong NUL", hex: "c080 e08080 f0808080 f880808080 fc8080808080"},
	{title: "a surrogate", hex: "eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf"},
	{title: "a pair of surrogates", hex: "eda080edb080 eda080edbfbf edadbfedb080 edadbfedbfbf edae80edb080 edae80edbfbf edafbfedb080 edafbfedbfbf"},
	{title: "a noncharacter, which is valid", list: noncharacters},
	{title: "a special character", hex: "efbfb9 efbfba efbfbb efbfbc efbfbd efbfbe efbfbf"},
}

const lastMissing = "c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf"

func prefixes() (list [][]byte) {
	for i := range len(greek) {
		list = append(list, []byte(greek[:i+1]))
	}
	return list
}

// continuations are one to six continuation bytes by turns, and 63 of them.
func continuations() (list [][]byte) {
	list = [][]byte{{0x80}, {0xBF}}
	for n := 2; n <= 6; n++ {
		list = append(list, bytes.Repeat([]byte{0x80, 0xBF}, 4)[:n])
	}
	return append(list, rangeOf(0x80, 0xBE))
}

// leads are all lead bytes of two bytes to six, apart from the last of each length.
func leads() (list [][]byte) {
	for _, ends := range [][2]byte{{0xC0, 0xDE}, {0xE0, 0xEE}, {0xF0, 0xF6}, {0xF8, 0xFA}, {0xFC, 0xFC}} {
		var p []byte
		for _, b := range rangeOf(ends[0], ends[1]) {
			p = append(p, b, ' ')
		}
		list = append(list, p)
	}
	return list
}

// rangeOf returns the bytes from first to last.
func rangeOf(first, last byte) (p []byte) {
	for b := int(first); b <= int(last); b++ {
		p = append(p, byte(b))
	}
	return p
}

// noncharacters are the last two code points of each plane.
func noncharacters() (list [][]byte) {
	for plane := rune(0); plane <= 16; plane++ {
		list = append(list, utf8.AppendRune(nil, plane<<16|0xFFFE), utf8.AppendRune(nil, plane<<16|0xFFFF))
	}
	return list
}
