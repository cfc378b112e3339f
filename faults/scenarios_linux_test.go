package faults

import (
	"slices"

	"github.com/go-websockets/websockets"
)

// scenarios are all faults, in the order of their numbers.
var scenarios = slices.Concat(lossScenarios, slowScenarios, closingScenarios, handlerScenarios)

var (
	asServer = []websockets.Role{websockets.RoleServer}
	asClient = []websockets.Role{websockets.RoleClient}
	overTCP  = []string{"ws"}
	overTLS  = []string{"wss"}
)
