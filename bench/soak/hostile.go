//go:build linux

package soak

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// strangers are hostile clients. They write to the socket themselves.
type strangers struct {
	c    *common
	addr string

	mu   sync.Mutex
	done map[string]int64
}

func newStrangers(c *common, addr string) *strangers {
	return &strangers{c: c, addr: addr, done: make(map[string]int64)}
}

// A stranger's ways, by name. What they write is masked with a key of zeros. A path of
// "" is for one that sends no request.
var ways = map[string]struct {
	path string
	do   func(conn net.Conn, random *rand.Rand)
}{
	"cut inside a frame": {"/", func(conn net.Conn, random *rand.Rand) {
		f := frameOf(0x82, make([]byte, 50_000))
		_, _ = conn.Write(f[:1+random.IntN(len(f)-1)])
	}},
	"garbage": {"/", func(conn net.Conn, random *rand.Rand) {
		p := make([]byte, 10_000)
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		_, _ = conn.Write(p)
		_, _ = io.Copy(io.Discard, conn)
	}},
	"never reads": {"/?flood", func(conn net.Conn, random *rand.Rand) { pause(random) }},
	"bomb": {"/", func(conn net.Conn, _ *rand.Rand) {
		_, _ = conn.Write(frameOf(0xC2, bomb()))
		_, _ = io.Copy(io.Discard, conn)
	}},
	"ping flood": {"/", func(conn net.Conn, _ *rand.Rand) {
		_, _ = conn.Write(bytes.Repeat(frameOf(0x89, make([]byte, 125)), 3000))
	}},
	"mute":                      {"/", func(conn net.Conn, random *rand.Rand) { pause(random) }},
	"mute before the handshake": {"", func(conn net.Conn, random *rand.Rand) { pause(random) }},
	"half a message, for long":  {"/", func(conn net.Conn, random *rand.Rand) { half(conn); pause(random) }},
	"garbage in place of a hello": {"", func(conn net.Conn, _ *rand.Rand) {
		_, _ = conn.Write([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n"))
	}},
}

func half(conn net.Conn) { _, _ = conn.Write(frameOf(0x82, make([]byte, 200_000))[:100_000]) }

func pause(random *rand.Rand) { time.Sleep(time.Duration(500+random.IntN(4000)) * time.Millisecond) }

var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = w.Write(make([]byte, 16<<20))
	_ = w.Flush()
	return b.Bytes()
})

// frameOf is a frame of a client, but its key is zero.
func frameOf(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// run has so many strangers at a time until stop is closed.
func (s *strangers) run(stop <-chan struct{}) {
	names := slices.Sorted(maps.Keys(ways))
	var all sync.WaitGroup
	for i := range s.c.Hostile {
		all.Go(func() {
			random := rand.New(rand.NewPCG(s.c.Seed, uint64(1000+i)))
			for {
				name := names[random.IntN(len(names))]
				err := s.one(name, random)
				s.mu.Lock()
				if s.done[name]++; err != nil {
					s.done["could not connect"]++
				}
				s.mu.Unlock()
				select {
				case <-stop:
					return
				case <-time.After(time.Duration(500+random.IntN(2000)) * time.Millisecond):
				}
			}
		})
	}
	all.Wait()
}

func (s *strangers) counts() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.done)
}

// one is one stranger's connection.
func (s *strangers) one(name string, random *rand.Rand) error {
	var d net.Dialer
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(15 * time.Second))
	way := ways[name]
	if way.path != "" {
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: soak.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", way.path)
		r, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
		if err != nil {
			return err
		}
		if r.StatusCode != http.StatusSwitchingProtocols {
			return fmt.Errorf("status %d", r.StatusCode)
		}
	}
	way.do(conn, random)
	return nil
}
