package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Peers are the kinds of peer that a case can test.
type Peers uint8

// The kinds of peer, and both.
const (
	Servers Peers = 1 << iota
	Clients
	Both = Servers | Clients
)

// String returns "servers", "clients" or "both".
func (p Peers) String() string {
	switch p {
	case Servers:
		return "servers"
	case Clients:
		return "clients"
	default:
		return "both"
	}
}

// A Case is one test. Cases do not depend on one another.
type Case struct {
	ID          string // for example "5.19"; it never changes its meaning
	Title       string // what is sent, in a line
	Expectation string // what a peer must do, in a line
	Section     string // where the rule stands, for example "RFC 6455 §5.4"
	Peers       Peers  // whom it can test

	// Volume marks a case that sends so much that results may depend on the
	// machine: the families 9, 12 and 13.
	Volume bool

	bound time.Duration // the case cannot take longer, with a peer at its slowest
	run   func(*session)
}

// Family returns the number before the first dot of the ID.
func (c *Case) Family() string {
	family, _, _ := strings.Cut(c.ID, ".")
	return family
}

// Family tells what the cases of one number are about.
type Family struct {
	Number string // what stands before the first dot of the IDs
	Title  string // in a few words
}

var families = []Family{
	{"1", "Framing"},
	{"2", "Pings and pongs"},
	{"3", "Reserved bits"},
	{"4", "Opcodes"},
	{"5", "Fragmentation"},
	{"6", "UTF-8"},
	{"7", "Closing"},
	{"9", "Limits and large messages"},
	{"10", "Automatic fragmentation"},
	{"12", "Compression by payload"},
	{"13", "Compression by parameters"},
	{"20", "Opening handshake"},
	{"21", "Negotiation of extensions"},
	{"22", "Masking"},
	{"23", "Limits and floods"},
	{"24", "Timing"},
	{"25", "Recorded vulnerabilities"},
}

// Families returns the families in their order.
func Families() []Family { return slices.Clone(families) }

// Cases returns all cases in the order of their IDs, number by number.
func Cases() []*Case { return slices.Clone(all()) }

// Select returns the cases that patterns name, in the order of their IDs. A
// pattern is an ID, or has a * for any text, as in "6.*"; one that begins with "-"
// takes cases away again. Patterns apply in their order. If there are none, or the
// first one takes away, all cases are there at the start. It fails if a pattern
// names no case.
func Select(patterns ...string) ([]*Case, error) {
	chosen := map[*Case]bool{}
	if len(patterns) == 0 || strings.HasPrefix(patterns[0], "-") {
		for _, c := range all() {
			chosen[c] = true
		}
	}
	for _, p := range patterns {
		pattern, away := strings.CutPrefix(p, "-")
		found := false
		for _, c := range all() {
			if matches(c.ID, pattern) {
				found = true
				chosen[c] = !away
			}
		}
		if !found {
			return nil, fmt.Errorf("conformance: no case matches %q", pattern)
		}
	}
	return slices.DeleteFunc(Cases(), func(c *Case) bool { return !chosen[c] }), nil
}

// matches reports whether id is the pattern, with * for any text.
func matches(id, pattern string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return id == pattern
	}
	if !strings.HasPrefix(id, head) {
		return false
	}
	for id = id[len(head):]; ; id = id[1:] {
		if matches(id, rest) {
			return true
		}
		if id == "" {
			return false
		}
	}
}

// byID compares IDs number by number.
func byID(a, b *Case) int {
	return slices.CompareFunc(strings.Split(a.ID, "."), strings.Split(b.ID, "."), func(x, y string) int {
		n, _ := strconv.Atoi(x)
		m, _ := strconv.Atoi(y)
		return cmp.Compare(n, m)
	})
}
