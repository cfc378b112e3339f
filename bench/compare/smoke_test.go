//go:build linux

package compare

import (
	"crypto/tls"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"testing"

	"github.com/go-websockets/websockets/bench/load"
	"github.com/go-websockets/websockets/bench/servers"
)

// TestEveryCandidateDoesItsWork: a few hundred messages of each kind come back as
// they went out, from every candidate that is written in Go.
func TestEveryCandidateDoesItsWork(t *testing.T) {
	works := Works()
	for _, w := range works {
		if w.Connections > 64 && slices.ContainsFunc(works, func(other *Work) bool {
			return other.Kind == w.Kind && other.Connections < w.Connections && other.Stalled == w.Stalled
		}) {
			continue // the same with more connections
		}
		traffic := map[bool]*load.Traffic{}
		for _, raw := range []bool{false, true} {
			traffic[raw] = load.NewTraffic(w.Opcode, w.Payloads, raw, w.Compression != "")
		}
		for _, c := range servers.All() {
			if w.Suits(c) {
				t.Run(w.Name+"/"+c.Name, func(t *testing.T) { tryOut(t, w, c, traffic[c.Family == servers.Raw]) })
			}
		}
	}
}

func tryOut(t *testing.T, w *Work, c *servers.Candidate, traffic *load.Traffic) {
	for servers.Hearing() > 0 { // those of the candidate before
		runtime.Gosched()
	}
	m := &measurement{work: small(w), candidate: c, server: serve(t, w, c)}
	if w.Kind == Opening {
		o, err := load.Open(m.server, 4)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		if err := o.RunConnections(20); err != nil {
			t.Fatal(err)
		}
		return
	}
	clients, err := m.clients(traffic, func() (int, error) { return servers.Hearing(), nil })
	if err != nil {
		t.Fatal(err)
	}
	defer clients.Close()
	messages := int64(200)
	switch {
	case w.Large:
		messages = 8
	case w.Compression != "":
		messages = 80
	}
	if err := clients.RunMessages(messages); err != nil {
		t.Fatal(err)
	}
	if got := clients.Messages(); got < messages {
		t.Errorf("%d messages came back, not %d", got, messages)
	}
}

// small is w with few connections.
func small(w *Work) *Work {
	few := *w
	few.Connections = min(w.Connections, 4)
	return &few
}

// serve runs a candidate in this process.
func serve(t *testing.T, w *Work, c *servers.Candidate) *load.Server {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	addr := netip.MustParseAddrPort(ln.Addr().String())
	if w.TLS {
		certificate, err := servers.Certificate()
		if err != nil {
			t.Fatal(err)
		}
		ln = tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{certificate}})
	}
	go func() { _ = c.Serve(ln, servers.Setup{Compression: w.Compression, Opening: w.Kind == Opening}) }()
	return &load.Server{Addr: addr, Raw: c.Family == servers.Raw, Deflate: w.offer(), TLS: w.TLS}
}
