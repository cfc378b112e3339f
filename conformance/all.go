package conformance

import (
	"slices"
	"sync"
)

// all are the cases, in order. A family is a function of its own file.
var all = sync.OnceValue(func() []*Case {
	list := slices.Concat(
		framing(),
		pings(),
		reservedBits(),
		opcodes(),
		fragmentation(),
		utf8Texts(),
		closing(),
		largeMessages(),
		autoFragmentation(),
		compressed(),
		openingOfServers(),
		openingOfClients(),
		negotiationOfServers(),
		negotiationOfClients(),
		masking(),
		limits(),
		timing(),
		vulnerabilities(),
	)
	slices.SortFunc(list, byID)
	return list
})
