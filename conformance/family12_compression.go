package conformance

import "fmt"

// messageSizes are the sizes of messages in characters, or bytes, and of frames in
// bytes of what is compressed; 0: one frame.
var messageSizes = []struct{ size, fragment int }{
	{16, 0},
	{64, 0},
	{256, 0},
	{1 << 10, 0},
	{4 << 10, 0},
	{8 << 10, 0},
	{16 << 10, 0},
	{32 << 10, 0},
	{64 << 10, 0},
	{128 << 10, 0},
	{8 << 10, 256},
	{16 << 10, 256},
	{32 << 10, 256},
	{64 << 10, 256},
	{128 << 10, 256},
	{128 << 10, 1 << 10},
	{128 << 10, 4 << 10},
	{128 << 10, 32 << 10},
}

// compressed is the families 12 and 13.
func compressed() (cases []*Case) {
	plain := terms{clientAlone: true, clientAny: true}
	with := func(alone bool, bits int) terms {
		t := plain
		t.serverAlone, t.serverBits = alone, bits
		return t
	}
	any := negotiation{offers: []terms{plain}, demands: []demand{{}}}
	for i, c := range []*corpus{jsonCorpus, imageCorpus, proseCorpus, htmlCorpus, mixedCorpus} {
		cases = append(cases, compressedSizes(fmt.Sprintf("12.%d", i+1), "RFC 7692 §7.2", "", c, any)...)
	}
	for i, v := range []struct {
		title, section string
		n              negotiation
	}{
		{"any terms", "RFC 7692 §7.1", any},
		{"no context takeover", "RFC 7692 §7.1.1", negotiation{offers: []terms{with(true, 0)}, demands: []demand{{true, 0}}}},
		{"a window of 9 bits", "RFC 7692 §7.1.2", negotiation{offers: []terms{with(false, 9)}, demands: []demand{{false, 9}}}},
		{"a window of 15 bits", "RFC 7692 §7.1.2", negotiation{offers: []terms{with(false, 15)}, demands: []demand{{false, 15}}}},
		{"no context takeover, a window of 9 bits", "RFC 7692 §7.1", negotiation{offers: []terms{with(true, 9)}, demands: []demand{{true, 9}}}},
		{"no context takeover, a window of 15 bits", "RFC 7692 §7.1", negotiation{offers: []terms{with(true, 15)}, demands: []demand{{true, 15}}}},
		{
			"the best of three offers", "RFC 7692 §5.1",
			negotiation{offers: []terms{with(true, 9), with(true, 0), plain}, demands: []demand{{true, 9}, {true, 0}, {}}},
		},
	} {
		cases = append(cases, compressedSizes(fmt.Sprintf("13.%d", i+1), v.section, " ("+v.title+")", jsonCorpus, v.n)...)
	}
	return cases
}

// compressedSizes makes a case for each size of messages.
func compressedSizes(group, section, detail string, c *corpus, n negotiation) (cases []*Case) {
	for i, m := range messageSizes {
		how := ""
		if m.fragment != 0 {
			how = fmt.Sprintf(" in frames of %s", sizeName(m.fragment))
		}
		cases = append(cases, volume(fmt.Sprintf("%s.%d", group, i+1), section,
			fmt.Sprintf("Compressed messages of %s, cut from %s%s%s", sizeName(m.size), c.name, how, detail),
			"What is sent comes back, on the terms that were agreed on; a peer need not know the extension.",
			func() *roundTrips {
				negotiation, p := n, 0
				return &roundTrips{
					op: c.op, size: m.size, fragment: m.fragment,
					count: times(m.size), fullCount: 1000,
					opening: negotiation.opening(),
					ready:   negotiation.ready,
					next: func() []byte {
						message := c.load().slice(p, m.size)
						p = (p + m.size) % c.units()
						return message
					},
					note: &negotiation.note,
				}
			}))
	}
	return cases
}

// ready begins to compress, or reports that the peer does not want to.
func (n *negotiation) ready(s *session) bool {
	if n.agreed == nil {
		s.verdict(Unimplemented, "the peer does not agree on permessage-deflate")
		return false
	}
	s.r.fact("agreed on", "%v", *n.agreed)
	s.codec = newDeflation(*n.agreed, s.testing)
	return true
}
