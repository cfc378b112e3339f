package conformance

import (
	"bytes"
	"compress/flate"
	"strings"
	"testing"

	"github.com/go-websockets/websockets/frame"
)

func TestDeflationsUnderstandEachOther(t *testing.T) {
	for bits := 8; bits <= 15; bits++ {
		for _, alone := range []bool{false, true} {
			agreed := terms{serverAlone: alone, clientAlone: alone, serverBits: bits, clientBits: bits}
			client, server := newDeflation(agreed, Servers), newDeflation(agreed, Clients)
			c, p := proseCorpus.load(), 0
			for i, size := range []int{0, 1, 100, 5000, 0, 70000, 300} {
				message := c.slice(p, size)
				p += size
				from, to := client, server
				if i%2 == 1 {
					from, to = server, client
				}
				got, err := to.decode(from.encode(message))
				if err != nil || !bytes.Equal(got, message) {
					t.Fatalf("%d bits, alone %v, message %d: %v", bits, alone, i, err)
				}
			}
			if client.in.longest > 1<<bits || bits > 8 && bits < 15 && client.in.longest == 0 {
				t.Errorf("%d bits: the longest distance is %d", bits, client.in.longest)
			}
		}
	}
}

func TestWhatIsAgainstTheTermsIsNoticed(t *testing.T) {
	text := []byte(strings.Repeat("the same again and again, ", 100))
	far := append(append([]byte("something that comes back far behind"), jsonCorpus.load().slice(0, 3000)...), "something that comes back far behind"...)
	tests := []struct {
		what     string
		sender   terms
		terms    terms
		messages [][]byte
		section  string
	}{
		{"context takeover", terms{}, terms{serverAlone: true}, [][]byte{text, text}, sectionInflate},
		{"a large window", terms{}, terms{serverBits: 9}, [][]byte{far}, "RFC 7692 §7.1.2"},
		{"a large window behind other messages", terms{}, terms{serverBits: 10}, [][]byte{far[:40], far[40:]}, "RFC 7692 §7.1.2"},
	}
	for _, test := range tests {
		from, to := newDeflation(test.sender, Clients), newDeflation(test.terms, Servers)
		var err error
		for _, m := range test.messages {
			if err != nil {
				t.Errorf("%s: too early: %v", test.what, err)
			}
			_, err = to.decode(from.encode(m))
		}
		e, ok := err.(*frame.ProtocolError)
		if !ok || e.Section != test.section {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}

func TestMessagesMayHaveLastBlocks(t *testing.T) {
	d := newDeflation(terms{}, Servers)
	for range 3 { // the second one refers to the first
		got, err := d.decode([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00")) // RFC 7692 §7.2.3.4
		if err != nil || string(got) != "Hello" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if _, err := d.decode([]byte("\xff\xff")); err == nil {
		t.Error("what is not DEFLATE was accepted")
	}
	if _, err := d.decode(nil); err == nil {
		t.Error("nothing at all was accepted as compressed")
	}
}

// TestLongestDistance compares with data whose distances are known.
func TestLongestDistance(t *testing.T) {
	for _, distance := range []int{1, 2, 4, 5, 8, 100, 255, 256, 257, 1000, 4096, 20000, 32768} {
		n := noise(9)
		p := make([]byte, distance)
		for i := range p {
			p[i] = byte(n.next())
		}
		p = append(p, p[:min(64, distance)]...)
		p = append(p, p[:min(64, distance)]...)
		for _, level := range []int{6, 9} {
			var b bytes.Buffer
			w, _ := flate.NewWriter(&b, level)
			_, _ = w.Write(p)
			_ = w.Close()
			// The repetition may be found twice as far back, where the matcher allows it.
			if got := longestDistance(b.Bytes()); distance >= 64 && (got < distance || got > distance+64) {
				t.Errorf("level %d: got %d, want %d", level, got, distance)
			}
		}
	}
}

func FuzzInflate(f *testing.F) {
	d := newDeflation(terms{}, Clients)
	f.Add(d.encode([]byte("hello, hello, hello")))
	f.Add(d.encode(jsonCorpus.load().slice(0, 3000)))
	f.Add([]byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"))
	f.Fuzz(func(t *testing.T, p []byte) {
		small, large := newDeflation(terms{serverBits: 9}, Servers), newDeflation(terms{}, Servers)
		a, err := small.decode(p)
		b, err2 := large.decode(p)
		if err == nil && (err2 != nil || !bytes.Equal(a, b)) {
			t.Errorf("%v, %v", err, err2)
		}
	})
}
