package deflate

import (
	"math/rand/v2"
	"testing"

	"github.com/go-websockets/websockets/extension"
	"github.com/go-websockets/websockets/internal/inflate"
	"github.com/go-websockets/websockets/internal/race"
)

// kept is how many bytes an extension keeps between two messages.
func kept(e extension.Extension) int {
	p := e.(*permessage)
	if p.receiver.decoder != nil {
		return 1 << 30 // it should be back in its pool
	}
	return p.EncodeRetains() + p.DecodeRetains()
}

// In the middle of a message the decompressor is counted.
func TestMemoryInsideAMessage(t *testing.T) {
	client, server := agree(t, Options{DisableContextTakeover: true}, Options{})
	f := encode(t, client, message(text(rand.New(rand.NewPCG(3, 3)), 1000)))
	if _, err := server.AppendDecode(nil, f.Payload[:10], false, -1); err != nil {
		t.Fatal(err)
	}
	if n := server.(extension.Retainer).DecodeRetains(); n < inflate.DecoderSize {
		t.Errorf("%d bytes are retained", n)
	}
	if _, err := server.AppendDecode(nil, f.Payload[10:], true, -1); err != nil {
		t.Fatal(err)
	}
	if n := kept(server); n != 0 {
		t.Errorf("%d bytes are kept behind it", n)
	}
}

// Nothing is kept before the first message that is compressed; then the windows,
// as far as they are filled; and nothing at all without context takeover.
func TestMemoryKept(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, tt := range []struct {
		name           string
		client, server Options
		few, many      int
	}{
		{"defaults", Options{}, Options{}, 2 << 10, 8 << 10},
		{"8 bits", Options{WindowBits: 8}, Options{WindowBits: 8}, 1 << 10, 1 << 10},
		{"15 bits", Options{WindowBits: 15}, Options{WindowBits: 15, PeerWindowBits: 15}, 2 << 10, 64 << 10},
		{"one way", Options{DisableContextTakeover: true}, Options{}, 1 << 10, 4 << 10},
		{"no context takeover", Options{DisableContextTakeover: true}, Options{DisableContextTakeover: true}, 0, 0},
	} {
		client, server := agree(t, tt.client, tt.server)
		exchange := func(n int) {
			for _, way := range [][2]extension.PerMessage{{client, server}, {server, client}} {
				f := encode(t, way[0], message(text(r, n)))
				if _, err := way[1].Decode(f, -1); err != nil {
					t.Fatal(err)
				}
				f = encode(t, way[0], message(noise(r, n)))
				if _, err := way[1].Decode(f, -1); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := func(when string, most int) {
			for role, e := range map[string]extension.Extension{"client": client, "server": server} {
				if got := kept(e); got > most || most > 0 && got < most/2 {
					t.Errorf("%s, %s: the %s keeps %d bytes, want %d", tt.name, when, role, got, most)
				}
			}
		}
		exchange(255)
		want("before a message is compressed", 0)
		exchange(800)
		want("after one", tt.few)
		for range 20 {
			exchange(3000)
		}
		want("after many", tt.many)
	}
}

// Once it runs, nothing is allocated for a message.
func TestMessagesAllocateNothing(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	r := rand.New(rand.NewPCG(2, 2))
	for _, o := range []Options{
		{},
		{DisableContextTakeover: true, DisablePeerContextTakeover: true},
		{WindowBits: 15, PeerWindowBits: 15},
	} {
		client, server := agree(t, o, o)
		messages := [][]byte{text(r, 1000), noise(r, 1000), text(r, 20_000), text(r, 300)}
		var dst, got []byte
		i := 0
		once := func() {
			i++
			f, err := client.AppendEncode(dst[:0], message(messages[i%len(messages)]))
			if err != nil {
				t.Fatal(err)
			}
			if f.RSV1 {
				dst = f.Payload
				if got, err = server.AppendDecode(got[:0], f.Payload, true, 1<<20); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 100 {
			once()
		}
		// The garbage collector may empty a pool at any time.
		if n := testing.AllocsPerRun(400, once); n >= 1 {
			t.Errorf("%+v: %v allocations for each message", o, n)
		}
	}
}
