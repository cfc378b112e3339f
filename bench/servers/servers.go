package servers

import (
	"fmt"
	"net"
	"strings"
)

// The paths of requests. A server without HTTP, which [Raw] is, reads instead a
// first byte, which is the second of the path.
const (
	PathEcho = "/echo"
	PathHear = "/hear"
	PathSay  = "/say"
)

// A Family says whose code a candidate is built on.
type Family string

// The families.
const (
	Raw   Family = "raw"   // TCP and nothing else: what the system itself costs
	Ours  Family = "ours"  // this library
	Rival Family = "rival" // another one, in Go
	Other Family = "other" // another one, in another language
)

// A Compression is a setting of permessage-deflate (RFC 7692).
type Compression string

// The settings: what a server agrees to if it can.
const (
	Off        Compression = "off"
	NoTakeover Compression = "no-takeover"
	Takeover   Compression = "takeover"
)

// A Setup is what a server may need to know in advance.
type Setup struct {
	Compression Compression // zero: Off
	Opening     bool        // connections only open and close: Raw plays the handshake
}

// A Candidate is a server to compare.
type Candidate struct {
	Name       string
	Family     Family
	About      string        // how it is written, in a few words
	ChecksText bool          // refuses text messages that are not UTF-8 (RFC 6455 §8.1)
	Compresses []Compression // what it can do but Off
	Fragments  bool          // its replies come in several frames
	Trial      bool          // shows what another design would cost
	Streams    bool          // for large messages: what it does with small ones is of no interest
	Command    []string      // starts it in the folder of this module, if it is not written in Go
	needs      string        // a file without which Command is of no use
	serve      func(ln net.Listener, s Setup) error
}

// Serve serves the connections that come in on ln, until it is closed.
func (c *Candidate) Serve(ln net.Listener, s Setup) error {
	if s.Compression == "" {
		s.Compression = Off
	}
	return c.serve(ln, s)
}

// All lists the candidates that are written in Go.
func All() []*Candidate {
	var list []*Candidate
	for _, group := range [][]*Candidate{raw, ours, gorillas, coders, gobwases, gwses} {
		list = append(list, group...)
	}
	return list
}

// Find returns the candidate of a name.
func Find(name string) (*Candidate, error) {
	var names []string
	for _, c := range All() {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return nil, fmt.Errorf("no candidate %q: there are %s", name, strings.Join(names, ", "))
}

// eachConn calls f in a goroutine for each connection that comes in on ln.
func eachConn(ln net.Listener, f func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go f(conn)
	}
}
