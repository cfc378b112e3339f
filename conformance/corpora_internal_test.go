package conformance

import (
	"bytes"
	"compress/flate"
	"testing"
	"unicode/utf8"
)

func TestCorpora(t *testing.T) {
	tests := []struct {
		c            *corpus
		bytes, units int
		ratio        float64 // of the compressed size to the size
	}{
		{jsonCorpus, 194056, 194056, 0.044},
		{imageCorpus, 263222, 263222, 0.851},
		{proseCorpus, 222218, 222218, 0.389},
		{htmlCorpus, 263647, 263620, 0.055},
		{mixedCorpus, 1042328, 1042328, 0.758},
	}
	for _, test := range tests {
		c := test.c.load()
		if len(c.data) != test.bytes || c.units() != test.units {
			t.Errorf("%s: %d bytes, %d units", c.name, len(c.data), c.units())
		}
		if !bytes.Equal(c.make(), c.data) {
			t.Errorf("%s is not always the same", c.name)
		}
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, 6)
		_, _ = w.Write(c.data)
		_ = w.Close()
		ratio := float64(b.Len()) / float64(len(c.data))
		if ratio < test.ratio*0.9 || ratio > test.ratio*1.1 {
			t.Errorf("%s: compressed to %.3f, want about %.3f", c.name, ratio, test.ratio)
		}
	}
}

func TestSlicesOfACorpusGoRoundAndCutNoCharacters(t *testing.T) {
	c := &corpus{op: htmlCorpus.op, make: func() []byte { return []byte("aµ€b") }}
	c.load()
	var all []byte
	for p := range 4 {
		s := c.slice(p, 6)
		if utf8.RuneCount(s) != 6 || !utf8.Valid(s) {
			t.Errorf("slice %d is %q", p, s)
		}
		all = append(all, s...)
	}
	if want := "aµ€baµ" + "µ€baµ€" + "€baµ€b" + "baµ€ba"; string(all) != want {
		t.Errorf("got %q, want %q", all, want)
	}
	if got := string(c.slice(1, 2)); got != "µ€" {
		t.Errorf("got %q", got)
	}
	if got := string(c.data); got != "aµ€b" {
		t.Errorf("the corpus is %q now", got)
	}
}
