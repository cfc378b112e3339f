package inflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"testing"
)

// FuzzDecoder compares with the standard library: the same is complete, and the
// same is put out, whatever the pieces.
func FuzzDecoder(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, level := range []int{-2, 0, 1, 9} {
		f.Add(compress(f, level, nil, text(r, 2000)), uint16(3), uint16(0))
		f.Add(compress(f, level, nil, skewed(r, 2000)), uint16(3), uint16(0))
		f.Add(compress(f, level, []byte("Hello"), []byte("Hello")), uint16(1), uint16(5))
	}
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), uint16(4), uint16(9))
	f.Fuzz(func(t *testing.T, data []byte, piece, held uint16) {
		data = data[:min(len(data), 4096)]
		window := bytes.Repeat([]byte("Hello, window! "), 1+int(held)/15)[:held%(1<<15)]
		got, d, err := inflate(cut(data, 1+int(piece)), window, 1<<15, math.MaxInt)
		want, wantErr := whole(data, window)
		complete := err == nil && d.AtBoundary()
		switch {
		case complete != (wantErr == nil):
			t.Fatalf("complete: %t, %v; the standard library: %v", complete, err, wantErr)
		case wantErr == io.ErrUnexpectedEOF && bytes.HasPrefix(got, want):
			// It waits for more bits than a symbol may have.
		case !bytes.Equal(got, want) && (err != nil || complete):
			t.Fatalf("%d bytes, want %d; errors %v and %v", len(got), len(want), err, wantErr)
		}
		if len(got) > 0 {
			if _, _, err := inflate(cut(data, 1+int(piece)), window, 1<<15, len(got)-1); !errors.Is(err, ErrTooLong) {
				t.Fatalf("one byte less than needed: %v", err)
			}
		}
	})
}

// standard inflates with the standard library. It returns an error unless data
// ends with a block, at the end of a byte.
func standard(data, window []byte) (all []byte, err error) {
	src := bytes.NewReader(data)
	all = bytes.Clone(window)
	r := flate.NewReader(src)
	for src.Len() > 0 {
		history := all[max(0, len(all)-1<<15):]
		if err := r.(flate.Resetter).Reset(src, history); err != nil {
			return nil, err
		}
		got, err := io.ReadAll(r)
		all = append(all, got...)
		if err != nil {
			return all[len(window):], err
		}
	}
	return all[len(window):], nil
}

// whole is standard for data that is to be continued: it may end with any block.
func whole(data, window []byte) ([]byte, error) {
	want, err := standard(data, window)
	if err == io.ErrUnexpectedEOF {
		// Nothing is missing if all that a further block adds is its own.
		all, err := standard(append(bytes.Clone(data), "\x01\x04\x00\xfb\xffmark"...), window)
		if err == nil && bytes.HasSuffix(all, []byte("mark")) && len(all) == len(want)+4 {
			return want, nil
		}
	}
	return want, err
}
