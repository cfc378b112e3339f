package compare

import (
	"fmt"
	"slices"

	"github.com/go-websockets/websockets/bench/servers"
	"github.com/go-websockets/websockets/frame"
)

// A Kind says what the clients of a work do.
type Kind uint8

// The kinds.
const (
	Echo      Kind = iota // messages go out and come back
	Broadcast             // one says, all hear
	Memory                // connections are idle after some messages
	Opening               // connections come and go
)

// A Work is something that every candidate has to do.
type Work struct {
	Name        string // for flags and files
	Title       string
	Unit        string // of the cost
	Kind        Kind
	Connections int
	Window      int // messages in flight, on each connection
	Opcode      frame.Opcode
	Payloads    [][]byte
	Compression servers.Compression
	TLS         bool
	Stalled     bool // one connection never reads
	PerByte     bool // the cost is for a gigabyte of payload, in seconds
	Large       bool // streams are of interest
	Only        []string
	Full        bool // left out of the short run
}

// The units.
const (
	Microseconds = "µs/message"
	Deliveries   = "µs/delivery"
	Gigabyte     = "s/GB"
	Bytes        = "bytes/connection"
	Each         = "µs/connection"
)

// Works lists what there is to do, in the order of the tables.
func Works() []*Work {
	small, medium := random(64, 32), random(512, 32)
	list := []*Work{
		echo("ping-pong-1", "ping-pong, 64 B, 1 connection", small, 1, 1),
		echo("ping-pong-64", "ping-pong, 64 B, 64 connections", small, 64, 1),
		echo("ping-pong-1000", "ping-pong, 64 B, 1,000 connections", small, 1000, 1),
		echo("pipelined-64", "pipelined, 64 B, 32 in flight on each of 16 connections", small, 16, 32),
		echo("pipelined-512", "pipelined, 512 B, 32 in flight on each of 16 connections", medium, 16, 32),
		large("binary-1m", "binary of 1 MiB, 4 connections", frame.OpBinary, random(1<<20, 2), 4),
		large("ascii-64k", "ASCII text of 64 KiB, 8 connections", frame.OpText, ascii(64<<10, 4), 8),
		large("cjk-64k", "CJK text of 64 KiB, 8 connections", frame.OpText, cjk(64<<10, 4), 8),
		broadcast(1000), broadcast(5000),
		{
			Name: "memory", Title: "memory of an idle connection after traffic", Unit: Bytes, Kind: Memory,
			Connections: 1000, Window: 1, Opcode: frame.OpBinary, Payloads: small,
		},
		{Name: "opening", Title: "open, upgrade and close", Unit: Each, Kind: Opening, Connections: 64},
		compressed("deflate", "deflate, JSON of 1 KiB, no context takeover, 64 connections", servers.NoTakeover),
		compressed("deflate-takeover", "deflate, JSON of 1 KiB, context takeover, 64 connections", servers.Takeover),
	}
	for _, stalled := range []bool{false, true} {
		w := &Work{
			Name: "fan-out", Title: "broadcast, 4 KiB to 100, 8 in flight", Unit: Deliveries, Kind: Broadcast,
			Connections: 100, Window: 8, Opcode: frame.OpBinary, Payloads: random(4<<10, 16), Stalled: stalled,
		}
		if stalled {
			w.Name, w.Title = w.Name+"-stalled", w.Title+", and to one more that never reads"
		}
		list = append(list, w)
	}
	overTLS := echo("tls-ping-pong-64", "TLS: ping-pong, 64 B, 64 connections", small, 64, 1)
	pipelinedTLS := echo("tls-pipelined-64", "TLS: pipelined, 64 B, 32 in flight on each of 16 connections", small, 16, 32)
	overTLS.TLS, pipelinedTLS.TLS = true, true
	list = append(list, overTLS, pipelinedTLS)
	for _, w := range list {
		w.Full = w.Compression != "" || w.TLS || slices.Contains(onlyFull, w.Name)
	}
	return list
}

// onlyFull are works that tell little more than another one.
var onlyFull = []string{"pipelined-512", "broadcast-5000", "fan-out", "fan-out-stalled"}

func echo(name, title string, payloads [][]byte, connections, window int) *Work {
	return &Work{
		Name: name, Title: title, Unit: Microseconds,
		Connections: connections, Window: window, Opcode: frame.OpBinary, Payloads: payloads,
	}
}

func large(name, title string, opcode frame.Opcode, payloads [][]byte, connections int) *Work {
	return &Work{
		Name: name, Title: title, Unit: Gigabyte, PerByte: true, Large: true,
		Connections: connections, Window: 1, Opcode: opcode, Payloads: payloads,
	}
}

func broadcast(n int) *Work {
	return &Work{
		Name: fmt.Sprintf("broadcast-%d", n), Title: fmt.Sprintf("broadcast, 128 B to %s, 8 in flight", thousands(n)),
		Unit: Deliveries, Kind: Broadcast, Connections: n, Window: 8, Opcode: frame.OpBinary, Payloads: random(128, 16),
	}
}

func compressed(name, title string, mode servers.Compression) *Work {
	return &Work{
		Name: name, Title: title, Unit: Microseconds,
		Connections: 64, Window: 1, Opcode: frame.OpText, Payloads: documents(61), Compression: mode,
	}
}

// Suits reports whether a candidate can do the work, and doing it tells anything.
func (w *Work) Suits(c *servers.Candidate) bool {
	switch {
	case w.Only != nil && !slices.Contains(w.Only, c.Name):
		return false
	case w.TLS && c.Command != nil:
		return false // it would need a certificate in files
	case w.Stalled && c.Family == servers.Raw:
		return false // it writes to one after the other, so it would just stop
	case w.Compression != "":
		return slices.Contains(c.Compresses, w.Compression)
	case c.Streams:
		return w.Large
	case c.Trial:
		return w.Kind == Echo && !w.PerByte && !w.TLS || w.Kind == Memory
	case c.Name == "gws-checked":
		return w.Opcode == frame.OpText
	}
	return true
}

// offer is the extension that clients offer, as browsers do.
func (w *Work) offer() string {
	switch w.Compression {
	case servers.NoTakeover:
		return "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	case servers.Takeover:
		return "permessage-deflate; client_max_window_bits"
	}
	return ""
}

// thousands writes n with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
