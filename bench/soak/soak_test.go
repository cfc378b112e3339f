//go:build linux

package soak

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-websockets/websockets"
)

func TestMain(m *testing.M) {
	if Child() {
		return
	}
	os.Exit(m.Run())
}

// What is lost, doubled, out of order or damaged is noticed.
func TestBook(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	from := book{conn: 5}
	var sent []websockets.Message
	for range 40 {
		sent = append(sent, from.write(random))
	}
	damaged := sent[1]
	damaged.Data = bytes.Clone(damaged.Data)
	damaged.Data[len(damaged.Data)-1] ^= 1
	stranger := book{conn: 6, next: 1}
	for name, list := range map[string][]websockets.Message{
		"":            sent,
		"are lost":    {sent[0], sent[2]},
		"twice":       {sent[0], sent[1], sent[1]},
		"too late":    {sent[0], sent[1], sent[0]},
		"is damaged":  {sent[0], damaged},
		"is one of":   {sent[0], stranger.write(random)},
		"in place of": {websockets.Text("short")},
	} {
		to := book{conn: 5}
		var err error
		for _, m := range list {
			if err = to.read(m); err != nil {
				break
			}
		}
		if name == "" && err != nil || name != "" && (err == nil || !strings.Contains(err.Error(), name)) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Both sides must have counted the same on connections that ended with a closing
// handshake, in the way that was meant.
func TestLedger(t *testing.T) {
	client := End{Conn: 1, How: "clean", Sent: 10, Received: 20, Code: 1000, Clean: true}
	server := End{Conn: 1, Sent: 20, Received: 10, Code: 1000, Clean: true}
	for _, tt := range []struct {
		what   string
		change func(c, s *End)
		faults int
	}{
		{"nothing", func(_, _ *End) {}, 0},
		{"lost on the way to the server", func(_, s *End) { s.Received-- }, 1},
		{"lost on the way to the client", func(c, _ *End) { c.Received-- }, 1},
		{"more than was sent", func(c, _ *End) { c.Received++ }, 1},
		{"lost when the client broke off", func(c, s *End) { c.How, c.Clean, s.Clean = "abrupt", false, false; s.Received-- }, 0},
		{"broken", func(c, s *End) { c.Clean = false; s.Received-- }, 1},
		{"shut down with 1001", func(c, _ *End) { c.How, c.Code = "", 1001 }, 0},
		{"shut down with another code", func(c, _ *End) { c.How, c.Code = "", 1011 }, 1},
		{"seen by one side", func(_, s *End) { s.Conn = 2 }, 2},
	} {
		c, s := client, server
		tt.change(&c, &s)
		l := newLedger()
		l.end(&s, true)
		l.end(&c, false)
		l.close()
		if len(l.faults) != tt.faults {
			t.Errorf("%s: %q", tt.what, l.faults)
		}
	}
}

func TestSlope(t *testing.T) {
	var samples []*Sample
	for i := range 100 {
		noise := float64(i%2) * 10
		samples = append(samples, &Sample{At: float64(i), Heap: 1000 + float64(i) + noise, Files: 7})
	}
	s := slope(samples, func(s *Sample) float64 { return s.Heap })
	if s.Grown < 45 || s.Grown > 53 || s.Error < 2 || s.Error > 3 {
		t.Errorf("%+v", s)
	}
	for bound, ok := range map[float64]bool{10: false, 40: false, 47: true, 60: true} { // 49, give or take 5
		if s.Bound = bound; s.OK() != ok {
			t.Errorf("%+v: OK is %v", s, !ok)
		}
	}
	if s := slope(samples, func(s *Sample) float64 { return float64(s.Files) }); s.Grown != 0 || s.Mean != 7 {
		t.Errorf("%+v", s)
	}
}

// A small run finds nothing, and its reports can be written.
func TestRun(t *testing.T) {
	r, err := Run(Config{
		Duration: 2 * time.Second, Connections: 30, Hostile: 18, Churn: 10, Messages: 200, Seed: 7, Sample: 100 * time.Millisecond,
	}, func(Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	// In so short a time what grows is not settled.
	for _, f := range r.Faults {
		if !strings.Contains(f, "grew by") {
			t.Error(f)
		}
	}
	if r.Books.Connections < 30 || r.Books.Settled < 100 || r.Books.Ends["shutdown"] == 0 {
		t.Errorf("%+v", r.Books)
	}
	r.Faults = append(r.Faults, "<b>")
	page, err := r.Page()
	if err != nil || !bytes.Contains(page, []byte("<svg")) || bytes.Contains(page, []byte("<b>")) {
		t.Errorf("page of %d bytes, %v", len(page), err)
	}
	if s := r.Markdown(); !strings.Contains(s, "| lost of these | 0 |") {
		t.Error(s)
	}
}
