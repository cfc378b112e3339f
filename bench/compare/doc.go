// Package compare runs candidates beside each other: the same work, a server alone
// on one core and its clients on another, one candidate after the other and then
// all again, so that what the machine does meanwhile hits all alike.
//
// What counts is the processor time of the server's process for a message. Ratios
// are taken within a round.
package compare
