package conformance

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-websockets/websockets/frame"
)

// A corpus is what the messages of the families 12 and 13 are cut from. It is
// always the same, and about as large and as compressible as the file that the
// classical suite has in its place.
type corpus struct {
	name string
	op   frame.Opcode
	make func() []byte

	once sync.Once
	data []byte
	at   []int32 // where each character of a text begins, if they do not all have one byte
}

// load makes the data when it is needed first.
func (c *corpus) load() *corpus {
	c.once.Do(func() {
		c.data = c.make()
		if c.op == frame.OpText && utf8.RuneCount(c.data) < len(c.data) {
			for i := range string(c.data) {
				c.at = append(c.at, int32(i))
			}
		}
	})
	return c
}

// units returns how long it is: a text in characters, else in bytes.
func (c *corpus) units() int {
	if c.at != nil {
		return len(c.at)
	}
	return len(c.data)
}

// slice returns n units from p on; behind the end comes the start again.
func (c *corpus) slice(p, n int) []byte {
	end := min(p+n, c.units())
	s := c.data[c.offset(p):c.offset(end):c.offset(end)]
	for n -= end - p; n > 0; n -= end {
		end = min(n, c.units())
		s = append(s, c.data[:c.offset(end)]...)
	}
	return s
}

func (c *corpus) offset(unit int) int {
	if c.at != nil && unit < len(c.at) {
		return int(c.at[unit])
	}
	if c.at != nil {
		return len(c.data)
	}
	return unit
}

// The corpora.
var (
	jsonCorpus  = &corpus{name: "JSON", op: frame.OpText, make: func() []byte { return makeJSON(194056) }}
	imageCorpus = &corpus{name: "an image", op: frame.OpBinary, make: makeImage}
	proseCorpus = &corpus{name: "prose", op: frame.OpBinary, make: func() []byte { return makeProse(222218) }}
	htmlCorpus  = &corpus{name: "HTML", op: frame.OpText, make: func() []byte { return makeHTML(263647) }}
	mixedCorpus = &corpus{name: "a document of text and compressed parts", op: frame.OpBinary, make: func() []byte { return makeMixed(1042328) }}
)

// A noise is a generator of numbers that look random and are always the same
// (xorshift64*).
type noise uint64

func (n *noise) next() uint64 {
	*n ^= *n >> 12
	*n ^= *n << 25
	*n ^= *n >> 27
	return uint64(*n) * 0x2545F4914F6CDD1D
}

func (n *noise) below(limit int) int { return int(n.next() >> 33 % uint64(limit)) }

// makeJSON returns results of three agents.
func makeJSON(size int) []byte {
	n := noise(1)
	var b strings.Builder
	b.WriteString("{\n")
	for agent := 0; b.Len() < size; agent++ {
		fmt.Fprintf(&b, "   \"agent-%d\": {\n", agent+1)
		for i := 0; i < 313 && b.Len() < size; i++ {
			id := fmt.Sprintf("%d.%d.%d", 1+i/40, 1+i/8%5, 1+i%8)
			code := "1000"
			if n.below(7) == 0 {
				code = "null"
			}
			fmt.Fprintf(&b, "      \"%s\": {\n         \"behavior\": \"OK\",\n         \"behaviorClose\": \"OK\",\n         \"duration\": %d,\n"+
				"         \"remoteCloseCode\": %s,\n         \"reportfile\": \"agent_%d_case_%s.json\"\n      },\n",
				id, n.below(8)+n.below(25)/24*1000, code, agent+1, strings.ReplaceAll(id, ".", "_"))
		}
		b.WriteString("   },\n")
	}
	return []byte(b.String()[:size])
}

// makeImage returns a bitmap of 512 by 512 shades of grey: waves under noise.
func makeImage() []byte {
	const (
		side = 512
		head = 54 + 1024
		size = head + side*side
	)
	p := make([]byte, head, size)
	copy(p, "BM")
	binary.LittleEndian.PutUint32(p[2:], size)
	binary.LittleEndian.PutUint32(p[10:], head)
	binary.LittleEndian.PutUint32(p[14:], 40)
	binary.LittleEndian.PutUint32(p[18:], side)
	binary.LittleEndian.PutUint32(p[22:], side)
	p[26], p[28] = 1, 8
	for i := range 256 {
		copy(p[54+4*i:], []byte{byte(i), byte(i), byte(i)})
	}
	n := noise(2)
	for y := range side {
		for x := range side {
			shade := 120 + 55*math.Sin(float64(x)/70) + 45*math.Cos(float64(y)/90)
			p = append(p, byte(int(shade)+n.below(16)))
		}
	}
	return p
}

// words returns made-up words of syllables.
func words(n *noise, count int, syllables string) (list []string) {
	parts := strings.Fields(syllables)
	for range count {
		word := ""
		for range 1 + n.below(2) {
			word += parts[n.below(len(parts))]
		}
		word += string("enrstaiuhld"[n.below(11)])
		list = append(list, word)
	}
	return list
}

func (n *noise) pick(list []string) string { return list[n.below(len(list))] }

// makeProse returns lines of words with umlauts, behind a byte order mark.
func makeProse(size int) []byte {
	n := noise(3)
	list := words(&n, 6000, "der die und ein ge ver be schau ich er sie nacht tag wun geist lich keit ung heit en em "+
		"mut hör grün süß fräu mäd weiß dach wald licht ster nen gar kom men stein bach blu me lie bes leid freu de zau ber kraft wort")
	var b strings.Builder
	b.WriteString("\uFEFF")
	for b.Len() < size {
		line := n.pick(list)
		line = strings.ToUpper(line[:1]) + line[1:]
		for want := 18 + n.below(20); len(line) < want; {
			line += " " + n.pick(list)
		}
		b.WriteString(line + []string{"", ",", ".", "!", ";"}[n.below(5)] + "\n")
	}
	p := b.String()[:size]
	for !utf8.ValidString(p) {
		p = p[:len(p)-1]
	}
	return []byte(p + strings.Repeat("\n", size-len(p)))
}

// makeHTML returns a table, in the middle of which there are letters of two bytes
// and of three.
func makeHTML(size int) []byte {
	n := noise(4)
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html>\n<body>\n<table>\n")
	special := false
	for row := 0; b.Len() < size; row++ {
		note := "Pass"
		if n.below(20) == 0 {
			note = "Non-Strict"
		}
		if !special && b.Len() > size/2 {
			special = true
			note = mixed + " " + mixed + " " + mixed + " " + greek
		}
		fmt.Fprintf(&b, "   <tr id=\"case_desc_%d_%d\">\n      <td class=\"case\"><a href=\"#case_%d\">Case %d</a></td>\n"+
			"      <td class=\"case_ok\"><a href=\"agent_case_%d.html\">%s</a><br/><span class=\"case_duration\">%d ms</span></td>\n      <td class=\"close\">1000</td>\n   </tr>\n",
			row/16, row%16, row, row, row, note, n.below(4))
	}
	return []byte(b.String()[:size])
}

// makeMixed returns blocks of noise, each before words.
func makeMixed(size int) []byte {
	const block, random = 8000, 4640
	n := noise(5)
	list := words(&n, 400, "obj end stream page font type size text line col or box re f q BT ET Tj Td cm width")
	p := make([]byte, 0, size+block)
	for len(p) < size {
		start := len(p)
		for len(p) < start+random {
			p = binary.LittleEndian.AppendUint64(p, n.next())
		}
		for len(p) < start+block {
			p = append(append(p, list[n.below(len(list))]...), ' ')
		}
		p = p[:start+block]
	}
	return p[:size]
}
