package inflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// inflate decodes the pieces one after the other, as one stream.
func inflate(pieces [][]byte, window []byte, reach, limit int) ([]byte, *Decoder, error) {
	var d Decoder
	d.Reset(reach)
	var w Window
	w.Move(make([]byte, 1<<15))
	w.Add(window)
	var dst []byte
	for _, p := range pieces {
		var err error
		start := len(dst)
		if dst, err = d.Append(dst, start, &w, p, limit); err != nil {
			return dst, &d, err
		}
		w.Add(dst[start:])
	}
	return dst, &d, nil
}

// cut cuts b into pieces of n bytes.
func cut(b []byte, n int) (pieces [][]byte) {
	for ; len(b) > n; b = b[n:] {
		pieces = append(pieces, b[:n:n])
	}
	return append(pieces, b)
}

// compress makes DEFLATE data that ends with an empty stored block.
func compress(t testing.TB, level int, window, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriterDict(&b, level, window)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// text is like what people send: words that come again.
func text(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+20)
	for len(b) < n {
		b = fmt.Appendf(b, `{"id":%d,"name":"%c%c%c"},`, r.IntN(1000), 'a'+r.IntN(26), 'a'+r.IntN(3), 'a'+r.IntN(26))
	}
	return b[:n]
}

// The bytes of RFC 7692 §7.2.3, with what the sender has taken away.
func TestExamplesOfTheRFC(t *testing.T) {
	const tail = "\x00\x00\xff\xff"
	for _, tt := range []struct{ name, data, window, want string }{
		{"one block", "\xf2\x48\xcd\xc9\xc9\x07\x00" + tail, "", "Hello"},
		{"sharing the window", "\xf2\x00\x11\x00\x00" + tail, "Hello", "Hello"},
		{"no compression", "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00" + tail, "", "Hello"},
		{"final block", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00" + tail, "", "Hello"},
		{"two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00" + tail, "", "Hello"},
		{"empty", "\x00" + tail, "", ""},
		{"empty, another way", "\x02\x00" + tail, "", ""},
		{"blocks behind a final one", "\xf3\x48\xcd\xc9\xc9\x07\x00" + "\xf3\x48\xcd\xc9\xc9\x07\x00" + "\x00" + tail, "", "HelloHello"},
		{"stored behind compressed", "\xf2\x48\xcd\xc9\xc9\x07\x00\x05\x00\xfa\xffWorld\x00" + tail, "", "HelloWorld"},
		{"final stored blocks", "\x01\x01\x00\xfe\xff!\x01\x00\x00\xff\xff\x00" + tail, "", "!"},
	} {
		for n := 1; n <= len(tt.data); n++ {
			got, d, err := inflate(cut([]byte(tt.data), n), []byte(tt.window), 1<<15, math.MaxInt)
			if err != nil || string(got) != tt.want || !d.AtBoundary() {
				t.Errorf("%s, in pieces of %d: got %q, %v, at a boundary: %t", tt.name, n, got, err, d.AtBoundary())
			}
			for limit := range len(tt.want) {
				got, _, err := inflate(cut([]byte(tt.data), n), []byte(tt.window), 1<<15, limit)
				if err != ErrTooLong || len(got) > limit || !strings.HasPrefix(tt.want, string(got)) {
					t.Errorf("%s, in pieces of %d, limit %d: got %q, %v", tt.name, n, limit, got, err)
				}
			}
		}
	}
}

// Whatever the pieces, the result is the same.
func TestPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 5000)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	window := text(r, 3000)
	for _, data := range [][]byte{
		nil,
		[]byte("a"),
		bytes.Repeat([]byte("a"), 70_000),
		bytes.Repeat([]byte("abcdefg"), 3000),
		text(r, 100),
		text(r, 40_000),
		random,
		append(text(r, 4000), random...),
		skewed(r, 60_000),
	} {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
			for _, window := range [][]byte{nil, window} {
				compressed := compress(t, level, window, data)
				for _, n := range []int{1, 2, 3, 7, 8, 9, 64, 1000, len(compressed)} {
					got, d, err := inflate(cut(compressed, n), window, 1<<15, math.MaxInt)
					if err != nil || !bytes.Equal(got, data) || !d.AtBoundary() {
						t.Fatalf("%d bytes, level %d, in pieces of %d: %d bytes, %v", len(data), level, n, len(got), err)
					}
				}
			}
		}
	}
}

// skewed has bytes of so different frequencies that the longest codes occur.
func skewed(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(min(30, r.ExpFloat64()*1.4))
	}
	return b
}

// What was appended before is not touched, but may be referred to if it belongs to
// the stream.
func TestAppendsToWhatIsThere(t *testing.T) {
	var d Decoder
	d.Reset(1 << 15)
	data := []byte("\xf2\x00\x11\x00\x00") // H, and 4 bytes from 5 bytes back
	got, err := d.Append([]byte("HelloWorld"), 5, new(Window), data, math.MaxInt)
	if err != nil || string(got) != "HelloWorldHorld" {
		t.Errorf("got %q, %v", got, err)
	}
	d.Reset(1 << 15)
	if got, err := d.Append([]byte("HelloWorld"), 7, new(Window), data, math.MaxInt); err == nil {
		t.Errorf("a distance to before the start: got %q", got)
	}
	d.Reset(4)
	if got, err := d.Append([]byte("HelloWorld"), 5, new(Window), data, math.MaxInt); err == nil {
		t.Errorf("a distance beyond the reach: got %q", got)
	}
}

// The limit holds to the byte, for all kinds of blocks, and the memory taken is
// never more than it.
func TestLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, data := range [][]byte{text(r, 3000), bytes.Repeat([]byte("a"), 3000)} {
		for _, level := range []int{0, 1, 9, flate.HuffmanOnly} {
			compressed := compress(t, level, nil, data)
			for _, n := range []int{1, 3, len(compressed)} {
				for _, limit := range []int{0, 1, 511, 512, 513, 1500, 2998, 2999} {
					got, _, err := inflate(cut(compressed, n), nil, 1<<15, limit)
					if !errors.Is(err, ErrTooLong) || len(got) > limit || cap(got) > limit {
						t.Errorf("level %d, pieces of %d, limit %d: %d bytes, capacity %d, %v", level, n, limit, len(got), cap(got), err)
					}
				}
				got, _, err := inflate(cut(compressed, n), nil, 1<<15, len(data))
				if err != nil || !bytes.Equal(got, data) || cap(got) > len(data) {
					t.Errorf("level %d, pieces of %d: %d bytes, capacity %d, %v", level, n, len(got), cap(got), err)
				}
			}
		}
	}
}

// Memory that is there is used.
func TestNothingIsAllocated(t *testing.T) {
	data := text(rand.New(rand.NewPCG(5, 6)), 3000)
	compressed := compress(t, 6, nil, data)
	var d Decoder
	var w Window
	w.Move(make([]byte, 4096))
	dst := make([]byte, 0, 3000)
	if n := testing.AllocsPerRun(100, func() {
		d.Reset(1 << 15)
		got, err := d.Append(dst, 0, &w, compressed, math.MaxInt)
		if err != nil || len(got) != len(data) {
			t.Fatal(len(got), err)
		}
		w.Add(got)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// bitWriter writes the blocks that no encoder would.
type bitWriter struct {
	b []byte
	n int // bits
}

// put writes n bits, the lowest first.
func (w *bitWriter) put(n int, v uint) *bitWriter {
	for ; n > 0; n-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v&1) << (w.n % 8)
		w.n++
		v >>= 1
	}
	return w
}

// code writes the n bits of a Huffman code, the highest first.
func (w *bitWriter) code(n int, v uint) *bitWriter {
	for n--; n >= 0; n-- {
		w.put(1, v>>n)
	}
	return w
}

// dynamic begins a dynamic block with the counts of its header and the lengths of
// the codes for code lengths.
func dynamic(literals, distances uint, lengths map[int]uint) *bitWriter {
	w := new(bitWriter)
	w.put(1, 0).put(2, 2).put(5, literals-257).put(5, distances-1).put(4, 19-4)
	for _, symbol := range lengthOrder {
		w.put(3, lengths[int(symbol)])
	}
	return w
}

func TestCorrupt(t *testing.T) {
	oneAndEighteen := map[int]uint{1: 1, 18: 1} // 1 is the code 0, 18 is 1
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"block type":          {[]byte{7}, "reserved type 3"},
		"stored, complement":  {[]byte{0, 5, 0, 0xFA, 0xFE}, "complement"},
		"literals":            {dynamic(287, 1, nil).b, "287 literals"},
		"distances":           {dynamic(257, 31, nil).b, "31 distances"},
		"lengths, too many":   {dynamic(257, 1, map[int]uint{0: 1, 1: 1, 2: 1}).b, "no code for code lengths"},
		"lengths, incomplete": {dynamic(257, 1, map[int]uint{0: 1, 1: 2}).b, "no code for code lengths"},
		"lengths, one of two": {dynamic(257, 1, map[int]uint{0: 2}).b, "no code for code lengths"},
		"lengths, none":       {dynamic(257, 1, nil).put(14, 0).b, "no code length"},
		"lengths, other bit":  {dynamic(257, 1, map[int]uint{1: 1}).put(14, 1).b, "no code length"},
		"repetition first":    {dynamic(257, 1, map[int]uint{16: 1, 1: 1}).code(1, 1).put(20, 0).b, "first code length is a repetition"},
		"repetition too long": {dynamic(257, 1, oneAndEighteen).code(1, 1).put(7, 127).code(1, 1).put(7, 127).b, "138 code lengths where 120"},
		"too many literals": {
			dynamic(257, 1, map[int]uint{1: 1, 18: 1}).
				code(1, 0).code(1, 0).code(1, 0).code(1, 1).put(7, 127).code(1, 1).put(7, 116-11).code(1, 0).b, "no code for literals",
		},
		"no distances": {
			// The literals have one code, of one bit; the distances three.
			dynamic(257, 3, oneAndEighteen).
				code(1, 1).put(7, 127).code(1, 1).put(7, 118-11).code(1, 0).code(1, 0).code(1, 0).code(1, 0).b, "no code for literals",
		},
		"one literal, another bit": {
			dynamic(257, 1, oneAndEighteen).
				code(1, 1).put(7, 127).code(1, 1).put(7, 118-11).code(1, 0).code(1, 0).put(32, math.MaxUint32).b, "no literal or length",
		},
		"one distance, another bit": {
			// The literals are end of block (0) and length 3 (1), of distances there is one.
			dynamic(258, 1, oneAndEighteen).
				code(1, 1).put(7, 127).code(1, 1).put(7, 118-11).code(1, 0).code(1, 0).code(1, 0).put(32, math.MaxUint32).b, "no distance",
		},
		"symbol of a length":   {new(bitWriter).put(1, 0).put(2, 1).code(8, 0b11000110).b, "no literal or length"},
		"symbol of a distance": {new(bitWriter).put(1, 0).put(2, 1).code(8, 0x30).code(7, 1).code(5, 30).b, "no distance"},
		"distance too far":     {new(bitWriter).put(1, 0).put(2, 1).code(8, 0x30).code(7, 1).code(5, 1).b, "distance of 2 bytes, with 1 put out and a window of 32768"},
	} {
		t.Run(name, func(t *testing.T) {
			for n := 1; n <= len(tt.data); n++ {
				_, _, err := inflate(cut(tt.data, n), nil, 1<<15, math.MaxInt)
				if _, ok := errors.AsType[CorruptError](err); !ok || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("in pieces of %d: %v, want %q", n, err, tt.want)
				}
			}
		})
	}
}

// What is not there yet is no mistake, wherever it is cut, and nothing is put out
// too early.
func TestTruncated(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	data := text(r, 500)
	for _, level := range []int{0, 1, 9} {
		compressed := compress(t, level, nil, data)
		for n := range compressed {
			got, d, err := inflate([][]byte{compressed[:n]}, nil, 1<<15, math.MaxInt)
			if err != nil || !bytes.HasPrefix(data, got) {
				t.Fatalf("the first %d of %d bytes: %q, %v", n, len(compressed), got, err)
			}
			if d.AtBoundary() != (n == 0) && level != 0 {
				t.Errorf("the first %d of %d bytes end at a boundary: %t", n, len(compressed), d.AtBoundary())
			}
		}
	}
}

// A code of one symbol has one bit; a code of none is never used.
func TestSmallCodes(t *testing.T) {
	for name, tt := range map[string]struct {
		w    *bitWriter
		want string
	}{
		"end of block alone": {
			dynamic(257, 1, map[int]uint{1: 1, 18: 1}).
				code(1, 1).put(7, 127).code(1, 1).put(7, 118-11).code(1, 0).code(1, 0).code(1, 0), "",
		},
		"no distances": {
			// Lengths: 0 for all but A and end of block. The codes are 0: 0, 1: 10, 18: 11.
			dynamic(257, 1, map[int]uint{0: 1, 1: 2, 18: 2}).
				code(2, 3).put(7, 65-11).code(2, 2).code(2, 3).put(7, 127).code(2, 3).put(7, 52-11).code(2, 2).code(1, 0).
				code(1, 0).code(1, 0).code(1, 1), "AA",
		},
	} {
		w := tt.w.put(3, 0)
		w.put((8-w.n%8)%8, 0).put(16, 0).put(16, 0xFFFF)
		got, d, err := inflate(cut(w.b, 1), nil, 1<<15, math.MaxInt)
		if err != nil || string(got) != tt.want || !d.AtBoundary() {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestDecoderSize(t *testing.T) {
	if n := reflect.TypeFor[Decoder]().Size(); n > DecoderSize || n < DecoderSize/2 {
		t.Errorf("a decoder takes %d bytes, not about %d", n, DecoderSize)
	}
}
