//go:build linux

package bounds

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The hostile are a process: clients of a server that is measured, or the server of
// clients that are.
type hostile struct {
	mu      sync.Mutex
	conns   []*attack
	ln      net.Listener
	arrived chan *attack

	gate    *gate
	stop    chan struct{} // closed when waves end
	ended   sync.WaitGroup
	written atomic.Int64
}

func runHostile() error {
	runtime.GOMAXPROCS(1)
	h := &hostile{gate: newGate()}
	return answers(h.do)
}

func (h *hostile) do(o order) (answer, error) {
	s := find(o.Script)
	switch o.Do {
	case "connect": // to a server
		return answer{}, h.connect(s, o)
	case "listen": // for clients, until there are enough
		if err := h.listen(s, o.N); err != nil {
			return answer{}, err
		}
		return answer{Addr: h.ln.Addr().String()}, nil
	case "accepted":
		return answer{}, h.accepted(o.N)
	case "play":
		return answer{Written: h.play()}, nil
	case "close":
		h.close()
		return answer{}, nil
	case "waves": // closes the gate: see go and pause
		h.waves(s, o)
		return answer{}, nil
	case "go":
		h.gate.set(true)
		return answer{}, nil
	case "pause":
		h.gate.set(false)
		return answer{Written: h.written.Load()}, nil
	case "end":
		h.end()
		return answer{}, nil
	}
	return answer{}, fmt.Errorf("no order %q", o.Do)
}

// An attack is a connection of a hostile peer.
type attack struct {
	conn   net.Conn
	script *Script
	wire   wire
}

func (h *hostile) connect(s *Script, o order) error {
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	places := make(chan struct{}, 16)
	for i := range o.N {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			a, err := dialAttack(s, o.Addr, i)
			if err != nil {
				failed.Store(&err)
				return
			}
			h.mu.Lock()
			h.conns = append(h.conns, a)
			h.mu.Unlock()
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// dialAttack connects to a server, and opens a WebSocket if the script wants one.
func dialAttack(s *Script, addr string, i int) (*attack, error) {
	d := net.Dialer{Control: s.narrow}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	a := &attack{conn: conn, script: s, wire: wire{masked: true}}
	if !s.Before {
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: bounds.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n%s\r\n", s.path(i), s.Header)
		r, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
		if err == nil && r.StatusCode != http.StatusSwitchingProtocols {
			err = fmt.Errorf("status %d", r.StatusCode)
		}
		if err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	a.read()
	return a, nil
}

// narrow leaves the system little room for what the hostile do not read: that is none
// of the endpoint's, but takes long to fill.
func (s *Script) narrow(_, _ string, c syscall.RawConn) error {
	if s.Unread {
		return c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<10) })
	}
	return nil
}

// read drops what comes, unless the script leaves it.
func (a *attack) read() {
	if a.script.Unread {
		return
	}
	go func() { _, _ = io.Copy(io.Discard, a.conn) }()
}

// listen accepts clients and opens a WebSocket with each.
func (h *hostile) listen(s *Script, n int) error {
	h.arrived = make(chan *attack, n)
	arrived := h.arrived
	if h.ln != nil {
		_ = h.ln.Close()
	}
	lc := net.ListenConfig{Control: s.narrow}
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h.ln = ln
	go func() {
		for range n {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				a := &attack{conn: conn, script: s}
				if err := a.accept(); err == nil {
					a.read()
				}
				arrived <- a
			}()
		}
	}()
	return nil
}

func (a *attack) accept() error {
	r, err := http.ReadRequest(bufio.NewReader(a.conn))
	if err != nil {
		return err
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = fmt.Fprintf(a.conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Extensions: permessage-deflate\r\n%s\r\n", base64.StdEncoding.EncodeToString(sum[:]), a.script.Header)
	return err
}

func (h *hostile) accepted(n int) error {
	for range n {
		select {
		case a := <-h.arrived:
			h.conns = append(h.conns, a)
		case <-time.After(20 * time.Second):
			return errors.New("too few clients have come")
		}
	}
	return nil
}

// play runs the script on all connections, and returns how much could be written.
func (h *hostile) play() int64 {
	var all sync.WaitGroup
	var sum atomic.Int64
	for _, a := range h.conns {
		all.Go(func() { sum.Add(a.play(nil)) })
	}
	all.Wait()
	return sum.Load()
}

// stuck is how long a write may take: longer, and the endpoint does not read on.
const stuck = 2 * time.Second

// play writes what the script says, as the gate lets it.
func (a *attack) play(g *gate) (written int64) {
	b := a.script.shared(a.wire)
	size := 16 << 10
	if a.script.Slow {
		size = 1
	}
	for len(b) > 0 {
		p := b[:min(size, len(b))]
		if !g.pass(len(p)) {
			return written
		}
		_ = a.conn.SetWriteDeadline(time.Now().Add(stuck))
		n, err := a.conn.Write(p)
		written += int64(n)
		if err != nil {
			return written
		}
		b = b[n:]
		if a.script.Slow {
			time.Sleep(20 * time.Millisecond)
		}
	}
	return written
}

func (h *hostile) close() {
	for _, a := range h.conns {
		_ = a.conn.Close()
	}
	h.conns = nil
}

var (
	madeMu sync.Mutex
	made   = map[string][]byte{}
)

// shared is what a script writes, made once for all connections.
func (s *Script) shared(w wire) []byte {
	madeMu.Lock()
	defer madeMu.Unlock()
	key := fmt.Sprint(s.Name, w.masked)
	b, ok := made[key]
	if !ok {
		b = s.bytes(w)
		made[key] = b
	}
	return b
}
