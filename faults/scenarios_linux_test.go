package faults

import (
	"slices"
	"strings"

	"github.com/go-websockets/websockets"
)

// scenarios are all faults, in the order of their numbers.
var scenarios = inOrder(slices.Concat(lossScenarios, slowScenarios, paceScenarios, closingScenarios, damageScenarios, systemScenarios, handlerScenarios, openingScenarios, openScenarios))

var (
	asServer = []websockets.Role{websockets.RoleServer}
	asClient = []websockets.Role{websockets.RoleClient}
	overTCP  = []string{"ws"}
	overTLS  = []string{"wss"}
)

func inOrder(s []scenario) []scenario {
	slices.SortFunc(s, func(a, b scenario) int { return strings.Compare(a.id, b.id) })
	return s
}
