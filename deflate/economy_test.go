package deflate

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/internal/race"
)

// What gains less than one byte of 16 is sent as it is, and what gains more is not.
func TestGain(t *testing.T) {
	const size = 4000
	r := rand.New(rand.NewPCG(5, 5))
	p := noise(r, size)
	most := size + len(tail) - (size+len(tail))/16 // with the end that is not sent
	largest := 0
	for zeros := 250; zeros < 450; zeros++ {
		sends, _ := pair(t, Options{DisableContextTakeover: true})
		clear(p[size-zeros:])
		f := encode(t, sends, message(p))
		if !f.RSV1 {
			continue
		}
		n := len(f.Payload) + len(tail)
		if n > most {
			t.Fatalf("%d bytes are sent as %d", size, n)
		}
		largest = max(largest, n)
	}
	if largest < most-3 {
		t.Errorf("nothing is sent as %d to %d bytes", largest+1, most)
	}
}

// A message so short that the library forgets the window over it does not make the
// next one longer.
func TestShortMessagesCostNoWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	sends, _ := pair(t, Options{Threshold: -1})
	long, short := text(r, 600), bytes.Repeat([]byte("a"), 100)
	encode(t, sends, message(long))
	if f := encode(t, sends, message(short)); !f.RSV1 {
		t.Fatal("the short message is not compressed")
	}
	if f := encode(t, sends, message(long)); !f.RSV1 || len(f.Payload) > 60 {
		t.Errorf("what was sent before takes %d bytes", len(f.Payload))
	}
}

// A window that grows keeps what it has.
func TestWindowKeepsWhatItHasWhenItGrows(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	sends, _ := pair(t, Options{Threshold: -1})
	other, _ := pair(t, Options{Threshold: -1})
	first := text(r, 300)
	encode(t, sends, message(first))
	encode(t, sends, message(text(r, 400)))
	encode(t, other, message(text(r, 400))) // the compressor starts anew behind that
	if f := encode(t, sends, message(first)); !f.RSV1 || len(f.Payload) > 40 {
		t.Errorf("what was sent before takes %d bytes", len(f.Payload))
	}
}

// Windows that come and go with each message, and grow in it, are given back.
func TestFragmentsAllocateNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	r := rand.New(rand.NewPCG(8, 8))
	sends, receives := pair(t, Options{DisableContextTakeover: true, DisablePeerContextTakeover: true, Threshold: -1})
	fragments := [][]byte{text(r, 150), text(r, 300), text(r, 1000), text(r, 200)}
	var dst, got []byte
	once := func() {
		for i, p := range fragments {
			last := i == len(fragments)-1
			f, err := sends.AppendEncode(dst[:0], frame.Frame{FIN: last, Opcode: opcode(i), Payload: p})
			if err != nil || i == 0 && !f.RSV1 {
				t.Fatal("not compressed", err)
			}
			dst = f.Payload
			if got, err = receives.AppendDecode(got[:0], f.Payload, last, -1); err != nil || !bytes.Equal(got, p) {
				t.Fatal("not the same", err)
			}
		}
	}
	for range 100 {
		once()
	}
	if n := kept(sends) + kept(receives); n != 0 {
		t.Errorf("%d bytes are kept between messages", n)
	}
	// The garbage collector may empty a pool at any time.
	if n := testing.AllocsPerRun(400, once); n >= 1 {
		t.Errorf("%v allocations for each message", n)
	}
}

// The first sender of a program is not taken for one that has given up, forgotten or
// not begun: compressors know senders by numbers. As that needs a program in which
// nothing was sent before, the test runs itself again.
func TestFirstSender(t *testing.T) {
	const env = "DEFLATE_FIRST_SENDER"
	r := rand.New(rand.NewPCG(9, 9))
	forgotten := func(t *testing.T) {
		sends, receives := pair(t, Options{Threshold: -1})
		other, _ := pair(t, Options{Threshold: -1})
		p := text(r, 600)
		same(t, sends, receives, p)
		encode(t, other, message(bytes.Repeat([]byte("a"), 100))) // the library forgets its window
		if n := same(t, sends, receives, p); n > 60 {
			t.Errorf("what was sent before takes %d bytes", n)
		}
	}
	givenUp := func(size int) func(*testing.T) {
		return func(t *testing.T) {
			sends, receives := pair(t, Options{Threshold: -1})
			other, _ := pair(t, Options{Threshold: -1})
			same(t, sends, receives, text(r, 600))
			p := noise(r, size)
			if f := encode(t, other, message(p)); f.RSV1 {
				t.Fatal("noise is compressed")
			}
			if n := same(t, sends, receives, append(text(r, 1500), p[:500]...)); n > 1800 {
				t.Errorf("2000 bytes, most of them text, take %d", n)
			}
		}
	}
	none := func(t *testing.T) {
		sends, receives := pair(t, Options{DisableContextTakeover: true, DisablePeerContextTakeover: true, Threshold: -1})
		p := text(r, 1000)
		same(t, sends, receives, p)
		same(t, sends, receives, p)
	}
	scenarios := map[string]func(*testing.T){
		"forgotten": forgotten, "no takeover": none,
		"given up at the end": givenUp(1000), "given up behind the first block": givenUp(3 * blockSize),
	}
	if run := scenarios[os.Getenv(env)]; run != nil {
		run(t)
		return
	}
	for name := range scenarios {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFirstSender$")
		cmd.Env = append(os.Environ(), env+"="+name)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// same sends a message and wants it to be received.
// It returns the length of what was sent.
func same(t *testing.T, sends, receives extension.PerMessage, p []byte) int {
	t.Helper()
	sent := encode(t, sends, message(p))
	f, err := receives.Decode(sent, -1)
	if err != nil || !bytes.Equal(f.Payload, p) {
		t.Fatalf("%d bytes are received as %d, %v", len(p), len(f.Payload), err)
	}
	return len(sent.Payload)
}
