// Package wstest helps to test programs that use WebSocket: without ports,
// without sleeping, and with faults on demand.
package wstest
