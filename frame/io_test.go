package frame

import (
	"bytes"
	"errors"
	"io"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

func equalFrames(a, b Frame) bool {
	return a.Header() == b.Header() && bytes.Equal(a.Payload, b.Payload)
}

// The examples of RFC 6455 §5.7, both ways.
func TestExamplesOfTheRFC(t *testing.T) {
	key := [4]byte{0x37, 0xFA, 0x21, 0x3D}
	tests := []struct {
		name   string
		frame  Frame
		masked bool
		wire   string
	}{
		{"unmasked text", Frame{FIN: true, Opcode: OpText, Payload: []byte("Hello")}, false, "\x81\x05Hello"},
		{"masked text", Frame{FIN: true, Opcode: OpText, Payload: []byte("Hello")}, true, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"},
		{"first fragment", Frame{Opcode: OpText, Payload: []byte("Hel")}, false, "\x01\x03Hel"},
		{"last fragment", Frame{FIN: true, Opcode: OpContinuation, Payload: []byte("lo")}, false, "\x80\x02lo"},
		{"ping", Frame{FIN: true, Opcode: OpPing, Payload: []byte("Hello")}, false, "\x89\x05Hello"},
		{"masked pong", Frame{FIN: true, Opcode: OpPong, Payload: []byte("Hello")}, true, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"},
		{"256 bytes", Frame{FIN: true, Opcode: OpBinary, Payload: make([]byte, 256)}, false, "\x82\x7E\x01\x00" + strings.Repeat("\x00", 256)},
		{"64 KiB", Frame{FIN: true, Opcode: OpBinary, Payload: make([]byte, 65536)}, false, "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00" + strings.Repeat("\x00", 65536)},
		{"empty close, masked", Frame{FIN: true, Opcode: OpClose}, true, "\x88\x80\x37\xfa\x21\x3d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w writes
			if err := tt.frame.Write(&w, WriteOptions{Masked: tt.masked, MaskingKey: key}); err != nil {
				t.Fatal(err)
			}
			if len(w) != 1 || string(w[0]) != tt.wire {
				t.Errorf("written %q, want %q in one call", [][]byte(w), tt.wire)
			}
			// Bytes arrive one at a time, and the next frame stays in the reader.
			r := strings.NewReader(tt.wire + "next")
			got, err := Read(iotest.OneByteReader(r), ReadOptions{Masked: tt.masked})
			if err != nil || !equalFrames(got, tt.frame) {
				t.Errorf("read %v, %v; want %v", got, err, tt.frame)
			}
			if r.Len() != len("next") {
				t.Errorf("%d bytes are left, want %d", r.Len(), len("next"))
			}
		})
	}
}

// writes keeps the bytes of each call of Write.
type writes [][]byte

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, bytes.Clone(p))
	return len(p), nil
}

func TestReadEndsWhereTheStreamEnds(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 65535, 65536, 200_000} {
		f := Frame{FIN: true, Opcode: OpBinary, Payload: bytes.Repeat([]byte("ab"), size)[:size]}
		wire, err := f.Append(nil, WriteOptions{Masked: true, MaskingKey: [4]byte{1, 2, 3, 4}})
		if err != nil {
			t.Fatal(err)
		}
		step := 1 + len(wire)/100
		for cut := range wire {
			if cut > MaxHeaderSize+1 && cut < len(wire)-1 && cut%step != 0 {
				continue
			}
			want := io.ErrUnexpectedEOF
			if cut == 0 {
				want = io.EOF
			}
			got, err := Read(bytes.NewReader(wire[:cut]), ReadOptions{Masked: true})
			if err != want || got.Payload != nil {
				t.Fatalf("%d bytes cut at %d: %v, error %v; want %v", size, cut, got, err, want)
			}
		}
		got, err := Read(bytes.NewReader(wire), ReadOptions{Masked: true})
		if err != nil || !equalFrames(got, f) {
			t.Fatalf("%d bytes: %v, %v", size, got, err)
		}
	}
}

func TestReadReturnsTheErrorOfTheReader(t *testing.T) {
	broken := errors.New("broken")
	wire := "\x82\x7E\x00\x80" + strings.Repeat("x", 128)
	for cut := range wire {
		r := io.MultiReader(strings.NewReader(wire[:cut]), iotest.ErrReader(broken))
		if _, err := Read(r, ReadOptions{}); !errors.Is(err, broken) {
			t.Errorf("reader fails after %d bytes: error %v", cut, err)
		}
	}
}

// What the header alone tells is refused without reading on.
func TestReadRefusesOnTheHeader(t *testing.T) {
	var none []Decoder
	some := []Decoder{&fakeExtension{}}
	tests := []struct {
		name       string
		wire       string
		masked     bool
		extensions []Decoder
		section    string
	}{
		{"unmasked on a server", "\x81\x05", true, none, "RFC 6455 §5.1"},
		{"masked on a client", "\x81\x85KEY!", false, none, "RFC 6455 §5.1"},
		{"reserved bit", "\xC1\x05", false, none, "RFC 6455 §5.2"},
		{"reserved opcode", "\x83\x05", false, none, "RFC 6455 §5.2"},
		{"reserved opcode, with an extension", "\x83\x05", false, some, "RFC 6455 §5.2"},
		{"fragmented ping", "\x09\x05", false, none, "RFC 6455 §5.5"},
		{"fragmented ping, with an extension", "\x49\x05", false, some, "RFC 6455 §5.5"},
		{"long ping", "\x89\x7E\x00\x7E", false, none, "RFC 6455 §5.5"},
		{"length not minimal", "\x82\x7E\x00\x05", false, none, "RFC 6455 §5.2"},
		{"length with its top bit set", "\x82\x7F\x80\x00\x00\x00\x00\x00\x00\x05", false, none, "RFC 6455 §5.2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := io.MultiReader(strings.NewReader(tt.wire), iotest.ErrReader(errors.New("read on")))
			_, err := Read(r, ReadOptions{Masked: tt.masked, Extensions: tt.extensions})
			var pe *ProtocolError
			if !errors.As(err, &pe) || pe.Code != 1002 || pe.Section != tt.section {
				t.Errorf("error %v; want one for %s", err, tt.section)
			}
		})
	}
}

func TestReadLimit(t *testing.T) {
	tests := []struct {
		max   int64
		size  int
		limit int64 // of the error, 0 if there is none
	}{
		{10, 10, 0},
		{10, 11, 10},
		{0, DefaultMaxSize, 0},
		{0, DefaultMaxSize + 1, DefaultMaxSize},
		{-1, DefaultMaxSize + 1, 0},
		{math.MaxInt64, DefaultMaxSize + 1, 0},
	}
	for _, tt := range tests {
		f := Frame{FIN: true, Opcode: OpBinary, Payload: make([]byte, tt.size)}
		wire, err := f.Append(nil, WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(bytes.NewReader(wire), ReadOptions{MaxSize: tt.max})
		if tt.limit == 0 {
			if err != nil || !equalFrames(got, f) {
				t.Errorf("MaxSize %d: %d bytes give error %v", tt.max, tt.size, err)
			}
			continue
		}
		var big *PayloadTooBigError
		if !errors.As(err, &big) || *big != (PayloadTooBigError{Size: int64(tt.size), Limit: tt.limit}) {
			t.Errorf("MaxSize %d: %d bytes give error %v", tt.max, tt.size, err)
		}
	}
}

// allocated returns the bytes that one call of f allocates, on average.
func allocated(f func()) uint64 {
	const runs = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / runs
}

// A header announces 4 EiB and no byte follows.
func TestAnnouncedLengthAloneTakesNoMemory(t *testing.T) {
	wire := []byte{0x82, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}
	r := bytes.NewReader(nil)
	readTooBig := func(max int64) func() {
		return func() {
			r.Reset(wire)
			_, err := Read(r, ReadOptions{Masked: true, MaxSize: max})
			var big *PayloadTooBigError
			if !errors.As(err, &big) || big.Size != 1<<62 {
				t.Fatalf("MaxSize %d: error %v", max, err)
			}
		}
	}
	if n := allocated(readTooBig(0)); n > 1024 {
		t.Errorf("with a limit: %d bytes allocated", n)
	}
	if strconv.IntSize == 32 { // there no slice is as long
		for _, max := range []int64{-1, math.MaxInt64} {
			if n := allocated(readTooBig(max)); n > 1024 {
				t.Errorf("MaxSize %d: %d bytes allocated", max, n)
			}
		}
		return
	}
	n := allocated(func() {
		r.Reset(wire)
		if _, err := Read(r, ReadOptions{Masked: true, MaxSize: -1}); err != io.ErrUnexpectedEOF {
			t.Fatalf("without a limit: error %v", err)
		}
	})
	if n > firstAlloc+1024 {
		t.Errorf("without a limit: %d bytes allocated", n)
	}
}

// A header announces 1 GiB and 300 KiB follow.
func TestMemoryGrowsWithTheBytesReceived(t *testing.T) {
	const sent = 300 << 10
	wire := append([]byte{0x82, 0x7F, 0, 0, 0, 0, 0x40, 0, 0, 0}, make([]byte, sent)...)
	n := allocated(func() {
		if _, err := Read(bytes.NewReader(wire), ReadOptions{MaxSize: 1 << 30}); err != io.ErrUnexpectedEOF {
			t.Fatalf("error %v", err)
		}
	})
	if n > 4*sent {
		t.Errorf("%d bytes allocated for %d received", n, sent)
	}
}

// Nothing is written, and dst is returned as it was, if the frame may not be sent.
func TestAppendAndWriteRefuse(t *testing.T) {
	failed := errors.New("failed")
	tests := []struct {
		name       string
		frame      Frame
		extensions []Encoder
	}{
		{"reserved bit", Frame{FIN: true, RSV2: true, Opcode: OpText}, nil},
		{"reserved bit, with an extension", Frame{FIN: true, RSV2: true, Opcode: OpText}, []Encoder{&fakeExtension{}}},
		{"reserved opcode", Frame{FIN: true, Opcode: 3}, nil},
		{"opcode out of range", Frame{FIN: true, Opcode: 0x81}, nil},
		{"fragmented close", Frame{Opcode: OpClose}, nil},
		{"long pong", Frame{FIN: true, Opcode: OpPong, Payload: make([]byte, 126)}, nil},
		{"pong made long", Frame{FIN: true, Opcode: OpPong, Payload: make([]byte, 125)}, []Encoder{&fakeExtension{name: "+"}}},
		{"encoder fails", Frame{FIN: true, Opcode: OpText}, []Encoder{&fakeExtension{}, &fakeExtension{err: failed}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := WriteOptions{Extensions: tt.extensions}
			dst, err := tt.frame.Append([]byte("x"), o)
			var pe *ProtocolError
			if !errors.As(err, &pe) && err != failed || string(dst) != "x" {
				t.Errorf("Append: %q, error %v", dst, err)
			}
			var w writes
			if err := tt.frame.Write(&w, o); err == nil || len(w) != 0 {
				t.Errorf("Write: %q written, error %v", [][]byte(w), err)
			}
		})
	}
}

func TestAppendLeavesThePayloadAlone(t *testing.T) {
	backing := []byte("payload, and what stands behind")
	f := Frame{FIN: true, Opcode: OpText, Payload: backing[:7]}
	for _, masked := range []bool{false, true} {
		o := WriteOptions{Masked: masked, MaskingKey: [4]byte{1, 2, 3, 4}}
		first, err := f.Append(nil, o)
		if err != nil {
			t.Fatal(err)
		}
		both, err := f.Append(first, o)
		if err != nil || !bytes.Equal(both, bytes.Repeat(first, 2)) {
			t.Errorf("masked %t: %q, %v; want the same frame twice", masked, both, err)
		}
		if string(backing) != "payload, and what stands behind" {
			t.Errorf("masked %t: the payload became %q", masked, backing)
		}
	}
}

func TestWriteReturnsTheErrorOfTheWriter(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	err := Frame{FIN: true, Opcode: OpText}.Write(w, WriteOptions{})
	if err != io.ErrClosedPipe {
		t.Errorf("error %v", err)
	}
}

func TestData(t *testing.T) {
	type text string
	type bin []byte
	if got := Data("κόσμε"); string(got) != "κόσμε" {
		t.Errorf("string: %q", got)
	}
	if got := Data(text("hi")); string(got) != "hi" {
		t.Errorf("named string: %q", got)
	}
	b := bin{1, 2, 3}
	if got := Data(b); &got[0] != &b[0] || len(got) != 3 {
		t.Errorf("named bytes: %v", got)
	}
}

func TestFrameCheck(t *testing.T) {
	if err := (Frame{FIN: true, Opcode: OpPing, Payload: make([]byte, 125)}).Check(); err != nil {
		t.Error(err)
	}
	if err := (Frame{FIN: true, Opcode: OpPing, Payload: make([]byte, 126)}).Check(); err == nil {
		t.Error("ping of 126 bytes passes")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), true)
	f.Add([]byte("\x01\x03Hel\x80\x02lo"), false)
	f.Add([]byte("\x88\x02\x03\xE8"), false)
	f.Add([]byte("\x82\x7E\x01\x00"+strings.Repeat("\x00", 256)), false)
	f.Add([]byte("\x82\xFF\x40\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04"), true)
	f.Fuzz(func(t *testing.T, b []byte, masked bool) {
		r := bytes.NewReader(b)
		got, err := Read(r, ReadOptions{Masked: masked, MaxSize: 1000})
		if err != nil {
			var pe *ProtocolError
			var big *PayloadTooBigError
			if err != io.EOF && err != io.ErrUnexpectedEOF && !errors.As(err, &pe) && !errors.As(err, &big) {
				t.Fatalf("% x: unexpected error %v", b, err)
			}
			return
		}
		h, _, err := ParseHeader(b)
		if err != nil {
			t.Fatalf("% x: read, but not parsed: %v", b, err)
		}
		out, err := got.Append(nil, WriteOptions{Masked: h.Masked, MaskingKey: h.MaskingKey})
		if err != nil || !bytes.Equal(out, b[:len(b)-r.Len()]) {
			t.Fatalf("% x: %v encodes to % x, %v", b, got, out, err)
		}
	})
}
