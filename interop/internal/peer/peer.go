package peer

import (
	"encoding/json"
	"testing"
)

// A Peer is a program of testdata/peers: a WebSocket library that does what it
// is told and reports what happens.
type Peer struct {
	*Process
	pos int // the lines before this are done with
}

// A Command is one line for a peer's standard input. Do names it; the README
// beside the peers says which fields go with which command.
type Command struct {
	Do           string            `json:"do"`
	URL          string            `json:"url,omitempty"`
	Subprotocols []string          `json:"subprotocols,omitempty"`
	Headers      map[string]string `json:"headers,omitempty"`
	Origin       string            `json:"origin,omitempty"`
	User         string            `json:"user,omitempty"`
	MaxSize      int               `json:"max_size,omitempty"`
	CA           string            `json:"ca,omitempty"`
	Cert         string            `json:"cert,omitempty"`
	Key          string            `json:"key,omitempty"`
	Deflate      map[string]any    `json:"deflate,omitempty"`
	Text         string            `json:"text,omitempty"`
	Base64       []byte            `json:"base64,omitempty"`
	Parts        []string          `json:"parts,omitempty"`
	Code         int               `json:"code,omitempty"`
	Reason       string            `json:"reason,omitempty"`
}

// An Event is one line of a peer's standard output.
type Event struct {
	Event       string
	Name        string            // ready: the library and its version
	Port        int               // listening
	Path        string            // open, on a server
	Subprotocol string            // open
	Headers     map[string]string // open: the other side's, with names in lower case
	Status      int               // rejected
	Text        string            // text, ping, pong, error
	Base64      []byte            // binary
	Code        int               // closed
	Reason      string            // closed
}

// StartPeer runs a peer until the test ends and returns it with the name that it
// gives itself.
func StartPeer(t testing.TB, env []string, command ...string) (*Peer, string) {
	t.Helper()
	p := &Peer{Process: Start(t, env, command[0], command[1:]...)}
	return p, p.Expect(t, "ready").Name
}

// Do gives the peer a command.
func (p *Peer) Do(t testing.TB, c Command) {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.stdin.Write(append(b, '\n')); err != nil {
		t.Fatalf("peer: %s: %v; it printed:\n%s", c.Do, err, p.Output())
	}
}

// Expect waits for the peer's next event and returns it. Any other than the
// wanted one fails the test.
func (p *Peer) Expect(t testing.TB, want string) Event {
	t.Helper()
	var e Event
	var bad error
	err := p.next(&p.pos, func(l line) bool {
		if l.stderr {
			return false
		}
		bad = json.Unmarshal([]byte(l.text), &e)
		return true
	})
	switch {
	case err != nil:
		t.Fatalf("waiting for the peer's %q: %v; it printed:\n%s", want, err, p.Output())
	case bad != nil:
		t.Fatalf("waiting for the peer's %q: %v; it printed:\n%s", want, bad, p.Output())
	case e.Event != want:
		t.Fatalf("the peer's next event is %q, want %q; it printed:\n%s", e.Event, want, p.Output())
	}
	return e
}
