package websockets_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-websockets/websockets"
	"github.com/go-websockets/websockets/frame"
	"github.com/go-websockets/websockets/wstest"
)

// recordHeaders returns the headers of all frames that come in on a transport,
// until its end.
func recordHeaders(t *testing.T, r io.Reader) (headers []frame.Header) {
	t.Helper()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	for len(all) > 0 {
		h, n, err := frame.ParseHeader(all)
		if err != nil || n == 0 || len(all) < n+int(h.Length) {
			t.Fatalf("%d bytes that are no frame: %v", len(all), err)
		}
		headers = append(headers, h)
		all = all[n+int(h.Length):]
	}
	return headers
}

// sendOfEverything sends frames of each kind, and ends the connection.
func sendOfEverything(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
	t.Helper()
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	for i := range 20 {
		check(c.Send(ctx, websockets.Text("text")))
		check(c.Send(ctx, websockets.Binary(make([]byte, 300*i))))
		check(second(c.Ping(ctx, nil)))
		check(c.Pong(ctx, []byte("unasked")))
		check(websockets.Broadcast(slices.Values([]*websockets.Conn{c}), websockets.Text("")))
		w, err := c.Writer(ctx, websockets.TextMessage)
		check(err)
		for _, s := range []string{"in", "frag", "ments"} {
			check(second(io.WriteString(w, s)))
		}
		check(w.Close())
		p.Send("PING 01 02")
		pass(200 * time.Millisecond) // for the pong
	}
	p.Send("CLOSE 1000")
	if c.Role() == websockets.RoleClient {
		_ = p.Conn().(*wstest.Conn).CloseWrite()
	}
}

// Every frame of a client is masked, each with a key of its own, and none of a
// server (RFC 6455 §5.1, §5.3).
func TestClientsMaskEachFrameWithAFreshKeyAndServersNone(t *testing.T) {
	for _, role := range []websockets.Role{websockets.RoleServer, websockets.RoleClient} {
		synctest.Test(t, func(t *testing.T) {
			a, b := (&wstest.Network{Window: 1 << 20}).Pipe()
			c := websockets.NewConn(a, role, websockets.Handshake{}, nil)
			defer c.CloseNow()
			sendOfEverything(t, c, wstest.NewPeer(t, b, 3-role))
			headers := recordHeaders(t, b)
			seen := map[[4]byte]int{}
			kinds := map[frame.Opcode]int{}
			for _, h := range headers {
				if h.Masked != (role == websockets.RoleClient) {
					t.Fatalf("%v sent %v", role, h)
				}
				seen[h.MaskingKey]++
				kinds[h.Opcode]++
			}
			if len(headers) != 20*10+1 || len(kinds) != 6 {
				t.Errorf("%d frames: %v", len(headers), kinds)
			}
			// 200 keys of 32 bits: two the same are a chance of 1 in 200,000.
			if role == websockets.RoleClient && len(seen) < len(headers)-1 {
				t.Errorf("%d keys for %d frames", len(seen), len(headers))
			}
		})
	}
}

// No bit of the masking keys is more often set than by chance, nor the same as
// in the key before (RFC 6455 §10.3).
func TestMaskingKeysShowNoPattern(t *testing.T) {
	const n = 20_000
	a, b := (&wstest.Network{Window: 1 << 20}).Pipe()
	c := websockets.NewConn(a, websockets.RoleClient, websockets.Handshake{}, &websockets.Options{WriteLimit: websockets.NoLimit})
	for range n {
		if err := c.Send(context.Background(), websockets.Text("")); err != nil {
			t.Fatal(err)
		}
	}
	const frameSize = 6 // two bytes and a key
	headers := recordHeaders(t, io.LimitReader(b, n*frameSize))
	_ = c.CloseNow()
	if len(headers) != n {
		t.Fatalf("%d frames", len(headers))
	}
	var set, same [32]int
	for i, h := range headers[1:] {
		before := headers[i].MaskingKey
		for bit := range 32 {
			mine, last := h.MaskingKey[bit/8]>>(bit%8)&1, before[bit/8]>>(bit%8)&1
			set[bit] += int(mine)
			if mine == last {
				same[bit]++
			}
		}
	}
	most := 7 * math.Sqrt(n) / 2 // seven standard deviations
	for bit := range 32 {
		for what, count := range map[string]int{"set": set[bit], "as before": same[bit]} {
			if math.Abs(float64(count)-float64(n)/2) > most {
				t.Errorf("bit %d is %s in %d of %d keys", bit, what, count, n)
			}
		}
	}
}

// Who waits in Send goes on when no more than a quarter of WriteLimit waits.
func TestSendGoesOnAtAQuarterOfWriteLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, size = 4000, 100
		a, b := (&wstest.Network{Window: 1}).Pipe()
		c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, &websockets.Options{WriteLimit: limit, PingInterval: websockets.Off})
		defer b.Close()
		defer c.CloseNow()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		// The flusher takes the first frame alone, and is stuck in it.
		for range limit / size {
			if err := c.Send(ctx, websockets.Binary(make([]byte, size-2))); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		done := make(chan error, 1)
		go func() { done <- c.Send(ctx, websockets.Text("waits")) }()
		synctest.Wait()
		read := func(n int) {
			if _, err := io.ReadFull(b, make([]byte, n)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		read(size)
		if len(done) > 0 {
			t.Fatal("Send went on although most of WriteLimit waits")
		}
		read(limit - size)
		if len(done) == 0 {
			t.Fatal("Send waits although nothing else does")
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// What is read ahead of the application is bounded in messages and in bytes.
func TestReadingAheadIsBoundedInBytes(t *testing.T) {
	for name, tt := range map[string]struct {
		opts          websockets.Options
		size          int // of each message
		least, atMost int // bytes taken
	}{
		"by the queue":            {websockets.Options{MaxQueue: 4}, 50_000, 200_000, 200_000 + 4<<10},
		"by the buffer":           {websockets.Options{MaxQueue: 5}, 15, 3 << 10, 4<<10 + 64},
		"by a large buffer":       {websockets.Options{MaxQueue: 5, ReadBuffer: 64 << 10}, 15, 60 << 10, 64<<10 + 64},
		"by their bytes":          {websockets.Options{MaxMessageSize: 120_000}, 50_000, 150_000, 150_000 + 4<<10},
		"by their bytes at least": {websockets.Options{MaxMessageSize: 10_000}, 10_000, 70_000, 70_000 + 4<<10},
		"by no bytes":             {websockets.Options{MaxQueue: websockets.NoLimit, MaxMessageSize: 50_000}, 50_000, 900_000, 1_000_000},
		"by the size of messages": {websockets.Options{MaxQueue: 2, MaxMessageSize: 1 << 10}, 1 << 10, 2 << 10, 2<<10 + 4<<10 + 32},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := (&wstest.Network{Window: 1 << 20}).Pipe()
				tt.opts.PingInterval = websockets.Off
				c := websockets.NewConn(a, websockets.RoleServer, websockets.Handshake{}, &tt.opts)
				defer b.Close()
				defer c.CloseNow()
				var wire []byte
				for len(wire) < 900_000 {
					f := frame.Frame{FIN: true, Opcode: frame.OpBinary, Payload: make([]byte, tt.size)}
					wire, _ = f.Append(wire, frame.WriteOptions{Masked: true})
				}
				if _, err := b.Write(wire); err != nil {
					t.Fatal(err)
				}
				pass(time.Minute)
				if taken := len(wire) - b.Out().Pending(); taken < tt.least || taken > tt.atMost {
					t.Errorf("%d bytes were taken while nobody received, want %d to %d", taken, tt.least, tt.atMost)
				}
				if c.State() != websockets.StateOpen {
					t.Errorf("state %v", c.State())
				}
			})
		})
	}
}

// While the queue is full nothing is read, not even control frames; as soon as
// the application receives, all of it goes on.
func TestFullQueueHoldsControlFramesBack(t *testing.T) {
	bothRoles(t, &websockets.Options{MaxQueue: 2}, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		p.Send(`TEXT "1"`, `TEXT "2"`, `PING "late"`, `TEXT "3"`, "CLOSE 1000")
		p.ExpectSilence(10 * time.Second)
		for _, want := range []string{"1", "2", "3"} {
			if m, err := c.Recv(context.Background()); err != nil || m.String() != want {
				t.Fatalf("got %q, %v, want %q", m, err, want)
			}
		}
		p.Expect(`PONG "late"`, "CLOSE 1000")
	})
}

// An iterable of nothing sends nothing; a Writer that is closed at once sends an
// empty message, and one that is never used nothing.
func TestSendingInFragmentsUsesOneFrameForEachPart(t *testing.T) {
	bothRoles(t, nil, func(t *testing.T, c *websockets.Conn, p *wstest.Peer) {
		w, err := c.Writer(context.Background(), websockets.TextMessage)
		if err != nil {
			t.Fatal(err)
		}
		p.ExpectSilence(time.Second)
		for i := range 5 {
			if _, err := io.WriteString(w, fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
			opcode := "CONT"
			if i == 0 {
				opcode = "TEXT"
			}
			p.Expect(fmt.Sprintf("%s %q more", opcode, fmt.Sprint(i))) // at once
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		p.Expect("CONT fin")
		if _, err := io.Copy(w, strings.NewReader("more")); err == nil {
			t.Error("a closed Writer took more")
		}
	})
}

// A lingering transport takes its time to close, as TLS does when the peer does
// not read its goodbye.
type lingering struct {
	net.Conn
	release chan struct{}
}

func (l lingering) Close() error {
	<-l.release
	return l.Conn.Close()
}

// Broadcast waits for nobody, not even for a connection that is about to end.
func TestBroadcastSkipsAConnectionThatIsEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := wstest.Pipe()
		defer b.Close()
		release := make(chan struct{})
		c := websockets.NewConn(lingering{a, release}, websockets.RoleServer, websockets.Handshake{}, nil)
		go c.CloseNow()
		synctest.Wait()
		broadcast := make(chan error, 1)
		go func() {
			broadcast <- websockets.Broadcast(slices.Values([]*websockets.Conn{c}), websockets.Text("news"))
		}()
		synctest.Wait()
		if len(broadcast) == 0 {
			t.Error("Broadcast waits")
		}
		close(release)
		if err := <-broadcast; !errors.Is(err, websockets.ErrState) {
			t.Errorf("got %v", err)
		}
	})
}
