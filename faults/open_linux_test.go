package faults

// openScenarios are not run here, and say why, or where they are shown.
var openScenarios = []scenario{
	{
		id: "F12", fault: "a session is cut into reads at any byte",
		inject: "–", expect: "the same events for every split",
		open: "in memory, where every split can be tried: `websockets.TestConversation`, `trust.TestHeadersCutAnywhere`",
	},
	{
		id: "F28", fault: "the clock of the machine jumps by an hour",
		inject: "–", expect: "no timeout is early or late",
		open: "the clock cannot be set for one process alone. Timers and differences of Go's times are of the monotonic clock",
	},
	{
		id: "F34", fault: "all clients come back at once after a restart",
		inject: "–", expect: "they spread",
		open: "the library does not connect again by itself yet",
	},
	{
		id: "F36", fault: "1,000 hostile peers at their limits in 256 MiB",
		inject: "–", expect: "new work is refused before the memory is gone",
		open: "there is no bound on the memory of all connections together: ConnLimits.Total times the bound of one, which `trust` measures, is the most",
	},
	{
		id: "F40", fault: "a proxy refuses, hangs, answers nonsense",
		inject: "–", expect: "an error within OpenTimeout",
		open: "a Dialer has no proxies but those in its NetDial",
	},
	{
		id: "F41", fault: "the system has no random numbers",
		inject: "–", expect: "nothing is sent",
		open: "crypto/rand ends the program then: it never returns an error",
	},
	{
		id: "F47", fault: "a client connects twice",
		inject: "–", expect: "the program decides which one counts",
		open: "two connections have nothing in common: sessions are the program's so far",
	},
}
