//go:build linux

package soak

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-websockets/websockets"
)

// This file is what the processes say to the one that started them: lines of JSON.

// A report is a line. One of its fields is set.
type report struct {
	Addr   string  `json:",omitempty"` // the server is ready
	Sample *Sample `json:",omitempty"`
	End    *End    `json:",omitempty"`
	Fault  string  `json:",omitempty"` // what must not happen
	Ready  bool    `json:",omitempty"` // the clients are connected
	Last   *Last   `json:",omitempty"` // the process is about to end
}

// A Sample is how a process is at a moment.
type Sample struct {
	At          float64 // seconds since the process began
	Connections int     // that keep the books
	Heap        float64 // bytes that were alive when the collector last looked
	Resident    float64 // bytes of RAM
	Retained    float64 // bytes, the sum of Conn.Retained
	Goroutines  int
	Files       int
	Messages    int64 // received so far
}

// An End is the books of a connection, as one side has them.
type End struct {
	Conn     uint64
	How      string // on the client: clean, asked, abrupt, or "" if the server did it
	Sent     uint64 // Send returned nil
	Received uint64
	Code     int // that the peer sent
	Clean    bool
	Error    string `json:",omitempty"`
}

// Last is what is left when a process has closed everything.
type Last struct {
	Goroutines, Before int
	Stacks             string  `json:",omitempty"` // if some are too many
	Shutdown           float64 // seconds
	Hostile            map[string]int64
	Pings              int64 // of the application that were answered
}

// An out writes reports.
type out struct {
	mu sync.Mutex
	w  *bufio.Writer
	e  *json.Encoder
}

func newOut(w io.Writer) *out {
	b := bufio.NewWriter(w)
	return &out{w: b, e: json.NewEncoder(b)}
}

func (o *out) say(r report) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_ = o.e.Encode(r)
	if r.End == nil {
		_ = o.w.Flush()
	}
}

// A common is what both processes have.
type common struct {
	Config
	out      *out
	started  time.Time
	before   int // goroutines
	received atomic.Int64
	pings    atomic.Int64
}

func newCommon(c Config) *common {
	return &common{Config: c, out: newOut(os.Stdout), started: time.Now(), before: runtime.NumGoroutine()}
}

// samples looks from time to time, until stop is closed.
func (c *common) samples(stop <-chan struct{}, conns func() (n, retained int)) {
	t := time.NewTicker(c.Sample)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return
		case <-t.C:
		}
		s := sampleOf()
		s.At, s.Messages = time.Since(c.started).Seconds(), c.received.Load()
		n, retained := conns()
		s.Connections, s.Retained = n, float64(retained)
		c.out.say(report{Sample: s})
	}
}

func sampleOf() *Sample {
	m := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(m)
	s := &Sample{Heap: float64(m[0].Value.Uint64()), Goroutines: runtime.NumGoroutine()}
	if d, err := os.Open("/proc/self/fd"); err == nil {
		names, _ := d.Readdirnames(-1)
		s.Files = len(names)
		_ = d.Close()
	}
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := strings.Fields(string(b)); len(f) > 1 {
			pages, _ := strconv.Atoi(f[1])
			s.Resident = float64(pages * os.Getpagesize())
		}
	}
	return s
}

// end reports the books of a connection that has ended.
func (c *common) end(conn *websockets.Conn, how string, sent, received *book) {
	<-conn.Done()
	e := &End{Conn: sent.conn, How: how, Sent: sent.next, Received: received.next}
	if err, ok := errors.AsType[*websockets.CloseError](conn.Err()); ok {
		e.Code = int(err.Code)
		e.Clean = err.Sent != 0 && err.Code != websockets.CloseAbnormal && err.Err == nil
		if err.Err != nil {
			e.Error = err.Error()
		}
	}
	c.out.say(report{End: e})
}

// last waits for goroutines to end and reports those that do not.
func (c *common) last(shutdown time.Duration, hostile map[string]int64) {
	n := 0
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if n = runtime.NumGoroutine(); n <= c.before {
			break
		}
	}
	l := &Last{Goroutines: n, Before: c.before, Shutdown: shutdown.Seconds(), Hostile: hostile, Pings: c.pings.Load()}
	if n > c.before {
		b := make([]byte, 64<<10)
		l.Stacks = string(b[:runtime.Stack(b, true)])
	}
	c.out.say(report{Last: l})
}
