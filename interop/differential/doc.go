// Package differential has no code to import: its tests give the same bytes to this
// library and to others for Go, as servers and as clients, and compare what becomes
// of them: the messages that are delivered, the pongs and the close frame that are
// sent, and whether an opening handshake is accepted.
//
// Where they disagree, a table says who is right and why: see deviations_test.go. A
// disagreement that is not in the table fails the test.
package differential
