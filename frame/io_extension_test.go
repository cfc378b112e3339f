package frame

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A fakeExtension appends its name to payloads with one of the bits, and takes it
// away again.
type fakeExtension struct {
	name string
	set  func(f *Frame, bit bool)
	err  error
	max  int64 // the limit that Decode was called with
}

func (e *fakeExtension) Encode(f Frame) (Frame, error) {
	if e.err != nil {
		return Frame{}, e.err
	}
	f.Payload = []byte(string(f.Payload) + e.name)
	if e.set != nil {
		e.set(&f, true)
	}
	return f, nil
}

func (e *fakeExtension) Decode(f Frame, max int64) (Frame, error) {
	e.max = max
	if e.err != nil {
		return Frame{}, e.err
	}
	rest, ok := bytes.CutSuffix(f.Payload, []byte(e.name))
	if !ok {
		return Frame{}, fmt.Errorf("no %s at the end of %q", e.name, f.Payload)
	}
	f.Payload = rest
	if e.set != nil {
		e.set(&f, false)
	}
	return f, nil
}

func TestExtensionsEncodeInOrderAndDecodeInReverse(t *testing.T) {
	one := &fakeExtension{name: "-one", set: func(f *Frame, bit bool) { f.RSV1 = bit }}
	two := &fakeExtension{name: "-two", set: func(f *Frame, bit bool) { f.RSV3 = bit }}
	f := Frame{FIN: true, Opcode: OpText, Payload: []byte("hi")}
	wire, err := f.Append(nil, WriteOptions{Extensions: []Encoder{one, two}})
	if want := "\xD1\x0Ahi-one-two"; err != nil || string(wire) != want {
		t.Fatalf("encoded as %q, %v; want %q", wire, err, want)
	}
	got, err := Read(bytes.NewReader(wire), ReadOptions{MaxSize: 10, Extensions: []Decoder{one, two}})
	if err != nil || !equalFrames(got, f) {
		t.Errorf("read %v, %v; want %v", got, err, f)
	}
	if one.max != 10 || two.max != 10 {
		t.Errorf("limits %d and %d handed to the decoders, want 10", one.max, two.max)
	}
	if _, err := Read(bytes.NewReader(wire), ReadOptions{MaxSize: -1, Extensions: []Decoder{one, two}}); err != nil || one.max >= 0 {
		t.Errorf("without a limit: error %v, limit %d handed to a decoder", err, one.max)
	}
	// A bit that no extension clears is still an error.
	var pe *ProtocolError
	if _, err := Read(strings.NewReader("\xA1\x06hi-one"), ReadOptions{Extensions: []Decoder{one}}); !errors.As(err, &pe) || pe.Section != "RFC 6455 §5.2" {
		t.Errorf("RSV2 with an extension that defines RSV1: error %v", err)
	}
}

// inflater is a decoder that ignores its limit.
type inflater struct{}

func (inflater) Decode(f Frame, max int64) (Frame, error) {
	f.Payload = bytes.Repeat(f.Payload, 10)
	return f, nil
}

func TestReadChecksWhatDecodersReturn(t *testing.T) {
	var big *PayloadTooBigError
	_, err := Read(strings.NewReader("\x81\x02hi"), ReadOptions{MaxSize: 19, Extensions: []Decoder{inflater{}}})
	if !errors.As(err, &big) || big.Size != 20 || big.Limit != 19 {
		t.Errorf("decoded to 20 bytes with a limit of 19: error %v", err)
	}
	var pe *ProtocolError
	_, err = Read(strings.NewReader("\x89\x0D"+strings.Repeat("x", 13)), ReadOptions{Extensions: []Decoder{inflater{}}})
	if !errors.As(err, &pe) || pe.Section != "RFC 6455 §5.5" {
		t.Errorf("ping decoded to 130 bytes: error %v", err)
	}
	failed := errors.New("failed")
	_, err = Read(strings.NewReader("\x81\x02hi"), ReadOptions{Extensions: []Decoder{&fakeExtension{err: failed}}})
	if err != failed {
		t.Errorf("decoder fails: error %v", err)
	}
}
